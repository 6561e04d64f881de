"""A busy desk beside a run in desk mode: none of its transactions fails, none is lost, nothing is skipped for good."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

import pymysql
import pytest
import sqlalchemy as sa

from tests.integration.run import library

pytestmark = [pytest.mark.mariadb, pytest.mark.slow]
COLUMNS = (
    "issue_id, issuer_id, borrowernumber, itemnumber, date_due, branchcode, returndate, lastreneweddate, "
    "renewals_count, unseen_renewals, auto_renew, auto_renew_error, timestamp, issuedate, onsite_checkout, note, "
    "notedate, noteseen"
)


@dataclass(eq=False)
class Desk(threading.Thread):
    """One member of staff at work, as Koha writes it: plain transactions through a connection of its own."""

    url: sa.URL
    items: list[int]
    readers: list[int]
    first: int
    stop: threading.Event
    done: list[tuple[str, int]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.dice = random.Random(self.first)
        self.out: dict[int, tuple[int, int]] = {}
        self.charges: list[int] = []

    def run(self) -> None:
        connection = pymysql.connect(
            host=self.url.host, port=int(self.url.port or 0), user=self.url.username,
            password=self.url.password or "", database=self.url.database, autocommit=False,
        )  # fmt: skip
        number = self.first
        try:
            while not self.stop.is_set():
                number += 1
                began = time.monotonic()
                try:
                    with connection.cursor() as cursor:
                        self._work(cursor, number)
                    connection.commit()
                except pymysql.err.Error as wrong:
                    self.failed.append(f"{type(wrong).__name__} {wrong.args[0]}")
                    connection.rollback()
                self.slowest = max(self.slowest, time.monotonic() - began)
                # Four desks at some twenty transactions a second each: busier than any counter, and not a saturation test.
                self.stop.wait(0.03)
                time.sleep(0.02)
        finally:
            connection.close()

    def _work(self, cursor: pymysql.cursors.Cursor, number: int) -> None:
        if len(self.out) < 5:
            self._checkout(cursor, number)
        else:
            self.dice.choice([self._checkout, self._return, self._return, self._renew, self._pay])(cursor, number)

    def _checkout(self, cursor: pymysql.cursors.Cursor, number: int) -> None:
        reader, item = self.dice.choice(self.readers), self.items.pop()
        cursor.execute(
            "INSERT INTO issues (issue_id, borrowernumber, itemnumber, date_due, branchcode, issuedate) "
            "VALUES (%s, %s, %s, NOW() + INTERVAL 21 DAY, 'CPL', NOW())",
            (number, reader, item),
        )
        self._statistics(cursor, "issue", reader, item)
        self.out[number] = (reader, item)
        self.done.append(("checkout", number))

    def _statistics(self, cursor: pymysql.cursors.Cursor, kind: str, reader: int, item: int) -> None:
        cursor.execute(
            "INSERT INTO statistics (datetime, branch, type, itemnumber, borrowernumber) VALUES (NOW(), 'CPL', %s, %s, %s)",
            (kind, item, reader),
        )

    def _return(self, cursor: pymysql.cursors.Cursor, number: int) -> None:
        loan = self.dice.choice(list(self.out))
        reader, item = self.out.pop(loan)
        cursor.execute("UPDATE issues SET returndate = NOW() WHERE issue_id = %s", (loan,))
        cursor.execute(f"INSERT INTO old_issues ({COLUMNS}) SELECT {COLUMNS} FROM issues WHERE issue_id = %s", (loan,))
        cursor.execute("DELETE FROM issues WHERE issue_id = %s", (loan,))
        cursor.execute("SELECT id FROM items_last_borrower WHERE itemnumber = %s", (item,))
        if cursor.fetchone():
            cursor.execute("UPDATE items_last_borrower SET borrowernumber = %s WHERE itemnumber = %s", (reader, item))
        else:
            cursor.execute(
                "INSERT INTO items_last_borrower (itemnumber, borrowernumber) VALUES (%s, %s)", (item, reader)
            )
        self._statistics(cursor, "return", reader, item)
        self.items.insert(0, item)
        self.done.append(("return", loan))

    def _renew(self, cursor: pymysql.cursors.Cursor, number: int) -> None:
        loan = self.dice.choice(list(self.out))
        reader, item = self.out[loan]
        cursor.execute(
            "UPDATE issues SET renewals_count = COALESCE(renewals_count, 0) + 1, lastreneweddate = NOW() WHERE issue_id = %s",
            (loan,),
        )
        self._statistics(cursor, "renew", reader, item)
        self.done.append(("renewal", loan))

    def _pay(self, cursor: pymysql.cursors.Cursor, number: int) -> None:
        """A charge and its payment, on an old charge's reader: the rows that a cut touches lie beside these."""
        reader = self.dice.choice(self.readers)
        cursor.execute(
            "INSERT INTO accountlines (borrowernumber, date, amount, amountoutstanding, debit_type_code, interface) "
            "VALUES (%s, NOW(), 2, 0, 'OVERDUE', 'intranet')",
            (reader,),
        )
        debit = cursor.lastrowid
        cursor.execute(
            "INSERT INTO accountlines (borrowernumber, date, amount, amountoutstanding, credit_type_code, interface) "
            "VALUES (%s, NOW(), -2, 0, 'PAYMENT', 'intranet')",
            (reader,),
        )
        cursor.execute(
            "INSERT INTO account_offsets (credit_id, debit_id, type, amount, created_on) VALUES (%s, %s, 'APPLY', -2, NOW())",
            (cursor.lastrowid, debit),
        )
        cursor.execute("UPDATE borrowers SET lastseen = NOW() WHERE borrowernumber = %s", (reader,))
        self.done.append(("payment", debit))


