"""What an end of a case, and the package before it, still wait for; and whether a release had all of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from carrel.disclosure import faults
from carrel.disclosure.case import Case
from carrel.disclosure.course import standing
from carrel.disclosure.event import Act, Ruling
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.process import Does, Outcome, Process
from carrel.disclosure.refusal import not_now, second
from carrel.disclosure.standing import Standing
from carrel.errors import fault

_OUTCOMES = {Act.RELEASED: Outcome.RELEASED, Act.NOTHING: Outcome.NOTHING, Act.REFUSED: Outcome.REFUSED}


def require_production(here: Standing, kind: PackageKind | None, at: datetime, education: bool | None) -> None:
    """Whether an answer may be made ready: by what is found, or by what any answer asks for, where nobody knows yet."""
    ends = here.process.outcomes & {Outcome.RELEASED, Outcome.NOTHING}
    gives = kind in {PackageKind.RECORDS, PackageKind.REPLY}
    _require_outcome(here, Outcome.RELEASED if gives or Outcome.NOTHING not in ends else Outcome.NOTHING)
    _require_no_wish(here)
    _require_none_left(here, _left(here, at, nothing=not gives, education=education))


def _require_outcome(here: Standing, outcome: Outcome) -> None:
    process = here.process
    if outcome not in process.outcomes:
        raise fault(
            faults.CLOSED,
            at=process.instrument,
            wanted=f"one of these ends: {', '.join(sorted(process.outcomes))}",
            found=str(outcome),
            because="a policy in force gives nothing out on this",
            fix="say the script, and refuse",
        )


def _require_no_wish(here: Standing) -> None:
    process = here.process
    if here.for_readers and not (process.compels and here.order_names_title):
        raise fault(
            faults.READERS,
            at=process.instrument,
            wanted="an order that itself names the title and its readers, and that counsel has read",
            found="a wish for everybody who borrowed it",
            because="it tells of many people what they read, to find one",
            fix="refuse it; an order that names the title is opened with --order-names-title",
        )


def require_end(here: Standing, act: Act, person: str, at: datetime) -> None:
    """Whether a case may be signed, handed over, or ended with nothing found.

    Raises:
        CarrelError: DSC-002, DSC-004, DSC-008, DSC-009.
    """
    process = here.process
    _require_outcome(here, _OUTCOMES.get(act, Outcome.RELEASED))
    _require_no_wish(here)
    if act is Act.RELEASED and process.release_first:
        return
    left = [*_left(here, at, nothing=act is Act.NOTHING), *_unanswered(here, nothing=act is Act.NOTHING)]
    if act is Act.RELEASED and not here.signed_by:
        left.append(f"the signature of one who is {', '.join(sorted(process.signed_by)) or 'nobody'}")
    _require_none_left(here, left)
    if act is Act.RELEASED and person == here.signed_by:
        raise second("whoever signed", "have somebody else look at the package and hand it over")
    if act is Act.SIGNED and here.signed_by:
        raise not_now(act, "a case that nobody signed yet", "one that is signed", "hand it over")


def _unanswered(here: Standing, *, nothing: bool) -> list[str]:
    """What an end still waits for: a release has records, and a statement that none were found has none."""
    if nothing:
        fits = here.package in {PackageKind.NOTHING, PackageKind.BY_HAND}
        return [] if fits else ["a package of this case with the statement that nothing was found"]
    fits = here.package in {PackageKind.RECORDS, PackageKind.REPLY, PackageKind.BY_HAND}
    return [] if fits else ["a package of this case with what is handed over"]


def _require_none_left(here: Standing, left: Collection[str]) -> None:
    if left:
        raise fault(
            faults.CLOSED,
            at=here.process.instrument,
            wanted="every step taken, every paper on file, no defect and no challenge open, a package and a signature",
            found=f"open: {'; '.join(left)}",
            because="WPL-1.3, WPL-8.1: compliance stays closed until then",
            fix="see to what is open; `carrel disclose show` tells who may",
        )


def _left(here: Standing, at: datetime, *, nothing: bool, education: bool | None = None) -> list[str]:
    steps = [one for one in here.missing if not (nothing and one.does is Does.TELL_PATRON)]
    left = [one.id for one in steps] + [f"the paper: {one}" for one in here.papers_missing]
    left += [f"the defect: {one.what}" for one in here.open_defects]
    if here.challenge in {"open", Ruling.QUASHED}:
        left.append("the challenge" if here.challenge == "open" else "the paper was set aside")
    if nothing:
        return left
    if here.person_until is not None and at < here.person_until:
        left.append("the time that the person has to object")
    elif why := here.student_waits(at, education=education):
        left.append(why)
    return left


def sound(case: Case, process: Process, zone: ZoneInfo) -> bool:
    """Whether a case that was released had all that its policies ask for when it was; for whoever looks later.

    Offices are not asked for again: who held one then may hold none now.
    """
    for n, event in enumerate(case.events):
        if event.act is not Act.RELEASED:
            continue
        before = standing(process, case.events[:n], zone, event.at)
        if Outcome.RELEASED not in before.process.outcomes:
            return False
        if before.for_readers and not (process.compels and before.order_names_title):
            return False
        signed = before.signed_by and before.signed_by != event.by
        if not process.release_first and (
            _left(before, event.at, nothing=False) or _unanswered(before, nothing=False) or not signed
        ):
            return False
    return True


def over(here: Standing) -> bool:
    """Whether nothing is left to do in a case."""
    return here.state.is_final and not here.owed
