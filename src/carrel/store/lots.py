"""Lots of persons who are erased together because their cards have lapsed: sealed cases without a plan of their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, insert, select, update

from carrel.retention.identifiers import Subject
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.erasures import KEPT_UNVERIFIED, LOT, REDUCED_TO, new_case
from carrel.store.sealed_cases import RUNNING, case_key


class Lots:
    """The lots of a store. A lot is a case like any other: intended, noted, finished and forgotten by `Erasures`."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def begin(self, system: str, plan: str, subjects: Sequence[Subject], now: datetime) -> str:
        """Keep a lot, sealed, before anything of it is taken out.

        Args:
            system: whose.
            plan: digest of the plan by which it is erased.
            subjects: with everything that is searched for afterwards.
            now: aware time.

        Returns:
            The id of the case.
        """
        case = new_case()
        key = case_key(self._folder, case)
        key.create()
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(
                insert(tables.erasure).values(
                    case=case,
                    digest=hashlib.sha256(f"{LOT} {case}".encode()).hexdigest(),
                    system=system,
                    made_at=now,
                    body={"kind": LOT, "plan": plan, "people": len(subjects)},
                    sealed=key.seal_text(json.dumps([one.to_json() for one in subjects])),
                    state=RUNNING,
                    rows={},
                    unknown=False,
                    started_at=now,
                )
            )
        return case

    def open(self, system: str) -> tuple[str, ...]:
        """Lots that were begun and are not over, the oldest first: interrupted, or somebody was found afterwards."""
        table = tables.erasure
        query = select(table.c.case, table.c.body).where(table.c.system == system, table.c.state == RUNNING)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.c.started_at, table.c.case)).all()
        return tuple(row.case for row in rows if row.body.get("kind") == LOT)

    def abandoned(self, system: str, now: datetime) -> tuple[str, ...]:
        """Lots that were begun thirty days ago, and of which no attempt ever came to an end."""
        table = tables.erasure
        old = and_(table.c.finished_at.is_(None), table.c.started_at < now - KEPT_UNVERIFIED)
        with self._database.reading() as connection:
            names = set(connection.execute(select(table.c.case).where(old)).scalars())
        return tuple(case for case in self.open(system) if case in names)

    def taken_over(self, case: str, plan: str, people: int) -> None:
        """Count a lot of an earlier plan against the bound of the plan by which it is carried on.

        Args:
            case: the lot.
            plan: digest of the plan that carries it on.
            people: of the lot whose record is there still.
        """
        table = tables.erasure
        with self._database.writing() as connection:
            body = connection.execute(select(table.c.body).where(table.c.case == case)).scalar_one()
            if body["plan"] != plan:
                changed = {**body, "plan": plan, "people": people}
                connection.execute(update(table).where(table.c.case == case).values(body=changed))

    def reduces_to(self, case: str, columns: Collection[str]) -> None:
        """Write down what stays of payers in a lot, before any record is reduced.

        A later policy may keep less, or nothing: a record that was reduced is known by what was left of it.
        """
        table = tables.erasure
        with self._database.writing() as connection:
            body = connection.execute(select(table.c.body).where(table.c.case == case)).scalar_one()
            known = body.get(REDUCED_TO, [])
            if sorted(columns) not in known:
                changed = {**body, REDUCED_TO: [*known, sorted(columns)]}
                connection.execute(update(table).where(table.c.case == case).values(body=changed))

    def drawn(self, system: str, plan: str) -> int:
        """How many people a plan has begun to erase.

        Guarantees:
            Never fewer than it has erased, wherever a process died: a lot is written down before anybody of it goes.
        """
        table = tables.erasure
        with self._database.reading() as connection:
            bodies = connection.execute(select(table.c.body).where(table.c.system == system)).scalars().all()
        return sum(body.get("people", 0) for body in bodies if body.get("kind") == LOT and body.get("plan") == plan)

    def subjects(self, case: str) -> tuple[Subject, ...] | None:
        """Who is in a lot; None once its key is gone, for then nobody can tell any more."""
        with self._database.reading() as connection:
            sealed = connection.execute(
                select(tables.erasure.c.sealed).where(tables.erasure.c.case == case)
            ).scalar_one()
        text = case_key(self._folder, case).open_text(sealed) if sealed else None
        return None if text is None else tuple(Subject.from_json(one) for one in json.loads(text))
