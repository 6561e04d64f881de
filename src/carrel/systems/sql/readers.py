"""For people: the statements of a plan, a sample of what is due, how far a rule reaches back, what a hold may tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, not_, select

from carrel.retention.lifecycle import Lifecycle, State
from carrel.systems.sql.anchor_rows import over
from carrel.systems.sql.expressions import is_time
from carrel.systems.sql.kept_table import KeptTable, code, is_kept
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.worktables import KEPT


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One loan for the terminal: its key, when it closed, and where it stands. Never written to a file."""

    loan: int
    closed: datetime | None
    state: str
    edge: str = ""


def statements(loans: SqlLoans, life: Lifecycle, as_of: datetime) -> tuple[str, ...]:
    """What a chunk would execute, for readers; nothing executes these texts.

    What legal holds and exceptions spare is left out: their scopes name patrons, and a hold can be sealed.
    """
    dialect = loans.connection.dialect
    texts = []
    for path in loans.paths(life, as_of, shown=True):
        if path.path.link.by in {"clock", "own"}:
            statement = path.cuts.act(path.strays.are, with_loan=False)
        else:
            statement = path.cuts.act(path.chunk.are, with_loan=True)
        compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        texts.append(" ".join(str(compiled).split()))
    return tuple(texts)


def older_than_rule(loans: SqlLoans, life: Lifecycle, since: datetime) -> int:
    """Due loans that closed before the rule was in force (MITL-10.6)."""
    loans.prepare(life)
    closed = loans.map.loans.closed
    rows = loans.shelf[closed.table]
    time = over(closed, rows)
    query = select(func.count()).where(_due(loans, rows), is_time(time), time < since, time <= life.older_than)
    return int(loans.connection.execute(query).scalar_one())


def without_sealed(loans: SqlLoans, life: Lifecycle, states: Mapping[str, int]) -> dict[str, int]:
    """The loans per state without those that only a sealed legal hold keeps: these are told nowhere."""
    held = State.LEGAL_HOLD.value
    if life.openly is None or held not in states:
        return dict(states)
    loans.prepare(life)
    closed = loans.map.loans.closed
    rows = loans.shelf[closed.table]
    kept = KEPT.join(rows, rows.c[closed.key] == KEPT.c.loan)
    openly = LoanColumns(loans.shelf, closed, rows).compile(life.openly)
    query = select(func.count()).select_from(kept).where(KEPT.c.state == code(held), openly)
    return {**states, held: int(loans.connection.execute(query).scalar_one())}


def sample(loans: SqlLoans, life: Lifecycle, count: int) -> tuple[SampleRow, ...]:
    """Some loans that are due, with the last one in and the first one out of the cut-off."""
    loans.prepare(life)
    closed = loans.map.loans.closed
    rows = loans.shelf[closed.table]
    key, time = rows.c[closed.key], over(closed, rows)
    c = loans.connection
    before = and_(is_time(time), time <= life.older_than, _due(loans, rows))
    after = and_(KeptTable(c, loans.shelf, loans.stand_in).linked(closed, rows), is_time(time), time > life.older_than)
    last_in = c.execute(select(key, time).where(before).order_by(time.desc(), key.desc()).limit(1)).first()
    first_out = c.execute(select(key, time).where(after).order_by(time, key).limit(1)).first()
    some = c.execute(select(key, time).where(before).order_by(key).limit(max(0, count - 2))).all()
    out = [SampleRow(int(row[0]), row[1], State.DUE.value) for row in some]
    if last_in:
        out.append(SampleRow(int(last_in[0]), last_in[1], State.DUE.value, "last one in"))
    if first_out:
        out.append(SampleRow(int(first_out[0]), first_out[1], State.RETAINED.value, "first one out"))
    return tuple(out)


def _due(loans: SqlLoans, rows: Any) -> Any:
    closed = loans.map.loans.closed
    linked = KeptTable(loans.connection, loans.shelf, loans.stand_in).linked(closed, rows)
    return and_(linked, not_(is_kept(rows.c[closed.key])))
