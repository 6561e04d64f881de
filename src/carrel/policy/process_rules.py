"""Whether what a policy says of legal process agrees with itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from carrel.errors import Fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.process_grammar import Does, InstrumentRule, LegalProcess, Office, Outcome
from carrel.policy.yaml_source import Path

_ROOT: Path = ("legal process",)


def process_incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """A fault for each name that stands nowhere, and for each paper that would leave no trace or tell nobody.

    Source:
        DESIGN "Disclosure"; WPL-1.3, MITL-4.5.
    """
    process = document.body.legal_process
    if process is None:
        return
    offices = [*process.offices, Office.ANYONE]
    for key, named in (("signed by", process.signed_by), ("handed over by", process.handed_over_by)):
        yield from _unknown(document, (*_ROOT, key), named, offices)
    if Office.ANYONE in process.signed_by:
        yield _wrong(document, (*_ROOT, "signed by"), "offices that somebody holds", "anyone", "name who answers")
    for name, step in process.steps.items():
        yield from _unknown(document, (*_ROOT, "steps", name, "by"), step.by, offices)
    yield from _education(document, process, offices)
    for instrument, rule in process.instruments.items():
        at: Path = (*_ROOT, "instruments", instrument.value)
        if rule.as_ is not None:
            yield from _alias(document, process, at, rule)
        else:
            yield from _instrument(document, process, at, rule)


def _education(document: PolicyDocument, process: LegalProcess, offices: list[Office]) -> Iterator[Fault]:
    rule, at = process.education_records, (*_ROOT, "education records")
    if rule is None:
        return
    for name, one in rule.exemptions.items():
        yield from _unknown(document, (*at, "exemptions", name, "by"), one.by, offices)
        if Office.ANYONE in one.by:
            yield _wrong(
                document, (*at, "exemptions", name, "by"), "offices that somebody holds", "anyone", "name who answers"
            )
    for n, instrument in enumerate(rule.instruments):
        said = process.instruments.get(instrument)
        full = process.instruments.get(said.as_) if said is not None and said.as_ is not None else said
        steps = [process.steps[name] for name in full.steps if name in process.steps] if full is not None else []
        if not any(one.does is Does.TELL_PATRON for one in steps):
            yield _wrong(
                document, (*at, "instruments", n), "an instrument with a step that tells the patron", str(instrument),
                "name such a step there, or leave the instrument out",
            )  # fmt: skip


def _alias(document: PolicyDocument, process: LegalProcess, at: Path, rule: InstrumentRule) -> Iterator[Fault]:
    other = process.instruments.get(rule.as_) if rule.as_ is not None else None
    if other is None or other.as_ is not None:
        yield _wrong(
            document, (*at, "as"), "an instrument of this policy that is told in full",
            str(rule.as_), "name another, or tell this one in full",
        )  # fmt: skip
    if rule.model_fields_set - {"as_", "clauses", "script", "says", "chosen"}:
        yield _wrong(
            document, at, "'as:' with 'says:', 'script:' and 'clauses:' at most", "steps or outcomes beside it",
            "take one of the two out",
        )  # fmt: skip


def _instrument(document: PolicyDocument, process: LegalProcess, at: Path, rule: InstrumentRule) -> Iterator[Fault]:
    for key, names in (("steps", rule.steps), ("afterwards", rule.afterwards)):
        yield from _unknown(document, (*at, key), names, list(process.steps))
    yield from _unknown(document, (*at, "cites"), rule.cites, list(process.statutes))
    yield from _unknown(document, (*at, "signed by"), rule.signed_by, list(process.offices))
    if not rule.script:
        yield _wrong(document, at, "'script:'", "none", "write what is said at the desk", key=True)
    known = [process.steps[name] for name in rule.steps if name in process.steps]
    if rule.wait is not None and not any(one.does is Does.TELL_PATRON for one in known):
        yield _wrong(
            document, (*at, "wait"), "a step that tells the patron before", "none", "name such a step, or drop 'wait:'"
        )
    later = [process.steps[name] for name in rule.afterwards if name in process.steps]
    if rule.release_first and not any(one.does is Does.REVIEW for one in later):
        yield _wrong(
            document, (*at, "release first"), "a step 'review afterwards' under 'afterwards:'", "none",
            "name who looks at it after the event",
        )  # fmt: skip
    if Outcome.RELEASED in rule.outcomes and not rule.steps and not rule.release_first:
        yield _wrong(
            document, (*at, "outcomes"), "steps before a release", "none", "name the steps, or leave 'released' out"
        )


def _unknown(document: PolicyDocument, at: Path, names: Iterable[str], known: Iterable[str]) -> Iterator[Fault]:
    there = [str(one) for one in known]
    for n, name in enumerate(names):
        if str(name) not in there and (*at, n) in document.text.places:
            yield told(
                document.text,
                (*at, n),
                faults.REFERENCE,
                found=repr(str(name)),
                fix=f"Write one of: {', '.join(there)}",
            )


def _wrong(document: PolicyDocument, at: Path, wanted: str, found: str, fix: str, *, key: bool = False) -> Fault:
    return told(document.text, at, faults.PROCESS, key=key, wanted=wanted, found=found, fix=fix)
