"""``carrel mailbox apply`` killed at many moments: what is there is counted, and the same command ends the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.run import library
from tests.integration.run.mail_site import Shelf, ago, declare, folders_of, in_maildir, in_mbox, message, on_server
from tests.integration.run.test_mailboxes import planned

if TYPE_CHECKING:
    from tests.integration.servers.dovecot import Dovecot

MANY = 230  # more than one call of the server deletes
DUE = range(1000, 1000 + MANY)
KILLS = 12

# Killed before the n-th time that it touches the mailbox: a file of it or beside it, a lock, or a word to the server.
_KILLED = """
import os, signal, sys
place, fatal, seen = sys.argv.pop(1), int(sys.argv.pop(1)), 0
def step(name, told):
    global seen
    changes = name in {"os.remove", "os.rename", "fcntl.flock", "fcntl.lockf"} or (name == "open" and told[2] & 3)
    # A file of a Maildir is named without its folder, which is held open.
    its = changes and (place in str(told[0]) or ".elm" in str(told[0]) or name.startswith("fcntl"))
    if name == "imaplib.send" or its:
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(step)
from carrel.cli.main import main
sys.argv[0] = "carrel"
try:
    main()
finally:
    print(seen, file=sys.stderr)
"""


@dataclass
class Rig:
    """A library with mail of one kind, filled anew for each kill."""

    elm: library.Library
    mail: Shelf
    place: Path
    server: Dovecot | None = None

    def fill(self) -> None:
        """Four that stay, one of them a question that is open; many that are due, in two folders."""
        letters, questions = folders_of(self.mail)
        for name in (letters, questions):
            self._empty(name)
        for number, days in ((3, 89), (4, 1)):
            self.mail.put(letters, ago(days), number, number == 4)
        self.mail.put(questions, ago(31), 12, False)
        self.mail.put(questions, ago(29), 13, True)
        self.mail.put(questions, ago(31), 11, True)
        for number in DUE:
            self._old(letters, number)

    def _empty(self, name: str) -> None:
        if self.server is not None:
            on_server(self.server)
        elif self.mail.kind == "mbox":
            (self.place / name).unlink(missing_ok=True)
        else:
            for one in (self.place if name == "INBOX" else self.place / f".{name}").glob("cur/*"):
                one.unlink()

    def _old(self, name: str, number: int) -> None:
        if self.server is None:
            self.mail.put(name, ago(400), number, False)
            return
        cur = self.server.folder / "mail" / "cur"
        at, owner = ago(400).timestamp(), cur.stat()
        one = cur / f"{int(at)}.M{number}P9.elm:2,FS"
        one.write_bytes(message(ago(400), number))
        os.chown(one, owner.st_uid, owner.st_gid)
        os.utime(one, (at, at))

    def there(self) -> Counter[int]:
        """Every message, by its number."""
        return Counter(number for name in folders_of(self.mail) for number in self._numbers(name))

    def _numbers(self, name: str) -> list[int]:
        if self.server is not None:
            wire = f'"{name.replace("&", "&-").replace("Ä", "&AMQ-")}"'
            return [number_in(one) for one in self.server.texts(wire)]
        if self.mail.kind == "mbox":
            return [number_in(one) for one in (self.place / name).read_bytes().split(b"\nFrom quill@") if one.strip()]
        folder = self.place if name == "INBOX" else self.place / f".{name}"
        return [number_in(one.read_bytes()) for one in folder.glob("cur/*")]

    def marks(self) -> list[str]:
        """Marks of what stays, as they stand beside it."""
        if self.server is not None:
            told = [self.server.left(one) for one in ("INBOX", '"Fragen &- &AMQ-rger"')]
            return [flags.replace("\\Recent", "").strip(" )") for one in told for flags in one.values()]
        if self.mail.kind == "mbox":
            return [(self.place / name).read_text("latin-1") for name in folders_of(self.mail)]
        return sorted(str(one) for one in self.place.rglob("cur/*"))

    def killed(self, fatal: int, plan: Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, str(self.place), str(fatal), "mailbox", "apply", str(plan), "--site",
             str(self.elm.folder)],
            cwd=self.elm.folder, env=library.environment(None), capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.elm.assert_no_leak(done.stdout, done.stderr)
        return done.returncode, done.stderr


def number_in(text: bytes) -> int:
    return int(text.partition(b"lanterns for whales ")[2].split(b"\n")[0].strip())


@pytest.fixture(params=("imap", "maildir", "mbox"))
def rig(request, small_sqlite, tmp_path) -> Rig:
    elm = library.make(tmp_path / "site", small_sqlite)
    place = tmp_path / "mail"
    server = request.getfixturevalue("dovecot_server") if request.param == "imap" else None
    mail = on_server(server) if server else in_maildir(place) if request.param == "maildir" else in_mbox(place)
    declare(elm, mail.entry)
    return Rig(elm, mail, place, server)


@pytest.mark.deep
def test_killed_at_any_moment_nothing_else_goes_nothing_is_doubled_and_the_same_command_ends_it(rig):
    rig.fill()
    plan, _ = planned(rig.elm)
    rig.elm.approve(plan)
    code, told = rig.killed(0, plan)
    assert code == 0, told
    total = int(told.split()[-1])
    stays, marks = rig.there(), rig.marks()
    assert stays == Counter((3, 4, 12, 13))
    killed = 0
    for fatal in sorted({1 + n * (total - 1) // KILLS for n in range(KILLS)}):
        rig.fill()
        before = rig.there()
        plan, _ = planned(rig.elm, f"{fatal}.json")
        rig.elm.approve(plan)
        code, told = rig.killed(fatal, plan)
        if not code:
            continue  # the first one had more to open: what lies beside the mail was made then
        assert code == -signal.SIGKILL, (fatal, told)
        killed += 1
        half = rig.there()
        assert stays <= half <= before, fatal
        answer = rig.elm.run("mailbox", "apply", plan, "--json")
        assert answer.code == 0, (fatal, answer.text)
        assert (answer.told["clearing"]["deleted"], answer.told["clearing"]["stay"]) == (MANY + 1, {})
        assert (rig.there(), rig.marks()) == (stays, marks), fatal
        if rig.server is None:
            assert not [one for one in rig.place.rglob("*") if ".carrel" in one.name or one.name.endswith(".lock")]
    assert killed >= KILLS - 2
