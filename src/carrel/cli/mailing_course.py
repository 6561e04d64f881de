"""A mailing list brought to hold what consents say: looked at, changed, and read back until it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.contact_export import leaf_of, refuse_closed
from carrel.cli.mailing_judging import known_of, ours_among
from carrel.cli.mailing_terms import gate_of, tags_of
from carrel.consent import faults
from carrel.consent.mailing_list import Difference, Standing, difference
from carrel.errors import CarrelError, fault
from carrel.inventory.mailing_list import Strangers
from carrel.retention.outcome import Outcome
from carrel.store.contact_exports import Export
from carrel.store.mailing_lists import ListCourse
from carrel.systems.mailing_lists.mailman import MailmanList, Members, opened
from carrel.systems.sql.in_lists import parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from carrel.cli.premises import Premises
    from carrel.consent.gate import Gate
    from carrel.consent.mailing_list import Known
    from carrel.inventory.mailing_list import MailingList

_ROUNDS = 3
_BARRED = frozenset(one.code for one in (faults.NO_CONTACTS, faults.BARRED, faults.RECIPIENT, faults.FIELD))
_AT_ONCE = 200  # addresses noted before the first of them goes


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """A list and the library's people, as both stood at one time.

    Attributes:
        at: aware time at which people were judged.
        state, restricted: of the consents before that, and whose use was restricted.
        members: of the list.
        known: of the library.
        what: the difference.
    """

    at: datetime
    state: tuple[int, ...]
    restricted: frozenset[int]
    members: Members
    known: Known
    what: Difference


@dataclass(slots=True)
class Report:
    """How one list went.

    Attributes:
        name, purpose, recipient: of the list.
        outcome: `VERIFIED` where it was read back and holds what consents say; None of a look that changed nothing.
        wrong: what stood in the way.
        needs_consent: whether somebody must have agreed.
        what: the difference as it was found first.
        off, on: how many members were taken off and put on.
        not_taken: how many addresses the tool did not take, such as one that it bans.
        waits: how many may be written to and wait for a person's command.
        left: the difference as it was read back.
        refused: addresses that the tool did not take, as long as the command runs.
    """

    name: str
    purpose: str
    recipient: str
    outcome: Outcome | None = None
    wrong: CarrelError | None = None
    needs_consent: bool = True
    what: Difference | None = None
    off: int = 0
    on: int = 0
    not_taken: int = 0
    waits: int = 0
    left: Difference | None = None
    refused: set[str] = field(default_factory=set, repr=False)


def looked_at(here: Premises, one: MailingList) -> Report:
    """What a list has that it should not have, and what it lacks; changes nothing, and writes nothing down.

    Raises:
        CarrelError: none; it stands in the report.
    """
    report = Report(one.name, one.purpose, one.recipient)
    try:
        let = gate_of(here, one)
        refuse_closed(here)
        report.needs_consent = let.needs_consent
        with opened(one) as there:
            report.what = _look(here, one, let, there).what
    except CarrelError as wrong:
        report.wrong = wrong
        report.outcome = _outcome_of(wrong)
    return report


def carried_out(here: Premises, one: MailingList, by: str, *, everybody: bool, put_back: bool = False) -> Report:
    """Bring a list to hold what consents say, read it back, and note how it was left.

    Args:
        here: open.
        one: the list.
        by: who asked for it, as exports on record name them.
        everybody: whether people come onto it who were never asked, where the purpose needs no consent: a person says
            so, and no night.
        put_back: whether those come on again who left at the tool.

    Raises:
        CarrelError: none; it stands in the report.

    Guarantees:
        Whoever comes on was let through by the gate, on record, and in a state of consents in which nobody had said
        anything since. A process that dies leaves a list that the next call brings on; none that is told as verified.
    """
    report = Report(one.name, one.purpose, one.recipient)
    began = now()
    lists = here.store.mailing_lists
    try:
        try:
            let = gate_of(here, one)
        except CarrelError as no:
            if no.code in _BARRED and lists.has_members(one.name):
                _emptied(here, one, report)
            raise
        refuse_closed(here)
        report.needs_consent = let.needs_consent
        lists.settle(ListCourse(one.name, here.original.name, began, Outcome.UNVERIFIED), began)
        with opened(one) as there:
            adds = everybody or let.needs_consent
            began = _brought(here, one, let, there, report, by, adds=adds, put_back=put_back)
    except CarrelError as wrong:
        report.wrong, report.outcome = wrong, _outcome_of(wrong)
    code = "" if report.wrong is None else report.wrong.code
    course = ListCourse(
        one.name, here.original.name, now(), report.outcome or Outcome.FAILED, code, counts=counts_of(report)
    )
    lists.settle(course, began)
    return report


def _emptied(here: Premises, one: MailingList, report: Report) -> None:
    """Take those off who were seen on a list to which the policy lets nobody go any more; no address is asked for."""
    with opened(one) as there:
        members = there.members()
        ours = ours_among(here, one, members.keys())
        _take_off(here, one, there, members, ours, report)
        left = there.members()
    here.store.mailing_lists.forget_members(one.name, tags_of(here, ours - left.keys())[0])


def counts_of(report: Report) -> dict[str, int]:
    """What is kept of a report."""
    last = report.left or report.what
    rest = (
        {"members": last.members, "strangers": last.strangers, "unusable": last.unusable, "departed": last.departed}
        if last
        else {}
    )
    return {"off": report.off, "on": report.on, "not_taken": report.not_taken, "waits": report.waits, **rest}


def _brought(
    here: Premises,
    one: MailingList,
    let: Gate,
    there: MailmanList,
    report: Report,
    by: str,
    *,
    adds: bool,
    put_back: bool,
) -> datetime:
    """Round after round until nothing is left to do; the time at which people were judged the last time.

    Raises:
        CarrelError: CNS-021, after three rounds something is left; whatever goes wrong at the tool.
    """
    for number in range(_ROUNDS + 1):
        seen = _look(here, one, let, there, put_back=put_back)
        report.what = report.what or seen.what
        on = tuple(address for address in seen.what.on if address not in report.refused) if adds else ()
        report.left, report.waits = seen.what, 0 if adds else len(seen.what.on)
        _note(here, one, seen)
        if not (seen.what.off or on):
            report.outcome = Outcome.VERIFIED
            return seen.at
        if number < _ROUNDS:
            _take_off(here, one, there, seen.members, seen.what.off, report)
            _put_on(here, one, let, there, seen, on, report, by)
    raise fault(
        faults.LIST_STAYS,
        at=f"mailing list {one.name}",
        wanted="a list that holds what consents say",
        found=f"members that came or stayed in each of {_ROUNDS} rounds",
        because="it was read back, and somebody stands on it who may not be written to, or is missing",
        changed="what could be changed there",
        fix="see at the tool whether it holds changes back for a moderator, or something else puts members on; then "
        "give the command again",
    )


def _look(here: Premises, one: MailingList, let: Gate, there: MailmanList, *, put_back: bool = False) -> Look:
    members = there.members()
    at, state = now(), here.store.consents.state()
    restricted = here.store.restrictions.restricted(here.original.name)
    known = known_of(here, one, let, members.keys(), restricted, at)
    what = difference(members, known, strangers_go=one.strangers is Strangers.REMOVED, put_back=put_back)
    return Look(at, state, restricted, members, known, what)


def _note(here: Premises, one: MailingList, seen: Look) -> None:
    """Keep, as hashes, who of the library's people is on a list now, or left it there; forget everybody else."""
    own = [each for each in seen.members if seen.known.standing(each) is not Standing.STRANGER]
    tags, mark = tags_of(here, own)
    lists = here.store.mailing_lists
    lists.note_members(one.name, tags, mark)
    lists.note_seen(one.name, tags, seen.at)
    lists.keep_members(one.name, [*tags, *tags_of(here, seen.known.departed)[0]])


