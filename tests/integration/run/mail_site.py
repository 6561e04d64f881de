"""A small library whose site file declares mailboxes, and whose policy has periods for what lies in them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import unavailable
from tests.integration.run import library
from tests.integration.servers import dovecot
from tests.integration.servers.dovecot import PASSWORD, Dovecot

NOW = datetime.now(UTC).replace(microsecond=0)
SECRETS = ("Ishmael Quill", "quill@patrons.example", "lanterns for whales", "Dear desk, I am looking")
DATASET = """
records:
  mailing lists:
    says: Letters to and from readers.
    source: patron
    custodian: the desk
    class: medium
    fields:
      text: {category: content of a transaction, purpose: provide}
    retention:
      - {id: old mail, active until: made, keep: 90 days, then: delete}
"""
FOLDERS = (
    "{folder: %s, record: mailing lists, purpose: provide}, {folder: %s, record: reference questions, purpose: provide}"
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def message(at: datetime | None, number: int, *, dated: str = "Date") -> bytes:
    """A message of a patron, in bytes that are no text of one encoding."""
    head = f"From: Ishmael Quill <quill@patrons.example>\r\nSubject: lanterns for whales {number}\r\n".encode()
    if at is not None and dated == "Date":
        head += f"Date: {format_datetime(at)}\r\n".encode()
    elif at is not None:
        head += f"Received: from x (y [1.2.3.4])\r\n\tby elm.example; {format_datetime(at)}\r\n".encode()
        head += (
            f"Date: {format_datetime(at - timedelta(days=4000))}\r\n".encode()
        )  # what a sender wrote counts for less
    return head + b"X-Odd: \xff\xfe\xe9\r\n\r\nDear desk, I am looking \xe9\xe8 for " + str(number).encode() + b"\r\n"


def declare(elm: library.Library, entries: str, dataset: str = DATASET) -> None:
    """Have the site's policy rule mail, and its site file name these mailboxes."""
    elm.edit("\nrecords:\n", dataset, "policy.yaml")
    elm.edit("- id: answered questions\n", "- id: questions\n", "policy.yaml")
    elm.edit("policy: mit-libraries", "policy: with-mail", "policy.yaml")
    elm.edit("people:\n", f"{entries}people:\n")
    secret = elm.folder / "mail.dsn"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    elm.needles.update({PASSWORD, *SECRETS})


@dataclass
class Shelf:
    """A mailbox of one kind: what tests put in, and what is left.

    Args:
        kind: of mailbox.
        entry: of the site file.
        put: a message into a folder: when it came in, its number, whether it is answered.
        left: numbers of the messages in a folder.
    """

    kind: str
    entry: str
    put: Callable[[str, datetime | None, int, bool], None]
    left: Callable[[str], set[int]]


def number_of(text: bytes) -> int:
    return int(text.partition(b"lanterns for whales ")[2].split(b"\r")[0].split(b"\n")[0])


def in_maildir(place: Path) -> Shelf:
    def folder(name: str) -> Path:
        return place if name == "INBOX" else place / f".{name}"

    def put(name: str, at: datetime | None, number: int, answered: bool) -> None:
        for box in ("cur", "new", "tmp"):
            (folder(name) / box).mkdir(parents=True, exist_ok=True)
        unique = f"{1700000000 + number}.M{number}P7.elm,S=400"
        (folder(name) / "cur" / f"{unique}:2,{'RS' if answered else 'S'}").write_bytes(message(at, number))

    def left(name: str) -> set[int]:
        return {number_of(one.read_bytes()) for one in (folder(name) / "cur").iterdir()}

    entry = f"mailboxes:\n  - {{name: desk, kind: maildir, place: {place}, folders: [{FOLDERS % ('INBOX', 'Questions')}]}}\n"
    return Shelf("maildir", entry, put, left)


def in_mbox(place: Path) -> Shelf:
    place.mkdir()

    def put(name: str, at: datetime | None, number: int, answered: bool) -> None:
        text = message(at, number).replace(b"\r\n", b"\n")
        if answered:
            text = text.replace(b"\n\n", b"\nStatus: RO\nX-Status: A\n\n", 1)
        with (place / name).open("ab") as file:
            file.write(
                b"From quill@patrons.example Mon Jan  1 10:00:00 2024\n" + text + b">From here on\nFrom memory\n\n"
            )

    def left(name: str) -> set[int]:
        parts = (place / name).read_bytes().split(b"\nFrom quill@")
        return {number_of(one) for one in parts if one.strip()}

    entry = (
        f"mailboxes:\n  - {{name: desk, kind: mbox, place: {place}, folders: [{FOLDERS % ('inbox', 'questions')}]}}\n"
    )
    return Shelf("mbox", entry, put, left)


def on_server(server: Dovecot) -> Shelf:
    def wire(name: str) -> str:
        return f'"{name.replace("&", "&-").replace("Ä", "&AMQ-")}"'

    for one in ("INBOX", "Fragen & Ärger"):
        server.empty(wire(one))

    def put(name: str, at: datetime | None, number: int, answered: bool) -> None:
        server.add(wire(name), at or NOW, message(at, number), r"\Answered \Flagged" if answered else r"\Flagged")

    def left(name: str) -> set[int]:
        return {number_of(one) for one in server.texts(wire(name))}

    return Shelf("imap", server.entry(FOLDERS % ("INBOX", '"Fragen & Ärger"'), "desk"), put, left)


def folders_of(shelf: Shelf) -> tuple[str, str]:
    return {"maildir": ("INBOX", "Questions"), "mbox": ("inbox", "questions"), "imap": ("INBOX", "Fragen & Ärger")}[
        shelf.kind
    ]


def digest(place: Path) -> str:
    """Of every name and byte in a folder."""
    told = hashlib.sha256()
    for one in sorted(place.rglob("*")):
        told.update(str(one).encode() + (one.read_bytes() if one.is_file() else b""))
    return told.hexdigest()


# Not getrusage: what that tells of a fresh process includes the one that started it.
_MEASURED = (
    "import re, sys; from carrel.cli.main import main\n"
    "try: main()\n"
    "finally: print('peak', re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1], file=sys.stderr)"
)


def measured(elm: library.Library, *words: object) -> tuple[dict[str, Any], int]:
    """The JSON of a call in a process of its own, and the most memory that it had, in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *map(str, words), "--json", "--site", str(elm.folder)],
        cwd=elm.folder, env=library.environment(None), capture_output=True, text=True, check=False,
    )  # fmt: skip
    elm.assert_no_leak(done.stdout, done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found, int(done.stderr.rpartition("peak ")[2])


_KILLED = """
import os
real, left = os.{call}, [{at}]
def cut(*words, **more):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)
    return real(*words, **more)
os.{call} = cut
from carrel.cli.main import main
main()
"""


def killed(elm: library.Library, call: str, at: int, *words: object) -> None:
    """A call of `carrel` that is killed before it asks the system for something once more."""
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(call=call, at=at), *map(str, words), "--site", str(elm.folder)],
        cwd=elm.folder, env=library.environment(None), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Dovecot]:
    """This worker's own IMAP server."""
    if reason := dovecot.missing():
        unavailable(reason)
    with dovecot.running() as server:
        yield server


@pytest.fixture(params=("imap", "maildir", "mbox"))
def mail(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """An empty mailbox of each kind in turn."""
    if request.param == "imap":
        return on_server(request.getfixturevalue("dovecot_server"))
    return in_maildir(tmp_path / "Maildir") if request.param == "maildir" else in_mbox(tmp_path / "mail")
