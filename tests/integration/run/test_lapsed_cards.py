"""Cards that have lapsed go with everything on their patrons; cards in use, and those that something keeps, stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from carrel.cli import cards, main, premises
from carrel.cli.check import owed
from carrel.cli.premises import now
from carrel.ledger.leaf import decode_leaf
from carrel.store.erasures import Erasures
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.run import library
from tests.integration.run.person_seed import MAP, WHEN, Seeder
from tests.integration.run.test_erasure import mentions, state

EXPIRED = "2020-05-06"
KEEPING = ("reserves", "user_permissions", "borrower_relationships", "subscriptionroutinglist")  # by being there
# What is in course keeps a card as well: what the ground is called, where, while it is, and once it is over.
IN_COURSE = (
    ("open interlibrary request", "illrequests", "borrowernumber", {"status": "REQ"}, {"status": "COMP"}),
    ("open interlibrary request", "illrequests", "borrowernumber", {"status": "CANCREQ"}, {"status": "KILL"}),
    ("open interlibrary request", "illrequests", "borrowernumber", {}, {"completed": EXPIRED}),
    ("open recall", "recalls", "patron_id", {"status": "waiting", "completed": 0}, {"completed": 1}),
    *(
        ("open request for a copy of an article", "article_requests", "borrowernumber", {"status": one}, {"status": two})
        for one, two in (("REQUESTED", "COMPLETED"), ("PENDING", "CANCELED"), ("PROCESSING", "CANCELED"))
    ),
    ("receives a periodical in turn", "subscriptionroutinglist", "borrowernumber", {}, None),
    ("restriction in force", "borrower_debarments", "borrowernumber", {"expiration": None}, {"expiration": EXPIRED}),
    ("restriction in force", "borrower_debarments", "borrowernumber", {"expiration": "2099-12-31"}, None),
    ("visit at home to come", "housebound_visit", "borrowernumber", {"appointment_date": "2099-01-02"}, None),
    *(
        ("wish for a purchase without an answer", "suggestions", "suggestedby", {"STATUS": one, "archived": 0}, over)
        for one, over in (("ASKED", {"STATUS": "REJECTED"}), ("ORDERED", {"STATUS": "AVAILABLE"}), ("CHECKED", {"archived": 1}))
    ),
    ("concern without an answer", "tickets", "reporter_id", {}, {"resolved_date": WHEN}),
    ("report of a problem without an answer", "problem_reports", "borrowernumber", {"status": "New"}, {"status": "Closed"}),
    ("key to the programming interface", "api_keys", "patron_id", {"active": 1}, {"active": 0}),
)  # fmt: skip
# A row that is over by its day: while that is to come, it keeps the card as a use of it.
TO_COME = (
    ("bookings", "patron_id", {"status": "new"}, "end_date"),
    ("curbside_pickups", "borrowernumber", {}, "scheduled_pickup_datetime"),
)


DAYS = {sign.table: sign.at for sign in MAP.cards.signs}  # of a use, by table
SOME = (
    ("messages", "borrowernumber"), ("search_history", "userid"), ("old_reserves", "borrowernumber"),
    ("message_queue", "borrowernumber"),
)  # fmt: skip


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def elm(disposed):
    """A library whose policy erases lapsed cards after a year, and that has nothing else to do."""
    return disposed


def lapsed(elm, seed, name="Quirina Okonkwo", **values):
    """A patron whose card has lapsed, with a trace in every table; who it is must stand nowhere afterwards."""
    first, last = name.split(" ", 1)
    given = {"firstname": first, "surname": last, "dateexpiry": EXPIRED, "dateenrolled": "2015-01-02", **values}
    number = seed.patron(**given)
    card, user = f"K{number}", f"reader{number}"
    seed.traces(number, card, user)
    taken = {table: "guarantor_id" if table == "borrower_relationships" else "borrowernumber" for table in KEEPING}
    taken["old_issues"] = "borrowernumber"  # a loan of the same second as everything else
    signs = ((sign, ", ".join(f"{column} = '{WHEN}'" for column in sign.at)) for sign in MAP.cards.signs)
    elm.sql(
        *(f"DELETE FROM {table} WHERE {column} = {number}" for table, column in taken.items()),
        *(put(table, column, number, over) for _, table, column, _, over in IN_COURSE if table not in KEEPING),
        *(f"UPDATE {sign.table} SET {sets} WHERE {sign.person} = {number}" for sign, sets in signs),
    )
    elm.needles |= {card, user, name}
    return number


def barely_lapsed(elm, seed, name="Quirina Okonkwo"):
    """The same with rows in some tables, where it is not asked whether every table is dealt with."""
    first, last = name.split(" ", 1)
    number = seed.patron(firstname=first, surname=last, dateexpiry=EXPIRED, dateenrolled="2015-01-02")
    for table, column in SOME:
        seed.row(table, **{column: number}, **dict.fromkeys(DAYS.get(table, ()), WHEN))
    elm.needles |= {f"K{number}", f"reader{number}", name}
    return number


def put(table, column, number, values):
    """What changes a person's rows of a table, or takes them away."""
    sets = ", ".join(f"{name} = '{value}'" for name, value in (values or {}).items())
    which = f"WHERE {column} = {number}"
    return f"UPDATE {table} SET {sets} {which}" if sets else f"DELETE FROM {table} {which}"


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
    if elm.koha.dialect == "postgresql":  # elsewhere, after it was interrupted
        again_nothing(elm, place)


