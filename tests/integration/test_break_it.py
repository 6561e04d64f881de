"""Every carried clause: the live system is broken on purpose, the audit turns red, and it is put right again.

Each breakage is the smallest that goes against its clause, done behind Carrel's back on SQLite and MariaDB alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
import sqlalchemy as sa

from carrel.accountability.registry import evidenced_clauses
from carrel.retention.legal_hold import Scope
from carrel.store.placement import Kind, Order
from tests.integration import nightly_site
from tests.integration.nightly_site import NightlySite

Breakage = Callable[[NightlySite], object]
MIT = frozenset(
    [
        "MITL-1.2",
        "MITL-2.1",
        "MITL-2.2",
        "MITL-3.5",
        "MITL-6.1",
        "MITL-6.2",
        "MITL-6.4",
        "MITL-6.6",
        "MITL-6.7",
        "MITL-7.6",
        "MITL-9.10",
        "MITL-10.6",
    ]
)
NOW = datetime.now(UTC)


def days(ago: int) -> str:
    return (NOW - timedelta(days=ago)).strftime("%Y-%m-%d 09:30:00")


def reader(site: NightlySite) -> int:
    """A patron who keeps no history and has nothing on loan, so that no other loan explains what is put back."""
    [(number,)] = site.koha.rows(
        "SELECT min(borrowernumber) FROM borrowers WHERE privacy <> 0 AND borrowernumber NOT IN "
        f"(SELECT borrowernumber FROM issues) AND borrowernumber <> {site.koha.sample.anonymous_patron} "
        "AND borrowernumber NOT IN (SELECT borrowernumber FROM old_issues WHERE borrowernumber IS NOT NULL)"
    )
    assert isinstance(number, int)
    return number


def loan(site: NightlySite) -> int:
    """A loan that was parted from its reader and drew no charge."""
    [(number,)] = site.koha.rows(
        f"SELECT min(issue_id) FROM old_issues WHERE borrowernumber = {site.koha.sample.anonymous_patron} AND issue_id "
        "NOT IN (SELECT old_issue_id FROM accountlines WHERE old_issue_id IS NOT NULL) AND issue_id "
        "NOT IN (SELECT issue_id FROM return_claims WHERE issue_id IS NOT NULL)"
    )
    assert isinstance(number, int)
    return number


@contextmanager
def relinked(site: NightlySite, ago: int, *, late: bool = False) -> Iterator[None]:
    """A loan that came back some days ago names a reader again."""
    number = loan(site)
    [before] = site.koha.rows(
        f"SELECT borrowernumber, issuedate, returndate, date_due FROM old_issues WHERE issue_id = {number}"
    )
    due = days(ago + 3) if late else days(ago - 3)
    done = site.sql(
        f"UPDATE old_issues SET borrowernumber = {reader(site)}, issuedate = '{days(ago + 20)}', "
        f"returndate = '{days(ago)}', date_due = '{due}' WHERE issue_id = {number}"
    )
    assert done == 1
    yield
    site.sql(
        f"UPDATE old_issues SET borrowernumber = {before[0]}, issuedate = '{before[1]}', returndate = '{before[2]}', "
        f"date_due = '{before[3]}' WHERE issue_id = {number}"
    )


@contextmanager
def unknown_column(site: NightlySite) -> Iterator[None]:
    """A plugin adds a column to the loans that nobody classified."""
    site.sql("ALTER TABLE old_issues ADD COLUMN research_topic varchar(80) DEFAULT NULL")
    yield
    site.sql("ALTER TABLE old_issues DROP COLUMN research_topic")


@contextmanager
def stray_statistics(site: NightlySite) -> Iterator[None]:
    """A statistics row names a reader again; its loan does not."""
    statement = "INSERT INTO statistics (datetime, branch, type, itemnumber, borrowernumber) VALUES ('{}', 'CPL', 'issue', 1, {})"
    assert site.sql(statement.format(days(400), reader(site))) == 1
    yield
    site.sql(f"DELETE FROM statistics WHERE borrowernumber = {reader(site)} AND datetime = '{days(400)}'")


@contextmanager
def note_left(site: NightlySite) -> Iterator[None]:
    """What a reader wrote stands again on a loan that names nobody."""
    number = loan(site)
    assert site.sql(f"UPDATE old_issues SET note = 'the cover is torn' WHERE issue_id = {number}") == 1
    yield
    site.sql(f"UPDATE old_issues SET note = NULL WHERE issue_id = {number}")


@contextmanager
def last_borrower_left(site: NightlySite) -> Iterator[None]:
    """An item names a last borrower from long ago."""
    [(item,)] = site.koha.rows(
        "SELECT max(itemnumber) FROM items WHERE itemnumber NOT IN (SELECT itemnumber FROM items_last_borrower)"
    )
    statement = f"INSERT INTO items_last_borrower (itemnumber, borrowernumber, created_on) VALUES ({item}, {reader(site)}, '{days(200)}')"
    assert site.sql(statement) == 1
    yield
    site.sql(f"DELETE FROM items_last_borrower WHERE itemnumber = {item}")


@contextmanager
def nameless_exception(site: NightlySite) -> Iterator[None]:
    """An exception loses its approver: whoever did that edited the store."""
    order = Order(
        Kind.EXCEPTION,
        "koha",
        Scope(items=(1,)),
        "an exhibition",
        "the director",
        "Ada Example",
        until=NOW + timedelta(days=9),
    )
    with site.store as store:
        placed = store.keepings.place(order, lambda: datetime.now(UTC))
    assert site.evidence("MITL-6.7")["standing"] == "holds"
    engine = sa.create_engine(f"sqlite:///{site.folder / 'carrel.sqlite3'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE keeping SET authority = ''")
    yield
    engine.dispose()
    with site.store as store:
        store.keepings.release(placed.id, "Ada Example", datetime.now(UTC), Kind.EXCEPTION)


@contextmanager
def held_loan_cut(site: NightlySite) -> Iterator[None]:
    """Somebody cuts a loan that a legal hold keeps, after the hold was counted."""
    number, person = loan(site), reader(site)
    site.sql(f"UPDATE old_issues SET borrowernumber = {person}, returndate = '{days(90)}' WHERE issue_id = {number}")
    order = Order(
        Kind.LEGAL_HOLD, "koha", Scope(persons=(person,)), "preservation letter", "county court", "Ada Example"
    )
    with site.store as store:
        placed = store.keepings.place(order, lambda: datetime.now(UTC))
    assert site.evidence("MITL-9.10")["standing"] == "holds"
    assert site.evidence("MITL-6.2")["standing"] == "holds", "a hold always wins"
    stand_in = site.koha.sample.anonymous_patron
    site.sql(f"UPDATE old_issues SET borrowernumber = {stand_in} WHERE issue_id = {number}")
    yield
    assert site.evidence("MITL-9.10")["standing"] == "finding", "a loss is not forgotten by looking again"
    with site.store as store:
        store.keepings.release(placed.id, "Ada Example", datetime.now(UTC), Kind.LEGAL_HOLD)


@contextmanager
def loans_logged(site: NightlySite) -> Iterator[None]:
    """Somebody switches the log of checkouts on."""
    site.sql("UPDATE systempreferences SET value = '1' WHERE variable = 'IssueLog'")
    yield
    site.sql("UPDATE systempreferences SET value = '0' WHERE variable = 'IssueLog'")


@contextmanager
def clicks_left(site: NightlySite) -> Iterator[None]:
    """The tracking of clicks is off, and what it kept is still there."""
    assert (
        site.sql(f"INSERT INTO linktracker (borrowernumber, url) VALUES ({reader(site)}, 'https://example.org')") == 1
    )
    yield
    site.sql("DELETE FROM linktracker")


@contextmanager
def born(site: NightlySite) -> Iterator[None]:
    """A date of birth is filled in, which the policy does not ask for."""
    assert site.sql(f"UPDATE borrowers SET dateofbirth = '1991-03-04' WHERE borrowernumber = {reader(site)}") == 1
    yield
    site.sql("UPDATE borrowers SET dateofbirth = NULL")


@contextmanager
def photographed(site: NightlySite) -> Iterator[None]:
    """A photograph of a patron is kept."""
    row = f"({reader(site)}, 'image/png', 'x')"
    assert site.sql(f"INSERT INTO patronimage (borrowernumber, mimetype, imagefile) VALUES {row}") == 1
    yield
    site.sql("DELETE FROM patronimage")


@contextmanager
def of_a_people(site: NightlySite) -> Iterator[None]:
    """A field of the library's own making asks for the ethnic group."""
    site.sql("INSERT INTO borrower_attribute_types (code, description) VALUES ('GRP', 'Ethnic group')")
    row = f"({reader(site)}, 'GRP', 'a')"
    assert site.sql(f"INSERT INTO borrower_attributes (borrowernumber, code, attribute) VALUES {row}") == 1
    yield
    site.sql("DELETE FROM borrower_attributes", "DELETE FROM borrower_attribute_types WHERE code = 'GRP'")


