"""Records with each value as a number, so that the engine groups numbers; and what is counted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carrel.deidentification.risk.attack import Trace
from carrel.deidentification.risk.equivalence import ClassSizes
from carrel.deidentification.risk.sensitive import GUESSABLE, Diversity
from carrel.systems.analytics.engine import quoted, told
from carrel.systems.analytics.record_source import Records

_TABLE = "coded"
_PERSON = "p"


@dataclass(frozen=True)
class CodedRecords:
    """Records in numbers.

    Args:
        records: where they come from.
        columns: those that are needed, each once.
        person: whose a record is; each record is another person's unless given.
    """

    records: Records
    columns: tuple[str, ...]
    person: str | None

    @classmethod
    def of(cls, records: Records, columns: Sequence[str], person: str | None) -> CodedRecords:
        """Read them once.

        Raises:
            CarrelError: of the SRC codes.
        """
        wanted = tuple(dict.fromkeys(columns))
        records.require([*wanted, *([person] if person else [])])
        made = cls(records, wanted, person)
        with told(records.source.at):
            made._read()
        records.require_unchanged()
        return made

    def _read(self) -> None:
        engine, joins, chosen = self.records.engine, [], []
        named = [
            *((f"c{at}", one) for at, one in enumerate(self.columns)),
            *([(_PERSON, self.person)] if self.person else []),
        ]
        for code, column in named:
            value = f"CAST({quoted(column or '')} AS VARCHAR)"
            engine.execute(
                f"CREATE TEMP TABLE values_{code} AS SELECT v, CAST(row_number() OVER () AS INTEGER) AS code "
                f"FROM (SELECT DISTINCT {value} AS v FROM {self.records.name}) WHERE v IS NOT NULL"
            )
            joins.append(f"LEFT JOIN values_{code} AS {code} ON {code}.v = CAST(r.{quoted(column or '')} AS VARCHAR)")
            chosen.append(f"{code}.code AS {code}" if code == _PERSON else f"coalesce({code}.code, 0) AS {code}")
        if self.person is None:
            chosen.append(f"CAST(row_number() OVER () AS INTEGER) AS {_PERSON}")
        engine.execute(
            f"CREATE TEMP TABLE {_TABLE} AS SELECT {', '.join(chosen)} FROM {self.records.name} AS r {' '.join(joins)}"
        )
        for code, _ in named:
            engine.execute(f"DROP TABLE values_{code}")

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        return self.records.ask(statement, values)

    def count(self) -> int:
        """How many records there are."""
        return int(self.ask(f"SELECT count(*) FROM {_TABLE}")[0][0])

    def persons(self) -> int:
        """How many people they are of."""
        return int(self.ask(f"SELECT count(DISTINCT {_PERSON}) FROM {_TABLE}")[0][0])

    def sizes(self, columns: Sequence[str]) -> ClassSizes:
        """The classes of some columns, by how many people stand in each; as `equivalence.class_sizes` counts them."""
        by = self._codes(columns)
        whole = f"SELECT {by}, {_PERSON}, count(*) AS n FROM {_TABLE} GROUP BY {by}, {_PERSON}"
        if self.person is None:
            inner = f"SELECT count(*) AS f, count(*) AS n FROM {_TABLE} GROUP BY {by}"
        else:
            inner = f"SELECT greatest(count({_PERSON}), 1) AS f, sum(n) AS n FROM ({whole}) GROUP BY {by}"
        found = self.ask(f"SELECT f, count(*), sum(n) FROM ({inner}) GROUP BY f")
        return ClassSizes.of((int(size), int(classes), int(rows)) for size, classes, rows in found)

    def alone(self, columns: Sequence[str]) -> int:
        """Records whose values in these columns are one person's only."""
        by = self._codes(columns)
        one = "count(*) = 1" if self.person is None else f"min({_PERSON}) IS NOT DISTINCT FROM max({_PERSON})"
        inner = f"SELECT count(*) AS n FROM {_TABLE} GROUP BY {by} HAVING {one}"
        return int(self.ask(f"SELECT coalesce(sum(n), 0) FROM ({inner})")[0][0])

    def diversity(self, columns: Sequence[str], sensitive: str) -> Diversity:
        """What the classes of some columns betray of another one; as `sensitive.diversity` measures it."""
        by, value = self._codes(columns), self._codes([sensitive])
        people = "count(*)" if self.person is None else f"greatest(count(DISTINCT {_PERSON}), 1)"
        found = self.ask(f"""
            WITH cell AS (SELECT {by}, {value} AS s, {people} AS n FROM {_TABLE} GROUP BY {by}, {value}),
            whole AS (SELECT s, sum(n) / (SELECT sum(n) FROM cell) AS q FROM cell GROUP BY s),
            part AS (SELECT {by}, cell.s, n, n / sum(n) OVER (PARTITION BY {by}) AS p, q
                     FROM cell JOIN whole USING (s)),
            class AS (SELECT count(*) AS l, exp(-sum(p * ln(p))) AS e,
                             (sum(abs(p - q)) + greatest(1 - sum(q), 0)) / 2 AS t, sum(n) AS n, max(p) AS most
                      FROM part GROUP BY {by})
            SELECT min(l), min(e), max(t), coalesce(sum(n) FILTER (l = 1), 0),
                   coalesce(sum(n) FILTER (most > {GUESSABLE}), 0), sum(n),
                   (SELECT count(*) FROM whole), (SELECT max(q) FROM whole)
            FROM class""")  # fmt: skip
        least, entropy, closeness, certain, guessed, total, values, most = found[0]
        if total is None:
            return Diversity(0, 0.0, 0.0, 0, 0, 0)
        return Diversity(
            int(least),
            float(entropy),
            float(closeness),
            int(certain) if int(values) > 1 else 0,
            int(guessed) if float(most) <= GUESSABLE else 0,
            int(total),
        )

    def trace(self, columns: Sequence[str], pseudonym: str, known: int, tries: int, seed: int) -> Trace:
        """Look for people by some of their records, which are drawn at random.

        Args:
            columns: what is known of each of these records.
            pseudonym: the column that is the same in all of a person's.
            known: records of each.
            tries: people who are tried, at the most.
            seed: of the draw.

        Source:
            de Montjoye et al. 2013 (unicity); the search logs of 2006.
        """
        by, whose = self._codes(columns), self._codes([pseudonym])
        found = self.ask(
            f"""
            WITH point AS (SELECT DISTINCT {whose} AS w, {by} FROM {_TABLE} WHERE {whose} > 0),
            numbered AS (SELECT w, {by}, row_number() OVER (PARTITION BY w ORDER BY hash({by}, w, {seed})) AS place,
                                count(*) OVER (PARTITION BY w) AS points FROM point),
            chosen AS (SELECT w FROM (SELECT DISTINCT w FROM numbered WHERE points >= {known})
                       ORDER BY hash(w, {seed}) LIMIT {tries}),
            drawn AS (SELECT w AS tried, {by} FROM numbered JOIN chosen USING (w) WHERE place <= {known}),
            fits AS (SELECT tried, point.w FROM drawn JOIN point USING ({by}) GROUP BY tried, point.w
                     HAVING count(*) = {known})
            SELECT (SELECT count(*) FROM chosen), count(*) FILTER (n = 1)
            FROM (SELECT tried, count(*) AS n FROM fits GROUP BY tried)"""
        )
        tried, right = found[0]
        return Trace(known, int(tried), int(right))

    def _codes(self, columns: Sequence[str]) -> str:
        return ", ".join(f"c{self.columns.index(one)}" for one in columns)