def again_nothing(elm, place):
    """The plan that was carried out finds nobody any more."""
    unchanged = library.checksum(elm.koha)
    assert elm.ok("apply", place)["run"]["cards"]["people"] == 0
    assert library.checksum(elm.koha) == unchanged


@pytest.mark.one_database
def test_what_keeps_a_card_and_what_is_in_course_until_it_is_over(elm):
    """Each ground is told, and whoever it keeps stays; the day after what is in course is over, its card is due."""
    seed = Seeder(elm.koha)
    wanted = _kept(elm, seed)
    cases = _in_course(seed)
    found = judged(elm)
    assert {number: found.get(number) for number in wanted} == wanted
    assert [found[number] for number, *_ in cases] == [ground for _, ground, *_ in cases]
    assert {entry.ground for entry in MAP.cards.keeps} - set(found.values()) == set(), "a ground that nothing tries"
    assert elm.koha.sample.anonymous_patron not in found
    ran, _ = carried_out(elm)
    due = {number for number, stands in found.items() if stands == "due"}
    assert ran["cards"]["people"] == len(due) >= 1
    left = {number for (number,) in elm.koha.rows("SELECT borrowernumber FROM borrowers")}
    assert {number for number, stands in wanted.items() if stands == "due"} == set(wanted) - left
    assert {number for number, *_ in cases} <= left, "who waits for something went"
    elm.sql(*(put(table, column, number, over) for number, _, table, column, _, over in cases))
    stands = judged(elm)
    assert {number: stands[number] for number, *_ in cases} == dict.fromkeys((number for number, *_ in cases), "due")
    ran, _ = carried_out(elm)
    assert (ran["cards"]["people"], ran["cards"]["still_there"]) == (len(cases), {})


def _in_course(seed):
    """A patron for each thing that may be in course: number, ground, table, column, and values while it is and once it is over."""
    cases = [(seed.patron(dateexpiry=EXPIRED, dateenrolled="2015-01-02"), *one) for one in IN_COURSE]
    long_ago = {sign.table: dict.fromkeys(sign.at, WHEN) for sign in MAP.cards.signs}
    for number, _, table, column, values, _ in cases:
        if table == "housebound_visit":
            seed.row("housebound_profile", borrowernumber=number)
        seed.row(table, **{column: number, **long_ago.get(table, {}), **values})
    return cases


def _kept(elm, seed):
    """Patrons whose cards have lapsed, and what each is to be judged by."""
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
    return wanted


@pytest.mark.one_database
def test_who_was_discharged_is_not_kept_by_that(elm):
    """The product writes a discharge as a restriction without end; any other of that kind keeps the card."""
    seed = Seeder(elm.koha)
    numbers = [seed.patron(dateexpiry=EXPIRED, dateenrolled="2015-01-02") for _ in range(2)]
    for number, kind in zip(numbers, ("DISCHARGE", "SUSPENSION"), strict=True):
        if not elm.koha.rows(f"SELECT 1 FROM restriction_types WHERE code = '{kind}'"):
            seed.row("restriction_types", code=kind)
        seed.row("borrower_debarments", borrowernumber=number, type=kind, expiration=None)
    assert [judged(elm)[number] for number in numbers] == ["due", "restriction in force"]


