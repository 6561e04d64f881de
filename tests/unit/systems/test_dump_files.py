"""Folders of dumps: names, sizes and times are read, and held against what the site and the policy say."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.inventory.dump_folder import DumpFolder
from carrel.systems import dump_files, policy_files

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
POLICY = policy_files.load("mit-libraries")


def dump(folder: Path, name: str, days: float, content: bytes = b"INSERT INTO borrowers") -> None:
    place = folder / name
    place.write_bytes(content)
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(place, (at, at))


def test_a_dump_is_a_residue_until_its_job_deletes_it(tmp_path):
    dump(tmp_path, "koha-1.sql.gz", 2)
    dump(tmp_path, "koha-2.sql.gz", 1)
    dump(tmp_path, "notes.txt", 900)
    declared = DumpFolder(folder=tmp_path, files=("*.sql.gz",), kept=timedelta(days=4))
    [place] = dump_files.dumps([declared], POLICY, NOW).places
    assert place.until == NOW - timedelta(days=1) + timedelta(days=5)
    assert place.lasting
    assert place.figures == {"dumps": 2, "size": "42 bytes", "oldest": "2026-11-23", "newest": "2026-11-24"}


def test_without_a_job_that_deletes_there_is_no_date(tmp_path):
    dump(tmp_path, "koha.sql", 1)
    [place] = dump_files.dumps([DumpFolder(folder=tmp_path)], POLICY, NOW).places
    assert place.until is None
    assert place.when == "no date: nothing deletes it"


def test_a_job_that_does_not_keep_its_word_gives_no_date(tmp_path):
    dump(tmp_path, "old.sql", 30)
    dump(tmp_path, "new.sql", 1)
    found = dump_files.dumps([DumpFolder(folder=tmp_path, kept=timedelta(days=4))], POLICY, NOW)
    assert found.places[0].until is None
    [line] = found.overdue
    assert line.startswith("1 dump in ")


def test_what_cannot_be_read_is_told_and_an_empty_folder_holds_nothing(tmp_path):
    found = dump_files.dumps(
        [DumpFolder(folder=tmp_path / "gone"), DumpFolder(folder=tmp_path, files=("*.sql",))], POLICY, NOW
    )
    assert found.places == ()
    assert [one.because for one in found.unseen] == ["there is no such folder"]
    assert found.emptied == (f"dumps in {tmp_path}",)


@pytest.mark.parametrize(("days", "late"), [(31.5, 1), (30.5, 0)])
def test_the_policy_s_rule_for_backups_judges_them(tmp_path, days: float, late: int):
    shipped = Path(policy_files.__file__).parents[1] / "policy" / "shipped" / "mit-libraries.yaml"
    text = shipped.read_text().replace(
        "\nrecords:\n",
        "\nrecords:\n  backups:\n    says: Dumps of the library system.\n    source: library\n    custodian: the desk\n"
        "    class: medium\n    fields:\n      all: {category: other linkable information, purpose: provide}\n"
        "    retention:\n      - {id: dumps, active until: made, keep: 30 days, then: delete}\n",
        1,
    )
    place = tmp_path / "policy.yaml"
    place.write_text(text.replace("policy: mit-libraries", "policy: with-backups", 1))
    policy = policy_files.load(place)
    folder = tmp_path / "dumps"
    folder.mkdir()
    dump(folder, "koha.sql", days)
    found = dump_files.dumps([DumpFolder(folder=folder)], policy, NOW)
    assert len(found.overdue) == late
    assert all("(rule 'dumps')" in line for line in found.overdue)
