"""The loan sweep finds every path that Koha's own anonymising leaves, and nothing after the engine's cut."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.retention.sweep import Pairs, Severity, SweepReport
from carrel.systems.sample import Sample
from carrel.systems.sample.koha_habits import koha_anonymise
from tests.integration.conftest import AS_OF, Koha
from tests.integration.sweep_rig import Rig, hit

# What stays after Koha's batch, by where it stays: one line for each remaining path of the product.
LEFT_BY_KOHA = [
    ("declared", "statistics", "statistics"),
    ("declared", "action log", "action_logs"),
    ("declared", "fine log", "action_logs"),
    ("declared", "charge", "accountlines"),
    ("declared", "notice", "message_queue"),
    ("declared", "last borrower", "items_last_borrower"),
    ("declared", "pseudonymised transaction", "pseudonymized_transactions"),
    ("declared", "pseudonymisation job", "background_jobs"),
    ("declared", "saved report", "saved_reports"),
    ("declared", "claim", "return_claims"),
    ("declared", "curbside pickup", "curbside_pickup_issues"),
    ("declared", "staff message", "messages"),
    ("discovered", "words", "old_issues"),
    ("discovered", "second", "accountlines"),
    ("discovered", "second", "account_offsets"),
    ("discovered", "second", "statistics"),
    ("discovered", "pseudonym", "pseudonymized_transactions"),
    ("discovered", "loan", "accountlines"),
    ("discovered", "loan", "return_claims"),
    ("discovered", "copy", "statistics"),
    ("discovered", "copy", "items_last_borrower"),
    ("discovered", "text", "message_queue"),
    ("discovered", "text", "messages"),
    ("discovered", "text", "action_logs"),
    ("discovered", "words", "background_jobs"),
    ("discovered", "words", "saved_reports"),
]


@pytest.fixture
def rig(koha: Koha) -> Rig:
    return Rig(koha)


@pytest.fixture(scope="module")
def _cut_once(_sqlite_template: tuple[Path, Sample], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Pairs]:
    """The sample in SQLite after the engine's cut, and the pairs that were drawn before it."""
    template, sample = _sqlite_template
    path = tmp_path_factory.mktemp("cut") / "koha.db"
    shutil.copyfile(template, path)
    koha = Koha(f"sqlite:///{path}", "sqlite", sample)
    rig = Rig(koha)
    drawn = rig.draw(300)
    rig.cut()
    koha.dispose()
    return path, drawn


@pytest.fixture
def after(_cut_once: tuple[Path, Pairs], koha_sqlite: Koha) -> tuple[Rig, Pairs]:
    """A copy of that database of one's own, with the pairs."""
    path, drawn = _cut_once
    shutil.copyfile(path, koha_sqlite.url.removeprefix("sqlite:///"))
    return Rig(koha_sqlite), drawn


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def either(request: pytest.FixtureRequest) -> tuple[Rig, Pairs]:
    """The same on each database in turn."""
    if request.param == "sqlite":
        shared: tuple[Rig, Pairs] = request.getfixturevalue("after")
        return shared
    rig = Rig(request.getfixturevalue("koha_mariadb"))
    drawn = rig.draw(300)
    rig.cut()
    return rig, drawn


@pytest.mark.slow
def test_after_kohas_own_anonymising_every_remaining_path_is_named(rig: Rig) -> None:
    canaries = rig.due_canaries()
    drawn = rig.draw(220)
    with rig.engine.connect() as connection:
        assert koha_anonymise(connection, rig.life.older_than) > 2_000
    report = rig.look(drawn)
    assert report.led_back > 0.9 * report.pairs
    of_canaries = rig.look(rig.pairs(canaries))
    assert of_canaries.led_back == len(canaries)
    found = {(a.kind, a.name, a.table) for r in (report, of_canaries) for a in r.failing}
    assert [line for line in LEFT_BY_KOHA if line not in found] == []


