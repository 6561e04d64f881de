"""Patrons' requests in an audit: none is overdue, and what was answered was done, read back, and told to others.

A site where nobody asked for something has no evidence of it, and the clause stays a promise there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading, cannot_tell, finding, holds
from carrel.accountability.evidence import State as Shown
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.retention.reasons import figure
from carrel.rights.request import Decision, Right, Route
from carrel.rights.standing import Standing, State

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

PUT_BACK = "put what is gone or damaged, a key or the ledger, back from a copy of the site's folder"
_LATE_FIX = "carrel request list tells which; answer it, and tell the person that it is late"
_DISPOSED = frozenset({"erasure", "rectification"})


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the store tells of requests.

    Attributes:
        standings: where each stands, by the rules in force.
        before_identity: on which something was carried out before it was known that it was the person.
        unaccepted: identified by what the policies do not accept, since they say by what.
        handed_out: packages for one person that the ledger tells of, since then.
        handed_unaccepted: of these, those for somebody who was identified by something else.
        accepted: by what somebody is known to be the person; empty where no policy says so.
        silence_missing: persons who were erased on request, and do not stand on the list of silence.
        silence_seen: how many of them were looked up there; the others are forgotten.
        addresses_seen: addresses that erasures silenced.
        addresses_missing: how many of them are gone from the list, though nobody asked to be written to again.
        untold: recipients that the policy names for a change that was carried out, and for whom no task was set.
        kept_too_long: of which something is sealed past the policy's time after the end.
        altered: events that do not fit what was committed to the ledger.
        unread: why something could not be looked at; empty where all was.
    """

    standings: tuple[Standing, ...] = ()
    before_identity: int = 0
    unaccepted: int = 0
    handed_out: int = 0
    handed_unaccepted: int = 0
    accepted: tuple[str, ...] = ()
    silence_missing: int = 0
    silence_seen: int = 0
    addresses_seen: int = 0
    addresses_missing: int = 0
    untold: int = 0
    kept_too_long: int = 0
    altered: int = 0
    unread: str = ""

    def of(self, rights: Collection[Right]) -> tuple[Standing, ...]:
        """Those of some rights."""
        return tuple(one for one in self.standings if one.right in rights)


@provides("MITL-9.1", at_some_sites=True)
def access_is_answered(facts: AuditFacts) -> Reading | None:
    """Every request for access is within its time, and an answered one was gathered from the systems."""
    return _of_rights(facts, {Right.ACCESS}, "access", "a copy is given of what is held in every system")


@provides("MITL-9.2", at_some_sites=True)
def corrections_are_written_and_read_back(facts: AuditFacts) -> Reading | None:
    """Every request for a correction is within its time, and an answered one was written and read back."""
    return _of_rights(facts, {Right.RECTIFICATION}, "correction", "what is wrong is put right, and read back")


@provides("MITL-9.3", at_some_sites=True)
def erasures_are_carried_out(facts: AuditFacts) -> Reading | None:
    """Every request for erasure is within its time, and an answered one was carried out and read back."""
    return _of_rights(facts, {Right.ERASURE}, "erasure", "what nothing obliges to keep is erased, and looked for")


@provides("MITL-9.4", at_some_sites=True)
def restrictions_and_objections_hold(facts: AuditFacts) -> Reading | None:
    """Every restriction or objection is within its time, and an answered one is in force and was read back."""
    rights = {Right.RESTRICTION, Right.OBJECTION}
    if facts.records_gone:
        return finding(
            f"{amount(len(facts.records_gone), 'request or restriction is', 'requests or restrictions are')} of "
            "somebody whose record is not there any more.",
            {"open, of a record that is gone": len(facts.records_gone)},
            because="a restriction holds for the person, whatever number the record has",
            fix="carrel check names them; where two records were put together, restrict the one that is left",
        )
    found = _of_rights(facts, rights, "restriction or objection", "a use ends when the person says so")
    if facts.records_gone is not None or (found is None and not facts.gone_unread):
        return found
    if found is not None and found.state is not Shown.HOLDS:
        return found
    return cannot_tell(
        "Whether each restriction and open request is of somebody who still has a record could not be looked at.",
        {} if found is None else found.measured,
        because=facts.gone_unread or facts.unread,
        fix="carrel check tells what is in the way",
    )