@contextmanager
def numbered(site: NightlySite) -> Iterator[None]:
    """A social security number stands in a sorting field."""
    assert site.sql(f"UPDATE borrowers SET sort1 = '219-09-9999' WHERE borrowernumber = {reader(site)}") == 1
    found = site.run("audit", "--json").stdout
    assert "219-09-9999" not in found
    assert "national identity numbers (0-9 rows)" in found
    yield
    site.sql("UPDATE borrowers SET sort1 = NULL")


@contextmanager
def review_gone_by(site: NightlySite) -> Iterator[None]:
    """The need for what was de-identified was to be reviewed, and was not."""
    shipped = resources.files("carrel.policy") / "shipped" / "mit-libraries.yaml"
    text = shipped.read_text(encoding="utf-8").replace(
        "          review by: 2027-01-01", "          review by: 2026-01-02"
    )
    (site.folder / "lapsed.yaml").write_text(text.replace("policy: mit-libraries", "policy: lapsed"))
    place = site.folder / "carrel.yaml"
    before = place.read_text()
    place.write_text(before.replace("policy: mit-libraries", "policy: lapsed.yaml"))
    yield
    place.write_text(before)


@contextmanager
def by_text_message(site: NightlySite) -> Iterator[None]:
    """A library switches text messages on, with a template for pickups."""
    template = "('reserves', 'HOLD', 'ready', 'ready', 'It is ready.', 'sms', '', 'default')"
    columns = "module, code, name, title, content, message_transport_type, branchcode, lang"
    assert site.sql(f"INSERT INTO letter ({columns}) VALUES {template}") == 1
    assert site.evidence("WPL-3.5")["standing"] == "holds", "a template for a channel that is off sends nothing"
    site.sql("INSERT INTO systempreferences (variable, value) VALUES ('SMSSendDriver', 'Elsewhere::Texts')")
    yield
    site.sql("DELETE FROM systempreferences WHERE variable = 'SMSSendDriver'", "DELETE FROM letter WHERE code = 'HOLD'")


