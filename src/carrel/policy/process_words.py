"""What a policy says of legal process, in words: one entry for each kind of paper, and what holds of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from carrel.policy.process_grammar import EducationRule, InstrumentRule, LegalProcess, Outcome

Line = tuple[str, str, tuple[str, ...]]


def process_lines(block: LegalProcess) -> Iterator[Line]:
    """Each office, each law that is cited and each kind of paper: its name, what holds of it, and by which clauses.

    Guarantees:
        The same rules give the same lines, in the order of the policy.
    """
    for office, said in block.offices.items():
        absent = " Whom the holder names stands in while she is recorded absent." if said.alternates else ""
        yield str(office), f"{said.says}{absent}", said.clauses
    silenced = _and(block.silenced_by) if block.silenced_by else "nothing"
    told = f"A release is signed by the {_or(block.signed_by)} and handed over by somebody else."
    yield "every release", f"{told} What may suspend telling the person: {silenced}.", ()
    if block.keep_cases is not None:
        yield "cases", f"A case is forgotten {block.keep_cases} after it is over; its number stays in the report.", ()
    for name, statute in block.statutes.items():
        by = f"confirmed by {statute.confirmed_by}" if statute.confirmed_by else "not confirmed by counsel yet"
        yield name, f"{statute.says} ({statute.cite}; {by})", statute.clauses
    if block.education_records is not None:
        yield "a student's education records", _education(block.education_records), block.education_records.clauses
    for instrument, rule in block.instruments.items():
        yield str(instrument), _instrument(block, rule), rule.clauses


def _instrument(block: LegalProcess, rule: InstrumentRule) -> str:
    full = rule if rule.as_ is None else block.instruments[rule.as_]
    told = [rule.says or full.says or "", f"Handled as: {rule.as_}." if rule.as_ is not None else ""]
    if Outcome.RELEASED not in full.outcomes:
        told.append("Nothing is given out.")
    if full.release_first:
        told.append(f"What is needed is told at once; then: {_steps(block, full.afterwards)}.")
    elif full.steps:
        told.append(f"Before an end: {_steps(block, full.steps)}.")
    if full.afterwards and not full.release_first:
        told.append(f"Afterwards: {_steps(block, full.afterwards)}.")
    if full.wait is not None:
        told.append(f"Nothing is released for {full.wait} after the person was told.")
    if full.within:
        told.append(f"Answered within {full.within}.")
    if full.signed_by:
        told.append(f"Signed by the {_or(full.signed_by)}.")
    chosen = f"Chosen by the library: {_and(full.chosen)}." if full.chosen else ""
    return " ".join(one for one in (*told, chosen) if one)


def _education(rule: EducationRule) -> str:
    wait = f", and nothing of them is released for {rule.wait} after that" if rule.wait is not None else ""
    told = [
        f"{rule.says} Of a student these are education records: {_and(rule.kinds)}.",
        f"On a {_or(rule.instruments)} the student is told first{wait}.",
        f"What may suspend that: {_and(rule.silenced_by) if rule.silenced_by else 'nothing'}.",
    ]
    for name, one in rule.exemptions.items():
        only = f" Where only this is given out: {_and(one.only)}." if one.only else ""
        told.append(f"No wait by the finding '{name}' ({_or(one.by)}): {one.says}{only}")
    chosen = f"Chosen by the library: {_and(rule.chosen)}." if rule.chosen else ""
    return " ".join(one for one in (*told, chosen) if one)


def _steps(block: LegalProcess, names: Iterable[str]) -> str:
    return "; ".join(f"{name} ({_or(block.steps[name].by)})" for name in names)


def _and(words: Iterable[str]) -> str:
    *head, last = map(str, words)
    return f"{', '.join(head)} and {last}" if head else last


def _or(words: Iterable[str]) -> str:
    *head, last = map(str, words)
    return f"{', '.join(head)} or {last}" if head else last
