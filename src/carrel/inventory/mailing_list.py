"""Mailing lists as a site file declares them: at which tool each is, for which purpose, and whose people it holds."""

from __future__ import annotations

import enum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, model_validator

from carrel.inventory.service_address import require_service
from carrel.inventory.system import NAME
from carrel.inventory.timetable import Part

LIST_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
_LIST_ID = r"^[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,250}[A-Za-z0-9])?$"


class ListTool(enum.StrEnum):
    """What a mailing list answers to."""

    MAILMAN = "mailman"  # GNU Mailman 3, its REST API in version 3.1


class Strangers(enum.StrEnum):
    """What becomes of members who stand on no record of the library's system."""

    KEPT = "kept"  # they signed up at the tool, as it may be: nobody here can tell
    REMOVED = "removed"


class MailingList(Part):
    """One list at a mailing tool, whose members are to be those whom consents let through.

    Attributes:
        name: by which commands and records call it.
        interface: of the tool.
        url: of the tool's interface, with its version; ``http`` only to this machine.
        list_id: by which the tool knows it, such as ``news.lists.example``.
        purpose: of the policy, for which it is written to.
        recipient: of the policy: whoever runs the tool.
        system: whose people it holds; may be left out where the site has one.
        user, password_file: to sign in; the file has mode 0600.
        ca_file: certificates to trust besides the system's.
        strangers: what becomes of members whom no record knows.
    """

    name: str = Field(pattern=LIST_NAME)
    interface: ListTool
    url: str = Field(min_length=1, max_length=400)
    list_id: str = Field(alias="list", pattern=_LIST_ID)
    purpose: str = Field(min_length=1, max_length=120)
    recipient: str = Field(min_length=1, max_length=120)
    system: str | None = Field(default=None, pattern=NAME)
    user: str = Field(min_length=1, max_length=200, pattern=r"^[^:]+$")
    password_file: Path
    ca_file: Path | None = None
    strangers: Strangers = Strangers.KEPT

    @model_validator(mode="after")
    def _fitting(self) -> MailingList:
        require_service(self.url, "https://lists.example:8001/3.1", "password")
        if not self.url.rstrip("/").endswith("/3.1"):
            raise ValueError("write 'url:' with the version of the interface at its end, '/3.1'")
        return self

    @property
    def address(self) -> SplitResult:
        """Where the tool is."""
        return urlsplit(self.url)
