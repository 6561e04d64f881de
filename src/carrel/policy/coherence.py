"""Whether the parts of one policy agree: names stand somewhere, floors and ceilings hold, clauses and rules match."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from carrel.errors import Fault
from carrel.inventory.risk import Floor, RiskClass, floors_above, high_water
from carrel.policy import faults
from carrel.policy.contact_rules import contact_incoherences
from carrel.policy.document import PolicyDocument, told
from carrel.policy.form_rules import form_incoherences
from carrel.policy.grammar import PolicyBody
from carrel.policy.loan_rules import loan_incoherences
from carrel.policy.process_rules import process_incoherences
from carrel.policy.record_grammar import DatasetRule
from carrel.policy.record_rules import record_incoherences
from carrel.policy.saying_rules import saying_incoherences
from carrel.policy.yaml_source import Path

# Blocks whose keys are the author's own choice.
_OWN_KEYS = frozenset({"purposes", "recipients", "floors", "fields", "methods", "clauses", "statutes", "steps"})


def incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """Every disagreement inside one policy, in no particular order."""
    yield from _dates(document)
    yield from _ceilings(document)
    yield from _purposes(document)
    yield from contact_incoherences(document)
    yield from form_incoherences(document)
    yield from saying_incoherences(document)
    yield from _marked_as_chosen(document)
    yield from _clause_names(document)
    yield from _clauses(document)
    yield from below_floors(document, floors_of(document.body))
    yield from loan_incoherences(document)
    yield from record_incoherences(document)
    yield from process_incoherences(document)


def floors_of(body: PolicyBody) -> tuple[Floor, ...]:
    """The floors that a policy itself sets."""
    return tuple(
        Floor(name, rule.class_, frozenset(rule.all_of), frozenset(rule.any_of), rule.clauses)
        for name, rule in body.floors.items()
    )


def class_of(dataset: DatasetRule) -> RiskClass:
    """The class of a dataset: the highest of what is declared for it and for its fields (MITL-3.5)."""
    return high_water([dataset.class_, *(rule.class_ for rule in dataset.fields.values() if rule.class_)])


def below_floors(document: PolicyDocument, floors: Iterable[Floor], origin: str = "") -> Iterator[Fault]:
    """A fault for each dataset whose class lies below one of these floors (MITL-2.2).

    Args:
        document: the policy with the datasets.
        floors: its own floors, or those of a policy that it adopts.
        origin: where those floors stand, if not in this policy.
    """
    floors = tuple(floors)
    for record, dataset in document.body.records.held().items():
        categories = [rule.category for rule in dataset.fields.values()]
        for floor in floors_above(floors, categories, class_of(dataset)):
            yield told(
                document.text,
                ("records", record.value, "class"),
                faults.BELOW_FLOOR,
                wanted=f"at least {floor.lowest}",
                found=str(dataset.class_),
                because=f"floor '{floor.name}' holds for its fields" + (f" ({origin})" if origin else ""),
                fix=f"write 'class: {floor.lowest}'",
            )


def target(document: PolicyDocument, written: str) -> Path | None:
    """The path that a dotted rule path leads to, list entries by their id or name; None where it leads nowhere."""
    here: Any = document.text.data
    path: Path = ()
    for step in written.split("."):
        key: str | int | None = None
        if isinstance(here, dict) and step in here:
            key = step
        elif isinstance(here, list):
            key = next((n for n, item in enumerate(here) if _called(item) == step), None)
        if key is None:
            return None
        here, path = here[key], (*path, key)
    return path


def _called(item: Any) -> Any:
    return (item.get("id") or item.get("name")) if isinstance(item, dict) else None


def entry(document: PolicyDocument, path: Path) -> Any:
    """The plain data at a path that exists."""
    here: Any = document.text.data
    for step in path:
        here = here[step]
    return here


def _dates(document: PolicyDocument) -> Iterator[Fault]:
    body = document.body
    if body.review_by <= body.approved:
        yield told(
            document.text,
            ("review by",),
            faults.VERSIONS,
            wanted=f"a day after the approval of {body.approved}",
            found=str(body.review_by),
            fix="write the day by which the next review is due",
        )

    if body.first_approved is not None and body.first_approved > body.approved:
        yield told(
            document.text,
            ("first approved",),
            faults.VERSIONS,
            wanted=f"the approval of {body.approved} or a day before it",
            found=str(body.first_approved),
            fix="write when the first version of the policy was approved, or leave the key out",
        )


def _ceilings(document: PolicyDocument) -> Iterator[Fault]:
    classes = document.body.risk_classes
    for lower, higher in (
        (RiskClass.LOW, RiskClass.MEDIUM),
        (RiskClass.LOW, RiskClass.HIGH),
        (RiskClass.MEDIUM, RiskClass.HIGH),
    ):
        limit, period = classes.of(lower).ceiling, classes.of(higher).ceiling
        if limit is not None and (period is None or not period.within(limit)):
            yield told(
                document.text,
                ("risk classes", higher.value, "ceiling"),
                faults.CEILINGS,
                wanted=f"at most {limit}, the ceiling of {lower}",
                found=str(period) if period else "no ceiling",
                fix=f"write 'ceiling: {limit}' or a shorter period",
            )


def _purposes(document: PolicyDocument) -> Iterator[Fault]:
    known = list(document.body.purposes)
    for name, purpose in document.body.purposes.items():
        if purpose.part_of is not None and not document.body.adopts:
            narrowed: Path = ("purposes", name, "part of")
            fix = "take it out: this policy adopts none whose purposes could be narrowed"
            yield told(document.text, narrowed, faults.REFERENCE, found=repr(purpose.part_of), fix=fix)
    for record, dataset in document.body.records.held().items():
        for name, rule in dataset.fields.items():
            if rule.purpose not in document.body.purposes:
                path = ("records", record.value, "fields", name, "purpose")
                yield told(
                    document.text, path, faults.REFERENCE, found=repr(rule.purpose), fix=_one_of(rule.purpose, known)
                )


def _one_of(found: str, known: list[str]) -> str:
    close = difflib.get_close_matches(found, known, n=1)
    return (f"Did you mean '{close[0]}'? " if close else "") + f"Write one of: {', '.join(known)}"


def _blocks(here: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(here, dict):
        yield path, here
    entries = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
    for key, below in entries:
        yield from _blocks(below, (*path, key))


def _marked_as_chosen(document: PolicyDocument) -> Iterator[Fault]:
    for path, block in _blocks(document.text.data):
        if path and path[-1] in {
            "purposes",
            "recipients",
            "floors",
            "fields",
            "methods",
            "clauses",
            "statutes",
            "steps",
        }:
            continue  # keys of the author's own choice
        for n, name in enumerate(block.get("chosen", ())):
            if name not in block:
                at = (*path, "chosen", n)
                keys = [key for key in block if key != "chosen"]
                yield told(document.text, at, faults.REFERENCE, found=repr(name), fix=_one_of(str(name), keys))


def _clause_names(document: PolicyDocument) -> Iterator[Fault]:
    known = list(document.body.clauses)
    for path, block in _blocks(document.text.data):
        if path == ("clauses",) or not isinstance(block.get("clauses"), list):
            continue
        for n, name in enumerate(block["clauses"]):
            if name not in document.body.clauses:
                at = (*path, "clauses", n)
                close = difflib.get_close_matches(str(name), known, n=1)
                fix = f"Did you mean '{close[0]}'?" if close else "give it an entry under 'clauses:', or take it out"
                yield told(document.text, at, faults.REFERENCE, found=repr(name), fix=fix)


def _clauses(document: PolicyDocument) -> Iterator[Fault]:
    for name, rule in document.body.clauses.items():
        path: Path = ("clauses", name)
        if bool(rule.carried_by) == (rule.promised is not None):
            yield told(
                document.text,
                path,
                faults.CLAUSE,
                key=True,
                wanted="either 'carried by:' or 'promised:'",
                found="both" if rule.carried_by else "neither",
                fix="name the rules that carry it, or write the promise in words",
            )
        if rule.carried_by and rule.says is None:
            fix = "say the clause in your own words: it is printed in the notice"
            yield told(document.text, path, faults.CLAUSE, key=True, wanted="'says:'", fix=fix)
        for n, written in enumerate(rule.carried_by):
            yield from _carrier(document, name, (*path, "carried by", n), written)


def _carrier(document: PolicyDocument, clause: str, at: Path, written: str) -> Iterator[Fault]:
    path = target(document, written)
    if path is None:
        fix = "write the path of a rule, such as 'records.loans.retention.closed loans'"
        yield told(document.text, at, faults.REFERENCE, found=repr(written[:80]), fix=fix)
        return
    rule = entry(document, path)
    if not isinstance(rule, dict) or clause not in rule.get("clauses", ()):
        yield told(
            document.text,
            at,
            faults.CLAUSE,
            found=repr(written[:80]),
            because=f"the rule at {document.text.line(path)} does not name {clause}",
            fix=f"write 'clauses: [{clause}]' there, or name another rule",
        )