@contextmanager
def said_to_be_not_kept(site: NightlySite) -> Iterator[None]:
    """The site file says that no requests go to other libraries, and they do."""
    place = site.folder / "carrel.yaml"
    before = place.read_text()
    place.write_text(before.replace("records:\n", "records:\n  interlibrary loans: not kept\n"))
    assert (
        site.sql("INSERT INTO illrequests (illrequest_id, borrowernumber, branchcode) VALUES (999999, NULL, 'CPL')")
        == 1
    )
    yield
    site.sql("DELETE FROM illrequests WHERE illrequest_id = 999999")
    place.write_text(before)


def record(statement: str, undo: str) -> Breakage:
    """A record of another kind than loans is there again."""

    @contextmanager
    def put_back(site: NightlySite) -> Iterator[None]:
        assert site.sql(statement.format(reader=reader(site))) == 1
        yield
        assert site.sql(undo) == 1

    return put_back


old_search = record(
    "INSERT INTO search_history (id, userid, sessionid, query_desc, query_cgi, type, total, time) "
    f"VALUES (999999, {{reader}}, 's', 'kw: a', 'q=a', 'biblio', 1, '{days(40)}')",
    "DELETE FROM search_history WHERE id = 999999",
)
old_hold = record(
    "INSERT INTO old_reserves (reserve_id, borrowernumber, priority, lowestPriority, suspend, item_level_hold, "
    f"non_priority, cancellationdate, timestamp) VALUES (999999, {{reader}}, 0, 0, 0, 0, 0, '{days(40)[:10]}', '{days(40)}')",
    "DELETE FROM old_reserves WHERE reserve_id = 999999",
)
old_notice = record(
    "INSERT INTO message_queue (message_id, borrowernumber, subject, content, letter_code, message_transport_type, "
    f"status, time_queued, updated_on) VALUES (999999, {{reader}}, 's', 'c', 'WELCOME', 'email', 'sent', '{days(40)}', '{days(40)}')",
    "DELETE FROM message_queue WHERE message_id = 999999",
)


