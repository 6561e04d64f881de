"""Mailboxes as a site file declares them: where each is, how it is opened, and what its folders hold."""

from __future__ import annotations

import enum
import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from carrel.errors import unseen
from carrel.inventory.held_part import HeldPart
from carrel.inventory.timetable import Part

MAILBOX_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"


class Kind(enum.StrEnum):
    """How messages are kept."""

    IMAP = "imap"
    MAILDIR = "maildir"
    MBOX = "mbox"


class Tls(enum.StrEnum):
    """How the way to a mail server is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"  # only to a server on this machine


PORTS = {Tls.TLS: 993, Tls.STARTTLS: 143, Tls.NONE: 143}


MailAddress = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"()]{1,64}@[A-Za-z0-9.-]{1,255}$")]


class MailFolder(HeldPart):
    """One folder of a mailbox.

    Attributes:
        folder: its name as the server tells it; of a Maildir ``INBOX`` is the folder itself, of mbox it is a file.
        then: what becomes of a message that is past its time.
        text: document that says what texts are looked through by, as ``carrel deidentify text --settings`` takes it.
        keep_addresses: that stay in the headers of de-identified messages: the library's own.
    """

    folder: str = Field(min_length=1, max_length=200)
    then: Literal["delete", "de-identify"] = "delete"
    text: Path | None = None
    keep_addresses: Annotated[tuple[MailAddress, ...], Field(max_length=100)] = ()

    @field_validator("folder")
    @classmethod
    def _plain(cls, value: str) -> str:
        if unseen(value):
            raise ValueError("write it without signs that nobody sees")
        return value

    @model_validator(mode="after")
    def _with_text(self) -> MailFolder:
        if self.is_rewritten and self.text is None:
            raise ValueError("write 'text:' with the document of 'carrel deidentify text --settings'")
        if not self.is_rewritten and (self.text is not None or self.keep_addresses):
            raise ValueError("'text' and 'keep_addresses' are for 'then: de-identify'")
        return self

    @property
    def name(self) -> str:
        """By which plans call it."""
        return self.folder

    @property
    def is_rewritten(self) -> bool:
        """Whether its messages are de-identified."""
        return self.then == "de-identify"

    @property
    def kept_addresses(self) -> frozenset[str]:
        """Addresses that stay, in small letters."""
        return frozenset(one.lower() for one in self.keep_addresses)


class Mailbox(Part):
    """One mailbox whose messages may go by plan.

    Attributes:
        name: by which commands and records call it.
        kind: of mailbox.
        host, port, tls, ca_file: of an IMAP server; ``ca_file`` holds certificates to trust besides the system's.
        user, password_file: that open it; the file has mode 0600.
        place: of a Maildir its folder, of mbox the folder in which the files lie.
        folders: that are looked at; no other is opened.
    """

    name: str = Field(pattern=MAILBOX_NAME)
    kind: Kind
    host: str | None = Field(default=None, min_length=1, max_length=255, pattern=r"^[A-Za-z0-9.:-]+$")
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Tls = Tls.TLS
    ca_file: Path | None = None
    user: str | None = Field(default=None, min_length=1, max_length=320)
    password_file: Path | None = None
    place: Path | None = None
    folders: Annotated[tuple[MailFolder, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fitting(self) -> Mailbox:
        names = [one.folder for one in self.folders]
        if len(set(names)) < len(names):
            raise ValueError("write each folder once")
        if len({one.then for one in self.folders}) > 1:
            raise ValueError("write folders with 'then: de-identify' in an entry of their own")
        if self.kind is Kind.IMAP:
            self._server()
        else:
            self._on_disk()
        return self

    def _server(self) -> None:
        if self.host is None or self.user is None or self.password_file is None:
            raise ValueError("write 'host', 'user' and 'password_file' of the IMAP server")
        if self.place is not None:
            raise ValueError("'place' is for 'maildir' and 'mbox'; an IMAP server has a 'host'")
        if self.tls is Tls.NONE and not _here(self.host):
            raise ValueError("write 'tls: tls' or 'tls: starttls': the password would travel in the clear")

    def _on_disk(self) -> None:
        if self.place is None:
            raise ValueError("write 'place:' with the folder in which the messages lie")
        if any(one is not None for one in (self.host, self.port, self.ca_file, self.user, self.password_file)):
            raise ValueError("'host', 'port', 'ca_file', 'user' and 'password_file' are for 'kind: imap'")
        if any("/" in one.folder or one.folder.startswith(".") for one in self.folders):
            raise ValueError("write names in 'place' itself, without '/' and without a dot before them")

    @property
    def door(self) -> int:
        """The port of the server."""
        return self.port or PORTS[self.tls]

    @property
    def tool(self) -> str:
        """What a plan over it is made with."""
        return self.kind.value

    @property
    def entry(self) -> list[str]:
        """What tells whether the site file still speaks of the same messages."""
        way = [str(self.host), str(self.door), str(self.user), str(self.place)]
        return [self.name, self.kind.value, *way]

    @property
    def parts(self) -> tuple[MailFolder, ...]:
        """The folders."""
        return self.folders


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