@pytest.mark.one_database
@pytest.mark.deep
def test_what_is_to_come_keeps_a_card_as_a_use_of_it(elm):
    seed = Seeder(elm.koha)
    long_ago = {sign.table: dict.fromkeys(sign.at, WHEN) for sign in MAP.cards.signs}
    numbers = [seed.patron(dateexpiry=EXPIRED, dateenrolled="2015-01-02") for _ in TO_COME]
    for number, (table, column, values, day) in zip(numbers, TO_COME, strict=True):
        seed.row(table, **{**long_ago[table], **values, column: number, day: "2099-01-02 10:00:00"})
    assert [judged(elm)[number] for number in numbers] == ["period still running"] * len(TO_COME)
    days = zip(numbers, TO_COME, strict=True)
    elm.sql(*(put(table, column, number, {day: WHEN}) for number, (table, column, _, day) in days))
    assert [judged(elm)[number] for number in numbers] == ["due"] * len(TO_COME)


def _staff_category(elm):
    [(code,)] = elm.koha.rows("SELECT categorycode FROM categories WHERE category_type = 'S' LIMIT 1")
    return code


@pytest.mark.everywhere
@pytest.mark.deep
def test_of_a_payer_stays_what_the_financial_record_needs(elm):
    """The record is emptied once, waits for its schedule, and goes when that has ended."""
    elm.edit("    charges: lose the card\n", "    charges: part title and item\n", "policy.yaml")
    seed = Seeder(elm.koha)
    # That all else goes is tried on one database; on the others, how the record is emptied.
    number = (lapsed if elm.koha.dialect == "mariadb" else barely_lapsed)(elm, seed)
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


@pytest.mark.one_database
@pytest.mark.deep
def test_a_record_that_was_reduced_follows_a_stricter_policy(elm):
    """What a schedule required and the next one does not is emptied; without a schedule the whole record goes."""
    schedule = "    finance schedule: {cited: F-7, requires: [name, postal address], keep: 30 years}\n"
    elm.edit("    charges: lose the card\n", "    charges: part title and item\n" + schedule, "policy.yaml")
    seed = Seeder(elm.koha)
    old = {"dateexpiry": EXPIRED, "dateenrolled": "2015-01-02"}
    number = seed.patron(firstname="Quirina", surname="Okonkwo", address="3 Rowan Row", city="Elm", **old)
    elm.needles |= {f"K{number}", f"reader{number}"}
    # Nobody can tell when such a card expired; while no record has been reduced here, none is taken for one that was.
    bare = seed.patron(cardnumber=None, userid=None, address="5 Rowan Row", city="Elm")
    assert judged(elm)[bare] == "no usable day of expiry"
    elm.sql(f"UPDATE borrowers SET dateenrolled = '2015-01-02' WHERE borrowernumber = {bare}")
    seed.row("accountlines", borrowernumber=number, amountoutstanding=0, amount=2, date=EXPIRED)
    record = f"SELECT surname, address, cardnumber FROM borrowers WHERE borrowernumber = {number}"
    ran, _ = carried_out(elm)
    assert (ran["cards"]["reduced"], elm.koha.rows(record)) == (1, [("Okonkwo", "3 Rowan Row", None)])
    assert "F-7" in judged(elm)[number]
    elm.edit("[name, postal address]", "[name]", "policy.yaml")
    assert (judged(elm)[number], judged(elm)[bare]) == ("due", "no usable day of expiry")
    ran, _ = carried_out(elm)
    assert (ran["cards"]["reduced"], elm.koha.rows(record)) == (1, [("Okonkwo", None, None)])
    assert "F-7" in judged(elm)[number]
    elm.edit(schedule.replace("[name, postal address]", "[name]"), "", "policy.yaml")
    elm.edit("    charges: part title and item\n", "    charges: lose the card\n", "policy.yaml")
    assert judged(elm)[number] == "due"
    ran, _ = carried_out(elm)
    assert (ran["cards"]["people"], ran["cards"]["still_there"], elm.koha.rows(record)) == (1, {}, [])


@pytest.mark.one_database
def test_a_settled_charge_tells_of_a_use_for_as_long_as_it_keeps_its_payer(elm):
    """By a policy whose cards lapse after thirty days, and that leaves the payer to a charge; then by one that does not."""
    shipped = resources.files("carrel.policy") / "shipped"
    seed = Seeder(elm.koha)
    number = seed.patron(dateexpiry=EXPIRED, dateenrolled="2015-01-02")
    seed.row("accountlines", borrowernumber=number, amount=2, amountoutstanding=0, date=days_ago(20))
    assert judged(elm)[number] == "due"  # a night may have cut such a line already
    (elm.folder / "policy.yaml").write_text((shipped / "manhattan.yaml").read_text(encoding="utf-8"))
    assert judged(elm)[number] == "period still running"
    elm.sql(f"UPDATE accountlines SET date = '{days_ago(60)}' WHERE borrowernumber = {number}")
    assert judged(elm)[number] == "due"