@contextmanager
def card_that_lapsed(site: NightlySite) -> Iterator[None]:
    """A patron who never borrowed and owes nothing, and whose card expired ten years ago."""
    assert (
        site.sql(
            "INSERT INTO borrowers (borrowernumber, cardnumber, userid, surname, branchcode, categorycode, privacy, dateexpiry, "
            "dateenrolled) SELECT 999999, 'LAPSED999999', 'lapsed999999', 'Lapsed', branchcode, categorycode, 1, '2016-01-01', "
            "'2014-01-01' FROM borrowers WHERE borrowernumber = (SELECT min(borrowernumber) FROM borrowers WHERE categorycode "
            "IN (SELECT categorycode FROM categories WHERE category_type <> 'S'))"
        )
        == 1
    )
    yield
    site.sql("DELETE FROM borrowers WHERE borrowernumber = 999999")


review = record(
    "INSERT INTO reviews (reviewid, borrowernumber, biblionumber, review, approved, datereviewed) "
    f"VALUES (999999, {{reader}}, (SELECT min(biblionumber) FROM biblio), 'A good read', 1, '{days(1)}')",
    "DELETE FROM reviews WHERE reviewid = 999999",
)
fresh_search = record(
    "INSERT INTO search_history (id, userid, sessionid, query_desc, query_cgi, type, total, time) "
    f"VALUES (999999, {{reader}}, 's', 'kw: a', 'q=a', 'biblio', 1, '{days(1)}')",
    "DELETE FROM search_history WHERE id = 999999",
)
text_of_overdue = record(
    "INSERT INTO message_queue (message_id, borrowernumber, subject, content, letter_code, message_transport_type, "
    f"status, time_queued, updated_on) VALUES (999999, {{reader}}, 's', 'c', 'ODUE', 'sms', 'sent', '{days(1)}', '{days(1)}')",
    "DELETE FROM message_queue WHERE message_id = 999999",
)
waits_for_ever = record(
    "INSERT INTO message_queue (message_id, borrowernumber, subject, content, letter_code, message_transport_type, "
    f"status, time_queued, updated_on) VALUES (999999, {{reader}}, 's', 'c', 'HOLD', 'email', 'pending', '{days(900)}', '{days(900)}')",
    "DELETE FROM message_queue WHERE message_id = 999999",
)
copy_of_a_patron = record(
    "INSERT INTO deletedborrowers (borrowernumber, surname, branchcode, categorycode, updated_on) "
    f"VALUES (999999, 'Gone', 'CPL', 'PT', '{days(6 * 366)}')",
    "DELETE FROM deletedborrowers WHERE borrowernumber = 999999",
)


@contextmanager
def fines_for_guarantors(site: NightlySite) -> Iterator[None]:
    """The staff can let a guarantor see a child's fines."""
    name = "AllowStaffToSetFinesVisibilityForGuarantor"
    before = site.koha.rows(f"SELECT value FROM systempreferences WHERE variable = '{name}'")
    site.sql(f"DELETE FROM systempreferences WHERE variable = '{name}'")
    site.sql(f"INSERT INTO systempreferences (variable, value) VALUES ('{name}', '1')")
    yield
    site.sql(f"DELETE FROM systempreferences WHERE variable = '{name}'")
    for (value,) in before:
        site.sql(f"INSERT INTO systempreferences (variable, value) VALUES ('{name}', '{value}')")


