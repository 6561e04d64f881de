"""A plan of a file, compared with what the store recorded; the file alone is never believed."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import Table, select

from carrel.errors import fault
from carrel.store import faults
from carrel.store.database import Database
from carrel.store.plans import canonical, tampered


class RecordedPlan(Protocol):
    """What any recorded plan has."""

    @property
    def digest(self) -> str:
        """SHA-256, hex."""

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Self:
        """Read a plan back."""


PlanT = TypeVar("PlanT", bound=RecordedPlan)


def recorded(database: Database, table: Table, kind: type[PlanT], body: Any, at: str) -> PlanT:
    """The plan of a file, if it is to the byte what this store recorded.

    Args:
        database: of the store.
        table: of such plans, with ``digest`` and ``body``.
        kind: of plan.
        body: the file's JSON, read.
        at: the file's name, for the error.

    Raises:
        CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.
    """
    try:
        plan = kind.from_dict(body)
    except (ValueError, TypeError):
        raise tampered(at) from None
    with database.reading() as connection:
        known = connection.execute(select(table.c.body).where(table.c.digest == plan.digest)).scalar()
    if known is None:
        raise fault(
            faults.UNKNOWN_PLAN,
            wanted="a plan that this store recorded",
            found=f"digest {plan.digest[:16]}",
            fix="plan again with this site's Carrel, and approve that plan",
        )
    if canonical(known) != canonical(body):
        raise tampered(at)
    return plan
