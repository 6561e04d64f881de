"""Consumers: jobs, preferences and screens of the product that read what a plan changes, and what follows for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from carrel.errors import CarrelError, Fault
from carrel.inventory import faults
from carrel.inventory.system_map import Consumer, SystemMap

LONGEST_WAIVER = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody answers for running a destructive job all the same, until a day and for a reason."""

    by: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class NotUsed:
    """The site declares that it does not use a consumer; nothing in a database could show the use of a cron job."""


Declaration = Waiver | NotUsed


@dataclass(frozen=True, slots=True)
class Blocker:
    """A destructive consumer in use: the plan may not be applied until it is changed or waived."""

    consumer: str
    reads: tuple[str, ...]
    afterwards: str
    because: str
    fix: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the desk will notice of a consumer, or who answers for it."""

    consumer: str
    afterwards: str
    waived_by: str = ""
    waived_until: date | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a plan does to the consumers of a product."""

    blockers: tuple[Blocker, ...]
    notices: tuple[Notice, ...]

    def require_none(self, at: str) -> None:
        """Stop where a destructive consumer is in use.

        Raises:
            CarrelError: MAP-004, one fault for each.
        """
        if self.blockers:
            raise CarrelError(
                tuple(
                    Fault(
                        faults.CONSUMER,
                        at=f"{at}: {one.consumer}",
                        found=one.afterwards,
                        because=one.because,
                        fix=one.fix,
                    )
                    for one in self.blockers
                )
            )


def effects(
    system_map: SystemMap,
    changed: Collection[str],
    declared: Mapping[str, Declaration],
    as_of: date,
    *,
    seen: Mapping[str, bool] | None = None,
) -> Effects:
    """What a plan does to whatever reads the columns that it changes.

    Args:
        system_map: lists the consumers.
        changed: ``table.column``, or ``table.*`` where rows go (see `carrel.inventory.coverage.changed_columns`).
        declared: what the site says of its use, by the consumer's name.
        as_of: the day on which waivers are judged; one that ends on this day still holds.
        seen: for consumers whose use the product's own settings tell, whether they are in use.

    Returns:
        Blockers, and what the desk will notice, in the order of the map.

    Raises:
        CarrelError: MAP-004, a declaration names no consumer of the map.

    Guarantees:
        A destructive consumer of a changed column is a blocker unless the site declared it unused or waived it for
        this day. Changing more columns never makes a blocker go away.
    """
    known = {consumer.name for consumer in system_map.consumers}
    if unknown := sorted(set(declared) - known):
        raise CarrelError(
            tuple(
                Fault(
                    faults.CONSUMER,
                    at=f"consumers: {name[:60]}",
                    found="a name that the map does not have",
                    fix=f"write one of: {', '.join(sorted(known))}",
                )
                for name in unknown
            )
        )
    blockers, notices = [], []
    for consumer in system_map.consumers:
        touched = tuple(column for column in consumer.reads if _touched(column, changed))
        declaration = declared.get(consumer.name)
        if not touched or isinstance(declaration, NotUsed) or (seen or {}).get(consumer.name) is False:
            continue
        waiver = declaration if isinstance(declaration, Waiver) else None
        if consumer.destructive and not _in_force(waiver, as_of):
            blockers.append(_blocker(consumer, touched, waiver))
        else:
            notices.append(_notice(consumer, waiver))
    return Effects(tuple(blockers), tuple(notices))


def _touched(column: str, changed: Collection[str]) -> bool:
    table, _, name = column.partition(".")
    if name == "*":
        return any(one.partition(".")[0] == table for one in changed)
    return column in changed or f"{table}.*" in changed


def _in_force(waiver: Waiver | None, as_of: date) -> bool:
    return waiver is not None and as_of <= waiver.until <= as_of + LONGEST_WAIVER


def _blocker(consumer: Consumer, touched: tuple[str, ...], waiver: Waiver | None) -> Blocker:
    because = "nothing in the database tells whether it runs, so it counts as in use"
    if waiver is not None:
        because = f"the waiver by {waiver.by} ends on {waiver.until}; one may last 366 days at most, from today on"
    fix = consumer.fix or "change or stop it, then declare it under 'consumers' in carrel.yaml"
    return Blocker(consumer.name, touched, consumer.afterwards, because, fix)


def _notice(consumer: Consumer, waiver: Waiver | None) -> Notice:
    if waiver is None:
        return Notice(consumer.name, consumer.afterwards)
    return Notice(consumer.name, consumer.afterwards, waiver.by, waiver.until)
