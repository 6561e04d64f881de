"""Where a case stands: from its events alone, by the policies in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from carrel.disclosure.event import Act, Event, Ruling
from carrel.disclosure.finding import OVER, Finding, findings_in
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.process import Does, Office, Outcome, Process, Step
from carrel.disclosure.silence import Silence, silence_of
from carrel.disclosure.standing import Defect, Done, Notice, Standing, State
from carrel.disclosure.working_day import day_is_over, waited, working_days_later

READERS = Step(
    "counsel on the list of readers",
    "Counsel reads whether the order itself names the title, and whether cause was shown for every reader of it.",
    Does.CAUSE,
    frozenset({Office.COUNSEL}),
)
NO_PERIOD = "no period is named"
THE_BOARD = "the board"
_BEFORE_COURT = frozenset({"open", Ruling.QUASHED})
# What counsel found of a paper is found anew when a defect turns up, or when a court changed the paper.
_UNDONE = frozenset({Does.FORM, Does.CAUSE, Does.AUTHORISE})


@dataclass
class _Course:
    """What the events add up to, one after the other."""

    done: dict[str, Done] = field(default_factory=dict)
    defects: dict[str, Defect] = field(default_factory=dict)
    papers: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    challenge: str = ""
    silence: Silence | None = None
    package: PackageKind | None = None
    manifest: str = ""
    findings: set[Finding] = field(default_factory=set)
    is_educational: bool = False
    signed_by: str = ""
    last: Event | None = None


def standing(
    process: Process, events: Iterable[Event], zone: ZoneInfo, at: datetime, *, free_days: Collection[date] = ()
) -> Standing:
    """Where a case stands at a moment.

    Args:
        process: of its instrument, by the policies in force.
        events: in the order in which they were written down; the first is `Act.RECEIVED`.
        zone: of the library.
        at: aware time.
        free_days: on which nobody works, beside Saturdays and Sundays.

    Guarantees:
        A case that is over stays over. While a defect or a challenge is open, no release is. A step that is silenced
        is owed again from the first instant after the silence.
    """
    events = tuple(events)
    first = events[0]
    process = _for_readers(process, first)
    course = _Course()
    for event in events:
        _after(course, event, process, zone)
    silent = course.silence is not None and course.silence.in_force(at)
    missing = _missing(process, course.done, course, silent=silent)
    told = max((done.at for step in process.steps if step.does is Does.TELL_PATRON
                for done in [course.done.get(step.id)] if done), default=None)  # fmt: skip
    rule, education = process.education, False
    if rule is not None and course.package in {PackageKind.RECORDS, PackageKind.BY_HAND}:
        education = course.is_educational or (
            course.package is PackageKind.BY_HAND and rule.without_system(course.findings)
        )
    longest = max(process.wait, rule.wait) if rule is not None and education else process.wait
    wait = None if told is None or not longest else waited(told, longest, zone)
    found = Standing(
        process,
        State.RECEIVED,
        first.at,
        first.by,
        first.term("served on"),
        course.done,
        missing=missing,
        papers_missing=tuple(one for one in process.papers if one not in course.papers),
        defects=tuple(course.defects.values()),
        challenge=course.challenge,
        silence=course.silence,
        silent=silent,
        may_release_from=wait,
        named=frozenset(course.named),
        package=course.package,
        manifest=course.manifest,
        told_at=told,
        person_until=None if told is None else waited(told, process.wait, zone),
        student_until=None if told is None or rule is None else waited(told, rule.wait, zone),
        education=education,
        findings=frozenset(course.findings),
        signed_by=course.signed_by,
        for_readers=bool(first.term("title")),
        order_names_title=first.term("title") == "named by the order",
    )
    _tell(found, notice=_notice(found, course), open=_open(process, course, found))
    _tell(found, state=_state(found, course, at), **_end(course))
    _tell(found, owed=_owed(found, course), **_clocks(found, zone, at, free_days))
    return found


def _tell(found: Standing, **more: Any) -> None:
    """What follows from the rest of a standing that nobody has seen yet; a copy each time would be most of the work."""
    for name, value in more.items():
        object.__setattr__(found, name, value)


def _for_readers(process: Process, first: Event) -> Process:
    if not first.term("title") or not process.compels:
        return process
    return replace(process, steps=(*process.steps, READERS))


def _after(course: _Course, event: Event, process: Process, zone: ZoneInfo) -> None:
    course.named |= {event.by} if event.act is not Act.LET_GO else set()  # a night does that for nobody
    match event.act:
        case Act.RECEIVED if process.compels and not (event.term("from day") or event.term("until day")):
            course.defects["d1"] = Defect("d1", NO_PERIOD)
        case Act.NAMED:
            course.named.add(event.term("person"))
        case Act.FILED:
            course.papers.add(event.term("paper"))
        case Act.TAKEN:
            course.done[event.term("step")] = Done(event.by, event.at, event.terms)
        case Act.DEFECT | Act.CHALLENGED | Act.RULED | Act.CURED:
            _contested(course, event, process)
        case Act.SILENCED | Act.SILENCE_ENDED:
            _silence(course, event, zone)
        case Act.PRODUCED | Act.EXEMPTED:
            _package(course, event)
        case Act.SIGNED:
            course.signed_by = event.by
        case _:
            course.last = event if event.act.is_final else course.last


def _package(course: _Course, event: Event) -> None:
    course.signed_by = ""  # whoever signed had another package before her
    if event.act is Act.PRODUCED:
        course.package, course.manifest = PackageKind(event.term("kind")), event.term("manifest")
        course.is_educational = course.package is PackageKind.RECORDS and event.term("education") != "no"
        return
    (course.findings.difference_update if event.term(OVER) else course.findings.update)(findings_in(event))
    course.package, course.manifest = None, ""  # what was gathered is judged anew


def _silence(course: _Course, event: Event, zone: ZoneInfo) -> None:
    if event.act is Act.SILENCED:
        course.silence = silence_of(event, zone)
        course.named |= course.silence.may_tell
    elif course.silence is not None:
        course.silence = replace(course.silence, over=event.at)


def _contested(course: _Course, event: Event, process: Process) -> None:
    name = event.term("defect")
    if event.act is Act.CURED:
        course.defects[name] = replace(course.defects[name], cured=True)
        return
    course.package, course.manifest, course.signed_by = None, "", ""
    if event.act is Act.DEFECT:
        course.defects[name] = Defect(name, event.term("what"))
    elif event.act is Act.CHALLENGED:
        course.challenge = "open"
    else:
        course.challenge = event.term("ruling")
        if course.challenge == Ruling.UPHELD:
            return
    for step in process.steps:
        if step.does in _UNDONE:
            course.done.pop(step.id, None)


def _silenced(step: Step, course: _Course, *, silent: bool) -> bool:
    """Whether a step would tell somebody whom nobody may tell now."""
    if not silent or course.silence is None:
        return False
    if step.does is Does.TELL_BOARD:
        return THE_BOARD not in course.silence.may_tell
    return step.does is Does.TELL_PATRON


def _missing(process: Process, done: Mapping[str, Done], course: _Course, *, silent: bool) -> tuple[Step, ...]:
    return tuple(step for step in process.steps if step.id not in done and not _silenced(step, course, silent=silent))


def _open(process: Process, course: _Course, found: Standing) -> tuple[Step, ...]:
    """Steps that may be taken now: those at once, and the first that is missing of the others."""
    over = course.last is not None
    if over:
        later = process.afterwards if course.last is not None and course.last.act is Act.RELEASED else ()
        tells = [step for step in process.steps if step.does in {Does.TELL_PATRON, Does.TELL_BOARD}]
        return tuple(
            step for step in (*tells, *later)
            if step.id not in course.done and not _silenced(step, course, silent=found.silent)
        )  # fmt: skip
    first = next((step for step in found.missing if not step.at_once), None)
    return tuple(
        step for step in found.missing
        if (step.at_once or step is first) and not (step.is_review and found.contested)
    )  # fmt: skip


def _notice(found: Standing, course: _Course) -> Notice:
    if not found.tells:
        return Notice.NONE
    if all(step.id in found.done for step in found.tells):
        return Notice.TOLD
    silenced = any(_silenced(step, course, silent=found.silent) for step in found.tells)
    return Notice.SUSPENDED if silenced else Notice.DUE


def _state(found: Standing, course: _Course, at: datetime) -> State:
    if course.last is not None:
        return _state_at_end(found, course.last)
    if found.contested:
        return State.CHALLENGED if found.challenge in _BEFORE_COURT else State.DEFECTIVE
    waits = bool(found.student_waits(at)) or (found.may_release_from is not None and at < found.may_release_from)
    ends = found.process.outcomes & {Outcome.RELEASED, Outcome.NOTHING}
    if ends and not (found.missing or found.papers_missing or waits):
        return State.SIGNED if found.signed_by else State.READY
    if any(step.is_review for step in found.open):
        return State.WITH_COUNSEL
    reviews = [step for step in found.process.steps if step.is_review]
    return State.CLEARED if reviews and all(step.id in found.done for step in reviews) else State.RECEIVED


def _state_at_end(found: Standing, last: Event) -> State:
    reviews = [step for step in found.process.afterwards if step.does is Does.REVIEW]
    if last.act is Act.RELEASED and reviews and all(step.id in found.done for step in reviews):
        return State.REVIEWED
    return State(last.act)


def _end(course: _Course) -> dict[str, Any]:
    last = course.last
    if last is None:
        return {}
    return {
        "ended_at": last.at,
        "ground": last.term("ground"),
        "released_by": last.by if last.act is Act.RELEASED else "",
    }


def _owed(found: Standing, course: _Course) -> tuple[Step, ...]:
    """What is left of a case that is over.

    Of one that is taken back nobody needs to be told. Where nothing was found there may be no person to tell; the
    board is, once no silence keeps it from that (WPL-1.2).
    """
    if course.last is None or course.last.act is Act.WITHDRAWN:
        return ()
    if course.last.act is Act.NOTHING:
        return tuple(step for step in found.open if step.does is Does.TELL_BOARD)
    return found.open


def _clocks(found: Standing, zone: ZoneInfo, at: datetime, free_days: Collection[date]) -> dict[str, Any]:
    if not found.process.working_days:
        return {}
    day = working_days_later(found.received_at, found.process.working_days, zone, free_days)
    ends = day_is_over(day, zone)
    answered = found.ended_at if found.ended_at is not None else at
    return {"due": day, "due_ends": ends, "overdue": answered >= ends}
