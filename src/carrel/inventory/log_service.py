"""Hosted log services as a site file declares them: where each is, how it is opened, and what its indices hold."""

from __future__ import annotations

import enum
import fnmatch
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, field_validator, model_validator

from carrel.inventory.held_part import HeldPart
from carrel.inventory.service_address import require_service
from carrel.inventory.timetable import Part

SERVICE_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
_INDEX = re.compile(r"[a-z0-9.][a-z0-9._*-]{0,199}")
_FIELD = r"^[A-Za-z0-9_@.-]{1,120}$"
_FEWEST_SIGNS = 3  # a pattern with fewer would name what is somebody else's


class Interface(enum.StrEnum):
    """What a service answers to."""

    ELASTICSEARCH = "elasticsearch"
    OPENSEARCH = "opensearch"
    NONE = "none"  # the contract gives no way in: a person there signs for it


class Delete(enum.StrEnum):
    """In which way events go."""

    EITHER = "either"
    INDICES = "indices"
    EVENTS = "events"


class LogStream(HeldPart):
    """The indices of one kind, or, of a service without an interface, one kind of record that it holds.

    Attributes:
        index: name of an index or a data stream; ``*`` stands for any signs.
        time_field: tells when each event was.
    """

    index: str | None = None
    time_field: str = Field(default="@timestamp", pattern=_FIELD)

    @field_validator("index")
    @classmethod
    def _narrow(cls, value: str | None) -> str | None:
        if value is None:
            return value
        told = len(value.replace("*", "").strip(".-_"))
        if not _INDEX.fullmatch(value) or ".." in value or told < _FEWEST_SIGNS:
            raise ValueError("write a name in small letters such as 'logs-web-*', of three signs at least")
        return value

    @property
    def name(self) -> str:
        """By which plans call it."""
        return self.index or self.record

    def names(self, index: str) -> bool:
        """Whether it speaks of an index or a data stream of this name."""
        return self.index is not None and fnmatch.fnmatchcase(index, self.index)


class FoundIndex(LogStream):
    """One index as a service has it.

    Attributes:
        found: its name.
        uuid: what tells it from another one that comes to bear its name.
        shut: why it cannot be looked into, in words; empty where it can.
        fixed: why it cannot go as a whole, in words; empty where it can.
        whole_only: whether single events can never be deleted from it.
        blocked: whether it is closed to writing, so that none can be deleted now.
    """

    found: str
    uuid: str
    shut: str = ""
    fixed: str = ""
    whole_only: bool = False
    blocked: bool = False

    @property
    def name(self) -> str:
        """By which plans call it."""
        return self.found


class LogService(Part):
    """One log service whose events may go by plan, or for which somebody there signs.

    Attributes:
        name: by which commands and records call it.
        interface: that it offers.
        url: of the service; ``http`` only to this machine.
        api_key_file: its first line is the key; the file has mode 0600.
        user, password_file: the other way to sign in.
        ca_file: certificates to trust besides the system's.
        delete: ``either``, whole indices where all is past its time and single events otherwise; or one of the two.
        events_per_second: how fast single events are deleted at most.
        attested_by: of the people, who signs for a service without an interface.
        indices: that are looked at; no other is counted.
    """

    name: str = Field(pattern=SERVICE_NAME)
    interface: Interface
    url: str | None = Field(default=None, min_length=1, max_length=400)
    api_key_file: Path | None = None
    user: str | None = Field(default=None, min_length=1, max_length=200)
    password_file: Path | None = None
    ca_file: Path | None = None
    delete: Delete = Delete.EITHER
    events_per_second: int = Field(default=2000, ge=1, le=1_000_000)
    attested_by: str | None = Field(default=None, min_length=1, max_length=80)
    indices: Annotated[tuple[LogStream, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fitting(self) -> LogService:
        names = [one.name for one in self.indices]
        if len(set(names)) < len(names):
            raise ValueError("write each index, or each record, once")
        if self.interface is Interface.NONE:
            self._signed_for()
        else:
            self._reached()
        return self

    def _reached(self) -> None:
        if self.url is None or self.attested_by is not None:
            raise ValueError("write 'url:' of the service; 'attested_by' is for 'interface: none'")
        require_service(self.url, "https://logs.example:9243", "key")
        if (self.api_key_file is None) == (self.user is None) or (self.user is None) != (self.password_file is None):
            raise ValueError("write either 'api_key_file:' or both 'user:' and 'password_file:'")
        if any(one.index is None for one in self.indices):
            raise ValueError("write 'index:' for each of the indices")

    def _signed_for(self) -> None:
        ways = (self.url, self.api_key_file, self.user, self.password_file, self.ca_file)
        if any(one is not None for one in ways) or any(one.index is not None for one in self.indices):
            raise ValueError("a service with 'interface: none' has no address, no key and no names of indices")
        if self.attested_by is None:
            raise ValueError("write 'attested_by:' with the name of the person who signs for it")

    @property
    def reached(self) -> bool:
        """Whether it can be asked."""
        return self.interface is not Interface.NONE

    @property
    def address(self) -> SplitResult:
        """Where it is."""
        return urlsplit(self.url or "")

    @property
    def tool(self) -> str:
        """What a plan over it is made with."""
        return self.interface.value

    @property
    def entry(self) -> list[str]:
        """What tells whether the site file still speaks of the same events."""
        return [
            self.name,
            self.interface.value,
            str(self.url),
            self.delete.value,
            *(x.time_field for x in self.indices),
        ]

    @property
    def parts(self) -> tuple[LogStream, ...]:
        """What it holds, as the site file writes it."""
        return self.indices
