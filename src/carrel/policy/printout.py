"""A policy as text for a person: what is kept and how long, since when, and which clause wins where two pull apart."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from carrel.inventory.risk import RiskClass
from carrel.policy.coherence import class_of
from carrel.policy.difference import words_of
from carrel.policy.process_words import process_lines
from carrel.policy.reader_descriptions import in_words
from carrel.policy.record_grammar import DatasetRule, LoansRule, NoticesRule, RecordsRule, SessionsRule
from carrel.policy.record_type import RecordType, Source
from carrel.policy.resolve import Policy
from carrel.policy.rights_words import rights_lines
from carrel.policy.schedule import Disposition, LoanRule, LoanSchedule

COLUMNS = 100
_SOURCES = {
    Source.PATRON: "you",
    Source.PATRONS_SOFTWARE: "your software",
    Source.OTHER_SYSTEMS: "other systems",
    Source.LIBRARY: "the library itself",
    Source.THIRD_PARTIES: "third parties",
}
_DONE = {
    Disposition.DELETE: "deleted",
    Disposition.DE_IDENTIFY: "de-identified",
    Disposition.TRANSFER: "transferred to the archives",
}


def printout(policy: Policy) -> str:
    """The resolved policy as plain text of at most 100 columns."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    body = policy.body
    yield from _wrapped(f"{policy.title} ({policy.name}, version {policy.version})")
    first = f" (first version from {body.first_approved})" if body.first_approved else ""
    yield from _wrapped(f"{body.publisher}. In force from {policy.approved}{first}; next review by {policy.review_by}.")
    if policy.adopted:
        yield from _wrapped(f"Adopts {_and(adopted.name for adopted in policy.adopted)}, and may only be stricter.")
    yield f"Digest {policy.digest}"
    if body.chosen:
        yield from _wrapped(f"Chosen by the library: {_and(body.chosen)}.")
    yield from _heading("How long loans are kept")
    yield from _loans(policy)
    yield from _heading("What else is held")
    for record, dataset in policy.datasets.items():
        if record is not RecordType.LOANS:
            yield from _dataset(record, dataset.rule)
    yield from _sources(policy)
    yield from _heading("Purposes (there are no others)")
    for name, purpose in body.purposes.items():
        consent = " Only if you opt in: it is off until you do." if purpose.basis == "opt-in" else ""
        yield from _item(name, f"{purpose.says}{consent}", purpose.clauses)
        if (contacts := purpose.contacts) is not None:
            lapsed = "" if contacts.expired_cards == "included" else "; nobody whose card has expired"
            cited = f" [{', '.join(contacts.clauses)}]" if contacts.clauses else ""
            given = f"{_and(contacts.fields)} may be given to {_and(contacts.to)}{lapsed}{cited}"
            yield from _wrapped(given, 6)
    yield from _recipients(policy)
    yield from _rights(policy)
    yield from _process(policy)
    yield from _forms(policy)
    yield from _messages(policy)
    yield from _children(policy)
    yield from _classes(policy)
    yield from _laws(policy)
    yield from _precedence(policy)
    yield from _heading("Clause by clause")
    for name, rule in body.clauses.items():
        state = f"Stands under {_and(map(repr, rule.carried_by))}." if rule.carried_by else "Promised."
        yield from _item(name, f"{words_of(rule)} {state}")
    yield from _heading("Questions")
    for contact in body.contact:
        yield from _item(contact.who, contact.write_to)


def _recipients(policy: Policy) -> Iterator[str]:
    """Who may be given addresses; of adopted policies those who are barred hold as well."""
    if not (policy.body.recipients or policy.barred):
        return
    yield from _heading("Who may be given addresses (nobody else)")
    for name, recipient in policy.body.recipients.items():
        barred = " Barred: nothing is given, whatever for." if recipient.barred else ""
        told = f" Told of every {_and(recipient.told_of)} on a patron's request." if recipient.told_of else ""
        yield from _item(name, f"{recipient.says}{barred}{told}", recipient.clauses)
    for name, clauses in policy.barred.items():
        if name not in policy.body.recipients:
            yield from _item(name, "Barred by an adopted policy.", clauses)


