"""Mailboxes as a site file declares them: where each is, how it is opened, and what its folders hold."""

from __future__ import annotations

import enum
import ipaddress
from pathlib import Path
from typing import Annotated

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


class MailFolder(HeldPart):
    """One folder of a mailbox.

    Attributes:
        folder: its name as the server tells it; of a Maildir ``INBOX`` is the folder itself, of mbox it is a file.
    """

    folder: str = Field(min_length=1, max_length=200)

    @field_validator("folder")
    @classmethod
    def _plain(cls, value: str) -> str:
        if unseen(value):
            raise ValueError("write it without signs that nobody sees")
        return value

    @property
    def name(self) -> str:
        """By which plans call it."""
        return self.folder


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
