"""Loans counted by branch, item type, category and month: added up as they are cut, and never counted again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, case, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from carrel.retention.circulation import Cell, CellCount, CountedLoan, by_branch, by_cell
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.job_journal import JobTicket

Grains = dict[str, dict[Cell, CellCount]]
CELLS, BRANCHES = "cell", "branch"


class Circulation:
    """The counts of a store. They name nobody; loan ids stand here only until it is known that their cut is committed.

    That, and of loans that were put back from an undo capsule, so that they do not count twice.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(self, system: str, loans: Sequence[CountedLoan], ticket: JobTicket | None = None) -> None:
        """Note, durably, what a chunk counts that is about to be committed; it replaces one that never was.

        Args:
            system: whose loans.
            loans: of the chunk.
            ticket: of a run that several workers share, the job's; each job has a chunk of its own in flight.

        Raises:
            CarrelError: RUN-002, another process took the job over: what that one has in flight is left alone.
        """
        job = "" if ticket is None else ticket.claim.key
        table = tables.loan_in_flight
        with self._database.writing() as connection:
            if ticket is not None:
                ticket.still_holds(connection)
            connection.execute(delete(table).where(table.c.system == system, table.c.job == job))
            if loans:
                connection.execute(insert(table), [{**_row(system, one), "job": job} for one in loans])

    def in_flight(self, system: str, job: str | None = None) -> tuple[int, ...]:
        """The loans of chunks of which it is not known whether their cut was committed: of one job, or of all."""
        table = tables.loan_in_flight
        whose = [table.c.system == system] if job is None else [table.c.system == system, table.c.job == job]
        with self._database.reading() as connection:
            return tuple(connection.execute(select(table.c.loan).where(*whose)).scalars())

    def jobs_in_flight(self, system: str) -> tuple[str, ...]:
        """The keys of the jobs that have such loans; an empty one of a run that one worker does alone."""
        table = tables.loan_in_flight
        with self._database.reading() as connection:
            return tuple(connection.execute(select(table.c.job).where(table.c.system == system).distinct()).scalars())

    def settle(self, system: str, not_cut: Collection[int] = (), job: str = "") -> None:
        """Add up the loans that one job has in flight, and forget their ids.

        Args:
            system: whose loans.
            not_cut: of these, the ones that still name a reader: they count when they are cut.
            job: whose chunk; none of a run that one worker does alone.

        Guarantees:
            A loan is added once, also if it was put back and cut again since. Repeated, it adds nothing.
        """
        flight, before = tables.loan_in_flight, tables.loan_counted
        with self._database.writing() as connection:
            whose = (flight.c.system == system, flight.c.job == job)
            mine = connection.execute(select(flight).where(*whose)).all()
            cut = [one for one in map(_loan, mine) if one.loan not in not_cut]
            both = select(before.c.loan).join(
                flight, (flight.c.system == before.c.system) & (flight.c.loan == before.c.loan)
            )
            again = set(connection.execute(both.where(*whose)).scalars())
            new = [one for one in cut if one.loan not in again]
            _add(connection, system, CELLS, by_cell(new))
            _add(connection, system, BRANCHES, by_branch(new))
            connection.execute(delete(flight).where(*whose))
            for loan in again & {one.loan for one in cut}:
                connection.execute(delete(before).where(before.c.system == system, before.c.loan == loan))

    def put_back(self, system: str, loans: Iterable[int]) -> None:
        """Note that loans were counted before they were put back: when they are cut again, they do not count."""
        table = tables.loan_counted
        with self._database.writing() as connection:
            known = set(connection.execute(select(table.c.loan).where(table.c.system == system)).scalars())
            if new := sorted(set(loans) - known):
                connection.execute(insert(table), [{"system": system, "loan": loan} for loan in new])

    def counts(self, system: str) -> Grains:
        """Everything that was counted: by cell, and by branch and month."""
        table = tables.circulation
        found: Grains = {CELLS: {}, BRANCHES: {}}
        with self._database.reading() as connection:
            for row in connection.execute(select(table).where(table.c.system == system)):
                found[row.grain][Cell(row.month, row.branch, row.item_type, row.category)] = _count(row)
        return found

    def told(self, system: str) -> dict[str, dict[str, object]]:
        """What was told last, by month."""
        table = tables.circulation_told
        with self._database.reading() as connection:
            return {row.month: row.body for row in connection.execute(select(table).where(table.c.system == system))}

    def tell(self, system: str, new: Mapping[str, Mapping[str, object]]) -> None:
        """Write down what is told from now on, by month, as a whole."""
        table = tables.circulation_told
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.system == system))
            if new:
                rows = [{"system": system, "month": month, "body": dict(body)} for month, body in sorted(new.items())]
                connection.execute(insert(table), rows)


def _row(system: str, one: CountedLoan) -> dict[str, object]:
    cell = one.cell
    return {
        "system": system, "loan": one.loan, "month": cell.month, "branch": cell.branch, "item_type": cell.item_type,
        "category": cell.category, "reader_of_cell": one.reader_of_cell, "reader_of_branch": one.reader_of_branch,
        "running": one.running,
    }  # fmt: skip


def _loan(row: Row[tuple[object, ...]]) -> CountedLoan:
    cell = Cell(row.month, row.branch, row.item_type, row.category)
    return CountedLoan(row.loan, cell, row.reader_of_cell, row.reader_of_branch, row.running)


def _count(row: Row[tuple[object, ...]]) -> CellCount:
    return CellCount(row.loans, row.readers, row.least, row.at_most)


def _add(connection: Connection, system: str, grain: str, counts: Mapping[Cell, CellCount]) -> None:
    if not counts:
        return
    table = tables.circulation
    new = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    more = new.excluded
    adding = new.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            "loans": table.c.loans + more.loans,
            "readers": table.c.readers + more.readers,
            "least": case((more.least > table.c.least, more.least), else_=table.c.least),
            "at_most": or_(table.c.at_most, more.at_most),
        },
    )
    rows = [
        {
            "system": system, "grain": grain, "month": cell.month, "branch": cell.branch, "item_type": cell.item_type,
            "category": cell.category, "loans": one.loans, "readers": one.readers, "least": one.least,
            "at_most": one.at_most,
        }
        for cell, one in sorted(counts.items())
    ]  # fmt: skip
    connection.execute(adding, rows)