def _rights(policy: Policy) -> Iterator[str]:
    """By when requests are answered; clocks of adopted policies run as well."""
    if policy.body.rights is None:
        return
    yield from _heading("If you ask for something")
    for name, says, clauses in rights_lines(policy.body.rights):
        yield from _item(name, says, clauses)


def _process(policy: Policy) -> Iterator[str]:
    """Who may have records; what an adopted policy asks for is asked for too."""
    if policy.body.legal_process is None:
        return
    yield from _heading("Who may have records, and how that is decided")
    for name, says, clauses in process_lines(policy.body.legal_process):
        yield from _item(name, says, clauses)


def _forms(policy: Policy) -> Iterator[str]:
    if policy.body.forms:
        yield from _heading("What is asked on forms (carrel policy notice prints each notice)")
    for name, form in policy.body.forms.items():
        says = f"{form.says}. Asks: {_and(form.asks)}. Without what is required: {form.otherwise}"
        yield from _item(name, says, form.clauses)
    if (warning := policy.body.email_warning) is not None:
        yield from _heading("E-mail")
        yield from _item("a warning", warning.says, warning.clauses)


def _messages(policy: Policy) -> Iterator[str]:
    if (rule := policy.body.messages) is None:
        return
    yield from _heading("Messages")
    chosen = " Which ones is the library's choice." if "without consent" in rule.chosen else ""
    yield from _item(f"{_and(rule.without_consent)}, without asking", f"{rule.says}{chosen}", rule.clauses)


def _children(policy: Policy) -> Iterator[str]:
    if (rule := policy.body.children) is None:
        return
    yield from _heading("Children")
    yield from _item("a child's record", rule.says, rule.clauses)
    for what, basis in rule.shown_to_guardians.items():
        yield from _item(f"{what} shown to guardians", basis)
    if rule.advice is not None:
        yield from _item("for parents", rule.advice)


def _loans(policy: Policy) -> Iterator[str]:
    if policy.loans is None:
        yield "  This policy has no rule for loans."
        return
    schedule = policy.loan_schedule()
    for rule in schedule.rules:
        yield from _rule(rule)
    yield from _rest(policy.loans, schedule)
    marked = [
        *policy.loans.chosen,
        *(f"{key} of '{rule.id}'" for rule in policy.loans.retention for key in rule.chosen),
    ]
    marked += [f"{key} of the last borrower" for key in policy.loans.last_borrower.chosen]
    marked += [f"{key} of an opted-in history" for key in policy.loans.opted_in.chosen]
    if marked:
        yield from _item("chosen by the library", f"{_and(marked)}.")


def _rule(rule: LoanRule) -> Iterator[str]:
    which = {"any": "Every loan", "on time": "A loan back on time"}.get(rule.applies, "A loan that is late or charged")
    ends = _and(sorted(rule.active_until))
    keep = rule.periods[-1].keep
    after = f"{keep} after it is {ends}" if keep.amount else f"as soon as it is {ends}"
    done = _DONE[rule.disposition]
    yield from _item(rule.id, f"{which} is {done} {after}.", rule.clauses)
    for period in rule.periods:
        reach = "older loans too" if period.reaches_back else "not for older loans"
        yield from _wrapped(f"in force from {period.since}: {period.keep}, {reach}", 6)
    if rule.methods:
        yield from _wrapped("fields: " + ", ".join(f"{name} {method}" for name, method in rule.methods), 6)


def _rest(loans: LoansRule, schedule: LoanSchedule) -> Iterator[str]:
    limit = schedule.last_borrower.at_most
    named = f"Named on the item until its next loan, at most {limit}." if limit else "Not named on the item."
    yield from _item("last borrower", named, schedule.last_borrower.clauses)
    charges = {
        "lose the card": "Lose the card with the loan, once everything is settled.",
        "part title and item": "Stay whole as financial records; title and item are parted from them.",
    }
    yield from _item("charges", charges[schedule.charges])
    if (finance := schedule.finance) is not None:
        says = f"By {finance.cited}, {_and(finance.requires)} of a payer stay for {finance.keep} after the last line."
        yield from _item("finance schedule", says)
    yield from _item(
        "refund window", f"A loan charged for loss stays in use for {schedule.refund_window} after settling."
    )
    waits = f"A loan kept for your own history waits at most {schedule.consent_deadline} after return to be sealed."
    if (purpose := loans.opted_in.purpose) is not None:
        waits += f" It is kept for '{purpose}', to which you agree first."
    yield from _item("if you opted in", waits, loans.opted_in.clauses)
    yield from _item("event times", f"Kept to the {schedule.event_detail}.")
    if schedule.describing is not None:
        says = f"With a de-identified loan may stay the {in_words(schedule.describing)}; else nothing of it."
        yield from _item("what describes you", says)


