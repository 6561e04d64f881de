"""Foreign keys that Carrel sees to itself while the database does not: no row may point at one that is gone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from carrel.errors import fault
from carrel.systems import faults
from carrel.systems.sql.named_table import quoted
from carrel.systems.sql.worktables import AGED

_KEYS = """
SELECT k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text,
  ARRAY(SELECT quote_ident(a.attname) FROM unnest(k.conkey) WITH ORDINALITY AS o(number, at)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number ORDER BY o.at),
  ARRAY(SELECT quote_ident(a.attname) FROM unnest(k.confkey) WITH ORDINALITY AS o(number, at)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number ORDER BY o.at)
FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND """.replace("::", "\\:\\:")
_INCOMING = _KEYS + "k.confrelid = CAST(:table AS regclass) ORDER BY 1, 2"
_OUTGOING = _KEYS + "k.conrelid = CAST(:table AS regclass) ORDER BY 1, 2"


@dataclass(frozen=True, slots=True)
class _Question:
    key: str
    at: str
    query: str


class KeyAssertion:
    """The foreign keys around rows that move, read once for a session.

    Args:
        connection: of the session.
        leaves: table that rows go from, with its key.
        arrives: tables that rows come to, with the key there, and the column of the work table that equals it.
    """

    def __init__(
        self, connection: Connection, leaves: tuple[str, str], arrives: tuple[tuple[str, str, str], ...]
    ) -> None:
        dialect = connection.dialect
        self._questions: list[_Question] = []
        table = quoted(dialect, leaves[0])
        own = connection.execute(text("SELECT quote_ident(:name)"), {"name": leaves[1]}).scalar_one()
        for name, there, _, columns, theirs in connection.execute(text(_INCOMING), {"table": table}):
            if theirs == [own]:
                gone = f"SELECT loan FROM pg_temp.{AGED.name}"
                query = f"SELECT count(*) FROM {there} WHERE {columns[0]} IN ({gone})"
                self._questions.append(_Question(name, there, query))
        for place, key, number in arrives:
            here = quoted(dialect, place)
            for name, _, other, columns, theirs in connection.execute(text(_OUTGOING), {"table": here}):
                pairs = " AND ".join(f"o.{b} = r.{a}" for a, b in zip(columns, theirs, strict=True))
                told = " AND ".join(f"r.{one} IS NOT NULL" for one in columns)
                query = (
                    f"SELECT count(*) FROM {here} r JOIN pg_temp.{AGED.name} a ON a.{number} = "
                    f"r.{quoted(dialect, key)} WHERE {told} AND NOT EXISTS (SELECT 1 FROM {other} o WHERE {pairs})"
                )
                self._questions.append(_Question(name, here, query))

    def require(self, connection: Connection) -> None:
        """See that every key still has its row.

        Raises:
            CarrelError: SQL-016, with the names of the keys that have none.
        """
        broken = [one for one in self._questions if connection.execute(text(one.query.replace(":", "\\:"))).scalar()]
        if broken:
            raise fault(
                faults.CONSTRAINT,
                at=", ".join(f"{one.at}: {one.key}" for one in broken),
                wanted="keys that lead to a row",
                found="rows that would point at a loan or a value that is gone",
                because="triggers and keys are bypassed while loans move, so that Carrel sees to them itself",
                fix="name the table among the children of the cut in maps/local.yaml, or repair the missing row",
            )
