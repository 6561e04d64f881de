"""Disclosure cases in the store: sealed whole, added and never changed, told to those who may know, and to no list else."""

from __future__ import annotations

import inspect
import io
import json
import os
import resource
import threading
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carrel.disclosure.absence import OfficeEvent, Turn
from carrel.disclosure.event import Act
from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Office
from carrel.disclosure.standing import State
from carrel.disclosure.viewer import Viewer
from carrel.errors import CarrelError
from carrel.ledger.leaf import OpenLeaf, decode_leaf
from carrel.store import disclosure_documents, disclosures, recorded_disclosures, tables
from carrel.store.disclosure_documents import CHUNK, DisclosureDocuments, Filed
from carrel.store.owed_leaves import A_BATCH
from carrel.store.recorded_disclosures import LOOKS, SHEET, disclosure_key
from carrel.systems import policy_files

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
RULES = processes_of([policy_files.load("worcester")])
OFFICES = {"Ada": frozenset({Office.CUSTODIAN}), "Lou": frozenset({Office.COUNSEL})}
SUBPOENA = {"instrument": "subpoena", "served on": "an employee", "from": "a law firm", "from day": "2026-01-01"}
SILENT = {
    "basis": "order",
    "court": "District court",
    "starts": "2026-11-27",
    "ends": "2027-03-01",
    "may tell": "Ada; Lou",
}
WORDS = "all that Ishmael Quill, 29999000000017, borrowed"


def viewer(name: str = "Dee", hours: float = 0, offices: frozenset[Office] | None = None) -> Viewer:
    own = OFFICES.get(name, frozenset()) if offices is None else offices
    return Viewer(name, own, RULES, ZONE, AT + timedelta(hours=hours))


def opened(store, who: str = "Dee", hours: float = 0, **more: str) -> str:
    return store.disclosures.open({**SUBPOENA, **more}, WORDS, viewer(who, hours), hold="h1", step="preserve")


def code_of(call, *args, **named) -> str:
    with pytest.raises(CarrelError) as wrong:
        call(*args, **named)
    return wrong.value.code


def test_a_case_is_kept_with_its_events_and_a_leaf_each_that_the_salt_opens(store) -> None:
    name = opened(store)
    after = store.disclosures.add(name, Act.TAKEN, {"step": "tell the board"}, viewer("Ada", 1))
    assert after is not None
    case, here = store.disclosures.case(name, viewer("Lou", 2))
    assert [one.act for one in case.events] == [Act.RECEIVED, Act.TAKEN, Act.TAKEN]
    assert case.holds == ("h1",)
    assert here.state is State.WITH_COUNSEL
    assert store.disclosures.words(name, viewer("Ada", 2))[0] == WORDS
    told = [entry for entry in store.owed.entries() if b'"kind":"disclosure"' in entry]
    assert len(told) == len(case.events)
    for (commitment, salt), entry in zip(store.disclosures.salts(name, viewer("Ada", 2)), told, strict=True):
        assert commitment.encode() in entry
        assert len(salt) == 64
    assert set(store.disclosures.commitments()) == {one for one, _ in store.disclosures.salts(name, viewer("Ada", 2))}


def test_nothing_of_a_case_stands_in_the_clear_and_all_look_alike(store) -> None:
    first, second = opened(store), opened(store, hours=1, **{"from": "x" * 250})
    store.disclosures.add(second, Act.SILENCED, SILENT, viewer("Dee", 2))
    with store._database.reading() as connection:
        rows = connection.execute(tables.disclosure_event.select()).all()
        names = set(connection.execute(tables.disclosure_case.select()).scalars())
    assert names == {first, second}
    assert len({len(row.sealed) for row in rows}) == 1
    for secret in (b"subpoena", b"Quill", b"law firm", b"silenced", b"2026-11-27"):
        assert all(secret not in row.sealed for row in rows)


def test_a_sealed_case_is_not_there_for_whoever_was_not_named_whatever_the_office(store) -> None:
    name = opened(store)
    every = frozenset(Office)
    assert [case.id for case, _ in store.disclosures.all(viewer("Mo", offices=every))] == [name]
    store.disclosures.add(name, Act.SILENCED, SILENT, viewer("Dee", 1))
    assert store.disclosures.all(viewer("Mo", 2, every)) == ()
    for act, terms in ((Act.NOTED, {}), (Act.REFUSED, {"ground": "the law exempts it"}), (Act.NAMED, {"person": "Mo"})):
        assert code_of(store.disclosures.add, name, act, terms, viewer("Mo", 2, every), "so") == "DSC-001"
    for call in (store.disclosures.case, store.disclosures.words, store.disclosures.salts):
        assert code_of(call, name, viewer("Mo", 2, every)) == code_of(call, "dsc-nothere", viewer("Mo", 2)) == "DSC-001"
    assert len(store.disclosures.all(viewer("Lou", 2))) == 1
    lapsed = viewer("Mo", 24 * 120, every)
    assert [case.id for case, _ in store.disclosures.all(lapsed)] == [name]


