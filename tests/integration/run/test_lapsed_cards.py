"""Cards that have lapsed go with everything on their patrons; cards in use, and those that something keeps, stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carrel.cli import cards, main, premises
from carrel.cli.premises import now
from carrel.ledger.leaf import decode_leaf
from carrel.store.erasures import Erasures
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.run import library
from tests.integration.run.person_seed import MAP, WHEN, Seeder
from tests.integration.run.test_erasure import mentions, state

EXPIRED = "2020-05-06"
KEEPING = ("reserves", "user_permissions", "borrower_relationships")  # rows that keep a card by being there


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def elm(small_koha, tmp_path):
    """A library whose policy erases lapsed cards after a year, and that has nothing else to do."""
    found = library.make(tmp_path / "site", small_koha, policy="worcester")
    found.sql("DELETE FROM saved_sql")  # reports that name readers lead the sweep of loans back
    found.dispose()
    return found


def lapsed(elm, seed, name="Quirina Okonkwo", **values):
    """A patron whose card has lapsed, with a trace in every table; who it is must stand nowhere afterwards."""
    first, last = name.split(" ", 1)
    given = {"firstname": first, "surname": last, "dateexpiry": EXPIRED, "dateenrolled": "2015-01-02", **values}
    number = seed.patron(**given)
    card, user = f"K{number}", f"reader{number}"
    seed.traces(number, card, user)
    for table in KEEPING:
        column = "guarantor_id" if table == "borrower_relationships" else "borrowernumber"
        elm.sql(f"DELETE FROM {table} WHERE {column} = {number}")
    elm.sql(f"DELETE FROM old_issues WHERE borrowernumber = {number}")  # a loan of the same second as everything else
    for sign in MAP.cards.signs:
        sets = ", ".join(f"{column} = '{WHEN}'" for column in sign.at)
        elm.sql(f"UPDATE {sign.table} SET {sets} WHERE {sign.person} = {number}")
    elm.needles |= {card, user, name}
    return number


def judged(elm):
    """Where every card stands that is not plainly in use."""
    with premises.enter(elm.folder, None, read_only=True) as here, here.engine.connect() as connection:
        found = cards.cards_of(here, now())
        return dict(found.judged(connection, cards.judgement(here, found, now(), now())))


def carried_out(elm, code=0):
    place = elm.approved()
    return elm.ok("apply", place, code=code)["run"], place


@pytest.mark.everywhere
def test_lapsed_cards_go_mixed_and_nobody_elses_row_is_touched(elm):
    seed = Seeder(elm.koha)
    other = seed.patron(dateexpiry="2099-01-01", updated_on="2025-03-04 00:00:00")
    before = state(elm)
    numbers = [lapsed(elm, seed), lapsed(elm, seed, "Željko Çağlar"), lapsed(elm, seed, "太郎 山田")]
    seed.row("messages", borrowernumber=other, message=f"lent to card K{numbers[1]} once", message_type="L")
    assert {number: judged(elm)[number] for number in numbers} == dict.fromkeys(numbers, "due")
    ran, place = carried_out(elm)
    assert (ran["cards"]["people"], ran["cards"]["still_there"]) == (3, {})
    assert ran["outcome"] in {"verified", "applied, residue until"}
    after = state(elm)
    assert not mentions(elm, *map(str, numbers), *(f"reader{one}" for one in numbers))
    assert len(after["deletedborrowers"]) == len(before["deletedborrowers"])
    for name in before:
        lost = [row for row in before[name] if row not in after[name]]
        assert not lost, (name, lost[:2])
    assert elm.koha.rows(f"SELECT message FROM messages WHERE borrowernumber = {other}") == [("lent to card *** once",)]
    assert elm.run("verify").code == 0
    assert not list((elm.folder / "cases").iterdir())
    kinds = [decode_leaf(entry).kind for entry in LedgerFolder(elm.folder / "ledger").entries()]
    assert kinds.count("erasure") == 1
    unchanged = library.checksum(elm.koha)
    assert elm.ok("apply", place)["run"]["cards"]["people"] == 0
    assert library.checksum(elm.koha) == unchanged


def test_what_keeps_a_card(elm):
    seed = Seeder(elm.koha)
    old = {"dateexpiry": EXPIRED}
    item = elm.koha.rows("SELECT itemnumber FROM items WHERE itemnumber NOT IN (SELECT itemnumber FROM issues) LIMIT 1")
    wanted = {
        seed.patron(**old): "due",
        seed.patron(dateexpiry=days_ago(100)[:10]): "period still running",
        seed.patron(**old, lastseen=days_ago(200)): "period still running",
        seed.patron(dateexpiry=None): "no usable day of expiry",
        seed.patron(**old, protected=1): "record marked as protected",
        seed.patron(**old, flags=1): "member of staff",
    }
    for ground, table, values in (
        ("open loan", "issues", {"borrowernumber": None, "itemnumber": item[0][0]}),
        ("open charge or credit", "accountlines", {"borrowernumber": None, "amountoutstanding": 3, "date": EXPIRED}),
        ("open charge or credit", "accountlines", {"borrowernumber": None, "amountoutstanding": -3, "date": EXPIRED}),
        ("open claim of a return", "return_claims", {"borrowernumber": None, "resolution": None}),
        ("open hold", "reserves", {"borrowernumber": None}),
        ("member of staff", "user_permissions", {"borrowernumber": None}),
        (
            "guarantor of a patron",
            "borrower_relationships",
            {"guarantor_id": None, "guarantee_id": seed.patron(dateexpiry="2099-01-01")},
        ),
        ("period still running", "reviews", {"borrowernumber": None, "datereviewed": days_ago(30)}),
        ("due", "reviews", {"borrowernumber": None, "datereviewed": days_ago(400)}),
    ):
        number = seed.patron(**old)
        seed.row(
            table,
            **{name: number if value is None and name != "resolution" else value for name, value in values.items()},
        )
        wanted[number] = ground
    offline = seed.patron(**old)
    seed.row("pending_offline_operations", cardnumber=f"K{offline}")
    wanted[offline] = "loan or return recorded offline"
    staff = seed.patron(**old, categorycode=_staff_category(elm))
    wanted[staff] = "member of staff"
    held, sealed = seed.patron(**old), seed.patron(**old)
    wanted |= {held: "legal hold or exception", sealed: "sealed"}
    for number, more in ((held, ()), (sealed, ("--sealed",))):
        patrons = elm.folder.parent / "held.txt"
        patrons.write_text(f"{number}\n")
        said = ("--reason", "letter", "--authority", "court", "--as", "Ada Example", "--patron-file", patrons)
        elm.ok("hold", "place", *said, *more)
    found = judged(elm)
    assert {number: found.get(number) for number in wanted} == wanted
    assert elm.koha.sample.anonymous_patron not in found
    ran, _ = carried_out(elm)
    assert ran["cards"]["people"] >= 1
    left = {number for (number,) in elm.koha.rows("SELECT borrowernumber FROM borrowers")}
    assert {number for number, stands in wanted.items() if stands == "due"} == set(wanted) - left


def _staff_category(elm):
    [(code,)] = elm.koha.rows("SELECT categorycode FROM categories WHERE category_type = 'S' LIMIT 1")
    return code


@pytest.mark.everywhere
def test_of_a_payer_stays_what_the_financial_record_needs(elm):
    """The record is emptied once, waits for its schedule, and goes when that has ended."""
    elm.edit("    charges: lose the card\n", "    charges: part title and item\n", "policy.yaml")
    seed = Seeder(elm.koha)
    number = lapsed(elm, seed)
    elm.needles -= {"Quirina Okonkwo"}
    elm.sql(f"DELETE FROM accountlines WHERE borrowernumber = {number}")
    seed.row("accountlines", borrowernumber=number, amountoutstanding=0, amount=2, date=EXPIRED)
    ran, _ = carried_out(elm)
    assert (ran["cards"]["people"], ran["cards"]["reduced"], ran["cards"]["still_there"]) == (0, 1, {})
    assert "no finance schedule" in ran["cards"]["reduced_on"]
    assert (ran["rows"]["lapsed cards"], ran["cards"]["rows"]["person, reduced"]) == (0, 1)
    assert ran["cards"]["kept"] == {"accountlines.borrowernumber": 1}
    record = f"SELECT surname, cardnumber, dateexpiry FROM borrowers WHERE borrowernumber = {number}"
    assert elm.koha.rows(record) == [("Okonkwo", None, None)]
    assert "no finance schedule" in judged(elm)[number]
    schedule = "    finance schedule: {cited: Schedule F-7, requires: [name], keep: 1 year}\n"
    elm.edit("    refund window:", f"{schedule}    refund window:", "policy.yaml")
    assert judged(elm)[number] == "due"
    ran, _ = carried_out(elm)
    assert (ran["cards"]["people"], elm.koha.rows(record)) == (1, [])


class Died(BaseException):
    """A process that is gone: nothing of its own goes on."""


def dying(whole, dies_at):
    """The same method, in which a process dies at one step."""

    def die(self, name, step, *rest):
        if step == dies_at:
            raise Died
        return whole(self, name, step, *rest)

    return die


def test_interrupted_before_and_after_pieces_it_goes_on_and_draws_nobody_anew(elm, monkeypatch):
    """Inside the steps, in the texts, and after records are gone and before that is noted; then the loan of one."""
    seed = Seeder(elm.koha)
    numbers = [lapsed(elm, seed), lapsed(elm, seed, "Željko Çağlar")]
    seed.row("messages", borrowernumber=seed.patron(dateexpiry="2099-01-01"), message=f"see K{numbers[0]}")
    place = elm.approved()
    for point, dies_at in (("intend", "messages.delete"), ("note", "texts"), ("note", "person")):
        with monkeypatch.context() as patched, pytest.raises(Died):
            patched.setattr(Erasures, point, dying(getattr(Erasures, point), dies_at))
            main.main(["apply", str(place), "--site", str(elm.folder)])
        if dies_at == "messages.delete":
            late = seed.patron(dateexpiry=EXPIRED)  # due as well, and within the bound
    ran = elm.ok("apply", place)["run"]
    assert (ran["cards"]["still_there"], ran["remaining"], ran["cards"]["rows_may_be_more"]) == ({}, {}, True)
    assert not mentions(elm, *map(str, (*numbers, late)), *(f"reader{one}" for one in (*numbers, late)))
    assert elm.run("verify").code == 0
    assert not list((elm.folder / "cases").iterdir())
    unchanged = library.checksum(elm.koha)
    elm.ok("apply", place)
    assert library.checksum(elm.koha) == unchanged