@pytest.mark.slow
def test_after_the_engines_cut_nothing_leads_back(rig: Rig) -> None:
    canaries = rig.pairs(rig.due_canaries())
    drawn = rig.draw(260)
    assert len(drawn) == 260
    assert drawn.rebuilt >= 50
    assert len(canaries) >= 6
    rig.cut()
    for pairs in (drawn, canaries):
        report = rig.look(pairs)
        assert [(a.kind, a.name, a.table, a.columns, a.hits) for a in report.failing] == []
        assert report.led_back == 0
        assert len({(a.kind, a.table) for a in report.attacks if a.tried}) > 60


@pytest.mark.parametrize("policy", ["manhattan", "mit-11.2", "owwl", "worcester"])
def test_nothing_leads_back_under_the_other_policies(koha_sqlite: Koha, policy: str) -> None:
    rig = Rig(koha_sqlite, policy)
    drawn = rig.draw(220)
    assert sum(not pair.rebuilt for pair in drawn) > 100
    rig.cut()
    report = rig.look(drawn)
    assert [(a.kind, a.name, a.table, a.columns, a.hits) for a in report.failing] == []


def test_what_is_kept_or_not_yet_covered_is_told_but_does_not_fail(after: tuple[Rig, Pairs]) -> None:
    rig, drawn = after
    report = rig.look(drawn)
    told = {(a.table, a.severity) for a in report.told}
    assert ("accountlines", Severity.NOT_COVERED) in told
    assert ("old_issues", Severity.KEPT) in told  # another loan of the same visit
    assert all(a.why for a in report.told)


# -- break it: one row put back in each table ------------------------------------------------------------------------------

# P the reader, I the copy, L the loan, :o and :c its seconds, :b the barcode, :t the title, :card the card number.
RELINKS = [
    ("the loan itself", "old_issues", "UPDATE old_issues SET borrowernumber = :p WHERE issue_id = :l"),
    ("the loan itself", "old_issues", "UPDATE old_issues SET issuer_id = :p WHERE issue_id = :l"),
    ("words", "old_issues", "UPDATE old_issues SET note = CONCAT_CARD WHERE issue_id = :l"),
    ("charge", "accountlines", ("INSERT INTO accountlines (accountlines_id, old_issue_id, borrowernumber, date, amount, "
     "amountoutstanding, interface, timestamp) VALUES (990001, :l, :p, '2020-01-01 00:00:00', 1, 0, 'cron', '2020-01-01 00:00:00')")),
    ("copy", "accountlines", ("INSERT INTO accountlines (accountlines_id, itemnumber, borrowernumber, date, amount, "
     "amountoutstanding, interface, timestamp) VALUES (990001, :i, :p, :c, 1, 0, 'cron', :c)")),
    ("second", "accountlines", ("INSERT INTO accountlines (accountlines_id, borrowernumber, date, amount, "
     "amountoutstanding, interface, timestamp) VALUES (990001, :p, :c, 1, 0, 'cron', '2020-01-01 00:00:00')")),
    ("charge note", "accountlines", ("INSERT INTO accountlines (accountlines_id, borrowernumber, date, amount, note, "
     "amountoutstanding, interface, timestamp) VALUES (990001, :p, :late, 1, :b, 0, 'cron', '2020-01-01 00:00:00')")),
    ("renewal", "checkout_renewals", ("INSERT INTO checkout_renewals (renewal_id, checkout_id, renewer_id, seen, interface, "
     "timestamp, renewal_type) VALUES (990001, :l, :p, 0, 'opac', '2020-01-01 00:00:00', 'Manual')")),
    ("claim", "return_claims", ("INSERT INTO return_claims (id, itemnumber, issue_id, borrowernumber, created_on, created_by) "
     "VALUES (990001, :i, :l, :p, :c, 1)")),
    ("statistics", "statistics", "INSERT INTO statistics (datetime, type, itemnumber, borrowernumber) VALUES (:c, 'return', :i, :p)"),
    ("second", "statistics", "INSERT INTO statistics (datetime, type, borrowernumber) VALUES (:c, 'payment', :p)"),
    ("action log", "action_logs", ("INSERT INTO action_logs (action_id, timestamp, user, module, action, object, info, interface) "
     "VALUES (990001, :o, 0, 'CIRCULATION', 'ISSUE', :p, :i, 'sip')")),
    ("second", "action_logs", ("INSERT INTO action_logs (action_id, timestamp, user, module, action, object, info, interface) "
     "VALUES (990001, :o, :p, 'CIRCULATION', 'ISSUE', 0, '', 'sip')")),
    ("fine log", "action_logs", ("INSERT INTO action_logs (action_id, timestamp, user, module, action, object, info, interface) "
     "VALUES (990001, :late, 0, 'FINES', 'CREATE', :p, NAMED_LOAN, 'cron')")),
    ("notice", "message_queue", ("INSERT INTO message_queue (message_id, borrowernumber, content, letter_code, message_transport_type, "
     "status, time_queued, updated_on) VALUES (990001, :p, :b, 'ODUE', 'email', 'sent', :c, '2020-01-01 00:00:00')")),
    ("text", "message_queue", ("INSERT INTO message_queue (message_id, borrowernumber, content, letter_code, message_transport_type, "
     "status, time_queued, updated_on) VALUES (990001, :p, :t, 'LOCAL', 'email', 'sent', :c, '2020-01-01 00:00:00')")),
    ("last borrower", "items_last_borrower", ("REPLACE INTO items_last_borrower (id, itemnumber, borrowernumber, created_on) "
     "VALUES (990001, :i, :p, :c)")),
    ("saved report", "saved_reports", "INSERT INTO saved_reports (id, report_id, report, date_run) VALUES (990001, 1, CONCAT_BOTH, :late)"),
    ("pseudonymisation job", "background_jobs", ("INSERT INTO background_jobs (id, status, type, queue, data, context, ended_on) "
     "VALUES (990001, 'finished', 'pseudonymize_statistic', 'default', JSON_BOTH, '{}', :late)")),
    ("words", "background_jobs", ("INSERT INTO background_jobs (id, status, type, queue, data, context, ended_on) "
     "VALUES (990001, 'finished', 'local', 'default', JSON_BOTH, '{}', :late)")),
    ("staff message", "messages", ("INSERT INTO messages (message_id, borrowernumber, branchcode, message_type, message, message_date) "
     "VALUES (990001, :p, 'CPL', 'L', :b, :late)")),
    ("last seen", "borrowers", "UPDATE borrowers SET lastseen = :c WHERE borrowernumber = :p"),
    ("last change", "borrowers", "UPDATE borrowers SET updated_on = :c WHERE borrowernumber = :p"),
    ("words", "items", "UPDATE items SET itemnotes_nonpublic = CONCAT_CARD WHERE itemnumber = :i"),
]  # fmt: skip


