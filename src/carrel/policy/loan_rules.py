"""Whether the rules for loans agree: one rule for every loan, dates in order, a method for every field, ceilings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from carrel.errors import Fault
from carrel.inventory.category import Category
from carrel.inventory.risk import RiskClass, high_water
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.duration import Duration
from carrel.policy.grammar import Basis, PolicyBody
from carrel.policy.method_entry import Coarser
from carrel.policy.reader_descriptions import description_faults, field_faults, trait_of, words_for
from carrel.policy.record_grammar import LoansRule, Retention
from carrel.policy.rule_versions import first_days, since, version_faults
from carrel.policy.schedule import Applies, Charges, Disposition, Method
from carrel.policy.yaml_source import Path

_RULES: Path = ("records", "loans", "retention")
_DIVISIONS = ({Applies.ANY: 1}, {Applies.ON_TIME: 1, Applies.LATE_OR_CHARGED: 1})


def loan_incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """Every disagreement among the rules for loans, and every exception that cannot stand."""
    loans = document.body.records.loans
    rules = loans.retention if loans else ()
    yield from _exceptions(document, rules)
    if loans is None:
        return
    yield from _division(document, loans)
    yield from _history_above_ceiling(document, loans)
    yield from _history_purpose(document, loans)
    yield from _finance(document, loans)
    for n, rule in enumerate(rules):
        yield from version_faults(document, (*_RULES, n), rule)
        yield from _methods(document, (*_RULES, n), rule, loans)
        yield from above_ceiling(document, n, ceiling_of_loans(document.body))


def _finance(document: PolicyDocument, loans: LoansRule) -> Iterator[Fault]:
    if loans.finance_schedule is not None and loans.charges is Charges.LOSE_CARD:
        yield told(
            document.text,
            ("records", "loans", "finance schedule"),
            faults.FINANCE,
            key=True,
            wanted=f"'charges: {Charges.PART}'",
            found=f"'charges: {Charges.LOSE_CARD}'",
            because="a financial record that has lost its payer cannot be kept with one",
            fix="keep one of the two",
        )


def ceiling_of_loans(body: PolicyBody) -> tuple[RiskClass, Duration | None]:
    """The class that loans have by the high-water mark of their fields, and its ceiling."""
    loans = body.records.loans
    if loans is None:
        return RiskClass.LOW, None
    risk = high_water([loans.class_, *(rule.class_ for rule in loans.fields.values() if rule.class_)])
    return risk, body.risk_classes.of(risk).ceiling


def exception_end(body: PolicyBody, rule: Retention) -> date | None:
    """The day on which the exception for a rule ends, where one stands."""
    return next((exception.expires for exception in body.exceptions if exception.rule == rule.id), None)


def above_ceiling(document: PolicyDocument, n: int, limit: tuple[RiskClass, Duration | None]) -> Iterator[Fault]:
    """A fault where a rule keeps loans above the ceiling and no exception stands (MITL-2.1, 6.2, 6.6, 6.7)."""
    loans = document.body.records.loans
    risk, ceiling = limit
    if loans is None or ceiling is None:
        return
    rule = loans.retention[n]
    if exception_end(document.body, rule) is not None:
        return
    for path, keep in _in_force_under(document.body, rule):
        if not keep.within(ceiling):
            yield told(
                document.text,
                (*_RULES, n, *path, "keep"),
                faults.ABOVE_CEILING,
                wanted=f"at most {ceiling}, the ceiling of {risk} risk",
                found=str(keep),
                because="only a recorded exception with reason, approver and expiry may keep longer",
                fix=f"write 'keep: {ceiling}' or less, or record an exception for rule '{rule.id}'",
            )


def _in_force_under(body: PolicyBody, rule: Retention) -> Iterator[tuple[Path, Duration]]:
    """The versions that are in force on any day from the policy's approval on; older ones are history."""
    ends = first_days(body, rule)[1:]
    for n, (version, end) in enumerate(zip(rule.earlier, ends, strict=False)):
        if end > body.approved:
            yield ("earlier", n), version.keep
    yield (), rule.keep


def _history_above_ceiling(document: PolicyDocument, loans: LoansRule) -> Iterator[Fault]:
    risk, ceiling = ceiling_of_loans(document.body)
    wait = loans.opted_in.deadline
    if ceiling is not None and not wait.within(ceiling):
        yield told(
            document.text,
            ("records", "loans", "opted in", "deadline"),
            faults.ABOVE_CEILING,
            wanted=f"at most {ceiling}, the ceiling of {risk} risk",
            found=str(wait),
            because="a loan that waits to be sealed still names its reader",
            fix=f"write 'deadline: {ceiling}' or less",
        )


def _history_purpose(document: PolicyDocument, loans: LoansRule) -> Iterator[Fault]:
    name = loans.opted_in.purpose
    known = [one for one, rule in document.body.purposes.items() if rule.basis is Basis.OPT_IN]
    if name is not None and name not in known:
        yield told(
            document.text,
            ("records", "loans", "opted in", "purpose"),
            faults.REFERENCE,
            wanted=f"one of the purposes with 'basis: opt-in': {', '.join(known) or 'there is none'}",
            found=repr(name),
            because="a history is kept for whoever agreed to it",
            fix="name that purpose, or leave the key out",
        )


