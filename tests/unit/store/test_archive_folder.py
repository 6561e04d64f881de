"""A package while it is filled, and closed: what was committed is in it, what was not is not."""

from __future__ import annotations

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
    assert sorted(table for table, _ in package.pending().values()) == ["ticket_updates", "tickets"]
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