@provides("MITL-9.5", partly="that the package reached whom the person named, and in a form that they can read",
          at_some_sites=True)  # fmt: skip
def packages_are_handed_out(facts: AuditFacts) -> Reading | None:
    """Every request to take data along is within its time, and an answered one was packed."""
    return _of_rights(facts, {Right.PORTABILITY}, "taking along", "data go to the person, or where the person says")


@provides("MITL-9.6", partly="packages that were handed out, and copies that the staff made", at_some_sites=True)
def nothing_is_kept_of_requests(facts: AuditFacts) -> Reading | None:
    """What was sealed in requests that are over is gone when the policy's time after their end is."""
    if (seen := facts.requests) is None or not any(one.state.is_final for one in seen.standings):
        return None
    measured: dict[str, int | str] = {
        "requests that are over": sum(one.state.is_final for one in seen.standings),
        "sealed past their time": seen.kept_too_long,
    }
    if seen.kept_too_long:
        return finding(
            f"{amount(seen.kept_too_long, 'request is', 'requests are')} sealed past the time after the end.",
            measured,
            because="there is no central store of what people asked for",
            fix="carrel request list forgets what is due; a key that cannot be deleted has to be by hand",
        )
    return holds("What was sealed in requests goes in its time.", measured)


@provides("MITL-9.7", Kind.GATED, at_some_sites=True)
def recipients_are_told(facts: AuditFacts) -> Reading | None:
    """Every recipient of the policy has a task in each erasure and correction, and none was left open by an answer."""
    if (seen := facts.requests) is None:
        return None
    own = [one for one in seen.standings if any(case.kind in _DISPOSED and case.outcome for case in one.cases)]
    if not own:
        return None
    left = sum(bool(one.waiting) for one in own if one.state is State.ANSWERED)
    tasks = [task for one in own for task in one.tasks if task.kind in {Route.RECIPIENT, Route.VENDOR}]
    measured: dict[str, int | str] = {
        "requests with an erasure or correction": len(own),
        "recipients to be told": len(tasks),
        "of these open": sum(task.ended_at is None for task in tasks),
        "waived": sum(task.ended_how == "waived" for task in tasks),
        "without a task": seen.untold,
        "answered with a task open": left,
    }
    if left or seen.untold:
        return finding(
            "Somebody who had the data was not told: "
            f"{amount(seen.untold, 'recipient')} without a task, "
            f"{amount(left, 'request')} answered with a task open.",
            measured,
            because="whoever got the data is told of an erasure or correction",
            fix="carrel request list sets the tasks of open requests; tell the recipients of the others now",
        )
    return _unread(seen, measured) or holds("Whoever got the data is told, or was waived with a reason.", measured)


@provides("MITL-9.9", at_some_sites=True)
def the_erased_are_not_written_to(facts: AuditFacts) -> Reading | None:
    """Whoever was erased on request stands on the list of silence, by keyed hashes of number and addresses."""
    if (seen := facts.requests) is None or not (seen.silence_seen or seen.silence_missing):
        return None
    measured: dict[str, int | str] = {
        "looked up": seen.silence_seen,
        "not on the list": seen.silence_missing,
        "addresses of the erased": figure(seen.addresses_seen) if seen.addresses_seen else 0,
        "of these not on the list": figure(seen.addresses_missing) if seen.addresses_missing else 0,
    }
    gone = [f"{amount(seen.silence_missing, 'person')} who was erased on request"] if seen.silence_missing else []
    if seen.addresses_missing:
        gone.append(f"{amount(figure(seen.addresses_missing), 'address', 'addresses')} of somebody who was erased")
    if gone:
        return finding(
            f"{' and '.join(gone)} may be written to again.",
            measured,
            because="a core set stays, so that nobody is written to by mistake",
            fix="find out who took the hash off the list; carrel consent withdraw --everything puts a person on it",
        )
    return _unread(seen, measured) or holds("Whoever was erased on request is on the list of silence.", measured)