def test_a_sealed_case_takes_as_much_work_as_one_that_is_not_there(store) -> None:
    name, mo = opened(store), viewer("Mo", 2)
    store.disclosures.add(name, Act.SILENCED, SILENT, viewer("Dee", 1))

    def work(call, case: str, *more) -> tuple[int, int]:
        store.disclosures.opened = store.disclosures.looked = 0
        assert code_of(call, case, *more) == "DSC-001"
        return store.disclosures.opened, store.disclosures.looked

    for call, *more in (
        (store.disclosures.case, mo),
        (store.disclosures.add, Act.NOTED, {}, mo, "so"),
        (store.disclosures.preserve, (), "preserve", mo),
    ):
        assert work(call, name, *more) == work(call, "dsc-nothere", *more) == (SHEET, LOOKS), call


def test_the_account_of_the_host_is_sealed_committed_and_makes_nothing_another_act(store) -> None:
    at_desk = replace(viewer("Dee"), account="dee-at-desk")
    name = store.disclosures.open(SUBPOENA, WORDS, at_desk, hold="h1", step="preserve")
    store.disclosures.add(name, Act.NOTED, {}, replace(viewer("Ada", 1), account="somebody"), "so")
    again = store.disclosures.add(name, Act.NOTED, {}, viewer("Ada", 1.5), "so")  # on a page now: said before
    case, _ = store.disclosures.case(name, viewer("Ada", 2))
    assert again is not None
    assert [one.term("account") for one in case.events] == ["dee-at-desk", "dee-at-desk", "somebody"]
    kept = store.disclosures._kept(name)[-1]
    bare = replace(kept, event=replace(kept.event, terms={}))
    assert kept.commitment(name) != bare.commitment(name)
    with store._database.reading() as connection:
        rows = connection.execute(tables.disclosure_event.select()).all()
    assert all(b"somebody" not in row.sealed and b"dee-at-desk" not in row.sealed for row in rows)
    assert all(b"somebody" not in entry for entry in store.owed.entries())


def test_a_list_opens_as_much_with_a_sealed_case_as_without(store) -> None:
    store.disclosures.all(viewer("Mo"))
    without = store.disclosures.opened, store.disclosures.looked
    for n in range(LOOKS):
        name = opened(store, hours=n)
        store.disclosures.add(name, Act.SILENCED, SILENT, viewer("Dee", n))
        assert store.disclosures.all(viewer("Mo", 2)) == ()
        assert (store.disclosures.opened, store.disclosures.looked) == without == (SHEET, LOOKS)