@contextmanager
def loans_of_a_child_shown(site: NightlySite) -> Iterator[None]:
    """One record is marked so that its guarantor sees the loans; that of nobody's guarantee changes nothing."""
    child, guarantor = reader(site), site.koha.sample.anonymous_patron + 1
    site.sql(f"UPDATE borrowers SET privacy_guarantor_checkouts = 1 WHERE borrowernumber = {child}")
    assert standings(site)["MPL-14"] == "holds", "nobody is the guarantor"
    site.sql(
        "INSERT INTO borrower_relationships (id, guarantor_id, guarantee_id, relationship) VALUES "
        f"(990001, {guarantor}, {child}, 'father')"
    )
    yield
    site.sql("DELETE FROM borrower_relationships WHERE id = 990001")
    site.sql(f"UPDATE borrowers SET privacy_guarantor_checkouts = 0 WHERE borrowernumber = {child}")


def relink(ago: int, *, late: bool = False) -> Breakage:
    return lambda site: relinked(site, ago, late=late)


# clause, breakage, clauses that must not turn red with it
MIT_LIBRARIES = [
    ("MITL-1.2", loans_logged, ("MITL-6.4", "MITL-2.1")),
    ("MITL-1.2", clicks_left, ("MITL-6.4",)),
    ("MITL-1.2", born, ("MITL-6.4",)),
    ("MITL-1.2", of_a_people, ("MITL-6.4",)),
    ("MITL-1.2", numbered, ("MITL-6.4",)),
    ("MITL-1.1", unknown_column, ()),
    ("MITL-2.3", review, ("MITL-1.1", "MITL-6.4")),
    ("MITL-6.9", review_gone_by, ("MITL-2.1", "MITL-6.4")),
    ("MITL-2.1", relink(60), ("MITL-6.6", "MITL-2.2")),
    ("MITL-2.1", unknown_column, ()),
    ("MITL-2.2", unknown_column, ()),
    ("MITL-3.5", stray_statistics, ("MITL-6.1", "MITL-9.10")),
    ("MITL-6.1", relink(12), ("MITL-6.2", "MITL-3.5")),
    ("MITL-6.2", relink(60), ("MITL-6.6",)),
    ("MITL-6.2", old_search, ("MITL-6.6", "MITL-6.4")),
    ("MITL-6.2", old_hold, ("MITL-6.6", "MITL-6.4")),
    ("MITL-6.2", old_notice, ("MITL-6.6", "MITL-6.4")),
    ("MITL-6.6", copy_of_a_patron, ("MITL-6.2", "MITL-6.4")),
    ("MITL-6.4", relink(12), ("MITL-6.2", "MITL-6.6", "MITL-10.6")),
    ("MITL-6.4", stray_statistics, ("MITL-6.1",)),
    ("MITL-6.6", relink(6 * 366), ("MITL-6.7",)),
    ("MITL-6.7", nameless_exception, ("MITL-6.4", "MITL-9.10")),
    ("MITL-7.6", note_left, ("MITL-6.1", "MITL-3.5")),
    ("MITL-7.6", stray_statistics, ("MITL-6.1",)),
    ("MITL-9.10", held_loan_cut, ("MITL-6.4", "MITL-6.7")),
    ("MITL-10.6", relink(700), ("MITL-6.7", "MITL-9.10")),
]
MIT_11_2 = [("MITP-11.2.0", relink(400), ()), ("MITP-11.2.0", unknown_column, ())]
WORCESTER = [
    ("WPL-3.3", relink(5), ("WPL-3.4",)),
    ("WPL-3.3", last_borrower_left, ()),
    ("WPL-3.4", relink(5, late=True), ("WPL-3.3",)),
    ("WPL-8.8", loans_logged, ("WPL-3.3", "WPL-3.4")),
    ("WPL-8.8", photographed, ("WPL-3.3",)),
    ("WPL-1.4", review, ("WPL-3.3",)),
    ("WPL-3.1", card_that_lapsed, ("WPL-3.3",)),
    ("WPL-1.4", said_to_be_not_kept, ("WPL-3.3",)),
    ("WPL-3.5", text_of_overdue, ("WPL-1.4",)),
    ("WPL-3.5", waits_for_ever, ("WPL-3.3",)),
    ("WPL-3.5", by_text_message, ("WPL-3.3", "WPL-1.4")),
]
MANHATTAN = [
    ("MPL-0", unknown_column, ()),
    ("MPL-5", fresh_search, ("MPL-0",)),
    ("MPL-5.1", card_that_lapsed, ("MPL-0",)),
    ("MPL-14", fines_for_guarantors, ("MPL-0", "MPL-5")),
    ("MPL-14", loans_of_a_child_shown, ("MPL-0", "MPL-5")),
]
ELSEWHERE = """\
records:
  reference questions: the reference desk's own system
  reading histories: not kept
  in-house use: counted on paper
  computer bookings: the booking system
  computer sessions: the stations
  rfid logs: the RFID server
  backups: the consortium
"""