def _dataset(record: str, rule: DatasetRule) -> Iterator[str]:
    says = f"{rule.says} From: {rule.source}. Held by {rule.custodian}. Risk: {class_of(rule)}."
    yield from _item(record, says, rule.clauses)
    if not isinstance(rule, RecordsRule):
        return
    for one in rule.retention:
        done = _DONE[one.then]
        after = (
            f"{one.keep} after it is {one.active_until}" if one.keep.amount else f"as soon as it is {one.active_until}"
        )
        cited = f" [{', '.join(one.clauses)}]" if one.clauses else ""
        yield from _wrapped(f"{one.id}: {done} {after}.{cited}", 6)
    if isinstance(rule, NoticesRule):
        for kind, channels in rule.channels.items():
            yield from _wrapped(f"{kind} notices go by {_and(channels)} only", 6)
    if isinstance(rule, SessionsRule) and rule.stations is not None:
        cited = f" [{', '.join(rule.stations.clauses)}]" if rule.stations.clauses else ""
        for line in rule.stations.lines():
            yield from _wrapped(f"{line}{cited}", 6)
    if rule.promised:
        yield from _wrapped(f"promised: {rule.promised}", 6)


def _sources(policy: Policy) -> Iterator[str]:
    """Every record type once, by where it comes from; a source from which nothing comes is told as well (MITL-2.3)."""
    yield from _heading("Where it comes from")
    for source in Source:
        records = [record.value for record, dataset in policy.datasets.items() if dataset.rule.source is source]
        yield from _item(f"from {_SOURCES[source]}", f"{_and(records)}." if records else "nothing.")


def _laws(policy: Policy) -> Iterator[str]:
    if not policy.body.laws:
        return
    yield from _heading("Laws that are cited")
    for name, law in policy.body.laws.items():
        sets = "; ".join(f"{what}: {value}" for what, value in law.sets.items())
        yield from _item(name, f"{law.says} ({law.cite}){f' It sets {sets}.' if sets else ''}", law.clauses)


def _classes(policy: Policy) -> Iterator[str]:
    yield from _heading("Risk classes")
    for risk in reversed(RiskClass):
        rule = policy.body.risk_classes.of(risk)
        limit = f"At most {rule.ceiling} after use." if rule.ceiling else "No limit by class."
        yield from _item(risk, f"{rule.says} {limit}", rule.clauses)
    for floor in policy.floors:
        also = f" with any of {', '.join(sorted(floor.any_of))}" if floor.any_of else ""
        says = f"{_and(sorted(floor.all_of))}{also}: at least {floor.lowest}."
        yield from _item(f"floor '{floor.name}'", says, floor.clauses)
    for exception in policy.body.exceptions:
        says = f"{exception.reason} Approved by {exception.approver}; ends on {exception.expires}."
        yield from _item(f"exception '{exception.id}' for '{exception.rule}'", says, exception.clauses)


def _precedence(policy: Policy) -> Iterator[str]:
    if not policy.body.precedence:
        return
    yield from _heading("Where clauses pull apart")
    for conflict in policy.body.precedence:
        yield from _item(conflict.id, f"between {conflict.between}.", conflict.clauses)
        yield from _wrapped(f"wins: {conflict.wins}", 6)
        yield from _wrapped(f"because: {conflict.because}", 6)


def _heading(text: str) -> Iterator[str]:
    yield from ("", text, "-" * len(text))


def _item(name: str, text: str, clauses: Iterable[str] = ()) -> Iterator[str]:
    cited = f" [{', '.join(clauses)}]" if clauses else ""
    yield from textwrap.wrap(
        f"{name}: {text}{cited}", COLUMNS, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
    )


def _wrapped(text: str, indent: int = 0) -> list[str]:
    pad = " " * indent
    return textwrap.wrap(text, COLUMNS, initial_indent=pad, subsequent_indent=pad + "  ", break_on_hyphens=False)


def _and(words: Iterable[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