def test_two_officers_decide_at_once_and_the_second_is_told(store) -> None:
    name = opened(store)
    codes: list[str] = []
    both = threading.Barrier(2)

    def refuse(who: str) -> None:
        both.wait()
        try:
            store.disclosures.add(name, Act.REFUSED, {"ground": "the law exempts it"}, viewer(who, 1), "closed by law")
            codes.append("done")
        except CarrelError as wrong:
            codes.append(wrong.code)

    threads = [threading.Thread(target=refuse, args=(who,)) for who in ("Ada", "Lou")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(codes) == ["DSC-002", "done"]


def test_where_something_is_wrong_no_case_and_no_key_is_left(store) -> None:
    assert code_of(opened, store, instrument="a wish") == "DSC-005"
    assert code_of(opened, store, **{"until day": "2025-02-29"}) == "DSC-005"
    assert code_of(opened, store, **{"until day": "2025-01-01"}) == "DSC-005"
    assert code_of(opened, store, **{"from": "a\nb"}) == "DSC-006"
    assert code_of(store.disclosures.open, SUBPOENA, "x" * 5001, viewer()) == "DSC-006"
    assert code_of(opened, store, **{"from": "a law firm\u202emrif wal"}) == "DSC-006"
    assert not list((store.folder / "disclosures").glob("dsc-*"))
    name = opened(store)
    assert (
        code_of(store.disclosures.add, name, Act.DEFECT, {"defect": "d2", "what": "no\u200bseal"}, viewer("Lou"))
        == "DSC-006"
    )
    disclosure_key(store.folder, name).shred()
    assert store.disclosures.all(viewer("Ada")) == ()


def test_a_key_that_is_gone_is_told(store) -> None:
    name = opened(store)
    assert store.disclosures.whole()
    disclosure_key(store.folder, name).shred()
    assert not store.disclosures.whole()
    assert store.disclosures.all(viewer("Ada")) == ()
    assert store.disclosures.unopened == 1  # a list tells the custodian


def test_of_a_case_whose_key_is_gone_nobody_is_told_more_than_of_none(store) -> None:
    name = opened(store)
    desk, filed = store.disclosures, store.disclosures.file(name, io.BytesIO(b"x"), "the subpoena", viewer("Dee", 1))
    disclosure_key(store.folder, name).shred()

    def told(asked: str, who: str) -> list[str]:
        ways = (
            lambda: desk.case(asked, viewer(who, 2)),
            lambda: desk.words(asked, viewer(who, 2)),
            lambda: desk.salts(asked, viewer(who, 2)),
            lambda: desk.add(asked, Act.NOTED, {}, viewer(who, 2), "so"),
            lambda: desk.preserve(asked, (), "preserve", viewer(who, 2)),
            lambda: desk.file(asked, io.BytesIO(b"y"), "other", viewer(who, 2)),
            lambda: store.forgotten.forget(asked, viewer(who, 2)),
        )
        errors = []
        for one in ways:
            with pytest.raises(CarrelError) as error:
                one()
            errors.append(str(error.value))
        return errors

    assert filed.size == 1
    for who in ("Ada", "Dee", "Eve"):
        assert told(name, who) == told("dsc-nothingthere", who)
        assert all("DSC-001" in one for one in told(name, who))
    desk.in_force(name, lambda: AT)
    assert not desk.let_go(name, viewer("Ada", 2)).ended


def test_an_empty_file_is_no_paper(store) -> None:
    name = opened(store)
    before = {one.name for one in (store.folder / "disclosures").iterdir()}
    assert code_of(store.disclosures.file, name, io.BytesIO(b""), "the subpoena", viewer("Dee", 1)) == "DSC-005"
    assert {one.name for one in (store.folder / "disclosures").iterdir()} == before
    assert "the subpoena" in store.disclosures.case(name, viewer("Ada", 1))[1].papers_missing


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_document_comes_back_as_it_was_and_lies_encrypted_in_whole_chunks(store, size: int) -> None:
    name, content = opened(store), (b"Quill " * (size // 6 + 1))[:size]
    filed = store.disclosures.file(name, io.BytesIO(content), "the subpoena", viewer("Dee", 1))
    assert (filed.size, filed.id[:4]) == (size, "doc-")
    place = store.folder / "disclosures" / f"{filed.id}.sealed"
    lies = place.read_bytes()
    assert place.stat().st_mode & 0o777 == 0o600
    assert (len(lies) - 8) % (CHUNK + 16) == 0
    assert b"Quill" not in lies
    documents = DisclosureDocuments(store.folder)
    assert b"".join(documents.read(name, filed)) == content
    for changed in (lies[:-1], lies + b"x", lies[:20] + bytes([lies[20] ^ 1]) + lies[21:], lies[: -(CHUNK + 16)]):
        place.write_bytes(changed)
        assert code_of(lambda: list(documents.read(name, filed))) == "DSC-016"
    other = opened(store, hours=1)
    place.write_bytes(lies)
    assert code_of(lambda: list(documents.read(other, filed))) == "DSC-016"
    assert code_of(lambda: list(documents.read(name, Filed(filed.id, size, "0" * 64)))) == "DSC-016"


class Endless(io.RawIOBase):
    """A document that has no end, and counts what was asked of it."""

    asked = 0

    def read(self, size: int = -1) -> bytes:
        self.asked += size
        return b"\0" * size


def test_a_document_without_end_is_left_early_and_leaves_nothing(store) -> None:
    name, source = opened(store), Endless()
    tracemalloc.start()
    try:
        assert code_of(store.disclosures.file, name, source, "other", viewer("Dee", 1)) == "DSC-015"
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert source.asked < 70 * 1024 * 1024
    assert most < 4 * 1024 * 1024  # whatever its size: some chunks and the store's own statements
    assert not [one for one in (store.folder / "disclosures").iterdir() if one.name.startswith("doc-")]
    assert code_of(store.disclosures.file, name, io.BytesIO(b"x"), "a poem", viewer("Dee", 1)) == "DSC-005"
    assert code_of(store.disclosures.file, name, io.BytesIO(b"x"), "other", viewer("Mo", 1)) == "DSC-001"
    assert not [one for one in (store.folder / "disclosures").iterdir() if one.name.startswith("doc-")]


BOMB = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><l>&b;</l>'
HOSTILE = {
    "a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "entities": BOMB,
    "a broken zip": b"PK\x03\x04" + b"\xff" * 4096,
    "a page for a shell": b"#!/bin/sh\nrm -rf /\n",
    "signs of a terminal": b"\x1b]0;owned\x07\x1b[2J" * 99,
    "a tar that leaves its folder": b"../../../../etc/passwd".ljust(512, b"\0"),
}


def test_a_disk_that_is_full_keeps_nothing_of_a_document_and_says_so(store) -> None:
    name = opened(store)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * CHUNK, before[1]))
    try:
        paper = io.BytesIO(os.urandom(9 * CHUNK))
        assert code_of(store.disclosures.file, name, paper, "the subpoena", viewer("Dee", 1)) == "DSC-026"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list((store.disclosures._folder / "disclosures").glob("doc-*"))
    assert len(store.disclosures.case(name, viewer("Dee", 2))[0].events) == 2


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_document_claims_to_be_is_not_believed_and_not_read(store, what: str) -> None:
    content = HOSTILE[what]
    name = opened(store)
    before = {one.name for one in store.folder.rglob("*")}
    filed = store.disclosures.file(name, io.BytesIO(content), "other", viewer("Dee", 1))
    new = {one.name for one in store.folder.rglob("*")} - before
    assert {one for one in new if not one.startswith("store.db")} == {f"{filed.id}.sealed"}
    assert b"".join(DisclosureDocuments(store.folder).read(name, filed)) == content
    case, _ = store.disclosures.case(name, viewer("Ada", 2))
    assert set(case.events[-1].terms) == {"document", "paper", "size", "digest"}  # no kind, and no name of a file


def test_no_code_that_keeps_documents_knows_a_format() -> None:
    known = {name for name in vars(disclosure_documents) if inspect.ismodule(getattr(disclosure_documents, name))}
    assert known == {"faults", "hashlib", "os", "secrets"}


def test_every_night_owes_as_many_leaves_as_any_other(store) -> None:
    store.disclosures.cover(AT)
    quiet = [one for one in store.owed.entries() if b'"kind":"disclosure"' in one]
    opened(store)
    store.disclosures.cover(AT)
    assert len(quiet) == A_BATCH
    assert {len(one) for one in store.owed.entries()} == {len(quiet[0])}
    assert len(batch(store)) == A_BATCH


def batch(store, size: int = 0) -> list[OpenLeaf]:
    """What goes to the ledger now, in its order."""
    found = store.owed.claim(size, lambda first, last: [])
    store.owed.clear()
    return [decode_leaf(one.encode()) for one in found or ()]


@pytest.mark.parametrize("cases", [0, 1, 7, 8, 9, 20])
def test_no_batch_tells_how_many_of_its_leaves_are_of_a_case(store, cases: int) -> None:
    for n in range(cases):  # two events each, on the day before
        opened(store, hours=n / 10)
    store.owed.add([OpenLeaf("request", AT, {"commitment": "0" * 64})], AT)
    for night in range(1, 5):
        at = AT + timedelta(days=night)
        store.disclosures.cover(at)
        opened(store, hours=24 * night)  # between the covering and the claim
        found = batch(store)
        own = [one for one in found if one.kind == "disclosure"]
        assert [one.kind for one in found[:-A_BATCH]] == ["request"] * (night == 1)
        assert len(own) == A_BATCH
        assert {one.at.date() for one in own} == {at.date()}
        assert own == sorted(own, key=lambda one: one.encode())


def test_a_batch_that_a_kill_cut_short_goes_out_once_and_as_it_was(store) -> None:
    opened(store)
    store.disclosures.cover(AT + timedelta(days=1))
    cut = [one.encode() for one in store.owed.claim(0, lambda first, last: [])]
    opened(store, hours=24)
    store.disclosures.cover(AT + timedelta(days=2))
    again = [one.encode() for one in store.owed.claim(0, lambda first, last: [])]  # nothing of it stands there
    assert again == cut
    later = store.owed.claim(len(cut), lambda first, last: cut[first:last])  # all of it does
    assert len(later) == A_BATCH
    assert not {one.encode() for one in later} & set(cut)


def test_commitments_to_nothing_are_known_by_the_sites_key_alone(store) -> None:
    name = opened(store)
    store.disclosures.cover(AT)
    told = [decode_leaf(one).fields["commitment"] for one in store.owed.entries()]
    own = set(store.disclosures.commitments())
    assert [store.disclosures.tells_of_nothing(one) for one in told] == [one not in own for one in told]
    disclosure_key(store.folder, "none").shred()
    assert not any(map(store.disclosures.tells_of_nothing, told))
    assert store.disclosures.case(name, viewer("Ada"))


def test_events_that_were_moved_doubled_or_taken_out_are_found(store) -> None:
    name, other = opened(store), opened(store, **{"from": "a court"})
    store.disclosures.add(name, Act.DEFECT, {"defect": "d2", "what": "no seal"}, viewer("Lou", 1))
    store.disclosures.add(name, Act.CURED, {"defect": "d2"}, viewer("Lou", 2), "a new paper")
    table = tables.disclosure_event
    with store._database.reading() as connection:
        rows = connection.execute(table.select().order_by(table.c.id)).all()
    own = [row for row in rows if row.case == name]
    for changed in (
        [own[0], own[2], own[1], own[3]], [own[0], own[1], own[3]], [*own, own[3]], own[1:], [*own[:3], own[2]],
    ):  # fmt: skip
        with store._database.writing() as connection:
            connection.execute(table.delete().where(table.c.case == name))
            for row in changed:
                connection.execute(table.insert().values(case=name, sealed=row.sealed))
        assert not store.disclosures.whole()
        told = [code_of(store.disclosures.case, name, viewer(who, 3)) for who in ("Lou", "Ada")]
        assert told == ["DSC-022", "DSC-001"], "of what may have been sealed only those know whom an event names"
        assert code_of(store.disclosures.add, name, Act.NOTED, {}, viewer("Lou", 3), "so") == "DSC-022"
        assert [case.id for case, _ in store.disclosures.all(viewer("Ada", 3))] == [other]


def test_events_from_before_they_had_places_are_read(store) -> None:
    name = opened(store)
    key, table = disclosure_key(store.folder, name), tables.disclosure_event
    with store._database.writing() as connection:
        for row in connection.execute(table.select()).all():
            *old, _ = json.loads(key.open_text(row.sealed))
            connection.execute(table.update().where(table.c.id == row.id).values(sealed=key.seal_text(json.dumps(old))))
    store.disclosures.add(name, Act.TAKEN, {"step": "tell the board"}, viewer("Ada", 1))
    assert len(store.disclosures.case(name, viewer("Ada", 2))[0].events) == 3
    assert store.disclosures.whole()


def test_a_clock_that_was_set_back_opens_no_silence(store) -> None:
    name = opened(store)
    store.disclosures.add(name, Act.SILENCED, SILENT, viewer("Dee", 1))
    assert store.disclosures.all(viewer("Mo", -24 * 365, frozenset(Office))) == ()
    assert code_of(store.disclosures.case, name, viewer("Mo", -24 * 365, frozenset(Office))) == "DSC-001"


def test_a_night_forgets_papers_that_no_case_names_and_no_other(store) -> None:
    name, home = opened(store), store.folder / "disclosures"
    filed = store.disclosures.file(name, io.BytesIO(b"x"), "other", viewer("Dee", 1))
    orphan = DisclosureDocuments(store.folder).put(name, io.BytesIO(b"x"))  # killed before it was written down
    (home / "doc-0123456789abcdef.part").write_bytes(b"x")  # killed while it arrived
    now, places = datetime.now(UTC), {one.name for one in home.iterdir()}
    assert store.disclosures.forget_unnamed(now - timedelta(days=1)) == 0
    key = disclosure_key(store.folder, name)._path
    whole = key.read_bytes()
    key.write_bytes(bytes(32))
    assert store.disclosures.forget_unnamed(now + timedelta(days=1)) == 0
    key.write_bytes(whole)
    assert store.disclosures.forget_unnamed(now + timedelta(days=1)) == 2
    assert places - {one.name for one in home.iterdir()} == {f"{orphan.id}.sealed", "doc-0123456789abcdef.part"}
    assert b"".join(DisclosureDocuments(store.folder).read(name, filed)) == b"x"


class Slow(io.BytesIO):
    """A document during whose arrival something else is done."""

    def __init__(self, content: bytes, meanwhile) -> None:
        super().__init__(content)
        self._meanwhile = meanwhile

    def read(self, size: int | None = -1) -> bytes:
        self._meanwhile, now = None, self._meanwhile
        if now is not None:
            now()
        return super().read(size)


def test_a_paper_that_takes_an_hour_to_arrive_is_judged_and_dated_when_it_has(store) -> None:
    name = opened(store)
    act = (name, Act.NOTED, {}, viewer("Ada", 1), "they rang")
    slow = Slow(b"x", lambda: store.disclosures.add(*act))
    store.disclosures.file(name, slow, "the subpoena", viewer("Dee", 0), later=lambda: viewer("Dee", 2))
    assert [one.at for one in store.disclosures.case(name, viewer("Ada", 3))[0].events] == [
        AT, AT, AT + timedelta(hours=1), AT + timedelta(hours=2)
    ]  # fmt: skip
    sealed = Slow(b"x", lambda: store.disclosures.add(name, Act.SILENCED, SILENT, viewer("Dee", 3)))
    who = viewer("Mo", 3, frozenset(Office))
    assert code_of(store.disclosures.file, name, sealed, "other", who, later=lambda: who) == "DSC-001"
    assert len(list((store.folder / "disclosures").glob("doc-*"))) == 1


def test_a_year_that_is_out_counts_a_case_as_it_was_when_it_was_sealed_and_never_less(store) -> None:
    name, every = opened(store), frozenset(Office)

    def figures(day: int) -> list[tuple[str, str]]:
        found = store.disclosures.reported(viewer("", 24 * day, every), 2026)
        return [(case.id, str(here.state)) for case, here in found]

    assert figures(60) == [(name, "with counsel")]
    store.disclosures.add(name, Act.SILENCED, {**SILENT, "ends": "2027-06-01"}, viewer("Dee", 24 * 61))
    store.disclosures.add(name, Act.REFUSED, {"ground": "the law exempts it"}, viewer("Lou", 24 * 62), "closed by law")
    assert figures(63) == [(name, "with counsel")]
    assert figures(300) == [(name, "refused")]
    early = opened(store, hours=24 * 63)
    assert store.disclosures.reported(viewer("", 24 * 64, every), 2027)[-1][0].id == early
    store.disclosures.add(early, Act.SILENCED, {**SILENT, "ends": "2029-06-01"}, viewer("Dee", 24 * 65))
    assert early not in {case.id for case, _ in store.disclosures.reported(viewer("", 24 * 66, every), 2027)}


def test_who_stands_in_is_written_down_and_judged(store) -> None:
    people = {**OFFICES, "Ben": frozenset()}
    both = frozenset({Office.CUSTODIAN})

    def turn(kind: Turn, by: str, alternate: str = "", days: float | None = 7, holder: str = "Ada") -> OfficeEvent:
        ends = None if days is None else AT + timedelta(days=days)
        return OfficeEvent(kind, Office.CUSTODIAN, holder, by, AT, AT, ends, alternate)

    add = store.disclosures.turn
    assert code_of(add, turn(Turn.DELEGATED, "Ada", "Ada"), people, both) == "DSC-010"
    assert code_of(add, turn(Turn.DELEGATED, "Ben", "Ben"), people, both) == "DSC-010"
    assert code_of(add, turn(Turn.DELEGATED, "Ada", "Ben", None), people, both) == "DSC-010"
    assert code_of(add, turn(Turn.DELEGATED, "Ada", "Ben"), people, frozenset()) == "DSC-010"
    add(turn(Turn.DELEGATED, "Ada", "Ben"), people, both)
    assert code_of(add, turn(Turn.ABSENT, "Ben"), people, both) == "DSC-011"
    assert code_of(add, turn(Turn.ABSENT, "Mo"), people, both) == "DSC-011"
    add(turn(Turn.ABSENT, "Lou"), people, both)
    assert [one.turn for one in store.disclosures.turns()] == [Turn.DELEGATED, Turn.ABSENT]


def test_events_are_added_and_never_changed() -> None:
    """No statement of the store updates or deletes an event: there is no trigger, and none is needed."""
    source = inspect.getsource(disclosures) + inspect.getsource(recorded_disclosures)
    assert "update(" not in source
    assert "delete(" not in source
