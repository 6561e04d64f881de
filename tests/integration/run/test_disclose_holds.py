"""What a case keeps from deletion: of several people, in each system, and no longer than the case is open."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from carrel.cli import disclose_desk
from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.disclosure.event import Act
from carrel.store import tables
from carrel.store.disclosures import Disclosures
from tests.integration.run.person_seed import Seeder
from tests.integration.run.test_disclose import ADA, BEA, DEE, LOU, MO, opened, shown, staffed, stored
from tests.integration.run.test_erasure import CARD, subject

LIST = ("disclose", "list", "--ask-systems")
REFUSED = ("--ground", "the law exempts it", "--because", "closed by law")


@pytest.fixture
def elm(small_stored):
    """On each database, with the store in a file or on a server."""
    return staffed(small_stored, "worcester")


def cards(elm, *texts):
    found = []
    for n, text in enumerate(texts):
        place = elm.folder.parent / f"card-{n}.txt"
        place.write_text(f"{text}\n")
        found += ["--card", place]
    return found


def kept(elm) -> set[int]:
    """Everybody whom a legal hold keeps now."""
    with elm.store as store:
        holds = store.keepings.current("koha", datetime.now(UTC), to_dispose=False).legal_holds
        return {number for one in holds for number in one.scope.persons}


def test_a_case_keeps_several_people_and_lets_them_go_with_its_end(elm) -> None:
    seed, number = subject(elm)
    other = seed.patron(cardnumber="K88001", surname="Brackwater")
    third = seed.patron(cardnumber="K88002", surname="Guarde")
    case = opened(elm, "subpoena", *cards(elm, CARD, "K88001"))
    assert kept(elm) == {number, other}
    elm.ok("disclose", "preserve", case, *cards(elm, "K88002"), *DEE)  # the paper names one more
    assert kept(elm) == {number, other, third}
    again = opened(elm, "court order", *cards(elm, "K88001"))
    elm.ok("hold", "place", "--patron", third, "--reason", "a claim", "--authority", "a court", "--as", "Ada Example")
    elm.refused("disclose", "preserve", case, *cards(elm, "K88002"), *BEA, code=2, error="DSC-001")
    elm.refused("disclose", "preserve", case, *cards(elm, "K-nobody"), *DEE, code=2, error="ERA-001")
    assert kept(elm) == {number, other, third}
    elm.ok("disclose", "refuse", case, *REFUSED, *ADA)
    elm.ok("disclose", "record", case, "tell the board", *ADA)
    assert kept(elm) == {number, other, third}  # it still owes a step
    told = elm.ok("disclose", "record", case, "tell the patron", *ADA)["case"]
    (mine,) = elm.ok("hold", "list")["legal_holds"]
    assert (told["holds_released"], told["kept_on_by"]) == (2, [again, mine["id"]])
    assert kept(elm) == {other, third}
    assert str(number) not in stored(elm)  # the number went with the hold
    elm.refused("disclose", "preserve", case, *cards(elm, CARD), *DEE, code=4, error="DSC-002")
    for step in ("tell the board", "tell the patron"):
        elm.ok("disclose", "record", again, step, *ADA)
    assert elm.ok("disclose", "refuse", again, *REFUSED, *ADA)["case"]["kept_on_by"] == []
    assert kept(elm) == {third}


def test_who_ends_it_may_say_that_the_hold_stays_and_a_night_releases_what_was_left(elm) -> None:
    _, number = subject(elm)
    stays = opened(elm, "informal ask", *cards(elm, CARD))
    refuse = ("--ground", "no legal process", "--because", "they come back with a paper")
    told = elm.ok("disclose", "refuse", stays, *refuse, "--keep-hold", *DEE)["case"]
    assert told["holds_released"] == 0
    left = opened(elm, "informal ask", *cards(elm, CARD))
    site = open_site(elm.folder)
    with elm.store as store:  # whoever ends it is stopped between the end and the release
        viewer = viewer_of(site, store, process_rules(site), "Dee Example")
        store.disclosures.add(left, Act.REFUSED, {"ground": "no legal process"}, viewer, "no paper")
    assert len(shown(elm, left)["holds"]) == 1
    elm.run("run-due")
    assert kept(elm) == {number}  # of the case that keeps it on
    assert "let go" in {one["act"] for one in shown(elm, left)["events"]}
    assert "let go" not in {one["act"] for one in shown(elm, stays)["events"]}


def test_a_sealed_case_that_keeps_the_same_is_not_told(elm) -> None:
    _, number = subject(elm)
    sealed = opened(elm, "national-security order", *cards(elm, CARD))
    order = ("--basis", "order", "--court", "a court", "--starts", "2026-11-01", "--indefinite")
    elm.ok("disclose", "silence", sealed, *order, "--may-tell", "Lou Example", *DEE)
    plain = opened(elm, "informal ask", *cards(elm, CARD))
    told = elm.ok("disclose", "refuse", plain, "--ground", "no legal process", "--because", "no paper", *MO)["case"]
    assert (told["holds_released"], told["kept_on_by"]) == (1, [])
    assert kept(elm) == {number}
    elm.ok("disclose", "refuse", sealed, *REFUSED, *LOU)
    assert kept(elm) == set()


def test_a_card_of_a_deleted_record_is_found_by_its_copy_and_nobodys_is_not(elm) -> None:
    seed = Seeder(elm.koha)
    gone = 99_901
    seed.row("deletedborrowers", borrowernumber=gone, cardnumber="K99901", surname="Formerly")
    opened(elm, "subpoena", *cards(elm, "K99901"))
    assert kept(elm) == {gone}
    number = elm.folder.parent / "number.txt"
    number.write_text("99902\n")
    words = ("disclose", "open", "subpoena", "--served-on", "an employee", "--sender", "a court", "--by-number")
    elm.refused(*words, "--card", number, *DEE, code=2, error="ERA-001")


def test_nothing_is_kept_for_a_case_that_was_not_written_down(elm, monkeypatch) -> None:
    _, number = subject(elm)
    written = Disclosures._write
    placed: list[set[int]] = []

    def stop(self, connection, *given) -> None:
        placed.append(set(connection.execute(select(tables.keeping_subject.c.number)).scalars()))
        written(self, connection, *given)
        raise OSError("the disk is full")

    monkeypatch.setattr(Disclosures, "_write", stop)
    (_, card) = cards(elm, CARD)
    said = {"instrument": "subpoena", "served_on": "an employee", "sender": "a court", "dated": None, "from_day": None,
            "until_day": None, "readers": False, "order_names_title": False, "words_file": None, "by_number": False,
            "items": (), "titles": (), "system_name": None, "name": "Dee Example", "site_path": elm.folder, "as_json": True}  # fmt: skip
    with pytest.raises(OSError, match="full"):
        disclose_desk.open_one(cards=(card,), **said)
    monkeypatch.undo()
    assert placed == [{number}]
    assert kept(elm) == set()
    assert list((elm.folder / "disclosures").glob("dsc-*.key")) == []


def test_a_list_tells_that_somebody_was_merged_away_while_her_records_are_kept(elm) -> None:
    seed, _ = subject(elm)
    other = seed.patron(cardnumber="K88001", surname="Brackwater")
    case = opened(elm, "subpoena", *cards(elm, "K88001"))
    spared = opened(elm, "court order", *cards(elm, CARD))
    assert elm.ok(*LIST, *ADA)["keeps_nobody_there"] == []
    elm.sql(f"DELETE FROM borrowers WHERE borrowernumber = {other}")  # as a merge does, once the rest has moved
    told = elm.ok(*LIST, *ADA)
    assert (told["keeps_nobody_there"], told["not_asked"]) == ([case], [])
    assert elm.ok(*LIST, *BEA)["keeps_nobody_there"] == [], "she may know of neither"
    said = elm.run(*LIST, *ADA).out
    assert case in said.partition("not registered any more")[0].splitlines()[-1]
    assert spared in said
    assert "K88001" not in said
