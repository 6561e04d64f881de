"""Undo capsules on disk: durable before the cut, closed to everyone but two people, gone when shredded."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.errors import CarrelError, Exit
from carrel.retention.undo import public_of
from carrel.store.undo_folder import UndoFolder

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PRIVATE = bytes(range(1, 33))
PUBLIC = public_of(PRIVATE)


def chunk(number: int) -> list[dict[str, object]]:
    return [{"issue_id": number, "borrowernumber": 31415926, "surname": "Acevedo"}]


def files(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


def test_a_capsule_gives_its_rows_back_in_order_also_after_a_resume(tmp_path: Path) -> None:
    undo = UndoFolder(tmp_path)
    for part in ((1, 2), (3,)):
        capsule = undo.begin("run-1", "koha", PUBLIC, NOW + 2 * DAY, NOW)
        for number in part:
            capsule.add(chunk(number))
    assert list(undo.rows("run-1", PRIVATE)) == [chunk(1), chunk(2), chunk(3)]
    (listed,) = undo.capsules()
    assert (listed.run, listed.system, listed.made_at, listed.expires) == ("run-1", "koha", NOW, NOW + 2 * DAY)
    assert listed.size > 0


def test_nothing_on_disk_can_be_read_and_no_repr_shows_a_key(tmp_path: Path) -> None:
    capsule = UndoFolder(tmp_path).begin("run-1", "koha", PUBLIC, NOW + DAY, NOW)
    capsule.add(chunk(1))
    content = b"".join(path.read_bytes() for path in files(tmp_path))
    for word in (b"Acevedo", b"31415926", capsule._data_key):
        assert word not in content
    assert repr(capsule) == "CapsulePart('run-1.1', 1 chunks)"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)} == {0o600}


def test_a_chunk_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    undo = UndoFolder(tmp_path)
    capsule = undo.begin("run-1", "koha", PUBLIC, NOW + DAY, NOW)
    capsule.add(chunk(1))
    capsule.add(chunk(2))
    rows = tmp_path / "undo" / "run-1" / "run-1.1.rows"
    whole = rows.read_bytes()
    for cut in (len(whole) - 1, len(whole) // 2 + 2):
        rows.write_bytes(whole[:cut])
        assert list(undo.rows("run-1", PRIVATE)) == [chunk(1)]


def test_a_chunk_that_was_taken_out_of_the_middle_is_noticed(tmp_path: Path) -> None:
    undo = UndoFolder(tmp_path)
    capsule = undo.begin("run-1", "koha", PUBLIC, NOW + DAY, NOW)
    for number in (1, 2):
        capsule.add(chunk(number))
    rows = tmp_path / "undo" / "run-1" / "run-1.1.rows"
    whole = rows.read_bytes()
    rows.write_bytes(whole[len(whole) // 2 :])
    with pytest.raises(CarrelError) as refused:
        list(undo.rows("run-1", PRIVATE))
    assert refused.value.code == "UND-002"


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    undo = UndoFolder(tmp_path)
    undo.begin("run-1", "koha", PUBLIC, NOW + DAY, NOW).add(chunk(1))
    with pytest.raises(CarrelError) as refused:
        list(undo.rows("run-1", bytes(32)))
    assert refused.value.code == "UND-002"


def test_a_shredded_capsule_is_gone_and_a_copy_of_its_rows_stays_closed(tmp_path: Path) -> None:
    undo = UndoFolder(tmp_path)
    undo.begin("run-1", "koha", PUBLIC, NOW + DAY, NOW).add(chunk(1))
    undo.begin("run-2", "koha", PUBLIC, NOW + 3 * DAY, NOW).add(chunk(1))
    assert undo.due(NOW + DAY - timedelta(seconds=1)) == ()
    (due,) = undo.due(NOW + DAY)
    assert due.run == "run-1"
    undo.shred(due.run)
    assert [one.run for one in undo.capsules()] == ["run-2"]
    for again in (lambda: undo.shred("run-1"), lambda: list(undo.rows("run-1", PRIVATE))):
        with pytest.raises(CarrelError) as refused:
            again()
        assert (refused.value.code, refused.value.exit) == ("UND-003", Exit.REFUSED)
    assert list(undo.rows("run-2", PRIVATE)) == [chunk(1)]


def test_shredding_that_was_interrupted_after_the_key_is_finished_by_repeating_it(tmp_path: Path) -> None:
    undo = UndoFolder(tmp_path)
    undo.begin("run-1", "koha", PUBLIC, NOW + DAY, NOW).add(chunk(1))
    (tmp_path / "undo" / "run-1" / "run-1.1.key").unlink()
    with pytest.raises(CarrelError) as refused:
        list(undo.rows("run-1", PRIVATE))
    assert refused.value.code == "UND-003"
    undo.shred("run-1")
    assert undo.capsules() == ()
