"""Which rights the key of a log service has, for ``carrel doctor``: those for looking, and those for deleting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from carrel.errors import CarrelError
from carrel.inventory.log_service import Delete, Interface, LogService
from carrel.inventory.site import Site
from carrel.systems.check import Check, State, finding, ok, unknown
from carrel.systems.log_services.account import signed_in
from carrel.systems.log_services.connection import Maybe
from carrel.systems.log_services.shapes import table

_CLUSTER = ("monitor", "read_ilm", "monitor_snapshot")
_READ = ("read", "view_index_metadata", "monitor")
_EVENTS = ("delete", "maintenance")
_INDICES = ("delete_index", "manage")
_TOO_MUCH = ("manage", "all")  # of the whole cluster


def rights_checks(site: Site, now: datetime) -> Iterator[Check]:
    """One line for each log service that can be asked."""
    for service in site.log_services:
        if service.reached:
            yield _rights(service, now)


def _rights(service: LogService, now: datetime) -> Check:
    name = f"log-service {service.name}: rights"
    if service.interface is Interface.OPENSEARCH:
        return unknown(name, "this product does not tell what a user may do; what is refused is told where it is asked")
    try:
        with signed_in(service, now) as account:
            told = account.way.look(
                "/_security/user/_has_privileges", {}, _asked(service), right="", maybe=Maybe.QUESTION
            )
            if told is None:
                return unknown(name, "the service does not tell what the key may do")
            return _judged(name, service, told)
    except CarrelError as error:
        first = error.faults[0]
        detail = ": ".join(filter(None, (first.condition.code, first.condition.title, first.found)))
        return Check(name, State.UNKNOWN, detail, first.fix)


def _asked(service: LogService) -> dict[str, Any]:
    names = [one.index for one in service.indices]
    return {
        "cluster": [*_CLUSTER, *_TOO_MUCH],
        "index": [{"names": names, "privileges": [*_READ, *_EVENTS, *_INDICES]}],
    }


def _judged(name: str, service: LogService, told: Any) -> Check:
    cluster, index = table(told, "cluster"), [table(one) for one in table(told, "index").values()]

    def lacks(right: str) -> bool:
        return any(not one.get(right) for one in index)

    reading = [f"{one} (cluster)" for one in _CLUSTER if not cluster.get(one)] + [one for one in _READ if lacks(one)]
    ways = {Delete.EVENTS: _EVENTS, Delete.INDICES: ("maintenance", *_INDICES)}
    changing = [one for one in ways.get(service.delete, (*_EVENTS, *_INDICES)) if lacks(one)]
    if reading:
        return finding(name, f"to look, the key lacks: {', '.join(reading)}", "give it these, for these indices only")
    if too_much := [one for one in _TOO_MUCH if cluster.get(one)]:
        fix = "give it a key of its own, with the rights that docs/log-services.md lists"
        return finding(name, f"the key may do more than it needs: {too_much[0]} (cluster)", fix)
    if changing:
        return ok(
            name, f"it may look, and delete nothing: for `carrel log-service apply` it lacks {', '.join(changing)}"
        )
    return ok(name, "it may look and delete, as `carrel log-service apply` needs it")