def _division(document: PolicyDocument, loans: LoansRule) -> Iterator[Fault]:
    if Counter(rule.applies for rule in loans.retention) not in _DIVISIONS:
        yield told(
            document.text,
            _RULES,
            faults.LOANS_DIVIDED,
            key=True,
            wanted="one rule that applies to 'any', or one to 'on time' and one to 'late or charged'",
            found=", ".join(f"'{rule.applies}'" for rule in loans.retention),
            fix="write 'applies:' so that every loan falls under one rule",
        )
    seen: set[str] = set()
    for n, rule in enumerate(loans.retention):
        if rule.id in seen:
            path = (*_RULES, n, "id")
            yield told(document.text, path, faults.DUPLICATE_KEY, found=repr(rule.id), fix="give each rule its own id")
        seen.add(rule.id)


def _methods(document: PolicyDocument, path: Path, rule: Retention, loans: LoansRule) -> Iterator[Fault]:
    at = (*path, "methods")
    if rule.then is Disposition.TRANSFER:
        yield told(
            document.text,
            (*path, "then"),
            faults.METHODS,
            wanted="'then: de-identify' or 'then: delete'",
            found=f"'then: {rule.then}'",
            because="who read what is no record for an archive",
            fix="part the loans from their readers, or delete them",
        )
        return
    if rule.then is Disposition.DELETE:
        if rule.methods:
            fix = "take the methods out: a deleted record has no fields left"
            yield told(document.text, at, faults.METHODS, key=True, fix=fix)
        yield from description_faults(document, path, rule, loans)
        return
    if missing := [name for name in loans.fields if name not in rule.methods]:
        wanted = f"a method for {', '.join(missing)}"
        fix = "write " + "; ".join(_offered(name, loans) for name in missing)
        yield told(document.text, at, faults.METHODS, key=True, wanted=wanted, fix=fix)
    yield from description_faults(document, path, rule, loans)
    for name, method in rule.methods.items():
        if name not in loans.fields:
            fix = f"write one of: {', '.join(loans.fields)}"
            yield told(document.text, (*at, name), faults.REFERENCE, key=True, found=repr(name), fix=fix)
            continue
        if isinstance(method, Coarser):
            yield from field_faults(document, at, name, method, loans.fields[name].category)
            continue
        allowed, because = _allowed(loans.fields[name].category, loans)
        if method not in allowed:
            yield told(
                document.text,
                (*at, name),
                faults.METHODS,
                wanted=" or ".join(allowed),
                found=str(method),
                because=because,
                fix=f"write '{name}: {allowed[0]}'{words_for(loans.fields[name].category, name)}",
            )


def _offered(name: str, loans: LoansRule) -> str:
    """What may be written for a field that has no method yet."""
    category = loans.fields[name].category
    return " or ".join(f"'{name}: {one}'" for one in _allowed(category, loans)[0]) + words_for(category, name)


def _allowed(category: Category, loans: LoansRule) -> tuple[tuple[Method, ...], str]:
    """What may become of a field of a de-identified loan, and why nothing else may."""
    if category.points_at_a_person:
        # A pseudonym leads back for as long as its key exists, so it does not cut the link (DESIGN 5).
        return (Method.REMOVE,), f"a {category} leads to one person"
    if trait_of(category) is not None:
        return (Method.REMOVE,), f"whole, a {category} can lead to one person"
    if category is Category.EVENT_TIME:
        method = Method.GENERALISE if loans.event_detail == "day" else Method.KEEP
        return (method,), f"'event detail: {loans.event_detail}' says what becomes of event times"
    return (Method.KEEP, Method.REMOVE), "a field that points at nobody is kept or removed"


def _exceptions(document: PolicyDocument, rules: tuple[Retention, ...]) -> Iterator[Fault]:
    by_id = {rule.id: rule for rule in rules}
    taken: set[str] = set()
    for n, exception in enumerate(document.body.exceptions):
        path: Path = ("exceptions", n)
        rule = by_id.get(exception.rule)
        if rule is None:
            fix = f"write one of: {', '.join(by_id) or 'none, there are no retention rules'}"
            at = (*path, "rule")
            yield told(document.text, at, faults.EXCEPTION, found=repr(exception.rule), fix=fix)
        elif exception.rule in taken:
            fix = "keep one exception to a rule"
            yield told(document.text, (*path, "rule"), faults.EXCEPTION, found="a second exception", fix=fix)
        elif exception.expires <= since(document.body, rule):
            yield told(
                document.text,
                (*path, "expires"),
                faults.EXCEPTION,
                wanted=f"a day after {since(document.body, rule)}, when the rule comes into force",
                found=str(exception.expires),
                fix="write when the exception ends; from that day on the ceiling holds again",
            )
        taken.add(exception.rule)
