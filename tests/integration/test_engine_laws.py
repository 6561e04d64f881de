"""Laws of the engine over SQL: it agrees with the interpreter, spares what is held or not due, and is done once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carrel.retention.legal_hold import Keeping, Scope
from carrel.retention.lifecycle import State, lifecycle
from carrel.retention.predicate import Fact
from carrel.systems import map_files, policy_files
from carrel.systems.sql.kept_table import state_of
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.worktables import KEPT
from tests.integration.conftest import AS_OF, Koha
from tests.integration.sweep_rig import Rig

ZONE = ZoneInfo("America/New_York")
NOW = AS_OF.astimezone(ZONE).replace(tzinfo=None)
POLICIES = policy_files.shipped_names()
SCHEDULES = {name: policy_files.load(name).loan_schedule() for name in POLICIES}
DAYS = (0, 1, 2, 7, 8, 30, 60, 89, 90, 91, 180, 364, 365, 366, 730, 3_000, -3, -400)
_ZERO, _FIRST_DAY = "0000-00-00 00:00:00", "0001-01-01 00:00:00"
TABLES = ("old_issues", "issues", "accountlines", "account_offsets", "return_claims", "borrowers", "statistics")


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(" ")


moments = st.builds(
    lambda days, seconds: (NOW - timedelta(days=days, seconds=seconds)).replace(microsecond=0),
    st.sampled_from(DAYS),
    st.sampled_from((-1, 0, 1, 3_600, 10_800, 40_000)),
)
maybe = st.one_of(st.none(), moments)
charges = st.fixed_dictionaries(
    {"kind": st.sampled_from(("OVERDUE", "LOST", "RENT", None)), "owed": st.sampled_from((0, 0, 2.5)), "paid": maybe}
)
loans = st.fixed_dictionaries(
    {
        "person": st.sampled_from((None, 11, 12, 13)),
        "item": st.sampled_from((None, 1, 2, 3)),
        "branch": st.sampled_from(("CPL", "MPL")),
        "opened": maybe,
        "closed": st.one_of(moments, moments, moments, st.none(), st.just(_ZERO)),
        "due": maybe,
        "charges": st.lists(charges, max_size=2),
        "claim": st.sampled_from((None, None, "open", "done")),
    }
)
keepings = st.builds(
    lambda persons, items, numbers, branches, opened, since, until: Keeping(
        "k", Scope(persons, items, numbers, branches, opened), "r", "a", since, until
    ),
    st.sampled_from(((), (11,), (12, 13))),
    st.sampled_from(((), (1,), (2, 3))),
    st.sampled_from(((), (1,), (2, 3))),
    st.sampled_from(((), ("CPL",))),
    st.one_of(st.none(), moments),
    st.sampled_from((AS_OF - timedelta(days=3), AS_OF + timedelta(days=1))),
    st.sampled_from((None, AS_OF, AS_OF + timedelta(days=9))),
)


def fill(connection: sa.Connection, library: list[dict], privacy: dict[int, int]) -> None:  # type: ignore[type-arg]
    """Put these loans, and nothing else, in the tables that facts come from."""
    number = 0
    rows: dict[str, list[dict]] = {"old_issues": [], "accountlines": [], "account_offsets": [], "return_claims": []}  # type: ignore[type-arg]
    for key, loan in enumerate(library, 1):
        closed = loan["closed"] if isinstance(loan["closed"], str) else stamp(loan["closed"])
        rows["old_issues"].append(
            {
                "issue_id": key,
                "borrowernumber": loan["person"],
                "itemnumber": loan["item"],
                "branchcode": loan["branch"],
                "issuedate": stamp(loan["opened"]),
                "returndate": closed,
                "date_due": stamp(loan["due"]),
                "timestamp": stamp(NOW),
            }
        )
        for charge in loan["charges"]:
            number += 1
            rows["accountlines"].append(
                {
                    "accountlines_id": number,
                    "old_issue_id": key,
                    "debit_type_code": charge["kind"],
                    "amountoutstanding": charge["owed"],
                    "interface": "cron",
                    "timestamp": stamp(NOW),
                    "date": stamp(NOW),
                }
            )
            if charge["paid"]:
                rows["account_offsets"].append(
                    {
                        "id": number,
                        "debit_id": number,
                        "credit_id": number,
                        "type": "APPLY",
                        "amount": -1,
                        "created_on": stamp(charge["paid"]),
                    }
                )
        if loan["claim"]:
            rows["return_claims"].append(
                {
                    "id": key,
                    "issue_id": key,
                    "itemnumber": 1,
                    "borrowernumber": 11,
                    "resolution": None if loan["claim"] == "open" else "FOUND",
                }
            )
    for person, value in privacy.items():
        connection.execute(
            sa.text("UPDATE borrowers SET privacy = :v WHERE borrowernumber = :p"), {"v": value, "p": person}
        )
    for table, told in rows.items():
        connection.exec_driver_sql(f"DELETE FROM {table}")
        if told:
            values = told
            names = list(values[0])
            if connection.dialect.name == "postgresql":  # no such date there; its first day is as little one
                values = [{n: _FIRST_DAY if v == _ZERO else v for n, v in row.items()} for row in values]
            connection.execute(
                sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + n for n in names)})"),
                values,
            )


def known(key: int, loan: dict, privacy: dict[int, int]) -> dict[Fact, object]:  # type: ignore[type-arg]
    """The facts of one loan, computed from its rows by hand."""
    debits = [charge for charge in loan["charges"] if charge["kind"]]
    paid = [charge["paid"] for charge in debits if charge["paid"]]
    return {
        Fact.LOAN: key,
        Fact.PERSON: loan["person"],
        Fact.ITEM: loan["item"],
        Fact.BRANCH: loan["branch"],
        Fact.OPENED: loan["opened"],
        Fact.CLOSED: None if isinstance(loan["closed"], str) else loan["closed"],
        Fact.DUE: loan["due"],
        Fact.SETTLED: max(paid, default=None),
        Fact.CHARGED: bool(debits),
        Fact.OWING: any(charge["owed"] for charge in debits),
        Fact.LOST: any(charge["kind"] == "LOST" for charge in debits),
        Fact.DISPUTED: loan["claim"] == "open",
        Fact.OPTED_IN: privacy.get(loan["person"]) == 0,
    }


class Compiled:
    """One database whose rows are replaced for every example, in a transaction that is rolled back."""

    def __init__(self, koha: Koha) -> None:
        self.map, self.koha = map_files.load("koha"), koha
        self.engine = koha.engine()
        with self.engine.begin() as connection:
            if koha.dialect == "mariadb":
                connection.exec_driver_sql("SET GLOBAL foreign_key_checks = 0")
            if koha.dialect == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = replica")
            for table in ("issues", *TABLES[2:5], "old_issues"):
                connection.exec_driver_sql(f"DELETE FROM {table}")

    def states(self, library, privacy, policy, held, excepted):  # type: ignore[no-untyped-def]
        life = lifecycle(SCHEDULES[policy], AS_OF, ZONE, held, excepted)
        engine = SqlLoans(self.engine, self.map, SCHEDULES[policy], ZONE, None)
        with engine.session():
            connection = engine.connection
            if self.koha.dialect == "mariadb":
                connection.exec_driver_sql("SET foreign_key_checks = 0, sql_mode = ''")
            if self.koha.dialect == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = replica")
            fill(connection, library, privacy)
            seen = engine.observe(life, AS_OF)
            found = {int(a): state_of(int(b)) for a, b in connection.execute(sa.select(KEPT.c.loan, KEPT.c.state))}
            connection.rollback()
        return life, found, seen.states.get("due", 0)

    def agree(self, library, privacy, policy, held, excepted):  # type: ignore[no-untyped-def]
        life, found, due = self.states(library, privacy, policy, held, excepted)
        wanted = {
            key: life.state(known(key, loan, privacy))  # type: ignore[arg-type]
            for key, loan in enumerate(library, 1)
            if loan["person"] is not None
        }
        assert found == {key: state.value for key, state in wanted.items() if state is not State.DUE}
        assert due == sum(state is State.DUE for state in wanted.values())


examples = given(
    library=st.lists(loans, max_size=8),
    privacy=st.fixed_dictionaries({11: st.just(1), 12: st.sampled_from((0, 2)), 13: st.sampled_from((0, 1))}),
    policy=st.sampled_from(POLICIES),
    held=st.lists(keepings, max_size=2).map(tuple),
    excepted=st.lists(keepings, max_size=1).map(tuple),
)
_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def test_compiled_agrees_with_interpreted_on_sqlite(koha_sqlite: Koha) -> None:
    compiled = Compiled(koha_sqlite)
    settings(max_examples=60, deadline=None, suppress_health_check=_CHECKS)(examples(compiled.agree))()


@pytest.mark.mariadb
def test_compiled_agrees_with_interpreted_on_mariadb(koha_mariadb: Koha) -> None:
    compiled = Compiled(koha_mariadb)
    settings(max_examples=12, deadline=None, suppress_health_check=_CHECKS)(examples(compiled.agree))()


@pytest.mark.postgresql
def test_compiled_agrees_with_interpreted_on_postgresql(koha_postgresql: Koha) -> None:
    compiled = Compiled(koha_postgresql)
    settings(max_examples=12, deadline=None, suppress_health_check=_CHECKS)(examples(compiled.agree))()


def test_the_order_of_rows_is_irrelevant(koha_sqlite: Koha) -> None:
    compiled = Compiled(koha_sqlite)

    @settings(max_examples=15, deadline=None, suppress_health_check=_CHECKS)
    @given(library=st.lists(loans, min_size=2, max_size=6))
    def law(library) -> None:  # type: ignore[no-untyped-def]
        _, found, due = compiled.states(library, {}, "mit-libraries", (), ())
        _, again, due_again = compiled.states(library[::-1], {}, "mit-libraries", (), ())
        assert {len(library) + 1 - key: state for key, state in again.items()} == found
        assert due_again == due

    law()


# -- on the sample library -------------------------------------------------------------------------------------------------


def print_of(koha: Koha, table: str, where: str = "1 = 1") -> str:
    rows = sorted(repr(row) for row in koha.rows(f"SELECT * FROM {table} WHERE {where}"))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def test_cut_twice_is_cut_once(koha_sqlite: Koha) -> None:
    rig = Rig(koha_sqlite)
    tables = sorted({path.table for path in rig.map.loans.paths} | {"old_issues"})
    assert rig.cut() > 2_000
    once = {table: print_of(koha_sqlite, table) for table in tables}
    assert rig.cut() == 0
    assert {table: print_of(koha_sqlite, table) for table in tables} == once


@pytest.mark.parametrize("size", [7, 400, 5_000])
def test_the_size_of_chunks_is_irrelevant(koha_sqlite: Koha, size: int) -> None:
    rig = Rig(koha_sqlite)
    done = rig.cut(size) if size > 7 else rig.cut(97)
    left = koha_sqlite.rows(
        f"SELECT count(*) FROM old_issues WHERE borrowernumber <> {rig.stand_in} AND borrowernumber IS NOT NULL"
    )
    assert (done, left) == (done, [(koha_sqlite.sample.counts["old_issues"] - done - parted(koha_sqlite, rig, done),)])


def parted(koha: Koha, rig: Rig, done: int) -> int:
    """Loans that named nobody before the cut."""
    (nobody,) = koha.rows(
        f"SELECT count(*) FROM old_issues WHERE borrowernumber IS NULL OR borrowernumber = {rig.stand_in}"
    )[0]
    return int(str(nobody)) - done


def traces(canary) -> dict[str, str]:  # type: ignore[no-untyped-def]
    loan, person, item = canary.issue_id, canary.borrowernumber, canary.itemnumber
    return {
        "old_issues": f"issue_id = {loan}",
        "accountlines": f"old_issue_id = {loan}",
        "checkout_renewals": f"checkout_id = {loan}",
        "return_claims": f"issue_id = {loan}",
        "statistics": f"itemnumber = {item} AND borrowernumber = {person}",
        "action_logs": f"module = 'CIRCULATION' AND object = {person} AND info = '{item}'",
        "message_queue": f"borrowernumber = {person} AND content LIKE '%{canary.needles[2]}%'",
        "items_last_borrower": f"itemnumber = {item}",
        "pseudonymized_transactions": f"itemnumber = {item}",
        "curbside_pickup_issues": f"issue_id = {loan}",
        "messages": f"borrowernumber = {person} AND message LIKE '%{canary.needles[2]}%'",
    }


@pytest.mark.slow
def test_a_legal_hold_wins_in_every_table(koha: Koha) -> None:
    canary = next(c for c in koha.sample.canaries if c.kind == "old" and not c.owes and not c.claims)
    hold = Keeping("h", Scope(persons=(canary.borrowernumber,)), "r", "a", datetime(2026, 1, 1, tzinfo=UTC), None)
    before = {table: print_of(koha, table, where) for table, where in traces(canary).items()}
    empty = hashlib.sha256(b"").hexdigest()
    assert sum(value != empty for value in before.values()) >= 9
    Rig(koha, holds=(hold,)).cut()
    after = {table: print_of(koha, table, where) for table, where in traces(canary).items()}
    assert [table for table in before if before[table] != after[table]] == []
    Rig(koha).cut()
    lifted = {table: print_of(koha, table, where) for table, where in traces(canary).items()}
    assert all(before[table] != lifted[table] for table in before if before[table] != empty)


def test_loans_that_are_not_due_keep_every_byte(koha_sqlite: Koha) -> None:
    rig = Rig(koha_sqlite)
    with rig.loans().session() as loans:
        loans.observe(rig.life, AS_OF)
        kept = [int(k) for (k,) in loans.connection.execute(sa.select(KEPT.c.loan))]
    numbers = ", ".join(map(str, kept))
    parts = {
        "issues": "1 = 1",
        "old_issues": f"issue_id IN ({numbers})",
        "accountlines": f"old_issue_id IN ({numbers}) OR issue_id IN ({numbers})",
        "checkout_renewals": f"checkout_id IN ({numbers})",
        "return_claims": f"issue_id IN ({numbers})",
        "statistics": f"EXISTS (SELECT 1 FROM old_issues o WHERE o.issue_id IN ({numbers}) AND o.borrowernumber = "
        "statistics.borrowernumber AND o.itemnumber = statistics.itemnumber AND datetime IN (o.issuedate, o.returndate))",
        "items": "1 = 1",
        "biblio": "1 = 1",
        "reserves": "1 = 1",
        "old_reserves": f"COALESCE(cancellationdate, timestamp) > '{stamp(NOW - timedelta(days=29))}'",
        "systempreferences": "1 = 1",
    }
    before = {table: print_of(koha_sqlite, table, where) for table, where in parts.items()}
    assert rig.cut() > 2_000
    assert {table: print_of(koha_sqlite, table, where) for table, where in parts.items()} == before


def test_five_policies_have_five_ends(koha_sqlite: Koha) -> None:
    ends = {}
    for name in POLICIES:
        with Rig(koha_sqlite, name).loans().session() as loans:
            seen = loans.observe(lifecycle(SCHEDULES[name], AS_OF, ZONE), AS_OF)
        ends[name] = (tuple(sorted(seen.states.items())), tuple(sorted(seen.rows.items())))
    assert len(ends) == 5
    assert len(set(ends.values())) == 5


@pytest.mark.mariadb
def test_kept_loans_that_do_not_fit_in_memory_lie_on_disk(koha_mariadb: Koha) -> None:
    """A policy of years keeps most loans; the server's limit for tables in memory must not end a run."""
    rig = Rig(koha_mariadb)
    early = lifecycle(rig.schedule, AS_OF - timedelta(days=3_650), rig.zone)
    with rig.loans().session() as loans:
        before = loans.kept(early)
        assert sum(before.values()) > 3_000
    with rig.loans().session() as loans:
        loans.connection.execute(sa.text("SET SESSION max_heap_table_size = 16384"))
        loans._kept.create()  # the limit of a table is the one that held when it was made
        loans.connection.commit()
        assert loans.kept(early) == before
        engine = loans.connection.execute(sa.text("SHOW CREATE TABLE carrel_kept")).one()[1]
        assert "ENGINE=InnoDB" in engine
        assert sum(loans.remaining(rig.life, AS_OF).values()) > 0
