"""A package while it is filled, and closed: what was committed is in it, what was not is not."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.retention import bag
from carrel.store.archive_folder import ArchiveFolder
from carrel.store.custody import HandedOver
from carrel.store.store import Store

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CUSTODY = bag.Custody("Elm", "Archives", "koha", "elm", "a" * 64, "b" * 64, "run1")


def chunk(number: int):
    return [("tickets", True, [{"id": number}, {"id": number + 1}]), ("ticket_updates", False, [{"id": number}])]


def test_only_what_was_committed_is_in_the_package(tmp_path: Path) -> None:
    folder = ArchiveFolder(tmp_path / "archives")
    package = folder.package("koha", "run1")
    assert package.seal(CUSTODY, {}, NOW) is None
    assert not folder.path.exists()
    assert package.add(chunk(1)) == [[{"id": 1}, {"id": 2}], [{"id": 1}]]
    package.committed()
    package.add(chunk(7))
    [unsettled] = package.unsettled()
    assert (unsettled.committed, unsettled.table, unsettled.rows) == (None, "tickets", ({"id": 7}, {"id": 8}))
    assert unsettled.places == package.pending()
    package.drop()
    assert [one.run for one in folder.open_packages("koha")] == ["run1"]
    assert folder.open_packages("koh") == folder.sealed() == ()
    sealed = package.seal(CUSTODY, {"tickets": bag.schema("tickets", [("id", "int", False)])}, NOW)
    assert sealed is not None
    assert (sealed.name, sealed.records, sealed.files) == ("koha@run1", 2, 2)
    assert folder.sealed() == (sealed,)
    assert folder.faults_of(sealed.name) == ()
    assert folder.faults_of("../elsewhere") == ("../elsewhere",)
    (folder.path / sealed.name / "data" / "more").touch()
    assert folder.faults_of(sealed.name) == ("data/more",)
    more = folder.path / sealed.name / "data" / "more"
    more.rename(more.with_name("000009-main-tickets.ndjson.pending"))
    assert folder.faults_of(sealed.name) == ("data/000009-main-tickets.ndjson.pending",)


def test_a_link_is_no_file_of_a_whole_package(tmp_path: Path) -> None:
    folder = ArchiveFolder(tmp_path / "archives")
    package = folder.package("koha", "run1")
    package.add(chunk(1))
    package.committed()
    sealed = package.seal(CUSTODY, {}, NOW)
    assert sealed is not None
    place = folder.path / sealed.name
    assert folder.faults_of(sealed.name) == ()
    (place / "data" / "000001-main-tickets.ndjson").rename(tmp_path / "outside")
    (place / "data" / "000001-main-tickets.ndjson").symlink_to(tmp_path / "outside")
    assert folder.faults_of(sealed.name) == ("data/000001-main-tickets.ndjson",)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert folder.faults_of(sealed.name) == (sealed.name,)


def test_what_a_killed_process_left_tells_whether_it_was_committed(tmp_path: Path) -> None:
    """The main file is renamed first and dropped first; a file without its end belongs to no commit."""
    package = ArchiveFolder(tmp_path).package("koha", "run1")
    for number in (1, 11, 21):
        package.add(chunk(number))
    main = sorted(one for one in package.pending() if "-main-" in one.name)
    main[0].rename(main[0].with_name(main[0].name.removesuffix(".pending")))
    main[1].unlink()
    main[2].write_bytes(main[2].read_bytes()[:-4])
    assert [one.committed for one in package.unsettled()] == [True, False, False]


def test_a_full_disk_at_the_end_tells_that_the_rows_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = ArchiveFolder(tmp_path).package("koha", "run1")
    package.add(chunk(1))
    package.committed()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch, pytest.raises(CarrelError) as told:
        patch.setattr(os, "fsync", full)
        package.seal(CUSTODY, {}, NOW)
    assert told.value.code == "ARC-002"
    assert "gone from the system" in told.value.faults[0].changed
    with monkeypatch.context() as patch, pytest.raises(CarrelError) as told:
        patch.setattr(os, "fsync", full)
        package.add(chunk(3))
    assert "stay in the system" in told.value.faults[0].changed


def test_a_package_without_anything_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = ArchiveFolder(tmp_path / "archives")
    package = folder.package("koha", "run1")
    package.add(chunk(1))
    package.drop()
    assert package.seal(CUSTODY, {}, NOW) is None
    assert list(folder.path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CarrelError) as told:
        ArchiveFolder(tmp_path / "file" / "archives").package("koha", "run1").add(chunk(1))
    assert told.value.code == "ARC-002"


def test_a_file_that_changes_while_it_is_closed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = ArchiveFolder(tmp_path).package("koha", "run1")
    package.add(chunk(1))
    package.committed()
    monkeypatch.setattr(bag, "manifest", lambda _: "")  # a disk that does not keep what it was given
    with pytest.raises(CarrelError) as told:
        package.seal(CUSTODY, {}, NOW)
    assert told.value.code == "ARC-003"
    assert ArchiveFolder(tmp_path).sealed() == ()


def test_a_package_is_noted_once(tmp_path: Path) -> None:
    one = HandedOver("koha@run1", "koha", 2, 2, "c" * 64, "Archives", "b" * 64, NOW)
    with Store.open(tmp_path) as store:
        for _ in range(2):
            store.custody.record(one, ())
        assert store.custody.all() == (one,)