@pytest.mark.one_database
def test_a_use_that_the_product_does_not_note_is_a_finding(elm):
    """Of check, by name; doctor counts the patrons of whom it is not known."""

    def settings():
        return next(one for one in elm.run("check", "--json").told["checks"] if one["name"] == "settings")

    assert "last use of cards" not in str(settings())
    elm.sql("UPDATE systempreferences SET value = '' WHERE variable = 'TrackLastPatronActivityTriggers'")
    assert "last use of cards" in str(settings())
    assert "checkouts as a use" not in str(settings())
    elm.sql("UPDATE systempreferences SET value = 'login,hold' WHERE variable = 'TrackLastPatronActivityTriggers'")
    assert "checkouts as a use" in str(settings())
    assert "last use of cards" not in str(settings())
    [(unknown,)] = elm.koha.rows("SELECT count(*) FROM borrowers WHERE lastseen IS NULL")
    assert f"expiry and other rows: {unknown} (WPL-3.1)" in elm.run("doctor", "--json").out


@pytest.mark.deep
def test_a_day_that_is_known_by_its_year_or_month_only(elm):
    """No day of expiry; but a use of the card, at the latest that it can mean; and a birth that stops nothing."""
    seed = Seeder(elm.koha)
    old = {"dateexpiry": EXPIRED, "dateenrolled": "2015-01-02"}
    undated, seen, reviewed, long_ago, born = (seed.patron(**old) for _ in range(5))
    reviews = [seed.row("reviews", borrowernumber=one, datereviewed=WHEN)["reviewid"] for one in (reviewed, long_ago)]
    month, year = f"{days_ago(60)[:7]}-00", f"{days_ago(0)[:4]}-00-00"
    elm.sql(
        *(["SET SESSION sql_mode = ''"] if elm.koha.dialect == "mariadb" else []),
        f"UPDATE borrowers SET dateexpiry = '2019-00-00' WHERE borrowernumber = {undated}",
        f"UPDATE borrowers SET date_renewed = '{year}' WHERE borrowernumber = {seen}",
        f"UPDATE reviews SET datereviewed = '{month} 00:00:00' WHERE reviewid = {reviews[0]}",
        f"UPDATE reviews SET datereviewed = '2019-02-00 00:00:00' WHERE reviewid = {reviews[1]}",
        f"UPDATE borrowers SET dateofbirth = '1980-00-00' WHERE borrowernumber = {born}",
    )
    stands = judged(elm)
    assert [stands[one] for one in (undated, seen, reviewed, long_ago, born)] == [
        "no usable day of expiry", "period still running", "period still running", "due", "due",
    ]  # fmt: skip
    ran, _ = carried_out(elm)
    assert (ran["cards"]["people"], ran["outcome"]) == (2, "verified")


class Died(BaseException):
    """A process that is gone: nothing of its own goes on."""


def dying(whole, dies_at):
    """The same method, in which a process dies at one step."""

    def die(self, name, step, *rest):
        if step == dies_at:
            raise Died
        return whole(self, name, step, *rest)

    return die


@pytest.mark.deep
def test_interrupted_before_and_after_pieces_it_goes_on_and_draws_nobody_anew(elm, monkeypatch):
    """Inside the steps, in the texts, and after records are gone and before that is noted; then the loan of one."""
    seed = Seeder(elm.koha)
    numbers = [barely_lapsed(elm, seed), barely_lapsed(elm, seed, "Željko Çağlar")]
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
    assert (ran["cards"]["planned"], ran["cards"]["unplanned"]) == (len(numbers), 1)
    assert not mentions(elm, *map(str, (*numbers, late)), *(f"reader{one}" for one in (*numbers, late)))
    assert elm.run("verify").code == 0
    assert not list((elm.folder / "cases").iterdir())
    again_nothing(elm, place)


@pytest.mark.parametrize("read_only", [True, False])
def test_what_is_owed_is_asked_by_a_writer_as_well(small_sqlite, tmp_path, monkeypatch, read_only):
    """A replay asks as the one writer that a file lets in; it had waited for itself."""
    elm = library.make(tmp_path / "site", small_sqlite, policy="worcester")
    for name, value in library.environment().items():
        monkeypatch.setenv(name, value)
    with premises.enter(elm.folder, None, read_only=read_only) as here:
        assert owed(here).left