@pytest.mark.slow
def test_a_row_that_is_put_back_is_found_in_each_table(either: tuple[Rig, Pairs]) -> None:
    rig, drawn = either
    [pair] = [next(p for p in drawn if quiet(rig, p))]
    one = Pairs([pair], drawn.drawn_at)
    loan, person = pair.loan, pair.person
    late = rig.life.older_than - timedelta(days=1)
    values = {
        "p": person.key, "i": loan.item, "l": loan.loan, "o": loan.opened, "c": loan.closed, "late": late,
        "b": loan.barcode, "t": loan.title, "card": person.strong[0],
        "words": f"{person.strong[0]} has {loan.barcode}", "named": f"'issue_id' => {loan.loan}, ",
        "json": json.dumps({"borrowernumber": person.key, "itemnumber": loan.item}),
    }  # fmt: skip
    assert rig.look(one).led_back == 0
    for together in rounds():
        with rig.engine.connect() as connection:
            for _, _, statement in together:
                query = statement.replace("CONCAT_CARD", ":card").replace("CONCAT_BOTH", ":words")
                query = query.replace("NAMED_LOAN", ":named").replace("JSON_BOTH", ":json")
                used = {key: str(value) if hasattr(value, "year") else value for key, value in values.items()}
                used = {key: value for key, value in used.items() if re.search(rf":{key}\b", query)}
                connection.execute(sa.text(query), used)
            report = rig.sweep(connection).look(one)
            connection.rollback()
        found = {(a.name, a.table) for a in report.failing}
        assert [(name, table) for name, table, _ in together if (name, table) not in found] == []
        assert report.led_back == 1
    assert rig.look(one).led_back == 0


