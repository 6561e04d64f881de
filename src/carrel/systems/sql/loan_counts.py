"""What is due, kept and stray, counted (``retention.ports.Observation``)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, TableClause, case, func, literal, not_, select, text

from carrel.retention.lifecycle import Lifecycle, State
from carrel.retention.ports import Observation, RecordCount
from carrel.retention.predicate import AtOrBefore, Fact
from carrel.systems.sql.freed_records import Freed, freed
from carrel.systems.sql.kept_table import KeptTable, is_kept
from carrel.systems.sql.named_table import quoted
from carrel.systems.sql.path_overlap import is_left
from carrel.systems.sql.path_rows import Bool
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.shelf import Shelf

_SMALL_ROWS = 5_000
_TABLE_ROWS = "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :t"
# With the tables whose rows are its rows; nothing where the server has not looked at one of them yet.
_RELTUPLES = """
WITH RECURSIVE own(oid) AS (
  SELECT CAST(to_regclass(:t) AS oid)
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN own ON i.inhparent = own.oid)
SELECT CASE WHEN min(c.reltuples) >= 0 THEN CAST(sum(c.reltuples) AS bigint) END
FROM own JOIN pg_catalog.pg_class c ON c.oid = own.oid"""


class LoanCounts:
    """Counts on one connection, beside the table of kept loans.

    Args:
        connection: of the session.
        shelf: with the tables of the map.
        kept: filled for the lifecycle that is counted by.
    """

    def __init__(self, connection: Connection, shelf: Shelf, kept: KeptTable) -> None:
        self._connection, self._shelf, self._kept = connection, shelf, kept

    def observe(self, life: Lifecycle, paths: Sequence[PathSql], *, exactly: bool = False) -> Observation:
        """Loans by state and branch, rows and strays by path, sizes of tables.

        Args:
            life: that the kept loans were found by.
            paths: under the same lifecycle, in the order in which they are cut; a row to which two of them lead is
                counted at the one that takes it.
            exactly: every due loan is judged by its whole condition, not only by not being among the kept ones.
        """
        closed = self._shelf.map.loans.closed
        loans = self._shelf[closed.table]
        c = self._connection
        branch = loans.c[closed.branch]
        # A loan that was returned while the run went on is not among the kept ones yet: its date tells that it waits.
        columns = LoanColumns(self._shelf, closed, loans)
        late = columns.compile(life.due if exactly else AtOrBefore(Fact.CLOSED, life.older_than))
        waits = is_kept(loans.c[closed.key])
        soon = literal(0) if life.at_home is None else case((columns.compile(life.at_home), 0), else_=1)
        due = select(branch, func.count(), func.sum(soon))
        due = due.where(self._kept.linked(closed, loans), not_(waits), late).group_by(branch)
        told = [(str(b or ""), int(n), int(sooner)) for b, n, sooner in c.execute(due)]
        branches = {unit: number for unit, number, _ in told}
        rows, strays, sizes, records = {}, {}, {}, {}
        earlier: list[tuple[PathSql, Bool]] = []
        for path in paths:
            name, table = path.path.name, path.table
            takes, mine = path.takes(table), is_left(path, earlier, texts=not exactly)
            earlier.append((path, takes))
            if path.path.link.by == "own":
                records[name] = self._records(path)
                own = select(func.count()).select_from(table).where(takes, mine)
                rows[name] = int(c.execute(own).scalar_one()) if records[name].due else 0
                continue
            found = c.execute(
                select(
                    func.count(),
                    func.coalesce(func.sum(case((path.due_with_loan(table), 1), else_=0)), 0),
                )
                .select_from(table)
                .where(takes, mine)
            ).one()
            rows[name], strays[name] = int(found[0]), int(found[0]) - int(found[1])
        for name in {path.table for path in self._shelf.map.paths} | {closed.table}:
            sizes[name] = self._size(name)
        frees = Freed() if exactly else freed(c, paths)
        states = {State.DUE.value: sum(branches.values()), **self._kept.states()}
        return Observation(
            states=states,
            branches=branches,
            rows=rows,
            strays=strays,
            table_sizes=sizes,
            records=records,
            sooner={unit: sooner for unit, _, sooner in told if sooner},
            freed=frees.rows,
            released=frees.released,
            spent=frees.spent,
            astray=0 if life.zoning is None else self._astray(columns, loans),
        )

    def _astray(self, columns: LoanColumns, loans: TableClause) -> int:
        """Loans that bear a unit which the tree does not have, and still name a reader."""
        closed = self._shelf.map.loans.closed
        query = select(func.count()).where(self._kept.linked(closed, loans), columns.is_astray)
        return int(self._connection.execute(query).scalar_one())

    def records(self, paths: Sequence[PathSql]) -> dict[str, RecordCount]:
        """Records of other kinds than loans, per path."""
        return {path.path.name: self._records(path) for path in paths}

    def _records(self, path: PathSql) -> RecordCount:
        rows = path.table
        due, undated = (
            func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
            for condition in (path.strays.are(rows), path.own.undated(rows))
        )
        query = select(func.count(), due, undated).select_from(rows).where(path.own.still(rows))
        held, over, untold = (int(one) for one in self._connection.execute(query).one())
        return RecordCount(due=over, kept=held - over - untold, undated=untold)

    def _size(self, name: str) -> int:
        c = self._connection
        if c.dialect.name in {"mysql", "mariadb"}:
            return int(c.execute(text(_TABLE_ROWS), {"t": name}).scalar() or 0)
        guess = None
        if c.dialect.name == "postgresql":
            guess = c.execute(text(_RELTUPLES), {"t": quoted(c.dialect, name)}).scalar()
        if guess is None:
            guess = c.execute(select(func.count()).select_from(self._shelf[name])).scalar_one()
        return int(guess)

    def is_small(self, name: str) -> bool:
        """Counted, not estimated: to take a large table for a small one would read it whole for every chunk."""
        some = select(literal(1)).select_from(self._shelf[name]).limit(_SMALL_ROWS).subquery()
        return int(self._connection.execute(select(func.count()).select_from(some)).scalar_one()) < _SMALL_ROWS