def _take_off(
    here: Premises,
    one: MailingList,
    there: MailmanList,
    members: Members,
    addresses: Collection[str],
    report: Report,
) -> None:
    """Take addresses off, and note it before: who is missing then did not leave at the tool."""
    here.store.mailing_lists.note_taken_off(one.name, tags_of(here, addresses)[0])
    for address in addresses:
        for number in members[address]:
            report.off += there.remove(number)


def _put_on(
    here: Premises,
    one: MailingList,
    let: Gate,
    there: MailmanList,
    seen: Look,
    on: tuple[str, ...],
    report: Report,
    by: str,
) -> None:
    if not on or not _recorded(here, let, seen, len(on), by):
        return  # somebody has said something since: the next round judges anew
    for some in parts(on, _AT_ONCE):
        tags, mark = tags_of(here, some)
        here.store.mailing_lists.note_members(one.name, tags, mark)
        for address in some:
            if there.add(address):
                report.on += 1
            else:
                report.refused.add(address)
    report.not_taken = len(report.refused)


def _recorded(here: Premises, let: Gate, seen: Look, written: int, by: str) -> bool:
    """Put on record that addresses go, before the first does; False where somebody has said something since."""
    if here.store.restrictions.restricted(here.original.name) != seen.restricted:
        return False
    done = Export(here.original.name, by, here.in_force.digest, seen.at, let, written, {})
    return here.store.contact_exports.record(done, seen.state, (leaf_of(here, done),))


def _outcome_of(wrong: CarrelError) -> Outcome:
    if wrong.code == faults.LIST_AWAY.code:
        return Outcome.NOT_REACHED
    return Outcome.UNVERIFIED if wrong.code == faults.LIST_STAYS.code else Outcome.FAILED