def standings(site: NightlySite) -> dict[str, str]:
    result = site.run("audit", "--json")
    assert result.exception is None, (result.exception, result.output)
    return {one["clause"]: one["standing"] for one in json.loads(result.stdout)["clauses"]}


@pytest.mark.slow
@pytest.mark.whole_run
@pytest.mark.parametrize(
    ("policy", "breakages"),
    [("mit-libraries", MIT_LIBRARIES + MIT_11_2), ("worcester", WORCESTER), ("manhattan", MANHATTAN)],
)
def test_a_broken_system_turns_the_audit_red(koha, tmp_path, policy, breakages, subtests):
    site = nightly_site.make(tmp_path, koha, policy=policy, more=ELSEWHERE)
    carried = {clause for clause, _, _ in breakages}
    red = {clause for clause, standing in standings(site).items() if standing == "finding"}
    assert red, "before the first run the sample is full of readers"
    site.cut_everything()
    site.collect_nothing_more()
    site.keep_listed_kinds(policy)
    before = standings(site)
    assert {clause: before[clause] for clause in carried} == dict.fromkeys(carried, "holds")
    next_clauses = [*(clause for clause, _, _ in breakages[1:]), ""]
    for (clause, breakage, untouched), following in zip(breakages, next_clauses, strict=True):
        with subtests.test(clause=clause, breakage=getattr(breakage, "__name__", "relinked")):
            with breakage(site):
                broken = standings(site)
            assert broken[clause] == "finding"
            assert {one: broken[one] for one in untouched} == dict.fromkeys(untouched, "holds")
            if clause == following:  # or what is found next could be what was found here
                assert standings(site)[clause] == "holds", "it was put right again"
    after = standings(site)
    assert {one: after[one] for one in carried} == dict.fromkeys(carried, "holds"), "all was put right again"


def test_a_loan_without_a_return_or_with_one_to_come_is_not_told_as_kept(koha_sqlite, tmp_path):
    site = nightly_site.make(tmp_path, koha_sqlite, policy="worcester", more=ELSEWHERE)
    site.cut_everything()
    site.collect_nothing_more()
    assert standings(site)["WPL-3.3"] == "holds"
    loan = "issue_id = (SELECT min(issue_id) FROM old_issues)"
    for value in ("NULL", "'2099-01-01 00:00:00'", "'0000-00-00 00:00:00'"):
        assert (
            site.sql(f"UPDATE old_issues SET returndate = {value}, borrowernumber = {reader(site)} WHERE {loan}") == 1
        )
        broken = standings(site)
        assert {one: broken[one] for one in ("WPL-3.3", "WPL-3.4")} == dict.fromkeys(
            ("WPL-3.3", "WPL-3.4"), "cannot tell"
        )
    told = {one["clause"]: one for one in json.loads(site.run("audit", "--json").stdout)["clauses"]}
    assert "0-9 closed loans" in json.dumps(told["WPL-3.3"])


def test_every_carried_clause_has_a_breakage():
    assert {clause for clause, _, _ in MIT_LIBRARIES + MIT_11_2 + WORCESTER + MANHATTAN} == evidenced_clauses()


def test_a_database_that_cannot_be_read_is_never_told_as_kept(koha_sqlite, tmp_path):
    site = nightly_site.make(tmp_path, koha_sqlite)
    (tmp_path / "koha.dsn").write_text(f"sqlite:///{tmp_path}/nothing-here.db\n")
    result = site.run("audit", "--json")
    assert result.return_value == 3
    told = json.loads(result.stdout)
    measured = {one["clause"]: one["standing"] for one in told["clauses"] if one["standing"] != "not yet"}
    assert measured.keys() >= MIT - {"MITL-2.2"}
    assert set(measured.values()) <= {"cannot tell"}
    assert not (tmp_path / "nothing-here.db").exists()
