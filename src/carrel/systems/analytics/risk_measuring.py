"""One measurement from its question: the records are read once, and every test is run on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from carrel.deidentification.risk.assessment import Measurement
from carrel.deidentification.risk.attack import Linkage, Trace
from carrel.deidentification.risk.question import RiskQuestion
from carrel.deidentification.risk.singling_out import Singling, combinations_of, search
from carrel.errors import fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import faults, linkage_attack
from carrel.systems.analytics.counted_records import CountedRecords
from carrel.systems.analytics.identifying_columns import identifying
from carrel.systems.analytics.relation import DESCRIPTION, Relation

MOST_SETS = 10_000
TRIED = 1000  # people whose records are looked for by a few of them
Beat = Callable[[int, int], None]
Reading = Callable[[NamedSource, Sequence[str] | None, str], Relation]


def measure(read: Reading, question: RiskQuestion, seed: int, beat: Beat = lambda *_: None) -> Measurement:
    """Run every test that the question asks for.

    Args:
        read: makes a source known to an engine, with the columns that are needed and a name for it.
        question: with paths that can be opened.
        seed: of what is drawn at random.
        beat: told how many sets of columns were looked at, and of how many.

    Raises:
        CarrelError: of the SRC and SQL codes; RSK-001, nothing of it leaves the house.

    Guarantees:
        Only reads. No value is in what is returned: counts and names of columns.
    """
    records = read(question.records, question.named if question.columns else None, "records")
    records.require(question.named)
    person = question.person
    if question.people_differ_by:
        records, person = records.described(question.people_differ_by), DESCRIPTION
    released = tuple(one for one in question.released(records.columns) if one != DESCRIPTION)
    known = question.known_columns(released)
    if not known:
        raise fault(
            faults.NOTHING_KNOWN,
            at=question.name,
            wanted="a column that an outsider could know",
            found="only the person's, the pseudonym and sensitive ones",
            fix="name the columns of what leaves the house",
        )
    counted = CountedRecords.of(records, released, person)
    count = counted.count()
    facts = tuple(one for one in released if one != question.pseudonym)
    total, singled = combinations_of(facts, question.known), list[Singling]()
    if total > MOST_SETS:
        raise fault(
            faults.TOO_MANY_SETS,
            at=question.name,
            wanted=f"at most {MOST_SETS:,} sets of columns",
            found=f"{total:,}: {len(facts)} columns, and {question.known} of them known",
            fix="name the columns of what leaves the house, or fewer known facts",
        )
    for found in search(facts, count, question.known, counted.alone):
        singled.append(found)
        beat(len(singled), total)
    beat(total, total)
    return Measurement(
        name=question.name,
        records=count,
        persons=counted.persons(),
        by_person=person is not None,
        columns=known,
        sizes=counted.sizes(known),
        direct=identifying(records, facts),
        singled=tuple(singled),
        known=question.known,
        threshold=question.threshold,
        sensitive={one: counted.diversity(known, one) for one in question.sensitive},
        linkages=tuple(_linkages(read, question, records)),
        not_looked_at=tuple(one for one in records.columns if one not in {*released, question.person, DESCRIPTION}),
        traces=tuple(_traces(counted, question, facts, seed)),
    )


def _linkages(read: Reading, question: RiskQuestion, records: Relation) -> list[Linkage]:
    found = []
    for at, against in enumerate(question.against):
        needed = [*(one.column for one in against.match.values()), *([against.person] if against.person else [])]
        other = read(against.records, needed, f"list_{at}")
        found.append(linkage_attack.run(records, question.person, other, against))
        other.require_unchanged()
    records.require_unchanged()
    return found


def _traces(counted: CountedRecords, question: RiskQuestion, facts: tuple[str, ...], seed: int) -> list[Trace]:
    if question.pseudonym is None:
        return []
    return [counted.trace(facts, question.pseudonym, known, TRIED, seed) for known in range(1, question.known + 1)]
