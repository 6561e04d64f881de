"""How a figure becomes evidence: no figure, no verdict; a blind spot takes away "holds", never a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from carrel.accountability.evidence import Measured, Reading, cannot_tell, finding, holds
from carrel.accountability.facts import AuditFacts
from carrel.amount import amount
from carrel.retention.open_join import MEND, OpenJoin
from carrel.retention.reasons import figure

LOANS_ONLY = "Measured for loans and every table that leads from a loan to its reader."
RUN_AGAIN = "make a plan and apply it, or find out what put these rows back"


def told(figures: Mapping[str, int]) -> str:
    """Counts above zero as text, largest first: ``charge 12, statistics 3``; ``none`` where there is none."""
    named = sorted(((count, name) for name, count in figures.items() if count), key=lambda pair: (-pair[0], pair[1]))
    return ", ".join(f"{name} {count}" for count, name in named) or "none"


def total(figures: Mapping[str, int]) -> int:
    """The sum of all counts."""
    return sum(figures.values())


def unread(facts: AuditFacts) -> Reading:
    """The reading where the database could not be read, or lies with a custodian."""
    if facts.elsewhere:
        return cannot_tell(
            f"Nothing that came from {facts.elsewhere} tells of it.",
            {},
            because=facts.unread or f"the database is {facts.elsewhere}'s",
            fix=f"ask {facts.elsewhere} for its own audit of this clause: a bundle and a report tell of periods only",
        )
    return cannot_tell(
        "The live database could not be read.",
        {},
        because=facts.unread or "nothing was measured",
        fix="make the database readable for the audit and run it again",
    )


def blind_spots(facts: AuditFacts) -> str:
    """Why a count of zero would prove nothing; empty where it does.

    A column that the map does not know may lead to the reader, and a missing table was not looked at.
    """
    live = facts.live
    if live.unknown_columns:
        columns = amount(len(live.unknown_columns), "live column")
        return f"the map does not know {columns}: {', '.join(live.unknown_columns[:5])}"
    if live.missing:
        return f"the database lacks what the map names: {', '.join(live.missing[:5])}"
    return ""


_MOST_NAMED = 5  # named in one line


def leads_back(facts: AuditFacts) -> Reading | None:
    """The reading where zero rows say nothing: a join led a sweep back, or nobody can tell when a loan came back.

    Returns:
        None where no join is open and every loan that names a reader tells its return.
    """
    joins = facts.nights.open_joins
    if not joins:
        return no_return_told(facts)
    since = min(one.first_seen for one in joins)
    return finding(
        amount(len(joins), "join that led a sweep back is open", "joins that led a sweep back are open")
        + f", from loans to their readers, since {since:%Y-%m-%d}.",
        figures_of(joins),
        because="no sweep since then tried enough loans and was led nowhere",
        fix=MEND,
    )


def no_return_told(facts: AuditFacts) -> Reading | None:
    """The reading where closed loans name a reader and tell no usable return: they never become due."""
    if facts.loans is None or not facts.loans.unclear:
        return None
    count = figure(facts.loans.unclear)
    return cannot_tell(
        f"{count} closed loans that name a reader tell no usable time of return, or one that is still to come.",
        {"loans without a usable return": count},
        because="nobody can tell when their periods began, so they are never due",
        fix="enter the date of return in the library system, or close these loans anew",
    )


def leads_back_before(facts: AuditFacts, day: date) -> Reading | None:
    """As `leads_back`, where only loans that came back by some day go against a clause.

    Joins that were found among younger loans leave open whether older ones are led back too.
    """
    reading = leads_back(facts)
    if (
        reading is None
        or not facts.nights.open_joins
        or any(one.days is None or one.days[0] <= day for one in facts.nights.open_joins)
    ):
        return reading
    return cannot_tell(reading.says, reading.measured, because="they were found among younger loans", fix=reading.fix)


def figures_of(joins: tuple[OpenJoin, ...]) -> dict[str, int | str]:
    """The open joins as an audit shows them."""
    if not joins:
        return {}
    named = [f"{one.says} since {one.first_seen:%Y-%m-%d}" for one in joins[:_MOST_NAMED]]
    return {"joins open to readers": len(joins), "which": "; ".join(named)}


def judged(
    facts: AuditFacts,
    wrong: Sequence[str],
    *,
    kept: str,
    measured: Measured,
    because: str,
    fix: str,
    unseen: Sequence[str] = (),
) -> Reading:
    """The reading of a clause that is kept while a list of faults is empty.

    Args:
        facts: of the audit.
        wrong: what goes against the clause, each in words with its count.
        kept: sentence for none.
        measured: figures behind it.
        because: why one is a finding.
        fix: what to do then.
        unseen: what the account may not read, and would have had to be looked at.

    Guarantees:
        Holds only where the database was read, nothing was unseen and the map knows every column.
    """
    if facts.loans is None:
        return unread(facts)
    if wrong:
        said = "; ".join(wrong)
        return finding(f"{said[:1].upper()}{said[1:]}.", measured, because=because, fix=fix)
    if unseen:
        return cannot_tell(
            "Not everything could be looked at.",
            measured,
            because=f"the account may not read: {', '.join(unseen[:_MOST_NAMED])}",
            fix="GRANT SELECT on the whole database, for the account to read",
        )
    return none_left(facts, 0, kept=kept, broken="", measured=measured, because=because)


def none_left(
    facts: AuditFacts,
    count: int,
    *,
    kept: str,
    broken: str,
    measured: Measured,
    because: str,
    fix: str = RUN_AGAIN,
    joins: Reading | None = None,
) -> Reading:
    """The reading of a clause that is kept while a count is zero.

    Args:
        facts: of the audit.
        count: what must be zero.
        kept: sentence for zero.
        broken: sentence for more, with the figure.
        measured: figures behind it.
        because: why more than zero is a finding.
        fix: what to do then.
        joins: of open joins, where the clause says that nothing leads from a loan to its reader; see `leads_back`.
    """
    if joins is not None:
        measured = {**measured, **joins.measured}
    if count:
        return finding(broken, measured, because=because, fix=fix)
    if joins is not None:
        return Reading(joins.state, joins.says, measured, joins.because, joins.fix)
    if blind := blind_spots(facts):
        return cannot_tell(
            f"As far as the map reaches: {kept}",
            measured,
            because=blind,
            fix="classify these columns in the site's own map, then audit again",
        )
    return holds(kept, measured)
