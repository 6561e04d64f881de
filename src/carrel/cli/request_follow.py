"""What ties plans to requests: a plan is linked when it is made, and what became of it is written in when it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.request_rules import Rules, rules_of
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, fault
from carrel.retention.faults import PENDING
from carrel.retention.outcome import Outcome
from carrel.rights import faults
from carrel.rights.admission import may
from carrel.rights.event import Act
from carrel.rights.standing import State
from carrel.rights.work import ACCESS, carried_out, planned, require_fitting
from carrel.systems.site_file import load_site

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site
    from carrel.rights.request import Request
    from carrel.store.recorded_requests import Whose
    from carrel.store.store import Store


@dataclass(frozen=True)
class Link:
    """A request to which a plan is about to be linked.

    Attributes:
        request: its id.
        kind: of the plan.
    """

    request: str
    kind: str

    def require(self, store: Store, rules: Rules, at: datetime, is_theirs: Callable[[Whose], bool]) -> Request:
        """Refuse to link a plan that is not this request's.

        Args:
            store: with the request.
            rules: of the site.
            at: aware time.
            is_theirs: whether the plan is about the person whose request it is, in whichever system.

        Raises:
            CarrelError: RGT-011; RGT-012, identity is missing, or it is over, or of another right; RGT-018; RGT-020.
        """
        request = store.requests.request(self.request)
        may(rules.standing(request, at), Act.PLANNED)
        require_fitting(request.right, self.kind)
        whose = store.requests.subject(self.request)
        if whose is None or not is_theirs(whose):
            raise fault(
                faults.OTHER_PERSON,
                at=self.request,
                wanted="the person whose request it is",
                found="a request of which nobody knows yet whose it is"
                if whose is None
                else "somebody else, or a record that no card of that person's finds",
                because="nothing is done to one person because another asked",
                fix="carrel request identify with the card of whoever asked; or give the card of that person here. In "
                "another system the same card has to find the record: write that card there first, or open a request "
                "for that system",
            )
        return request

    def made(self, store: Store, case: str, system: str, what: str, at: datetime, by: str) -> None:
        """Link a plan that was recorded.

        Raises:
            CarrelError: as `require`, where the request ended meanwhile.
        """
        store.requests.add(self.request, planned(case, self.kind, system, what, at, by))


def linked(here: Premises, request: str | None, kind: str, number: int, at: datetime) -> Link | None:
    """The link that ``--request`` asks for, judged before a plan is recorded.

    Raises:
        CarrelError: as `Link.require`.
    """
    if request is None:
        return None
    link = Link(request, kind)
    from carrel.cli.request_person import is_theirs

    link.require(here.store, rules_of(here.site), at, lambda whose: is_theirs(here, whose, number))
    return link


@contextmanager
def followed(place: Path, site_path: Path) -> Iterator[None]:
    """Write into its request what became of a plan, however the attempt ended.

    A plan that nobody has approved yet was not begun: its request goes on waiting for it, and no event is written.

    Args:
        place: the plan's file.
        site_path: the site file, or its folder.
    """
    site, case = load_site(site_path), _case_in(place)
    try:
        yield
    except BaseException as wrong:
        if isinstance(wrong, CarrelError) and wrong.code == PENDING.code:
            raise
        with suppress(CarrelError):  # what went wrong first is what is told
            follow(site, case, tried=True)
        raise
    with suppress(CarrelError):  # it is done, and was told; whoever looks at the request next writes it in
        follow(site, case, tried=False)


@contextmanager
def handed_out(
    store: Store, link: Link | None, case: str, system: str, at: datetime, by: str
) -> Iterator[Callable[[bool], None]]:
    """Write into its request that an answer was handed out, or was not.

    Args:
        store: with the request.
        link: to it; None where no request was named.
        case: of the answer.
        system: that was asked; empty for all.
        at: aware time.
        by: who answers.

    Yields:
        To be told whether the answer is whole, once its package has its name. One with gaps was handed out all the
        same, and is told apart from one that never came to be.

    Raises:
        CarrelError: RGT-012, the request ended meanwhile.
    """
    found = [Outcome.NOT_REACHED]
    if link is not None:
        link.made(store, case, system, "", at, by)
    try:
        yield lambda whole: found.append(Outcome.VERIFIED if whole else Outcome.UNVERIFIED)
    finally:
        if link is not None:
            store.requests.add(link.request, carried_out(case, ACCESS, found[-1], now()))


def follow(site: Site, case: str, *, tried: bool) -> None:
    """Write into its requests what became of a plan."""
    if not case:
        return
    with open_store(site) as store:
        if store.request_cases.of(case):
            rules = rules_of(site)
            store.request_cases.follow(case, now(), lambda kind, name: rules.told(store, kind, name), tried=tried)


def follow_all(store: Store, rules: Rules) -> None:
    """The same of every open request: what a night carried out, and what a process that died did not come to write."""
    store.request_cases.follow_all(now(), lambda kind, name: rules.told(store, kind, name))


def require_wanted(store: Store, case: str) -> None:
    """Refuse to begin a plan whose request was taken back or refused since.

    Raises:
        CarrelError: RGT-012.
    """
    for request in store.request_cases.of(case):
        ends = [one.act for one in request.events if one.act.is_final]
        if ends and State(ends[0]) in {State.WITHDRAWN, State.REFUSED}:
            raise fault(
                faults.NOT_NOW,
                at=request.id,
                wanted="a request that stands",
                found=f"one that was {ends[0]}",
                because="the plan was made for this request alone",
                fix="leave the plan; it is forgotten by itself",
            )


def _case_in(place: Path) -> str:
    """The case of a plan for one person; whether the file is sound is judged by whoever carries it out."""
    try:
        body = json.loads(place.read_text(encoding="utf-8"))
        found = body.get("case", "")
    except (OSError, ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""
