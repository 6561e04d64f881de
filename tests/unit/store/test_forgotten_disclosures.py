"""Forgetting a disclosure case: when it is due, by whom, what stays, and what a kill leaves."""

from __future__ import annotations

import io
import os
from datetime import timedelta

import pytest

from carrel.disclosure.event import Act
from carrel.disclosure.process import Instrument, Office
from carrel.disclosure.report import transparency
from carrel.disclosure.standing import State
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf
from carrel.store import tables
from carrel.store.recorded_disclosures import PAST
from tests.unit.store.test_disclosures import RULES, SILENT, ZONE, code_of, opened, viewer

DAYS = 24.0
KEPT = RULES.kept
REFUSED = {"ground": "the law exempts it"}


def night(hours: float):
    """Whoever sees every case that is not sealed, as a night does."""
    return viewer("", hours, frozenset(Office))


def closed(store, hours: float = 0) -> tuple[str, str]:
    """A case with a paper that was refused, and in which nothing is owed; its id and that of the paper."""
    name = opened(store, hours=hours)
    filed = store.disclosures.file(name, io.BytesIO(b"%PDF"), "the subpoena", viewer("Ada", hours))
    for step in ("tell the board", "tell the patron"):
        store.disclosures.add(name, Act.TAKEN, {"step": step}, viewer("Ada", hours))
    store.disclosures.add(name, Act.REFUSED, REFUSED, viewer("Ada", hours + 1), "closed by law")
    return name, filed.id


def left(folder) -> set[str]:
    return {one.name for one in (folder / "disclosures").iterdir() if one.name.startswith(("dsc-", "doc-"))}


def approve(store, name: str, who: str = "Ada", hours: float = 5) -> None:
    store.disclosures.add(name, Act.FORGET, {"plan": "a" * 16}, viewer(who, hours))


def test_a_case_is_forgotten_once_it_is_due_and_somebody_approved_and_its_number_stays(store, store_place) -> None:
    assert timedelta(days=5 * 366) == KEPT
    name, paper = closed(store)
    other, _ = closed(store, 1)
    due = KEPT.total_seconds() / 3600 + 1
    assert {f"{name}.key", f"{paper}.sealed"} <= left(store_place.folder)
    approve(store, name)
    assert not store.forgotten.forget(name, night(due - 1))
    assert not store.forgotten.forget(other, night(due + 1))  # nobody approved
    due += 1
    assert code_of(store.forgotten.forget, name, viewer("Ada", due)) == "DSC-009"
    leaves = len(store.owed.entries())
    before = transparency(store.disclosures.all(night(due)), 2026, 2, ZONE)
    assert store.forgotten.forget(name, night(due))
    assert {f"{name}.key", f"{paper}.sealed"}.isdisjoint(left(store_place.folder))
    assert len(left(store_place.folder)) == 2
    assert [case.id for case, _ in store.disclosures.all(night(due))] == [other]
    assert code_of(store.disclosures.case, name, viewer("Ada", due)) == "DSC-001"
    assert code_of(store.forgotten.forget, name, night(due)) == "DSC-001"
    (past,) = store.disclosures.past()
    assert (past.year, past.instrument, past.state) == (2026, Instrument.SUBPOENA, State.REFUSED)
    assert transparency(store.disclosures.all(night(due)), 2026, 2, ZONE, store.disclosures.past()) == before
    told = [decode_leaf(one) for one in store.owed.entries()]
    assert len(told) == leaves  # those of its events stay, and can be opened by nobody
    assert {str(one.fields["commitment"]) for one in told} == set(store.disclosures.commitments())  # none is missing
    with store._database.reading() as connection:
        (sealed,) = connection.execute(tables.disclosure_past.select()).all()
    assert b"subpoena" not in sealed.sealed


def test_what_is_open_owed_or_silent_is_not_due_and_a_note_begins_the_time_anew(store, store_place) -> None:
    far, kept = 4000 * DAYS, KEPT.total_seconds() / 3600
    running = opened(store)
    with pytest.raises(CarrelError) as wrong:
        approve(store, running, hours=0)
    assert wrong.value.code == "DSC-002"
    owing = opened(store, **{"from": "a court"})
    store.disclosures.add(owing, Act.REFUSED, REFUSED, viewer("Ada", 0), "closed by law")
    assert code_of(approve, store, owing, "Ada", 0) == "DSC-002"  # the person was not told
    name, _ = closed(store)
    sealed, _ = closed(store, 1)
    assert code_of(store.disclosures.add, name, Act.FORGET, {"plan": "a"}, viewer("Dee", 6)) == "DSC-003"
    approve(store, name, hours=7)
    store.disclosures.add(name, Act.NOTED, {}, viewer("Lou", 2001 * DAYS), "they rang again")
    assert not store.forgotten.forget(name, night(2001 * DAYS))  # what was approved is not what stands there now
    approve(store, name, "Lou", 2002 * DAYS)
    assert not store.forgotten.forget(name, night(2001 * DAYS + kept - 1))
    assert store.forgotten.forget(name, night(2001 * DAYS + kept))
    said = {**SILENT, "ends": "indefinite"}
    store.disclosures.add(sealed, Act.SILENCED, said, viewer("Ada", 3833 * DAYS))
    approve(store, sealed, hours=3834 * DAYS)
    assert not store.forgotten.forget(sealed, viewer("Lou", far))
    assert code_of(store.forgotten.forget, sealed, night(far)) == "DSC-001"


def test_what_a_kill_left_is_swept_and_what_is_being_written_is_not(store, store_place) -> None:
    name, paper = closed(store)
    home = store_place.folder / "disclosures"
    for place in (
        "dsc-zzzzzzzzzzzz.key",
        "doc-0123456789abcdef.sealed",
        "dsc-yyyyyyyyyyyy.key",
        "doc-ffffffffffffffff.sealed",
    ):
        (home / place).write_bytes(b"x" * 32)
    now = night(0).at
    for place in ("dsc-zzzzzzzzzzzz.key", "doc-0123456789abcdef.sealed"):
        os.utime(home / place, (now.timestamp() - 7200,) * 2)
    for place in (f"{name}.key", f"{paper}.sealed"):
        os.utime(home / place, (now.timestamp() - 7200,) * 2)
    for place in ("dsc-yyyyyyyyyyyy.key", "doc-ffffffffffffffff.sealed"):
        os.utime(home / place, (now.timestamp() - 60,) * 2)
    store.forgotten.sweep(now)
    assert left(store_place.folder) == {
        f"{name}.key", f"{paper}.sealed", "dsc-yyyyyyyyyyyy.key", "doc-ffffffffffffffff.sealed",
    }  # fmt: skip
    (home / f"{name}.key").rename(home / "kept-elsewhere")  # its papers are nobody's for now, and stay
    store.forgotten.sweep(now)
    assert f"{paper}.sealed" in left(store_place.folder)
    (home / "kept-elsewhere").rename(home / f"{name}.key")
    assert PAST not in {one.stem for one in home.iterdir()}
