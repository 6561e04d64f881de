"""A legal hold wins over strays: what the product's own batch parted is spared where a hold may cover it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.retention.legal_hold import Keeping, Scope
from carrel.retention.sweep import Pairs, Severity
from carrel.systems.sample.koha_habits import koha_anonymise
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.shields import shielded
from carrel.systems.sql.sweep_shields import SPARED
from tests.integration.conftest import Koha
from tests.integration.sweep_rig import Rig
from tests.integration.test_engine_laws import print_of, traces

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2025, 3, 4, 12)  # noqa: DTZ001  (naive local time, as the systems write it)

numbers = st.lists(st.sampled_from((1, 2, 3)), max_size=2).map(tuple)
number = st.one_of(st.none(), st.sampled_from((1, 2, 3, 4)))
moments = st.sampled_from((-86_400, -43_201, -43_500, -300, 0, 1, 90_000)).map(lambda s: NOON + timedelta(seconds=s))
scopes = st.lists(st.builds(Scope, numbers, numbers, numbers, st.just(()), st.one_of(st.none(), moments)), max_size=3)
rows = st.tuples(number, number, number, st.one_of(st.none(), moments), st.sets(st.sampled_from("pilt")))


@settings(max_examples=60, deadline=None)
@given(scopes=scopes.map(tuple), told=st.lists(rows, min_size=1, max_size=6), as_text=st.booleans())
def test_compiled_agrees_with_interpreted(scopes: tuple[Scope, ...], told: list, as_text: bool) -> None:  # type: ignore[type-arg]
    table = sa.table("trace", *(sa.column(n, sa.Integer()) for n in "pl"), sa.column("i"), sa.column("t", LocalTime()))
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLE trace (p INT, i {'TEXT' if as_text else 'INT'}, l INT, t TEXT)")
        for person, item, loan, at, known in told:
            connection.exec_driver_sql("DELETE FROM trace")
            copy = str(item or "") if as_text else item
            connection.execute(
                sa.text("INSERT INTO trace VALUES (:p, :i, :l, :t)"),
                {"p": person, "i": copy, "l": loan, "t": at and at.isoformat(" ")},
            )
            columns = {"person": table.c.p, "item": table.c.i, "loan": table.c.l, "at": table.c.t}
            given_columns = {name: column for name, column in columns.items() if column.name in known}
            query = sa.select(shielded(scopes, **given_columns, item_as_text=as_text)).select_from(table)
            found = connection.execute(query).scalar_one()
            wanted = any(
                scope.may_cover(
                    person if "p" in known else None,
                    item if "i" in known else None,
                    loan if "l" in known else None,
                    (at,) if at and "t" in known else (),
                )
                for scope in scopes
            )
            assert found is not None
            assert bool(found) == wanted


def test_a_trace_that_tells_less_is_never_covered_less() -> None:
    scope = Scope(persons=(1,), items=(2,), opened_from=NOON)
    assert scope.may_cover()
    assert scope.may_cover(1, 2, 9, (NOON,))
    assert scope.may_cover(person=1, times=(NOON.replace(hour=0),))  # generalised to the day
    assert not scope.may_cover(person=3)
    assert not scope.may_cover(item=3)
    assert not scope.may_cover(times=(NOON - timedelta(days=2),))
    assert not Scope(loans=(7,)).may_cover(person=1)
    assert Scope(loans=(7,)).may_cover(loan=7)


def parted(koha: Koha):  # type: ignore[no-untyped-def]
    """A canary whose loan Koha's own batch parted from its reader."""
    canary = next(c for c in koha.sample.canaries if c.kind == "old" and not c.owes and not c.claims)
    rig = Rig(koha)
    with rig.engine.connect() as connection:
        koha_anonymise(connection, rig.life.older_than)
    [(named,)] = koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {canary.issue_id}")
    assert named in {None, rig.stand_in}
    return canary


def seen(koha: Koha, canary) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {table: print_of(koha, table, where) for table, where in traces(canary).items()}


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["person", "item", "exception"])
def test_traces_of_a_parted_loan_under_hold_keep_every_byte(koha: Koha, scope: str) -> None:
    if scope != "person" and koha.dialect == "mariadb":
        pytest.skip("the scopes differ in Python and in the property above, not by database")
    canary = parted(koha)
    before = seen(koha, canary)
    nothing = print_of(koha, "old_issues", "1 = 0")
    assert sum(value != nothing for value in before.values()) >= 9
    inside = {"item": Scope(items=(canary.itemnumber,))}.get(scope, Scope(persons=(canary.borrowernumber,)))
    until = SINCE + timedelta(days=900) if scope == "exception" else None
    rig = Rig(koha, holds=(Keeping("h", inside, "r", "a", SINCE, until),))
    one = rig.pairs([(canary.issue_id, canary.borrowernumber)])
    drawn = Pairs([replace(pair, rebuilt=True) for pair in one])
    rig.cut()
    after = seen(koha, canary)
    assert [table for table in before if before[table] != after[table]] == []
    report = rig.look(drawn)
    assert [(a.name, a.table, a.columns) for a in report.failing] == []
    assert {("statistics", Severity.KEPT, SPARED)} <= {(a.table, a.severity, a.why) for a in report.told}
    Rig(koha).cut()
    lifted = seen(koha, canary)
    stays = {"old_issues", "accountlines", "messages", "checkout_renewals"} | {
        t for t, value in before.items() if value == nothing
    }
    assert [table for table in before if before[table] == lifted[table] and table not in stays] == []


@pytest.mark.slow
def test_a_hold_on_one_person_spares_no_other_persons_rows(koha_sqlite: Koha) -> None:
    canary = parted(koha_sqlite)
    other = next(
        c for c in koha_sqlite.sample.canaries if c.borrowernumber != canary.borrowernumber and c.kind == "old"
    )
    hold = Keeping("h", Scope(persons=(other.borrowernumber,)), "r", "a", SINCE, None)
    Rig(koha_sqlite, holds=(hold,)).cut()
    left = koha_sqlite.rows(f"SELECT count(*) FROM statistics WHERE {traces(canary)['statistics']}")
    assert left == [(0,)]