@pytest.mark.deep
def test_the_desk_works_on_while_a_run_cuts(koha_mariadb, tmp_path):
    elm = library.make(tmp_path / "site", koha_mariadb, mode="desk")
    elm.first_stage()
    place = elm.approved()
    items = [int(str(row[0])) for row in koha_mariadb.rows(
        "SELECT itemnumber FROM items WHERE itemnumber NOT IN (SELECT itemnumber FROM issues)")]  # fmt: skip
    readers = [int(str(row[0])) for row in koha_mariadb.rows(
        f"SELECT borrowernumber FROM borrowers WHERE borrowernumber <> {koha_mariadb.sample.anonymous_patron}")]  # fmt: skip
    quiet = threading.Event()
    url = sa.make_url(koha_mariadb.url)
    desks = [Desk(url, items[n::4], readers[n::4], 1_000_000 * (n + 1), quiet) for n in range(4)]
    for desk in desks:
        desk.start()
    time.sleep(0.3)
    answer = elm.run("apply", place, "--json")
    quiet.set()
    for desk in desks:
        desk.join(30)

    # Each has readers and items of its own, so that a deadlock could only be one with the run.
    assert [desk.failed for desk in desks] == [[], [], [], []], last_deadlock(elm)
    assert answer.code == 0, answer.text
    run = answer.told["run"]
    assert (run["complete"], run["remaining"]) == (True, {})
    did = [one for desk in desks for one in desk.done]
    assert len(did) > 100
    assert {kind for kind, _ in did} == {"checkout", "return", "renewal", "payment"}
    assert max(desk.slowest for desk in desks) < 5

    # Nothing that the desk wrote is lost: what is out is out, what came back names its reader, what was paid is there.
    returned = {number for kind, number in did if kind == "return"}
    out = {number for kind, number in did if kind == "checkout"} - returned
    paid = {number for kind, number in did if kind == "payment"}
    assert numbers(elm, "SELECT issue_id FROM issues WHERE issue_id > 1000000") == out
    anonymous = koha_mariadb.sample.anonymous_patron
    assert returned == numbers(
        elm, f"SELECT issue_id FROM old_issues WHERE issue_id > 1000000 AND borrowernumber <> {anonymous}"
    )
    assert paid <= numbers(elm, "SELECT accountlines_id FROM accountlines WHERE borrowernumber IS NOT NULL")
    events = len([1 for kind, _ in did if kind != "payment"])
    assert (
        len(
            elm.koha.rows(
                "SELECT 1 FROM statistics WHERE datetime > NOW() - INTERVAL 1 HOUR AND borrowernumber IS NOT NULL"
            )
        )
        >= events
    )

    # Nothing that was due was skipped: the next night finds nothing left of tonight's.
    assert elm.ok("verify")["verified"] is True
    next_night = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "next.json")["plan"]
    assert next_night["states"]["due"] == 0


def numbers(elm, query):
    return {int(str(row[0])) for row in elm.koha.rows(query)}


def last_deadlock(elm):
    """What the server says of its latest deadlock."""
    text = str(elm.koha.server.sql("SHOW ENGINE INNODB STATUS")[0][2])
    found = text.partition("LATEST DETECTED DEADLOCK")[2].partition("TRANSACTIONS\n------------")[0]
    dull = ("Record lock", "mysql tables", "LOCK WAIT", "MariaDB thread")
    kept = [line for line in found.splitlines() if line and "len " not in line and "SQL NULL" not in line]
    return "\n".join(line for line in kept if not line.startswith(dull))
