"""One measurement from its question: the records are read once, and every test is run on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from carrel.deidentification.risk.assessment import Measurement
from carrel.deidentification.risk.attack import Linkage, Trace
from carrel.deidentification.risk.question import RiskQuestion
from carrel.deidentification.risk.singling_out import Singling, combinations_of, search
from carrel.errors import fault
from carrel.systems.analytics import faults, linkage_attack
from carrel.systems.analytics.coded_records import CodedRecords
from carrel.systems.analytics.identifying_columns import identifying
from carrel.systems.analytics.record_source import read

TRIED = 1000  # people whose records are looked for by a few of them
Beat = Callable[[int, int], None]


def measure(engine: Any, question: RiskQuestion, seed: int, beat: Beat = lambda *_: None) -> Measurement:
    """Run every test that the question asks for.

    Args:
        engine: empty, as `carrel.systems.analytics.engine.opened` yields it.
        question: with paths that can be opened.
        seed: of what is drawn at random.
        beat: told how many sets of columns were looked at, and of how many.

    Raises:
        CarrelError: of the SRC and SQL codes; RSK-001, nothing of it leaves the house.

    Guarantees:
        Only reads. No value is in what is returned: counts and names of columns.
    """
    records = read(engine, question.records, question.named if question.columns else None)
    records.require(question.named)
    released = question.released(records.columns)
    known = question.known_columns(records.columns)
    if not known:
        raise fault(
            faults.NOTHING_KNOWN,
            at=question.name,
            wanted="a column that an outsider could know",
            found="only the person's, the pseudonym and sensitive ones",
            fix="name the columns of what leaves the house",
        )
    coded = CodedRecords.of(records, released, question.person)
    count = coded.count()
    facts = tuple(one for one in released if one != question.pseudonym)
    total, singled = combinations_of(facts, question.known), list[Singling]()
    for found in search(facts, count, question.known, coded.alone):
        singled.append(found)
        beat(len(singled), total)
    beat(total, total)
    return Measurement(
        name=question.name,
        records=count,
        persons=coded.persons(),
        by_person=question.person is not None,
        columns=known,
        sizes=coded.sizes(known),
        direct=identifying(records, facts),
        singled=tuple(singled),
        known=question.known,
        threshold=question.threshold,
        sensitive={one: coded.diversity(known, one) for one in question.sensitive},
        linkages=tuple(_linkages(engine, question, records)),
        traces=tuple(_traces(coded, question, facts, seed)),
    )


def _linkages(engine: Any, question: RiskQuestion, records: Any) -> list[Linkage]:
    found = []
    for at, against in enumerate(question.against):
        needed = [*(one.column for one in against.match.values()), *([against.person] if against.person else [])]
        other = read(engine, against.records, needed, name=f"list_{at}")
        found.append(linkage_attack.run(records, question.person, other, against))
        other.require_unchanged()
    records.require_unchanged()
    return found


def _traces(coded: CodedRecords, question: RiskQuestion, facts: tuple[str, ...], seed: int) -> list[Trace]:
    if question.pseudonym is None:
        return []
    return [coded.trace(facts, question.pseudonym, known, TRIED, seed) for known in range(1, question.known + 1)]