@provides("MITL-10.8", Kind.GATED, at_some_sites=True)
def questions_have_an_owner_and_a_clock(facts: AuditFacts) -> Reading | None:
    """Every question has somebody who sees to it and a day, and none is overdue."""
    if (seen := facts.requests) is None or not (own := seen.of({Right.QUESTION})):
        return None
    bare = sum(not one.owner or one.due is None for one in own if not one.state.is_final)
    if bare:
        return finding(
            f"{amount(bare, 'question has', 'questions have')} nobody who sees to it, or no day.",
            {"questions": len(own), "without owner or clock": bare},
            because="a question reaches a named contact, and is answered in time",
            fix="write 'question: {within: …, owner: …}' under 'rights:' of the policy, or carrel request assign",
        )
    return _of_rights(facts, {Right.QUESTION}, "question", "a question reaches a named contact")


@provides("MITP-11.2.3", Kind.GATED,
          partly="that a note which was handed out names nobody whom the library does not know, and no review",
          at_some_sites=True)  # fmt: skip
def records_are_shown_and_challenges_decided(facts: AuditFacts) -> Reading | None:
    """Every request to see records and every challenge is within its time, was answered in fact, or was decided."""
    rights = {Right.ACCESS, Right.CHALLENGE}
    if (seen := facts.requests) is None or not (own := seen.of(rights)):
        return None
    challenges = [one for one in own if one.right is Right.CHALLENGE]
    undecided = sum(one.state is State.ANSWERED and one.decision is None for one in challenges)
    if undecided:
        return finding(
            f"{amount(undecided, 'challenge was', 'challenges were')} closed without a decision.",
            {"challenges": len(challenges), "without a decision": undecided},
            because="accuracy, completeness and use can be challenged",
            fix="find out how it came to be; Carrel closes none without",
        )
    why = "a person may see and copy what is recorded, and challenge it"
    return _of_rights(facts, rights, "access or challenge", why)


def _of_rights(facts: AuditFacts, rights: Collection[Right], what: str, because: str) -> Reading | None:
    if (seen := facts.requests) is None or not (own := seen.of(rights)):
        return None
    overdue = sum(one.overdue for one in own)
    answered = [one for one in own if one.state is State.ANSWERED]
    undone = sum(bool(one.unsettled or one.waiting) or (one.right.needs_work and not one.done) for one in answered)
    measured: dict[str, int | str] = {
        "on record": len(own),
        "open": sum(not one.state.is_final for one in own),
        "overdue": overdue,
        "answered": len(answered),
        "of these late": sum(one.late for one in answered),
        "of these because nothing is held": sum(one.decision is Decision.NOTHING_HELD for one in answered),
        "answered and not done": undone,
        "refused": sum(one.state is State.REFUSED for one in own),
        "without a clock": sum(one.due is None for one in own),
        "altered since": seen.altered,
    }
    says = [f"{amount(overdue, 'request')} for {what} overdue"] if overdue else []
    says += (
        [f"{amount(undone, 'request')} for {what} answered, though not all was done and read back"] if undone else []
    )
    says += [f"{amount(seen.altered, 'event')} of requests altered since"] if seen.altered else []
    if says:
        return finding(f"{'; '.join(says)}.", measured, because=because, fix=_LATE_FIX)
    kept = f"No request for {what} is overdue, and what was answered was done and read back."
    return _unread(seen, measured) or holds(kept, measured)


def _unread(seen: RequestFacts, measured: dict[str, int | str]) -> Reading | None:
    if not seen.unread:
        return None
    return cannot_tell(
        "Not everything could be looked at.",
        measured,
        because=seen.unread,
        fix=PUT_BACK,
    )