def rounds() -> list[list[tuple[str, str, str]]]:
    """The rows to put back, those of different tables together."""
    out: list[list[tuple[str, str, str]]] = []
    for line in RELINKS:
        place = next((one for one in out if line[1] not in {table for _, table, _ in one}), None)
        if place is None:
            out.append([line])
        else:
            place.append(line)
    assert sum(map(len, out)) == len(RELINKS)
    return out


def quiet(rig: Rig, pair) -> bool:  # type: ignore[no-untyped-def]
    """Due, of a live patron with no other loan left, so that nothing else explains a row."""
    if pair.rebuilt or pair.loan.item is None or not pair.person.strong or len(pair.loan.title) < 10:
        return False
    if pair.loan.closed > rig.life.older_than - timedelta(days=60):
        return False
    return not rig.koha.rows(
        f"SELECT 1 FROM issues WHERE borrowernumber = {pair.person.key} "
        f"UNION SELECT 1 FROM old_issues WHERE borrowernumber = {pair.person.key}"
    )


def test_two_rows_with_one_pseudonym_are_linkable(after: tuple[Rig, Pairs]) -> None:
    rig, drawn = after
    a, b = [p for p in drawn if p.loan.item and p.loan.closed and not p.rebuilt][:2]
    for number, pair in enumerate((a, b)):
        rig.sql(
            "INSERT INTO pseudonymized_transactions (id, hashed_borrowernumber, has_cardnumber, branchcode, categorycode, "
            "datetime, transaction_branchcode, transaction_type, itemnumber) "
            "VALUES (:n, 'same', 1, 'CPL', 'PT', :c, 'CPL', 'return', :i)",
            n=990_001 + number, c=str(pair.loan.closed), i=pair.loan.item,
        )  # fmt: skip
    assert ("pseudonym", "pseudonymized_transactions") in hit(rig.look(drawn), "discovered")


# -- a table that no map knows ---------------------------------------------------------------------------------------------


PLUGINS = [
    ("who INTEGER REFERENCES borrowers (borrowernumber), lent INTEGER REFERENCES old_issues (issue_id)", "loan"),
    ("borrowernumber INTEGER, issue_id INTEGER", "loan"),
    ("borrowernumber INTEGER, itemnumber INTEGER", "copy"),
    ("borrowernumber INTEGER, at DATETIME", "second"),
    ("borrowernumber INTEGER, said VARCHAR(200)", "text"),
    ("whoever INTEGER, issue_id INTEGER", "nameless number"),
    ("said VARCHAR(200)", "words"),
]


def test_a_plugins_tables_are_discovered(either: tuple[Rig, Pairs]) -> None:
    rig, all_drawn = either
    drawn = Pairs([p for p in all_drawn if not p.rebuilt and p.person.strong and p.loan.barcode][:50])
    assert rig.look(drawn).led_back == 0
    for place, (columns, _) in enumerate(PLUGINS):
        put_plugin(rig, f"koha_plugin_{place}", columns, drawn)
    report = rig.look(drawn)
    for place, (columns, name) in enumerate(PLUGINS):
        hits = [
            a.hits for a in report.failing if (a.kind, a.name, a.table) == ("discovered", name, f"koha_plugin_{place}")
        ]
        assert max(hits, default=0) > 0.8 * len(drawn), columns


