"""The attack that a journalist, a neighbour or an officer would try: the records joined with a list of people."""

from __future__ import annotations

from datetime import timedelta

from carrel.deidentification.risk.attack import Linkage
from carrel.deidentification.risk.question import Against, Near
from carrel.systems.analytics.record_source import text_of_column, text_of_person
from carrel.systems.analytics.relation import Relation


def run(records: Relation, person: str | None, other: Relation, against: Against) -> Linkage:
    """Join, and count for how many records one single person is left.

    Args:
        records: what is attacked; a record without a value in one of the joined columns is tried and not found.
        person: its column that tells whose a record is; then the attack can be told right or wrong, where the list
            numbers people in the same way.
        other: the list, known to the same engine.
        against: which column meets which.

    Raises:
        CarrelError: of the SRC codes.
    """
    records.require([*against.match, *([person] if person else [])])
    other.require([*(one.column for one in against.match.values()), *([against.person] if against.person else [])])
    truth = text_of_person(person) if person else "CAST(NULL AS STRING)"
    whose = text_of_person(against.person) if against.person else f"CAST({other.each_row} AS STRING)"
    ours = [_value(column, near, f"m{at}") for at, (column, near) in enumerate(against.match.items())]
    theirs = [_value(near.column, near, f"m{at}") for at, near in enumerate(against.match.values())]
    meets = " AND ".join(_meets(near, f"m{at}") for at, near in enumerate(against.match.values()))
    names = [f"m{at}" for at in range(len(ours))]
    by = ", ".join(f"tried.{name}" for name in names)
    found = records.ask(f"""
        WITH row_of AS (SELECT {", ".join(ours)}, {truth} AS truth FROM {records.name}),
        tried AS (SELECT {", ".join(names)}, truth, count(*) AS n FROM row_of GROUP BY ALL),
        listed AS (SELECT DISTINCT {", ".join(theirs)}, {whose} AS whose FROM {other.name}),
        joined AS (SELECT count(DISTINCT listed.whose) AS f, min(listed.whose) AS whose, min(n) AS n, tried.truth
                   FROM tried LEFT JOIN listed ON {meets} GROUP BY {by}, tried.truth)
        SELECT f, sum(n), coalesce(sum(n) FILTER (WHERE whose = truth), 0) FROM joined GROUP BY f ORDER BY f
        """)  # fmt: skip
    by_size = {int(size): (int(count), int(right)) for size, count, right in found}
    named, right = by_size.get(1, (0, 0))
    return Linkage(
        against.name,
        sum(count for count, _ in by_size.values()),
        named,
        right if person is not None and against.person is not None else None,
        tuple((size, count) for size, (count, _) in sorted(by_size.items()) if size),
        by_size.get(0, (0, 0))[0],
    )


def _value(column: str, near: Near, name: str) -> str:
    text = text_of_column(column)
    return f"{f'TRY_CAST({text} AS TIMESTAMP)' if near.within else text} AS {name}"


def _meets(near: Near, name: str) -> str:
    if not near.within:
        return f"tried.{name} = listed.{name}"
    span = f"INTERVAL {int(near.within / timedelta(microseconds=1))} MICROSECONDS"
    return f"listed.{name} BETWEEN tried.{name} - {span} AND tried.{name} + {span}"
