"""Restrictions of processing that are in force: whom they are about, and what they keep from disposal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select

from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.legal_hold import Keeping, Scope
from carrel.retention.outcome import Outcome
from carrel.retention.restriction import AUTHORITY, INSTEAD, KEEP, LOST
from carrel.rights.event import Act
from carrel.rights.request import Right
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.person_cases import IN_FORCE, PersonCase, PersonCases, Sealed, case_of
from carrel.store.requests import Requests
from carrel.store.sealed_cases import RUNNING

VERIFIED = Outcome.VERIFIED.value


class Restrictions:
    """The restrictions among the cases of a store."""

    def __init__(self, database: Database, cases: PersonCases) -> None:
        self._database, self._cases = database, cases
        self._requests: Requests | None = None

    def with_requests(self, requests: Requests) -> None:
        """Honour open requests for restriction as well, from the moment that it is known who asks."""
        self._requests = requests

    def restricted(self, system: str) -> frozenset[int]:
        """Whose data are not used on a system: restrictions in force, and requests for one that are open.

        A request that a person was identified for holds at once, whoever still has to plan and approve (MITL-9.4). It
        ends with the request, or with the restriction that was put in force for it and lifted since.

        Raises:
            CarrelError: ERA-004, RGT-018: of one of them nobody can tell whose it is, and it could be anybody.
        """
        return frozenset(self.people(system).values()) | self.asked_for(system)

    def asked_for(self, system: str) -> frozenset[int]:
        """Whose request for a restriction is open on a system, and not carried out yet.

        Raises:
            CarrelError: RGT-018.
        """
        return frozenset(number for _, number, _ in self._asked(system))

    def asking(self, system: str) -> tuple[tuple[str, int, datetime], ...]:
        """Each such request with the number of whoever asks, and since when that is known.

        Raises:
            CarrelError: RGT-018.
        """
        return tuple(self._asked(system))

    def _asked(self, system: str) -> Iterator[tuple[str, int, datetime]]:
        """Each such request, whose it is, and since when that is known."""
        for request in () if self._requests is None else self._requests.all(open_only=True):
            known = [one.at for one in request.events if one.act is Act.IDENTIFIED]
            done = any(one.act is Act.CARRIED_OUT and one.term("outcome") == VERIFIED for one in request.events)
            if request.right is not Right.RESTRICTION or request.system != system or done or not known:
                continue
            whose = None if self._requests is None else self._requests.subject(request.id)
            if whose is not None:
                yield request.id, whose.number, known[-1]

    def in_force(self, system: str | None = None) -> tuple[PersonCase, ...]:
        """Restrictions from the moment that their switches begin to be written until they are lifted, oldest first."""
        table = tables.person_case
        query = select(table).where(table.c.kind == Kind.RESTRICTION, table.c.state.in_([RUNNING, IN_FORCE]))
        if system is not None:
            query = query.where(table.c.system == system)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.c.started_at, table.c.case)).all()
        return tuple(case_of(row) for row in rows)

    def lost(self, system: str | None = None) -> tuple[str, ...]:
        """The cases of restrictions in force whose key is gone: nobody can tell whom they are about."""
        return tuple(one.case for one in self.in_force(system) if not self._cases.can_open(one.case))

    def known(self, system: str, *, but: Collection[str] = ()) -> dict[str, int]:
        """As `people`, of those whose key is there: enough to recognise somebody, not to say that it is nobody."""
        lost = self.lost(system)
        return self.people(system, but=(*but, *lost))

    def people(self, system: str, *, but: Collection[str] = ()) -> dict[str, int]:
        """Who is restricted on a system: the person's number by case.

        Args:
            system: of the site.
            but: cases that are left out, because they are the one in hand or about to end.

        Raises:
            CarrelError: ERA-004, one cannot be read. Whoever would go on without it would break a promise to somebody.
        """
        mine = (one.case for one in self.in_force(system) if one.case not in but)
        return {case: int(self._sealed(case)["number"]) for case in mine}

    def _keeps(self, case: str) -> bool:
        """Whether it spares records from disposal; that is told without the key."""
        return self._cases.terms(case)[KEEP] == "yes"

    def require_all(self, system: str) -> None:
        """Refuse to say that somebody is not restricted while it could be whom a lost case is about.

        Raises:
            CarrelError: ERA-004.
        """
        for case in self.lost(system):
            self._sealed(case)

    def _sealed(self, case: str) -> Sealed:
        if not self._cases.can_open(case):
            raise fault(
                faults.CASE_SHUT,
                at=case,
                wanted="the key of a restriction that is in force",
                found="it is gone from the folder `cases`",
                because="whose records must be kept cannot be told without it, and they could be anybody's"
                if self._keeps(case)
                else "whom it is about cannot be told without it, and it could be anybody",
                changed="nothing",
                fix="put its file back from a copy of the site's folder; where there is none, `carrel plan --restrict` "
                f"the same person with `{INSTEAD}: {case}`; where nobody can tell who it is, `carrel plan --lift` with "
                f"`case: {case}` and `lift: {{{LOST}: DATE}}`; see `docs/restrict.md`, A lost key",
            )
        return self._cases.sealed(case)

    def end_with(self, system: str, erased: Collection[int]) -> None:
        """End the restrictions of persons whose record is gone: who it was, and how it was set, is forgotten.

        Args:
            system: of the record.
            erased: numbers of persons; to be called while their own case still knows them, so that it can be repeated.
                A restriction whose key is lost stays in force: nobody can tell whether it is one of theirs.
        """
        for case, number in self.known(system).items() if erased else ():
            if number in erased:
                self._cases.end(case)

    def keepings(self, system: str) -> tuple[Keeping, ...]:
        """The restrictions that spare a person's records from every disposal.

        An open request for one spares them too: what somebody needs for a claim is not gone before it is planned.

        Raises:
            CarrelError: ERA-004, RGT-018: one of them cannot be read. One that spares nothing is not asked for.
        """
        found = [
            Keeping(name, Scope(persons=(number,)), AUTHORITY, AUTHORITY, since, None)
            for name, number, since in self._asked(system)
        ]
        for one in self.in_force(system):
            if self._keeps(one.case) and one.started_at is not None:
                scope = Scope(persons=(int(self._sealed(one.case)["number"]),))
                found.append(Keeping(one.case, scope, AUTHORITY, AUTHORITY, one.started_at, None))
        return tuple(found)