def put_plugin(rig: Rig, table: str, columns: str, drawn: Pairs) -> None:
    """A table of one's own with a row for every pair."""
    columns = f"id INTEGER PRIMARY KEY, {columns}"
    names = [part.split()[0] for part in columns.split(", ")]
    if rig.koha.dialect == "mariadb":
        keys = re.findall(r"(\w+) INTEGER REFERENCES (\w+ \(\w+\))", columns)
        columns = re.sub(r" REFERENCES \w+ \(\w+\)", "", columns).replace("INTEGER", "INT")
        columns += "".join(f", FOREIGN KEY ({column}) REFERENCES {target}" for column, target in keys)
    rows = [
        {
            "id": number, "who": pair.person.key, "borrowernumber": pair.person.key, "whoever": pair.person.key,
            "lent": pair.loan.loan, "issue_id": pair.loan.loan, "itemnumber": pair.loan.item,
            "at": str(pair.loan.closed), "said": f"{pair.loan.barcode} for {pair.person.strong[0]}",
        }
        for number, pair in enumerate(drawn, 1)
    ]  # fmt: skip
    with rig.engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {table} ({columns})"))
        values = ", ".join(":" + name for name in names)
        connection.execute(
            sa.text(f"INSERT INTO {table} VALUES ({values})"), [{name: row[name] for name in names} for row in rows]
        )


# -- what the cut itself might leave ---------------------------------------------------------------------------------------


@pytest.mark.mariadb
def test_rows_that_the_server_stamped_anew_are_recognised(koha_mariadb: Koha) -> None:
    rig = Rig(koha_mariadb)
    drawn = rig.draw(100)
    rig.cut()
    assert rig.look(drawn).led_back == 0
    number = drawn[0].loan.loan
    rig.sql("UPDATE old_issues SET note = 'x', timestamp = NOW() WHERE issue_id = :n", n=number)
    assert ("automatic time", "old_issues") in hit(rig.look(drawn), "own")


def test_a_marker_of_ones_own_is_recognised(after: tuple[Rig, Pairs]) -> None:
    rig, drawn = after
    by_person: dict[int, list[int]] = {}
    for pair in drawn:
        by_person.setdefault(pair.person.key, []).append(pair.loan.loan)
    several = [(person, loans) for person, loans in by_person.items() if len(loans) > 1][:2]
    for person, loans in several:
        rig.sql(f"UPDATE old_issues SET auto_renew_error = 'batch {person % 7}-{person}' "
                f"WHERE issue_id IN ({', '.join(map(str, loans))})")  # fmt: skip
    assert ("marker", "old_issues") in hit(rig.look(drawn), "own")


# -- what a report may say -------------------------------------------------------------------------------------------------


def test_pairs_and_reports_hold_no_value_of_a_patron(koha_sqlite: Koha) -> None:
    rig = Rig(koha_sqlite)
    drawn = rig.draw(80)
    with pytest.raises(TypeError, match="stay in the process"):
        pickle.dumps(drawn)
    told = repr(drawn) + "".join(map(repr, drawn)) + "".join(repr(p.person) + repr(p.loan) for p in drawn)
    report = rig.look(drawn)
    printed = told + json.dumps(report.as_dict()) + repr(report)
    for pair in drawn:
        for value in (*pair.person.strong, *pair.person.names, pair.loan.barcode):
            assert not value or len(value) < 4 or value not in printed
    assert re.search(r"\d{4,}", json.dumps(report.as_dict())) is None
    drawn.forget()
    assert len(drawn) == 0


def test_the_draw_is_uniform_over_due_loans(koha_sqlite: Koha) -> None:
    rig = Rig(koha_sqlite)
    with rig.loans().session() as loans:
        due = loans.observe(rig.life, AS_OF).states["due"]
    seen = [p.loan.loan for seed in range(12) for p in rig.draw(200, seed) if not p.rebuilt]
    highest = max(number for (number,) in rig.koha.rows("SELECT max(issue_id) FROM old_issues"))
    low = sum(number < highest / 2 for number in seen) / len(seen)
    (wanted,) = rig.koha.rows(
        f"SELECT avg(issue_id < {highest / 2}) FROM old_issues WHERE borrowernumber <> {rig.stand_in} "
        f"AND returndate <= '{rig.life.older_than}'"
    )[0]
    assert due > 2_000
    assert abs(low - float(wanted)) < 0.05
    assert len(set(seen)) > 0.35 * due


def test_report_counts(koha_sqlite: Koha) -> None:
    rig = Rig(koha_sqlite)
    report: SweepReport = rig.look(rig.draw(50))
    assert report.pairs == report.swept == 50
    assert report.led_back == 50  # nothing is cut yet
    assert report.as_dict()["not_swept"] == 0
