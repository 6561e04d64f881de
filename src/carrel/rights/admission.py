"""Whether something may be done to a request as it stands; whoever writes an event down asks here first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from carrel.errors import CarrelError, fault
from carrel.retention.outcome import Outcome
from carrel.rights import faults
from carrel.rights.clocks import Clocks
from carrel.rights.course import Act, Event, LinkedCase, Standing, State, standing
from carrel.rights.deadline import Extension, deadline
from carrel.rights.request import GOES_ON_AS, Decision, Ground, Request, Right, Route

# What is done to a request before it is known that it is the person: nothing that would tell anything.
_BEFORE_IDENTITY = frozenset(
    {Act.IDENTIFIED, Act.ASSIGNED, Act.EXTENDED, Act.NOTED, Act.REFUSED, Act.WITHDRAWN, Act.RECEIVED}
)
_DISPUTED = frozenset({Decision.REFUSED, Decision.PARTLY})
_CHANGES = frozenset({Decision.UPHELD, Decision.PARTLY})  # of a challenge: something has to follow from it
_MAY_HAVE_GAPS = frozenset({"access"})  # an answer that names what could not be read is one (MITL-9.1)
_NEEDED: Mapping[Act, tuple[str, ...]] = {
    Act.IDENTIFIED: ("how",),
    Act.ASSIGNED: ("owner",),
    Act.PLANNED: ("case", "kind"),
    Act.CARRIED_OUT: ("case", "kind", "outcome"),
    Act.TASKED: ("task", "kind", "to"),
    Act.TOLD: ("task",),
    Act.REPLIED: ("task",),
    Act.DECIDED: ("decision",),
    Act.REFUSED: ("ground",),
}
_CARRIED_OUT_BY: Mapping[Right, str] = {
    Right.ACCESS: "carrel access FILE",
    Right.PORTABILITY: "carrel access FILE",
    Right.RECTIFICATION: "carrel plan --rectify FILE",
    Right.ERASURE: "carrel plan --erase FILE",
    Right.RESTRICTION: "carrel plan --restrict FILE",
    Right.OBJECTION: "carrel consent withdraw FILE",
}
_WORDS = frozenset({Act.EXTENDED, Act.NOTED, Act.WAIVED, Act.STATED, Act.REFUSED})
_CLOSED = {"decision": Decision, "ground": Ground}


def may(now: Standing, act: Act) -> None:
    """Whether an act may be done to a request as it stands, whatever it says in detail.

    Args:
        now: where the request stands.
        act: which.

    Raises:
        CarrelError: RGT-012, the request is over, or nobody made sure yet that it is the person (MITL-9.8); RGT-013,
            it cannot be answered: a task is open (MITL-9.7), a plan was not carried out and read back, or nothing was.
    """
    if act is Act.MAILED and not now.identified:
        raise _unknown(act)
    if now.state.is_final:
        if act is not Act.MAILED and not (act is Act.STATED and _may_be_stated(now)):
            raise _not_now(act, "a request that is open", now.state, "open a new request")
        return
    if act is Act.RECEIVED:
        raise _not_now(act, "a request that was not received yet", now.state, "open a new request")
    if now.state is State.RECEIVED and act not in _BEFORE_IDENTITY:
        raise _unknown(act)
    if act is Act.STATED and not _may_be_stated(now):
        raise _not_now(act, "a challenge that was refused", now.decision or "no decision", "decide the challenge first")
    if act is Act.ANSWERED:
        _require_settled(now)


def require_accepted(how: str, clocks: Clocks) -> None:
    """Refuse to take somebody for the person by what no policy in force accepts.

    Args:
        how: it was made sure.
        clocks: of the policies in force.

    Raises:
        CarrelError: RGT-014.

    Source:
        MITL-9.8.
    """
    if not clocks.accepts(how):
        raise fault(
            faults.REASON,
            at="identity",
            wanted=f"one of these: {', '.join(sorted(clocks.identity or ()))}",
            found="another",
            because="MITL-9.8: the policy says by what somebody is known to be the person ('rights: identity:')",
            fix="ask the person for it; where there is none, the request is refused as 'identity not verified'",
        )


def _unknown(act: Act) -> CarrelError:
    return _not_now(
        act, "somebody of whom it is known that it is the person", "nobody made sure of that yet",
        "make sure of it, and give `carrel request identify`", because="MITL-9.8: before a right is exercised",
    )  # fmt: skip


def admit(request: Request, event: Event, words: str, clocks: Clocks, zone: ZoneInfo, now: datetime) -> None:
    """Whether an event may be written down.

    Args:
        request: as it is, inside the transaction that will write.
        event: that is new.
        words: that would be sealed beside it; empty for none.
        clocks: of the policies in force.
        zone: of the library.
        now: aware time.

    Raises:
        CarrelError: as `may`; RGT-001, an extension that no rule gives or that was told too late; RGT-012, a task or
            plan that is not open; RGT-013, it is said that nothing is held of a record that is known, and nobody
            looked; RGT-014, something is missing: a ground, a reason, how, the answer to a question; RGT-019, a time
            to come.
    """
    if event.at > now:
        raise fault(faults.MOMENT, at=event.act, wanted="now, or a time before", found="a time to come", fix="wait")
    before = standing(request.right, request.events, clocks, zone, now)
    may(before, event.act)
    _require_terms(request, event, words)
    match event.act:
        case Act.IDENTIFIED:
            require_accepted(event.term("how"), clocks)
        case Act.EXTENDED:
            _extend(request, before, event, clocks, zone, words)
        case Act.WAIVED if event.term("change"):
            _change(before)
        case Act.TASKED | Act.TOLD | Act.REPLIED | Act.WAIVED:
            _task(before, event)
        case Act.DECIDED if event.term("decision") == Decision.NOTHING_HELD:
            _nothing_held(request, event)
        case Act.CARRIED_OUT if not (known := before.case(event.term("case"))) or known.kind != event.term("kind"):
            raise _not_now(event.act, "a plan that was linked to this request", "another", "link the plan first")
        case Act.REFUSED if event.term("ground") == Ground.ELSEWHERE and clocks.controllers:
            _elsewhere(before)
        case Act.PLANNED if before.case(event.term("case")):
            raise _not_now(event.act, "a plan that is new", "one that is linked already", "nothing is left to do")
        case _:
            pass


def _require_settled(now: Standing) -> None:
    left = [f"waiting for {one.to} ({one.id})" for one in now.waiting]
    left += [f"{one.case}: {one.outcome or 'not carried out'}" for one in now.unsettled]
    if now.right.needs_work and not now.done:
        left.append("nothing was carried out and read back")
    if now.right is Right.CHALLENGE and now.decision is None:
        left.append("nothing was decided")
    if now.right is Right.CHALLENGE and now.decision in _CHANGES and not (now.done or now.changes_nothing):
        left.append("the person is right, and nothing was carried out and read back")
    if left:
        raise fault(
            faults.UNSETTLED,
            at=now.right,
            wanted="all that belongs to it done, and read back",
            found="; ".join(left),
            because="MITL-9.7: a request does not close while somebody who got the data was not told, and what was not "
            "read back is not done",
            fix=_to_settle(now),
        )


def _to_settle(now: Standing) -> str:
    """What brings a request nearer to its answer, by the command that does it."""
    ways = []
    if now.waiting:
        ways.append("`carrel request reply` when they answered, or `carrel request waive` with a reason")
    if now.unsettled:
        ways.append("`carrel apply` of the plan that is named; one that was never begun can be waived")
    elif (verb := _CARRIED_OUT_BY.get(now.right)) and not now.done:
        ways.append(f"`{verb} --request ID`; where nothing is held, `carrel request decide` says so")
    if now.right is Right.CHALLENGE and now.decision is None:
        ways.append("`carrel request decide`")
    return "; ".join(ways) or "see to what is left with `carrel request show`"


def _require_terms(request: Request, event: Event, words: str) -> None:
    needed = [name for name in _NEEDED.get(event.act, ()) if not event.term(name)]
    if event.act is Act.WAIVED and sum(bool(event.term(one)) for one in ("task", "case", "change")) != 1:
        needed.append("a task or a case")
    if event.act is Act.ANSWERED and request.right is Right.QUESTION and not words.strip():
        needed.append("the answer")
    if event.act is Act.DECIDED and event.term("decision") == Decision.NOTHING_HELD and not words.strip():
        needed.append("how that is known")
    if event.term("ground") == Ground.ANEW and not event.term(GOES_ON_AS):
        needed.append("as which request it goes on")
    if event.act in _WORDS and not words.strip():
        needed.append("a reason" if event.act in {Act.EXTENDED, Act.WAIVED, Act.REFUSED} else "words")
    for name, known in _CLOSED.items():
        if (said := event.term(name)) and said not in {str(one) for one in known}:
            needed.append(f"{name}, one of: {', '.join(known)}")
    if needed:
        raise fault(
            faults.REASON,
            at=event.act,
            wanted=", ".join(needed),
            found="nothing, or something else",
            because="whoever reads the request later has to see why",
            fix="say it",
        )


def _extend(request: Request, before: Standing, event: Event, clocks: Clocks, zone: ZoneInfo, words: str) -> None:
    if before.due is not None and before.due.extended:
        raise fault(
            faults.NOT_EXTENDED,
            at=before.due.regime,
            wanted="a request that was not given more time yet",
            found="one that was",
            because="GDPR Art. 12(3): once",
            fix="answer now, and tell the person that it is late",
        )
    after = standing(request.right, (*request.events, event), clocks, zone, event.at).due
    if before.due is not None and after is not None and after.ends > before.due.ends:
        return
    for clock in clocks.of(request.right).clocks:  # why it gains nothing: what one of them refuses
        deadline(clock, before.received_at, zone, extension=Extension(event.at, words), free_days=clocks.free_days)
    raise fault(
        faults.NOT_EXTENDED,
        at=request.right,
        wanted="a clock that gives more time",
        found="none that runs" if before.due is None else "another clock ends by then all the same",
        fix="note it, and answer when you can",
    )


def _task(before: Standing, event: Event) -> None:
    if name := event.term("case"):
        case = before.case(name)
        begun = case is not None and case.outcome is not None and not _may_be_left(case)
        if event.act is Act.WAIVED and (case is None or begun or case.settled):
            raise _not_now(
                event.act, "a plan of this request that was not begun", "none, or one that was",
                "make a new plan and carry it out: what failed is not waived, it is mended",
            )  # fmt: skip
        return
    task = before.task(event.term("task"))
    opens = event.act in {Act.TASKED, Act.TOLD} and event.term("kind") and event.term("to")
    if task is None and not opens:
        raise _not_now(event.act, "a task of this request", "no such task", "look it up with `carrel request show`")
    if task is None and event.term("kind") not in {str(one) for one in Route}:
        raise _not_now(event.act, f"a task of one of these kinds: {', '.join(Route)}", "another", "name one of them")
    if task is not None and event.term("to") not in {"", task.to}:  # two who told somebody at once took one number
        raise _not_now(event.act, f"a task that waits for {task.to}", "another's", "give the command again")
    if task is not None and (event.act is Act.TASKED or task.ended_at is not None):
        found = "one that is over" if task.ended_at else "one that is there already"
        raise _not_now(event.act, "a task that is open", found, "look it up with `carrel request show`")


def _nothing_held(request: Request, event: Event) -> None:
    """Refuse to say of a record that is known that nothing is held, unless somebody looked just now."""
    if request.about_somebody and event.term("looked") != request.system:
        raise fault(
            faults.UNSETTLED,
            at=Decision.NOTHING_HELD,
            wanted="a look into the system that found no record",
            found="a request whose record is known",
            because="MITL-9.1: what is held is told; nobody looked",
            fix="give the plan that answers this request, with `--request`; where the record is gone since, "
            "`carrel request decide` looks, and takes it",
        )


def _elsewhere(before: Standing) -> None:
    """Refuse to say that another office answers while none was told; of whom nobody knows who it is, none is."""
    if before.state is not State.RECEIVED and not any(
        one.kind == Route.CONTROLLER and one.told_at is not None for one in before.tasks
    ):
        raise _not_now(
            Act.REFUSED, "a controller of the policy who was told", "none",
            "`carrel request tell ID --controller NAME` first",
            because="MITL-9.11: a request that another office answers is directed there",
        )  # fmt: skip


def _change(before: Standing) -> None:
    if before.right is not Right.CHALLENGE or before.decision not in _CHANGES or before.changes_nothing:
        raise _not_now(
            Act.WAIVED, "a challenge that was upheld, from which no plan follows", before.decision or "no decision",
            "decide the challenge first",
        )  # fmt: skip


def _may_be_left(case: LinkedCase) -> bool:
    """Whether somebody may say that it is enough: of an answer with gaps, and where only a log or backup is left.

    An answer of which no package came to be has no gaps: there is none.
    """
    gaps = case.kind in _MAY_HAVE_GAPS and case.outcome is Outcome.UNVERIFIED
    return case.outcome is Outcome.RESIDUE or gaps


def _may_be_stated(now: Standing) -> bool:
    if now.right is not Right.CHALLENGE or now.stated:
        return False
    return now.state is State.REFUSED or (now.state is not State.WITHDRAWN and now.decision in _DISPUTED)


def _not_now(act: Act, wanted: str, found: str, fix: str, because: str = "") -> CarrelError:
    return fault(faults.NOT_NOW, at=act, wanted=wanted, found=str(found), because=because, fix=fix)
