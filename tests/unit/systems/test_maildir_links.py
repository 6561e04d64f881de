"""A Maildir in which somebody put links: whoever owns a mailbox must not have files elsewhere read or deleted."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.inventory.mailbox import Mailbox
from carrel.systems.mailboxes.maildir import MaildirFolder
from carrel.systems.mailboxes.maildir_box import Box

OLD = datetime(2024, 1, 1, 10, tzinfo=UTC)
STRANGE = (b"1\xff\xe9.M8P7.elm:2,S", b"$(reboot) `x`\n.M9:2,S", b"-rf:2,ST", b"no colon", b"x:2,", b"y:1,S:2,RS")


@pytest.fixture(params=["INBOX", "Sent"])
def folder(request, tmp_path) -> MaildirFolder:
    part = {"folder": request.param, "record": "correspondence", "purpose": "provide"}
    place = tmp_path / "Maildir"
    mailbox = Mailbox.model_validate({"name": "desk", "kind": "maildir", "place": place, "folders": [part]})
    for box in ("cur", "new", "tmp"):
        (at(mailbox.folders[0].folder, place) / box).mkdir(parents=True)
    for name in STRANGE:
        one = at(request.param, place) / "cur" / os.fsdecode(name)
        one.write_bytes(f"Date: {format_datetime(OLD)}\n\ntext\n".encode())
    return MaildirFolder(mailbox, mailbox.folders[0])


def at(name: str, place: Path) -> Path:
    return place if name == "INBOX" else place / f".{name}"


def cur_of(folder: MaildirFolder) -> Path:
    return at(folder.part.folder, Path(str(folder.mailbox.place))) / "cur"


def clear(folder: MaildirFolder) -> None:
    folder.clear(lambda one: one.at == OLD, lambda: None)


def test_names_that_a_shell_or_a_program_would_stumble_over_are_names_like_others(folder):
    assert len({one.tag for one in folder.pieces()}) == len(STRANGE)
    assert [one.open for one in folder.pieces()].count(False) == 1
    clear(folder)
    assert list(cur_of(folder).iterdir()) == []


@pytest.mark.parametrize("put", [lambda one, away: one.symlink_to(away), lambda one, _: one.write_bytes(b"")])
def test_a_link_in_the_place_of_a_folder_is_not_followed(folder, tmp_path, put):
    cur, away = cur_of(folder), tmp_path / "away"
    shutil.move(cur, away)
    put(cur, away)
    for call in (lambda: list(folder.pieces()), lambda: clear(folder)):
        with pytest.raises(CarrelError) as caught:
            call()
        assert (caught.value.code, caught.value.faults[0].found) == (
            "MBX-003", "a link, or a file, in place of a folder",
        )  # fmt: skip
    assert len(list(away.iterdir())) == len(STRANGE)


def test_a_folder_beside_the_inbox_may_be_no_link_and_the_place_itself_may(folder, tmp_path):
    place, away = Path(str(folder.mailbox.place)), tmp_path / "away"
    moved = at(folder.part.folder, place)
    shutil.move(moved, away)
    moved.symlink_to(away)
    if moved == place:
        assert len(list(folder.pieces())) == len(STRANGE)
        return
    with pytest.raises(CarrelError, match="MBX-003"):
        list(folder.pieces())


def test_a_link_that_comes_in_the_middle_has_nothing_elsewhere_deleted(folder, tmp_path, monkeypatch):
    cur, away, other = cur_of(folder), tmp_path / "away", tmp_path / "other"
    real = Box.drop

    def meanwhile(box: Box, name: str) -> None:
        if not other.exists():
            shutil.copytree(cur, other)
            cur.rename(away)
            cur.symlink_to(other)
        real(box, name)

    monkeypatch.setattr(Box, "drop", meanwhile)
    with pytest.raises(CarrelError, match="MBX-007"):
        clear(folder)
    assert len(list(other.iterdir())) == len(STRANGE)
    assert len(list(away.iterdir())) == len(STRANGE) - 1
    cur.unlink()
    away.rename(cur)
    clear(folder)
    assert list(cur.iterdir()) == []


def test_a_link_or_a_pipe_in_the_place_of_a_message_is_none(folder, tmp_path):
    cur = cur_of(folder)
    for one in cur.iterdir():
        one.unlink()
    (tmp_path / "elsewhere").write_bytes(f"Date: {format_datetime(OLD)}\n\n".encode())
    (cur / "1.link:2,S").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(cur / "2.pipe:2,S")
    assert list(folder.pieces()) == []
    clear(folder)
    assert len(list(cur.iterdir())) == 2
