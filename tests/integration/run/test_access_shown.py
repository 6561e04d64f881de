"""A page that shows the first rows of each table tells of the others how many there are, and since when."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest

from carrel.retention.identifiers import Subject
from carrel.rights.answer import HeldInSystem
from carrel.systems import map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.person_asking import FIRST
from carrel.systems.sql.person_data import PersonData
from carrel.systems.sql.person_layout import AnswerLayout
from tests.integration.run.person_seed import Seeder

FIRST_DAY = datetime(2003, 4, 5, 10, 0)  # noqa: DTZ001  (as a server gives it, on its own wall clock)
LOANS, NOTICES = 23, 12
KINDS = ("shelf", "notice")  # known by a copy and a second, and by the person's number


@pytest.mark.everywhere
@pytest.mark.parametrize("shown", [1, 5, 500])
def test_what_is_not_shown_is_counted_and_dated_as_if_it_were_read(small, shown: int) -> None:
    seed = Seeder(small.koha)
    number = seed.patron(cardnumber="K7700123", surname="Okonkwo")
    for n in range(LOANS):  # the earliest comes last
        day = FIRST_DAY + timedelta(days=LOANS - n)
        seed.row("old_issues", borrowernumber=number, issuedate=day, date_due=day, returndate=day)
    for n in range(NOTICES):
        seed.row("message_queue", borrowernumber=number, content=f"notice {n}")

    def read(most: int | None) -> HeldInSystem:
        with engine.connect() as connection:
            layout = AnswerLayout(live.read(connection, system_map), system_map)
            data = PersonData(connection, layout, Subject(number), policy, ZoneInfo("UTC"), "koha")
            return data.read("koha", "Koha", shown=most)

    system_map, policy = map_files.load("koha"), policy_files.load("worcester")
    engine = connect(Access("koha", Secret(small.koha.url, "a test")), read_only=True)
    try:
        some, every = read(shown), read(None)
    finally:
        engine.dispose()
    counts = {table.table: table.number for one in every.records for table in one.tables}
    assert counts["old_issues"] == LOANS
    assert counts["message_queue"] == NOTICES
    assert {table.table: table.number for one in some.records for table in one.tables} == counts
    assert [one.since for one in some.records] == [one.since for one in every.records]
    assert FIRST_DAY + timedelta(days=1) in [one.since for one in some.records]
    for one in some.records:
        for table in one.tables:
            whole = next(e for records in every.records for e in records.tables if e.table == table.table)
            assert list(table.rows)[:shown] == list(whole.rows)[: len(table.rows)][:shown], table.table
            assert table.more is (counts[table.table] > len(table.rows))


@pytest.mark.one_database
def test_whom_a_late_row_names_is_taken_out_of_the_first_one(small) -> None:
    seed = Seeder(small.koha)
    number = seed.patron(cardnumber="K7700124", surname="Okonkwo")
    seed.patron(cardnumber="K8800457", firstname="Ottoline", surname="Brackwater-Finn")
    # In small letters nobody takes it for a name; the card in the last row tells whose it is.
    said = ["ottoline brackwater-finn called", *(f"notice {n}" for n in range(FIRST)), "of K8800457"]
    for content in said:
        seed.row("message_queue", borrowernumber=number, content=content)
    system_map, policy = map_files.load("koha"), policy_files.load("worcester")
    engine = connect(Access("koha", Secret(small.koha.url, "a test")), read_only=True)
    try:
        with engine.connect() as connection:
            layout = AnswerLayout(live.read(connection, system_map), system_map)
            data = PersonData(connection, layout, Subject(number), policy, ZoneInfo("UTC"), "koha")
            held = data.read("koha", "Koha")
            [table] = [one for records in held.records for one in records.tables if one.table == "message_queue"]
            assert table.more
            told = [one.row.values["content"] for one in table.every()]
    finally:
        engine.dispose()
    assert len(told) == len(said)
    assert told[1:-1] == said[1:-1]
    assert not {"ottoline", "brackwater", "K8800457"} & set(" ".join((told[0], told[-1])).replace("-", " ").split())


@pytest.mark.everywhere
@pytest.mark.each_database
def test_statements_that_two_people_share_show_each_only_her_own_rows(small) -> None:
    seed, names, lines = Seeder(small.koha), dict[int, str](), defaultdict[int, set[int]](set)
    for name in ("Quill", "Rookery"):
        number = seed.patron(cardnumber=f"K55{name}", surname=name)
        for n in range(3):
            day = FIRST_DAY + timedelta(days=number % 1000 + n)
            item = seed.row("items", biblionumber=1, biblioitemnumber=1, barcode=f"{name}{n}")["itemnumber"]
            seed.row("statistics", borrowernumber=number, itemnumber=item, datetime=day, type="issue")
            seed.row("pseudonymized_transactions", itemnumber=item, datetime=day, itemcallnumber=f"{name} shelf {n}")
            line = seed.row("accountlines", borrowernumber=number, amount=n, date=day)["accountlines_id"]
            seed.row("account_offsets", debit_id=line, type="CREATE", amount=n)
            lines[number].add(line)
            seed.row("message_queue", borrowernumber=number, content=f"{name} notice {n}")
        names[number] = name
    system_map, policy = map_files.load("koha"), policy_files.load("worcester")
    engine = connect(Access("koha", Secret(small.koha.url, "a test")), read_only=True)
    together = Barrier(2)

    def read(number: int, layout: AnswerLayout) -> str:
        with engine.connect() as connection:
            together.wait(60)
            data = PersonData(connection, layout, Subject(number), policy, ZoneInfo("UTC"), "koha")
            held = data.read("koha", "Koha", shown=20)
            rows = [dated.row.values for one in held.records for table in one.tables for dated in table.every()]
        assert {row["borrowernumber"] for row in rows if "borrowernumber" in row} == {number}
        assert {row["debit_id"] for row in rows if "debit_id" in row} == lines[number]
        return " ".join(str(value) for row in rows for value in row.values())

    try:
        with engine.connect() as connection:
            layout = AnswerLayout(live.read(connection, system_map), system_map)
        with ThreadPoolExecutor(2) as pool:
            for _ in range(3):  # in the first turn both write the statements
                for name, told in zip(names.values(), pool.map(read, names, [layout] * 2), strict=True):
                    assert [f"{name} {kind} {n}" in told for kind in KINDS for n in range(3)] == [True] * 6
                    assert not [other for other in names.values() if other != name and other in told]
    finally:
        engine.dispose()
    written = [one for one in layout.selection.written.values() if hasattr(one, "compile")]
    assert any("borrowernumber" in str(one) for one in written)
    kept = {str(value) for one in written for value in one.compile().params.values()}
    assert not kept & {*map(str, names), *names.values()}, "what is kept holds nobody's values"
