"""One index that two log services of a site file name: under two entries it would have two periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from carrel.errors import CarrelError, fault
from carrel.inventory.log_service import FoundIndex, LogService
from carrel.systems import faults
from carrel.systems.log_services.account import signed_in

Keys = dict[str, str]


def keys_of(service: LogService, parts: Iterable[FoundIndex]) -> Keys:
    """What tells the indices of a service from those of any other, each with the name of its index.

    Two addresses can lead to one cluster: an index is known by its own number, and by its place and name.
    """
    found = {}
    for part in parts:
        found[f"{_place(service)} {part.found}"] = part.found
        if part.uuid:
            found[part.uuid] = part.found
    return found


def shared(mine: Keys, service: LogService, other: LogService, theirs: Keys) -> CarrelError | None:
    """The error of an index that both name; None where there is none."""
    name = min((mine[key] for key in mine.keys() & theirs.keys()), default=None)
    if name is None:
        return None
    return fault(
        faults.LOG_ENTRY,
        at=f"log-service {service.name}, {name}",
        wanted="one entry for each index, over all log services",
        found=f"log-service {other.name} names it as well",
        because="by the period of one entry what the other keeps would go",
        fix="write patterns that name no index twice",
    )


def refuse_shared(service: LogService, others: Sequence[LogService], at: datetime) -> None:
    """Refuse a service of which another one names an index too; only reads.

    One that cannot be asked is left out, unless it lies at the same address.

    Raises:
        CarrelError: HLS-008, and those of the way to the services.
    """
    others = [one for one in others if one.reached and one.name != service.name]
    if not others:
        return
    mine = _keys(service, at)
    for other in others:
        try:
            theirs = _keys(other, at)
        except CarrelError:
            if _place(other) == _place(service):
                raise
            continue
        if (wrong := shared(mine, service, other, theirs)) is not None:
            raise wrong


def _keys(service: LogService, at: datetime) -> Keys:
    with signed_in(service, at) as account:
        return keys_of(service, account.parts())


def _place(service: LogService) -> str:
    where = service.address
    return f"{where.hostname}:{where.port or where.scheme}{where.path.rstrip('/')}"
