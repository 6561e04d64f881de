"""What goes wrong on the way to a log service, as one of our errors; no word of the service's own is passed on."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from typing import Any

from carrel.errors import CarrelError, fault
from carrel.inventory.log_service import LogService
from carrel.systems import faults
from carrel.systems.log_services.shapes import table
from carrel.systems.service_way import said_plainly

TIMEOUT_SECONDS = 30.0
ANSWER_SECONDS = 120.0  # for the whole of an answer
TRIES = 3
MOST_BYTES = 64 << 20
BUSY = frozenset({429, 502, 503, 504})
_REDIRECT = 3


def partial(at: str, found: str) -> CarrelError:
    """A count that is not of everything."""
    return fault(
        faults.LOG_PARTIAL,
        at=at,
        wanted="an answer of every part of the index",
        found=found,
        because="what was not counted could be past its time, or could be younger",
        fix="when the service is whole again, give the same command",
    )


def whole(at: str, body: Any) -> Any:
    """An answer of a search, if every shard took part and none gave up.

    Raises:
        CarrelError: HLS-005.
    """
    shards = table(body, "_shards")
    counted = shards.get("failed") == 0 and shards.get("successful") == shards.get("total")
    if not counted or body.get("timed_out") is not False:
        raise partial(at, "a search that ran out of time" if body.get("timed_out") else "shards that failed")
    return body


def refused(at: str, status: int, right: str) -> CarrelError:
    """A no to whoever asks (401), or to what is asked (403)."""
    if status == HTTPStatus.UNAUTHORIZED:
        return fault(
            faults.LOG_LOGIN,
            at=at,
            found="a no to this key, or to this user and password",
            fix="write a valid one into the file that the site file names; a key may have ended",
        )
    return fault(
        faults.LOG_RIGHT,
        at=at,
        wanted=f"the privilege '{right}'",
        found="a key without it",
        fix="give the key that privilege for these indices, and no other: docs/log-services.md lists them",
    )


def busy(at: str, status: int, *, partly: bool) -> CarrelError:
    """A service that could not answer now; ``partly`` where only a part of the index did not."""
    if partly:
        return partial(at, "a part of the index that did not answer")
    return fault(
        faults.LOG_BUSY,
        at=at,
        found=f"the answer {status}" + (f", {TRIES} times" if status in BUSY else ""),
        fix="when the service has room again, give the same command",
    )


def strange(service: LogService, status: int, kind: str, *, large: bool) -> CarrelError:
    """An answer that the interface does not know; nothing of its text is passed on."""
    if status // 100 == _REDIRECT:
        found = "a redirect to another place"
    elif large:
        found = f"an answer of more than {MOST_BYTES >> 20} MiB"
    elif status != HTTPStatus.OK:
        found = f"the answer {status}" + (f", {kind}" if kind else "")
    else:
        found = "an answer that is no JSON"
    return fault(
        faults.LOG_ANSWER,
        at=f"log-service {service.name}",
        wanted=f"the interface of {service.interface}",
        found=found,
        because="whoever answers there would be given the key" if status // 100 == _REDIRECT else "",
        fix="compare 'url' and 'interface' in the site file with what the vendor says",
    )


def misshapen(at: str) -> CarrelError:
    """JSON that is none of the interface's answers; nothing of it is passed on."""
    return fault(
        faults.LOG_ANSWER,
        at=at,
        wanted="the answers of its interface",
        found="one of another shape",
        fix="ask the vendor what stands between, or which version answers",
    )


def unreached(service: LogService, wrong: Exception, *, sent: bool) -> CarrelError:
    """A connection that could not be made, or was lost; ``sent`` where something may have been done."""
    lost = isinstance(wrong, ConnectionResetError | http.client.HTTPException | TimeoutError | BrokenPipeError)
    if lost and sent:
        return fault(
            faults.LOG_BUSY,
            at=f"log-service {service.name}",
            found=said_plainly(wrong, TIMEOUT_SECONDS, ANSWER_SECONDS),
            changed="perhaps some events are gone: `carrel log-service list` counts them",
            fix="when the service is there again, give the same command",
        )
    return fault(
        faults.LOG_BUSY if isinstance(wrong, http.client.HTTPException) else faults.LOG_SERVICE,
        at=f"log-service {service.name}",
        wanted=f"a service behind '{service.address.scheme}'",
        found=said_plainly(wrong, TIMEOUT_SECONDS, ANSWER_SECONDS),
        fix="compare 'url' and 'ca_file' in the site file with the service",
    )
