"""What is counted of records, in statements that each engine understands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carrel.deidentification.risk.attack import Trace
from carrel.deidentification.risk.equivalence import ClassSizes
from carrel.deidentification.risk.sensitive import GUESSABLE, Diversity
from carrel.systems.analytics.relation import CODED as _TABLE
from carrel.systems.analytics.relation import PERSON as _PERSON
from carrel.systems.analytics.relation import Relation


@dataclass(frozen=True)
class CountedRecords:
    """Records, of which an engine keeps what is counted.

    Args:
        records: where they come from.
        columns: those that are needed, each once.
        person: whose a record is; each record is another person's unless given.
    """

    records: Relation
    columns: tuple[str, ...]
    person: str | None

    @classmethod
    def of(cls, records: Relation, columns: Sequence[str], person: str | None) -> CountedRecords:
        """Read them once.

        Raises:
            CarrelError: of the SRC codes.
        """
        wanted = tuple(dict.fromkeys(columns))
        records.require([*wanted, *([person] if person else [])])
        records.code(wanted, person)
        records.require_unchanged()
        return cls(records, wanted, person)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        return self.records.ask(statement)

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
            WITH cell AS (SELECT {by}, {value} AS s, {people} AS n, count(*) AS held
                          FROM {_TABLE} GROUP BY {by}, {value}),
            whole AS (SELECT s, sum(n) / (SELECT sum(n) FROM cell) AS q FROM cell GROUP BY s),
            part AS (SELECT {by}, cell.s, held, n / sum(n) OVER (PARTITION BY {by}) AS p, q
                     FROM cell JOIN whole ON cell.s IS NOT DISTINCT FROM whole.s),
            class AS (SELECT count(*) AS l, exp(-sum(p * ln(p))) AS e,
                             (sum(abs(p - q)) + greatest(1 - sum(q), 0)) / 2 AS t, sum(held) AS held, max(p) AS most
                      FROM part GROUP BY {by})
            SELECT min(l), min(e), max(t), coalesce(sum(held) FILTER (WHERE l = 1), 0),
                   coalesce(sum(held) FILTER (WHERE most > {GUESSABLE}), 0), sum(held),
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
            WITH point AS (SELECT DISTINCT {whose} AS w, {by} FROM {_TABLE} WHERE {whose} <> {self.records.no_value}),
            numbered AS (SELECT w, {by}, row_number() OVER (PARTITION BY w ORDER BY hash({by}, w, {seed})) AS place,
                                count(*) OVER (PARTITION BY w) AS points FROM point),
            chosen AS (SELECT w FROM (SELECT DISTINCT w FROM numbered WHERE points >= {known})
                       ORDER BY hash(w, {seed}) LIMIT {tries}),
            drawn AS (SELECT w AS tried, {by} FROM numbered JOIN chosen USING (w) WHERE place <= {known}),
            fits AS (SELECT tried, point.w FROM drawn JOIN point USING ({by}) GROUP BY tried, point.w
                     HAVING count(*) = {known})
            SELECT (SELECT count(*) FROM chosen), count(*) FILTER (WHERE n = 1)
            FROM (SELECT tried, count(*) AS n FROM fits GROUP BY tried)"""
        )
        tried, right = found[0]
        return Trace(known, int(tried), int(right))

    def _codes(self, columns: Sequence[str]) -> str:
        return ", ".join(f"c{self.columns.index(one)}" for one in columns)
