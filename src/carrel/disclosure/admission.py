"""Whether something may be done in a case, by this person, now; whoever writes an event down asks here first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from carrel.disclosure import faults
from carrel.disclosure.case import Case
from carrel.disclosure.course import standing
from carrel.disclosure.ending import over, require_end, require_production
from carrel.disclosure.event import Act, Event, Ruling
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.process import Basis, Does, Office, Outcome, Process
from carrel.disclosure.refusal import not_now, not_yours, second, unknown
from carrel.disclosure.required_terms import require_said
from carrel.disclosure.silence import require_counsel, require_silence
from carrel.disclosure.standing import Standing
from carrel.errors import fault

_AFTER_END = frozenset({Act.FORGET, Act.NOTED, Act.FILED, Act.TAKEN, Act.NAMED, Act.SILENCED, Act.SILENCE_ENDED})
_OF_COUNSEL = frozenset({Act.CURED, Act.CHALLENGED, Act.RULED, Act.SILENCE_ENDED})
_LEADS = frozenset({Office.CUSTODIAN, Office.COUNSEL, Office.AUTHORISED_OFFICER})


def may(
    here: Standing,
    act: Act,
    person: str,
    offices: frozenset[Office],
    at: datetime,
    *,
    step: str = "",
    kind: PackageKind | None = None,
    education: bool | None = None,
) -> None:
    """Whether somebody may do something in a case as it stands, whatever it says in detail.

    Args:
        here: where the case stands at that moment.
        act: which.
        person: who, by the name of the site file.
        offices: in which she may act at that moment; see `carrel.disclosure.absence.held`.
        at: aware time.
        step: which, where a step is taken.
        kind: of an answer that is made ready; None where nobody knows yet whether anything is found.
        education: whether a student's education records are in that answer; None where nobody knows yet.

    Raises:
        CarrelError: DSC-001, nobody may know of the case but those who were named; DSC-002, it is over, or the step is
            not open; DSC-003, another office's; DSC-004, nothing may be released yet; DSC-008, a list of readers;
            DSC-009, whoever signed does not hand over.

    Guarantees:
        `Act.RELEASED` passes only where every step that the policies ask for was taken, no defect and no challenge is
        open, an answer was made ready since, and an officer other than this person signed it; or where the policy
        releases first and reviews after.
    """
    if not here.sees(person, offices):
        raise unknown()
    if act in {Act.RECEIVED, Act.LET_GO}:
        raise not_now(act, "a case that was not received yet", here.state, "open a new case")
    if here.state.is_final and act not in _AFTER_END:
        raise not_now(act, "a case that is open", here.state, "open a new case")
    _require_office(here, act, offices, step)
    match act:
        case Act.TAKEN:
            _take(here, step, person)
        case Act.SIGNED | Act.NOTHING | Act.RELEASED:
            require_end(here, act, person, at)
        case Act.PRODUCED:
            require_production(here, kind, at, education)
        case Act.REFUSED if Outcome.REFUSED not in here.process.outcomes:
            raise not_now(act, "a case that may be refused", "one that may not", "see what the policy says")
        case Act.RULED | Act.CHALLENGED:
            _contest(here, act)
        case Act.FORGET | Act.SILENCE_ENDED:
            _after_end(here, act)
        case _:
            pass


def admit(
    case: Case,
    event: Event,
    words: str,
    process: Process,
    offices: frozenset[Office],
    zone: ZoneInfo,
    now: datetime,
    *,
    free_days: Collection[date] = (),
    counsel: Collection[str] = (),
) -> Standing:
    """Whether an event may be written down.

    Args:
        case: as it is, inside the transaction that will write.
        event: that is new.
        words: beside it; empty for none.
        process: of the case's instrument, by the policies in force.
        offices: in which whoever does it may act now.
        zone: of the library.
        now: aware time.
        free_days: on which nobody works.
        counsel: who holds that office, by the site file.

    Returns:
        Where the case stood before.

    Raises:
        CarrelError: as `may`; DSC-005, something is missing; DSC-007, a time to come, or before the last event;
            DSC-012 to DSC-014, no such silence; DSC-024, nobody who is named could lift it.
    """
    before = standing(process, case.events, zone, now, free_days=free_days)
    if not before.sees(event.by, offices):
        raise unknown()
    if event.at > now or event.at < case.received.at:
        raise fault(
            faults.MOMENT, at=event.act, wanted="now, or a time since the case began", found="another", fix="wait"
        )
    kind = PackageKind(event.term("kind")) if event.term("kind") in set(PackageKind) else None
    education = _educational(before, kind, event)
    may(before, event.act, event.by, offices, now, step=event.term("step"), kind=kind, education=education)
    require_said(before, event, words)
    if event.act is Act.EXEMPTED:
        _require_finder(before, event, offices)
    if event.act is Act.SILENCED:
        silence = require_silence(event, before.process, zone)
        if event.term("basis") == Basis.JUDGEMENT and Office.SENIOR_OFFICER not in offices:
            raise not_yours(event.act, {Office.SENIOR_OFFICER})
        require_counsel(silence, {*before.named, event.by}, counsel)
    return before


def _educational(here: Standing, kind: PackageKind | None, event: Event) -> bool | None:
    """Whether an answer that is made ready has education records in it; what does not say so counts as if it had."""
    if here.process.education is None or kind not in {PackageKind.RECORDS, PackageKind.BY_HAND}:
        return False
    if kind is PackageKind.BY_HAND:
        return here.process.education.without_system(here.findings)
    return event.term("education") != "no"


def _require_finder(here: Standing, event: Event, offices: frozenset[Office]) -> None:
    known = here.process.education.exemptions if here.process.education is not None else {}
    found = known.get(event.term("exemption"))
    if found is not None and not (found.by & offices):
        raise not_yours(found.name, found.by)


def require_release(here: Standing, person: str, offices: frozenset[Office], at: datetime) -> None:
    """Whether a package may be made and handed over now; for whoever gathers the records.

    Raises:
        CarrelError: as `may` of `Act.RELEASED`.
    """
    may(here, Act.RELEASED, person, offices, at)


def _offices_for(here: Standing, act: Act, step: str) -> frozenset[Office]:
    """Offices, any of which may do it; `Office.ANYONE` for whoever sees the case."""
    process, anyone = here.process, frozenset({Office.ANYONE})
    ends = process.signed_by | {Office.COUNSEL, Office.CUSTODIAN} if process.compels else anyone
    known = process.step(step)
    by_act = {
        Act.TAKEN: frozenset() if known is None else known.by,
        Act.FORGET: frozenset({Office.CUSTODIAN, Office.COUNSEL}) | process.signed_by,
        Act.NAMED: _LEADS | process.signed_by,
        Act.DEFECT: _LEADS | process.signed_by,
        Act.PRODUCED: makes_ready(here),
        Act.SIGNED: process.signed_by,
        Act.NOTHING: process.signed_by,
        Act.RELEASED: anyone if process.release_first else process.handed_over_by,
        Act.REFUSED: ends,
        Act.WITHDRAWN: ends,
    }
    return frozenset({Office.COUNSEL}) if act in _OF_COUNSEL else by_act.get(act, anyone)


def makes_ready(here: Standing) -> frozenset[Office]:
    """The offices that may gather what answers a case."""
    return _LEADS | here.process.signed_by


def _require_office(here: Standing, act: Act, offices: frozenset[Office], step: str) -> None:
    if act is Act.TAKEN and here.process.step(step) is None:
        raise not_now(
            act, f"one of these steps: {', '.join(one.id for one in here.open) or 'none is open'}", "no such step",
            "look at `carrel disclose show`",
        )  # fmt: skip
    wanted = _offices_for(here, act, step)
    if Office.ANYONE in wanted or wanted & offices:
        return
    raise not_yours(step or str(act), wanted)


def _take(here: Standing, step: str, person: str) -> None:
    known = here.process.step(step)
    again = known is not None and known.does is Does.PRESERVE and not here.state.is_final
    if again or step in {one.id for one in here.open}:
        if known is not None and known.does is Does.REVIEW and person == here.released_by:
            raise second("whoever released it", "have somebody else of that office look at it")
        return
    found, fix = (
        ("one that was taken", "nothing is left to do with it") if step in here.done
        else ("one that must not be taken while the case is silenced", "take it when the silence is over")
        if here.silent and _tells(here, step)
        else ("one that waits for a defect or a challenge", _ends_contest(here)) if here.contested
        else ("one that comes after others", "take what comes first")
    )  # fmt: skip
    raise not_now(
        step, f"one of these steps: {', '.join(one.id for one in here.open) or 'none is open'}", found, fix,
        because="the policy sets the order, and no step is skipped",
    )  # fmt: skip


def _ends_contest(here: Standing) -> str:
    """Who does what, so that a paper can be read again."""
    if here.open_defects:
        named = ", ".join(one.id for one in here.open_defects)
        return f"counsel writes that each defect is cured: {named} (`carrel disclose cure`)"
    if here.challenge == "open":
        return "counsel writes what the court said (`carrel disclose challenge --ruling`)"
    return "refuse it: the court set the paper aside"


def _tells(here: Standing, step: str) -> bool:
    known = here.process.step(step)
    return known is not None and known.does in {Does.TELL_PATRON, Does.TELL_BOARD}


def _after_end(here: Standing, act: Act) -> None:
    if act is Act.FORGET and not over(here):
        raise not_now(act, "a case that is over and owes nothing", here.state, "see to what is open")
    if act is Act.SILENCE_ENDED and not here.silent:
        raise not_now(act, "a silence that is in force", "none", "nothing is left to do")


def _contest(here: Standing, act: Act) -> None:
    if act is Act.RULED and here.challenge != "open":
        raise not_now(act, "a challenge that is open", "none", "record the challenge first")
    if act is Act.CHALLENGED and here.challenge in {"open", Ruling.QUASHED}:
        raise not_now(act, "a paper that is not before the court", "one that is", "record what the court says")
