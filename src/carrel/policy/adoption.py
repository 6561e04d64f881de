"""Whether a policy is at least as strict as one that it adopts, point by point."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.errors import Fault
from carrel.inventory.risk import RiskClass
from carrel.policy import faults
from carrel.policy.coherence import class_of
from carrel.policy.dataset import Datasets
from carrel.policy.document import PolicyDocument, told
from carrel.policy.duration import Duration
from carrel.policy.grammar import Basis
from carrel.policy.reader_descriptions import describing_of, in_words
from carrel.policy.record_grammar import (
    FinanceRule,
    LoansRule,
    NoticesRule,
    RecordRetention,
    RecordsRule,
    Retention,
    SessionsRule,
)  # fmt: skip
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import Applies, Charges, Disposition
from carrel.policy.yaml_source import Path

_LOANS: Path = ("records", "loans")


def laxities(own: PolicyDocument, base: PolicyDocument, held: Datasets) -> Iterator[Fault]:
    """A fault for each point in which a policy is laxer than one it adopts; each names both places.

    Args:
        own: the adopting policy.
        base: the adopted policy's own document.
        held: the adopted policy's datasets, those included that it took over from others.

    Stricter means: shorter periods, lower ceilings, higher classes, no purpose beyond the adopted list, consent
    wherever the adopted policy asks for it, addresses for nobody and nothing beyond what it gives, nothing kept that
    the adopted policy removes.

    Source:
        MITL-1.3; DESIGN 3.
    """
    yield from _purposes(own, base)
    yield from _recipients(own, base)
    yield from _children(own, base)
    yield from _messages(own, base)
    yield from _floors(own, base)
    yield from _classes(own, held)
    yield from laxities_in_keeping(own, base, held)


def laxities_in_keeping(own: PolicyDocument, base: PolicyDocument, held: Datasets) -> Iterator[Fault]:
    """As `laxities`, of how long and how anything is kept: ceilings, and the rules for loans and other records."""
    yield from _ceilings(own, base)
    yield from _loans(own, held)
    yield from _records(own, held)


def _laxer(
    pair: tuple[PolicyDocument, PolicyDocument], path: Path, there: Path, wanted: str, found: str, *, key: bool = False
) -> Fault:
    own, base = pair
    return told(
        own.text,
        path,
        faults.LAXER,
        key=key,
        wanted=f"{wanted} ({base.text.line(there)})",
        found=found,
        because=f"{own.body.policy} adopts {base.body.policy} and may only be stricter",
        fix="write what the adopted policy says, or something stricter",
    )


def _children(own: PolicyDocument, base: PolicyDocument) -> Iterator[Fault]:
    if own.body.children is None or base.body.children is None:
        return
    shown = base.body.children.shown_to_guardians
    for what in own.body.children.shown_to_guardians:
        if what not in shown:
            there: Path = ("children",)
            path: Path = ("children", "shown to guardians", what)
            yield _laxer(
                (own, base), path, there, f"no {what} of a child shown to guardians", "a basis for it", key=True
            )


def _messages(own: PolicyDocument, base: PolicyDocument) -> Iterator[Fault]:
    if own.body.messages is None or base.body.messages is None:
        return
    free = base.body.messages.without_consent
    for n, kind in enumerate(own.body.messages.without_consent):
        if kind not in free:
            path: Path = ("messages", "without consent", n)
            there: Path = ("messages", "without consent")
            yield _laxer((own, base), path, there, f"consent for {kind} messages", "none needed")


def _purposes(own: PolicyDocument, base: PolicyDocument) -> Iterator[Fault]:
    for name, purpose in own.body.purposes.items():
        wider = purpose.part_of or name
        if wider not in base.body.purposes:
            known = ", ".join(base.body.purposes)
            wanted = f"one of the adopted purposes, or 'part of:' one: {known}"
            found = f"a purpose of its own, '{name}'"
            yield _laxer((own, base), ("purposes", name), ("purposes",), wanted, found, key=True)
        elif base.body.purposes[wider].basis is Basis.OPT_IN and purpose.basis is not Basis.OPT_IN:
            there = ("purposes", wider, "basis")
            yield _laxer((own, base), ("purposes", name, "basis"), there, "'basis: opt-in'", f"{purpose.basis}")


def _recipients(own: PolicyDocument, base: PolicyDocument) -> Iterator[Fault]:
    for name, recipient in own.body.recipients.items():
        theirs = base.body.recipients.get(name)
        if theirs is not None and theirs.barred and not recipient.barred:
            at: Path = ("recipients", name)
            yield _laxer((own, base), at, at, "'barred: true'", "a recipient that is not barred", key=True)
    if not base.body.recipients:
        return  # it says nothing of addresses
    for name, purpose in own.body.purposes.items():
        wider = purpose.part_of or name
        theirs_of = base.body.purposes.get(wider)
        if purpose.contacts is None or theirs_of is None:
            continue
        path, there = ("purposes", name, "contacts"), ("purposes", wider)
        limit = theirs_of.contacts
        if limit is None:
            yield _laxer((own, base), path, there, "no address for this purpose", "'contacts:'", key=True)
            continue
        wanted = f"{', '.join(limit.fields)}, given to {', '.join(limit.to)}, expired cards {limit.expired_cards}"
        wider_cards = (purpose.contacts.expired_cards, limit.expired_cards) == ("included", "left out")
        if {*purpose.contacts.fields} - {*limit.fields} or {*purpose.contacts.to} - {*limit.to} or wider_cards:
            yield _laxer((own, base), path, (*there, "contacts"), f"at most {wanted}", "more", key=True)


def _longer(period: Duration | None, limit: Duration | None) -> bool:
    return limit is not None and (period is None or not period.within(limit))


def _ceilings(own: PolicyDocument, base: PolicyDocument) -> Iterator[Fault]:
    for risk in RiskClass:
        limit, period = base.body.risk_classes.of(risk).ceiling, own.body.risk_classes.of(risk).ceiling
        if _longer(period, limit):
            path = ("risk classes", risk.value, "ceiling")
            yield _laxer((own, base), path, path, f"at most {limit}", str(period) if period else "no ceiling")


def _floors(own: PolicyDocument, base: PolicyDocument) -> Iterator[Fault]:
    for name, floor in base.body.floors.items():
        mine = own.body.floors.get(name)
        if mine is not None and mine.class_ < floor.class_:
            path = ("floors", name, "class")
            yield _laxer((own, base), path, path, f"at least {floor.class_}", f"{mine.class_}")


def _classes(own: PolicyDocument, held: Datasets) -> Iterator[Fault]:
    for record, dataset in own.body.records.held().items():
        theirs = held.get(record)
        if theirs is not None and class_of(dataset) < theirs.risk:
            path = ("records", record.value, "class")
            yield _laxer((own, theirs.document), path, path, f"at least {theirs.risk}", f"{dataset.class_}")


def _loans(own: PolicyDocument, held: Datasets) -> Iterator[Fault]:
    mine, adopted = own.body.records.loans, held.get(RecordType.LOANS)
    if mine is None or adopted is None or not isinstance(adopted.rule, LoansRule):
        return  # taken over as it stands, or nothing to be stricter than
    theirs, base = adopted.rule, adopted.document
    for n, rule in enumerate(mine.retention):
        for m, other in enumerate(theirs.retention):
            if rule.applies == other.applies or Applies.ANY in {rule.applies, other.applies}:
                yield from _rule(own, base, (rule, (*_LOANS, "retention", n)), (other, (*_LOANS, "retention", m)))
    yield from _rest_of_loans(own, base, mine, theirs)


def _rule(
    own: PolicyDocument, base: PolicyDocument, mine: tuple[Retention, Path], theirs: tuple[Retention, Path]
) -> Iterator[Fault]:
    (rule, path), (other, there) = mine, theirs
    if late := sorted(set(rule.active_until) - set(other.active_until)):
        wanted = f"active use that ends with {', '.join(other.active_until)}"
        yield _laxer((own, base), (*path, "active until"), (*there, "active until"), wanted, f"{', '.join(late)} too")
    yield from _terms((own, base), mine, theirs)


def _terms(
    pair: tuple[PolicyDocument, PolicyDocument],
    mine: tuple[Retention | RecordRetention, Path],
    theirs: tuple[Retention | RecordRetention, Path],
) -> Iterator[Fault]:
    """Period, reach and disposition of one rule beside those of an adopted one."""
    (rule, path), (other, there) = mine, theirs
    if not rule.keep.within(other.keep):
        yield _laxer(pair, (*path, "keep"), (*there, "keep"), f"at most {other.keep}", str(rule.keep))
    if other.reaches_back and not rule.reaches_back:
        yield _laxer(pair, (*path, "reaches back"), (*there, "reaches back"), "'reaches back: true'", "false")
    if other.then is Disposition.DELETE and rule.then is not Disposition.DELETE:
        yield _laxer(pair, (*path, "then"), (*there, "then"), "'then: delete'", f"{rule.then}")


def _records(own: PolicyDocument, held: Datasets) -> Iterator[Fault]:
    """Rules for other kinds: none may be dropped, and each may only shorten."""
    for record, mine in own.body.records.held().items():
        adopted = held.get(record)
        if adopted is None or not isinstance(mine, RecordsRule) or not isinstance(adopted.rule, RecordsRule):
            continue
        yield from _channels((own, adopted.document), mine, adopted.rule)
        yield from _stations((own, adopted.document), mine, adopted.rule)
        here: Path = ("records", record.value, "retention")
        own_rules = {rule.active_until: (rule, (*here, n)) for n, rule in enumerate(mine.retention)}
        for m, theirs in enumerate(adopted.rule.retention):
            there: Path = (*here, m)
            if (found := own_rules.get(theirs.active_until)) is None:
                wanted = f"a rule with 'active until: {theirs.active_until}'"
                yield _laxer((own, adopted.document), here[:2], there, wanted, "none", key=True)
            else:
                yield from _terms((own, adopted.document), found, (theirs, there))


def _channels(pair: tuple[PolicyDocument, PolicyDocument], mine: RecordsRule, theirs: RecordsRule) -> Iterator[Fault]:
    """By which channels notices go: a list may lose channels, and neither win one nor be left out."""
    if not isinstance(mine, NoticesRule) or not isinstance(theirs, NoticesRule):
        return
    here: Path = ("records", "notices", "channels")
    for kind, allowed in theirs.channels.items():
        own = mine.channels.get(kind)
        if own is None:
            yield _laxer(pair, here[:2], (*here, kind.value), f"channels for {kind} notices", "none", key=True)
        elif more := [one for one in own if one not in allowed]:
            yield _laxer(
                pair, (*here, kind.value), (*here, kind.value), f"none but {', '.join(allowed)}", ", ".join(more)
            )


def _stations(pair: tuple[PolicyDocument, PolicyDocument], mine: RecordsRule, theirs: RecordsRule) -> Iterator[Fault]:
    """What may stay on public computers: it may go sooner, and no promise may be left out."""
    if not isinstance(mine, SessionsRule) or not isinstance(theirs, SessionsRule) or theirs.stations is None:
        return
    here: Path = ("records", RecordType.COMPUTER_SESSIONS.value, "stations")
    own, adopted = mine.stations, theirs.stations
    if own is None:
        yield _laxer(pair, here[:2], here, "'stations:'", "none", key=True)
        return
    if not own.user_data.within(adopted.user_data):
        yield _laxer(
            pair, (*here, "user data"), (*here, "user data"), f"at most {adopted.user_data}", str(own.user_data)
        )
    if not own.of_browser.within(adopted.of_browser):
        key = "browser data" if own.browser_data else "user data"
        yield _laxer(pair, (*here, key), here, f"at most {adopted.of_browser} for the browser", str(own.of_browser))
    if adopted.event_logs is not None and own.event_logs is None:
        yield _laxer(pair, here, (*here, "event logs"), "'event logs: reboot'", "none", key=True)


def _finance(
    pair: tuple[PolicyDocument, PolicyDocument], mine: FinanceRule | None, theirs: FinanceRule
) -> Iterator[Fault]:
    """Without a schedule the payer stays for good, so one may not be dropped; and it may only require less."""
    path = (*_LOANS, "finance schedule")
    if mine is None:
        yield _laxer(pair, _LOANS, path, "a 'finance schedule:'", "none", key=True)
        return
    if not mine.keep.within(theirs.keep):
        yield _laxer(pair, (*path, "keep"), (*path, "keep"), f"at most {theirs.keep}", str(mine.keep))
    if more := sorted(set(mine.requires) - set(theirs.requires)):
        wanted = f"some of: {', '.join(theirs.requires)}"
        yield _laxer(pair, (*path, "requires"), (*path, "requires"), wanted, f"{', '.join(more)} too")


def _rest_of_loans(own: PolicyDocument, base: PolicyDocument, mine: LoansRule, theirs: LoansRule) -> Iterator[Fault]:
    named, limit = mine.last_borrower.at_most, theirs.last_borrower.at_most
    if named is not None and (limit is None or not named.within(limit)):
        wanted = f"at most {limit}" if limit else "none"
        yield _laxer((own, base), (*_LOANS, "last borrower"), (*_LOANS, "last borrower"), wanted, str(named))
    if theirs.charges is Charges.LOSE_CARD and mine.charges is not Charges.LOSE_CARD:
        path = (*_LOANS, "charges")
        yield _laxer((own, base), path, path, f"'charges: {theirs.charges}'", f"{mine.charges}")
    if theirs.finance_schedule is not None and mine.charges is not Charges.LOSE_CARD:
        yield from _finance((own, base), mine.finance_schedule, theirs.finance_schedule)
    if not mine.refund_window.within(theirs.refund_window):
        path = (*_LOANS, "refund window")
        yield _laxer((own, base), path, path, f"at most {theirs.refund_window}", str(mine.refund_window))
    if not mine.opted_in.deadline.within(theirs.opted_in.deadline):
        path = (*_LOANS, "opted in", "deadline")
        yield _laxer((own, base), path, path, f"at most {theirs.opted_in.deadline}", str(mine.opted_in.deadline))
    if theirs.event_detail == "day" and mine.event_detail != "day":
        path = (*_LOANS, "event detail")
        yield _laxer((own, base), path, path, "'event detail: day'", mine.event_detail)
    mine_stays, theirs_stays = describing_of(mine), describing_of(theirs)
    if mine_stays is not None and (more := mine_stays.laxer(theirs_stays)):
        path = (*_LOANS, "retention", 0, "methods")
        yield _laxer((own, base), path, path, in_words(theirs_stays), "; ".join(more))
