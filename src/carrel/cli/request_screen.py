"""Requests on the screen and in writing: the list with its clocks, one request, and the letter to the person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.request_desk import day_of
from carrel.cli.request_follow import follow_all
from carrel.cli.request_rules import Rules, rules_of
from carrel.cli.screen import put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit, shown
from carrel.inventory.site import May
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.rights.event import Act, Event
from carrel.rights.letter import Said, Sender, letter
from carrel.rights.request import Right, Route
from carrel.rights.vendor_receipt import request_id
from carrel.rights.work import ACCESS

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.site import Site
    from carrel.rights.request import Request
    from carrel.rights.standing import Standing
    from carrel.store.store import Store

_NEVER = "9999"


def list_all(*, every: bool, site_path: Path, as_json: bool) -> int:
    """Every open request, overdue ones first.

    Returns:
        3 when one is overdue.
    """
    site = open_site(site_path)
    rules, at = rules_of(site), now()
    with open_store(site) as store:
        store.requests.purge(at, rules.clocks.kept)
        follow_all(store, rules)
        found = [(one, rules.standing(one, at)) for one in store.requests.all(open_only=not every)]
    found.sort(key=lambda one: (one[1].state.is_final, day_of(one[1].due) or _NEVER, one[0].id))
    overdue = sum(here.overdue for _, here in found)
    if as_json:
        put_json({"requests": [as_dict(one, here) for one, here in found], "overdue": overdue})
    else:
        put_table(
            "Requests",
            ("request", "right", "state", "due", "waits for", "seen to by"),
            [_row(one, here) for one, here in found],
        )
        say(_sum(len(found), overdue, every=every))
    return int(Exit.FINDINGS if overdue else Exit.DONE)


def _sum(count: int, overdue: int, *, every: bool) -> str:
    told = amount(count, "request" if every else "open request")
    return (
        f"{told}; {amount(overdue, 'is', 'are')} overdue: answer, and tell the person that it is late."
        if overdue
        else f"{told}; none is overdue."
    )


def _row(one: Request, here: Standing) -> tuple[str, ...]:
    due = day_of(here.due) or "no clock"
    waits = ", ".join(task.to for task in here.waiting) or ", ".join(case.case for case in here.unsettled)
    return one.id, str(one.right), str(here.state), f"{due}, OVERDUE" if here.overdue else due, waits, here.owner


def show_one(*, identity: str, with_words: bool, name: str | None, site_path: Path, as_json: bool) -> None:
    """One request.

    Raises:
        CarrelError: RGT-011; HLD-006, RGT-018 with the words.
    """
    site = open_site(site_path)
    if with_words:
        if name is None:
            raise click.UsageError("--words needs --as NAME")
        allowed(site, name, May.REQUESTS)
    rules = rules_of(site)
    with open_store(site) as store:
        follow_all(store, rules)
        request = store.requests.request(identity)
        words = (store.requests.words(identity), store.requests.words_beside(identity)) if with_words else ("", ())
    here = rules.standing(request, now())
    if as_json:
        told: dict[str, Any] = as_dict(request, here)
        told["events"] = [
            {"act": str(one.act), "at": one.at.isoformat(), "by": one.by, **dict(one.terms)} for one in request.events
        ]
        put_json({"request": told})
        return
    _show(request, here, rules, words)


def _show(request: Request, here: Standing, rules: Rules, words: tuple[str, tuple[str, ...]]) -> None:
    say(f"{request.id}: {request.right}, {here.state}" + (", OVERDUE" if here.overdue else ""))
    due = f"due {day_of(here.due)}" if here.due else "no clock"
    put_line(f"came on {here.received_at.astimezone(rules.zone):%Y-%m-%d} by {request.channel}; {due}")
    put_line(f"identity: {here.identified or 'not verified'}; seen to by {here.owner or 'nobody'}")
    if here.ground:
        put_line(f"ground: {here.ground}")
    if here.decision is not None:
        put_line(f"decision: {here.decision}")
    cases = [
        (one.case, one.kind, one.system, str(one.outcome or ("given up" if one.waived else "not carried out")))
        for one in here.cases
    ]
    put_table("Plans", ("plan", "kind", "system", "outcome"), cases)
    tasks = [
        (one.id, one.to, one.kind, "told" if one.told_at else "", str(one.ended_how or "open"),
         request_id(request.id, one.id) if one.kind in {Route.RECIPIENT, Route.VENDOR} else "")
        for one in here.tasks
    ]  # fmt: skip
    put_table("Tasks", ("task", "to", "kind", "told", "ended", "id for OpenDSR"), tasks)
    own, beside = words
    if own:
        say("Their words:")
        _put_words(own, "  ")
    say("Events:")
    for n, one in enumerate(request.events):
        told = ", ".join(f"{key} {value}" for key, value in one.terms.items() if value)
        put_line(
            f"{one.at.astimezone(rules.zone):%Y-%m-%d %H:%M %Z} {_act_of(one)} by {one.by}"
            + (f": {told}" if told else ""),
            "  ",
        )
        if n < len(beside) and beside[n]:
            _put_words(beside[n], "    ")


def _act_of(event: Event) -> str:
    """What an event says was done; of a plan that was refused or not reached, that it was tried."""
    is_refused = event.term("outcome") == Outcome.NOT_REACHED and event.term("kind") != ACCESS
    return "tried" if is_refused else str(event.act)


def _put_words(text: str, lead: str) -> None:
    for line in shown(text, lines=True).split("\n"):
        put_line(line, lead)


def as_dict(request: Request, here: Standing) -> dict[str, Any]:
    """One request for programs; nobody is named."""
    return {
        "id": request.id,
        "right": str(request.right),
        "state": str(here.state),
        "channel": str(request.channel),
        "language": request.language,
        "received": here.received_at.isoformat(),
        "due": day_of(here.due),
        "extended": bool(here.due and here.due.extended),
        "overdue": here.overdue,
        "late": here.late,
        "identified": here.identified or None,
        "owner": here.owner or None,
        "decision": None if here.decision is None else str(here.decision),
        "ground": here.ground or None,
        "plans": [
            {"case": one.case, "kind": one.kind, "system": one.system, "outcome": one.outcome and one.outcome.value,
             "settled": one.settled}
            for one in here.cases
        ],
        "tasks": [
            {"id": one.id, "kind": one.kind, "to": one.to, "told": one.told_at is not None,
             "ended": None if one.ended_how is None else str(one.ended_how),
             "vendor_request_id": request_id(request.id, one.id)}
            for one in here.tasks
        ],
    }  # fmt: skip


def print_letter(*, identity: str, name: str, site_path: Path, as_json: bool) -> None:
    """What the person gets.

    Raises:
        CarrelError: HLD-006, RGT-011.
    """
    site = open_site(site_path)
    allowed(site, name, May.REQUESTS)
    rules, at = rules_of(site), now()
    with open_store(site) as store:
        follow_all(store, rules)
        text = letter_of(site, store, rules, identity, at)
    if as_json:
        put_json({"letter": text})
    else:
        say(text.rstrip("\n"))


def letter_of(site: Site, store: Store, rules: Rules, identity: str, at: datetime) -> str:
    """The letter about a request, as it stands."""
    request = store.requests.request(identity)
    here = rules.standing(request, at)
    return letter(request, here, sender_of(site, rules), _said(store, rules, request, here))


def sender_of(site: Site, rules: Rules) -> Sender:
    """Who writes letters, with everybody whom the policies name for questions."""
    contacts = dict.fromkeys((one.who, one.write_to) for policy in rules.policies for one in policy.body.contact)
    return Sender(site.library, tuple(contacts), rules.zone)


def _said(store: Store, rules: Rules, request: Request, here: Standing) -> Said:
    beside = store.requests.words_beside(request.id)
    by_act = {event.act: words for event, words in zip(request.events, beside, strict=True) if words}
    where = {
        one.name: f"{', '.join(_in_words(rules, request, each) for each in one.for_)}: {one.contact}"
        for one in rules.clocks.controllers
    }
    reason = by_act.get(Act.REFUSED) or by_act.get(Act.EXTENDED, "")
    return Said(by_act.get(Act.ANSWERED, ""), reason, _stays(store, here), where, _names(rules, request, here), where)


def _names(rules: Rules, request: Request, here: Standing) -> dict[str, str]:
    """Whoever has to do something, in the language of the person where the policies say it."""
    names = {*(one.to for one in here.tasks), *(one.name for one in rules.clocks.controllers)}
    return {name: _in_words(rules, request, name) for name in names}


def _in_words(rules: Rules, request: Request, name: str) -> str:
    said = (policy.said_in(request.language, name) for policy in rules.policies)
    return next((one for one in said if one), name)


def _stays(store: Store, here: Standing) -> tuple[str, ...]:
    """Grounds on which rows stayed, of the erasures that were carried out."""
    found: dict[str, None] = {}
    for one in here.cases if here.right is Right.ERASURE else ():
        if one.kind == Kind.ERASURE and one.outcome is not None:
            try:
                plan = store.erasures.plan(one.case)
            except CarrelError:
                continue
            found |= dict.fromkeys(stay.ground for stay in plan.stays)
    return tuple(found)
