"""What a night tells of what lies outside the databases when it cannot look: that it was not seen, never that it is empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carrel.accountability.evidence import State
from carrel.accountability.health import Health
from carrel.accountability.registry import evidence_for
from carrel.cli.outside_told import after_night
from carrel.errors import fault
from carrel.store.store import Store
from carrel.systems import outside_looking
from carrel.systems.faults import LOG_BUSY
from carrel.systems.outside_facts import outside_facts
from tests.unit.accountability.library import FACTS
from tests.unit.cli.test_signed_services import MIXED, POLICY, SIGNED, seen, site

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HELD = """\
folders:
  - {name: bookings, root: bookings, patterns: ['*.csv'], record: computer bookings, purpose: provide, time: inside,
     zone: UTC}
backups:
  - {name: nightly, tool: dump folder, place: dumps, files: ['*.sql'], systems: [koha]}
mailboxes:
  - {name: desk, kind: maildir, place: mail, folders: [{folder: INBOX, record: correspondence, purpose: provide}]}
"""
PLACES = {
    "backup nightly",
    "mailbox desk, INBOX",
    "folder bookings",
    "log-service vendor",
    "log-service campus-it",
    "log-service other",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db") as opened:
        yield opened


@pytest.mark.parametrize("expected", [True, False])
def test_what_could_not_be_looked_at_is_null_in_the_health_files_and_no_clause_holds(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, expected: bool
) -> None:
    here = site(tmp_path, HELD + MIXED + SIGNED.removeprefix("log_services:\n"))
    if expected:
        here = here.model_copy(update={"policy": tmp_path / "nowhere.yaml"})
    else:

        def broken(*_: object) -> None:
            raise TypeError("an answer quotes Ishmael Quill")

        monkeypatch.setattr(outside_looking, "look", broken)
    found, codes = after_night(here, store, NOW)
    assert codes == [codes[0]]
    assert (codes == ["CLI-001"]) != expected
    health = Health(NOW, (), found.late, found.unseen).as_dict()["outside"]
    assert {one["place"] for one in health} == PLACES
    assert {one["overdue"] for one in health} == {None}
    assert found.open
    assert "Ishmael" not in str(found)
    facts = replace(FACTS, outside=found)
    for clause in ("MITL-6.3", "WPL-8.7"):
        told = evidence_for(clause, facts)
        assert told is not None
        assert told.state is State.CANNOT_TELL


def test_a_service_of_which_a_part_was_read_is_not_seen_as_a_whole(tmp_path: Path) -> None:
    here = site(tmp_path, MIXED)
    cut = replace(seen(here.log_services[0], ("access logs", "web-1", 14)), error=fault(LOG_BUSY, found="503", fix="-"))
    found = outside_facts(here, POLICY, [cut], NOW)
    assert (found.unseen, found.late) == (("log-service vendor",), {"log-service vendor, web-1": 0})
