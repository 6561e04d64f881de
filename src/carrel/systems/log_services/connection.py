"""The way to a log service: one request, one JSON answer; what goes wrong leaves as one of our errors."""

from __future__ import annotations

import enum
import http.client
import json
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from carrel.errors import fault
from carrel.inventory.log_service import LogService
from carrel.systems import faults
from carrel.systems.answer_deadline import answer_deadline
from carrel.systems.log_services.refusals import (
    ANSWER_SECONDS,
    BUSY,
    MOST_BYTES,
    TIMEOUT_SECONDS,
    TRIES,
    busy,
    refused,
    strange,
    unreached,
)
from carrel.systems.log_services.shapes import ShapeError
from carrel.systems.secret import Secret
from carrel.systems.service_way import way_to
from carrel.systems.trusted_certificates import trusting

AHEAD = timedelta(minutes=5)  # clocks differ by less
_LONGEST_PAUSE = 5.0
_TYPE = re.compile(r"[a-z][a-z_]{0,79}")
_GONE = frozenset({404, 405, 410})
_UNKNOWN = frozenset({"api_not_available_exception", "no_handler"})
_NO_INDEX = "index_not_found_exception"
_BLOCKED = "cluster_block_exception"
_BROKEN = "search_phase_execution_exception"
Query = Mapping[str, str | int]


class Maybe(enum.Enum):
    """What a service may say not to have; None is given then, and any other no is an error."""

    NOTHING = enum.auto()
    INDEX = enum.auto()  # in so many words: a page that is not found proves nothing
    QUESTION = enum.auto()


class _Answer(Protocol):
    """As much of an answer as is asked of it."""

    status: int

    def getheader(self, name: str, /) -> str | None: ...


class Connection:
    """One service, signed in at each request.

    Args:
        service: of the site file.
        secret: its key, or its password.
        now: aware time, to be compared with the service's clock.
    """

    def __init__(self, service: LogService, secret: Secret, now: datetime) -> None:
        self.service, self._secret, self._now = service, secret, now
        self._began = time.monotonic()
        self._context = _context(service)
        self._way: http.client.HTTPConnection | None = None
        self.clock_seen = False

    @property
    def at(self) -> str:
        """What errors call it."""
        return f"log-service {self.service.name}"

    def close(self) -> None:
        """End the connection."""
        if self._way is not None:
            self._way.close()
            self._way = None

    def get(self, path: str, query: Query | None = None, *, right: str, maybe: Maybe = Maybe.NOTHING) -> Any:
        """Ask for something."""
        return self._ask("GET", path, query, None, right=right, maybe=maybe, again=True)

    def look(
        self, path: str, query: Query, body: Mapping[str, Any], *, right: str, maybe: Maybe = Maybe.NOTHING
    ) -> Any:
        """Ask for something that needs a body; it changes nothing, and is asked again where that may help."""
        return self._ask("POST", path, query, body, right=right, maybe=maybe, again=True)

    def change(
        self,
        method: str,
        path: str,
        query: Query,
        body: Mapping[str, Any] | None = None,
        *,
        right: str,
        maybe: Maybe = Maybe.NOTHING,
        mark: str = "",
    ) -> Any:
        """Have something done, once.

        Args:
            method: of HTTP.
            path: below the address.
            query: after it.
            body: as JSON.
            right: that it needs, for the error.
            maybe: what it may say not to have.
            mark: by which the service can tell whose work it is.

        Raises:
            CarrelError: HLS-001 to HLS-004, HLS-006, HLS-009.
        """
        return self._ask(method, path, query, body, right=right, maybe=maybe, again=False, mark=mark)

    def compare(self, clock: datetime) -> None:
        """Compare the service's clock with this machine's.

        Raises:
            CarrelError: HLS-007.
        """
        self.clock_seen = True
        here = self._now + timedelta(seconds=time.monotonic() - self._began)
        if abs(clock - here) > AHEAD:
            raise fault(
                faults.LOG_CLOCK,
                at=self.at,
                wanted=f"a clock that differs by less than {int(AHEAD.total_seconds() // 60)} minutes",
                found="a service that is " + ("ahead of" if clock > here else "behind") + " this machine",
                because="periods are judged by the clock, and one of the two is wrong",
                fix="set this machine's clock; if it is right, tell the vendor",
            )

    def _ask(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: Mapping[str, Any] | None,
        *,
        right: str,
        maybe: Maybe,
        again: bool,
        mark: str = "",
    ) -> Any:
        for left in reversed(range(TRIES)):
            try:
                answer, raw = self._once(method, path, query, body, mark)
            except (OSError, UnicodeError, http.client.HTTPException) as wrong:
                self.close()
                if (
                    again
                    and left
                    and isinstance(wrong, ConnectionResetError | BrokenPipeError | http.client.HTTPException)
                ):
                    continue  # such as a connection that was kept, and that the service had ended
                raise unreached(self.service, wrong, sent=not again) from None
            # A busy service has done nothing of what it refuses with 429; of another error nobody knows.
            if left and (answer.status == 429 or (again and answer.status in BUSY)):  # noqa: PLR2004
                time.sleep(_pause(answer, TRIES - left))
                continue
            return self._read(answer, raw, right, maybe=maybe)
        raise AssertionError("unreachable")

    def _once(
        self, method: str, path: str, query: Query | None, body: Mapping[str, Any] | None, mark: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        way = self._way = self._way or self._opened()
        target = self.service.address.path.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        raw = None if body is None else json.dumps(body).encode()
        head = {"Authorization": self._authorization(), "Accept": "application/json"}
        if raw is not None:
            head["Content-Type"] = "application/json"
        if mark:
            head["X-Opaque-Id"] = mark
        with answer_deadline(way, ANSWER_SECONDS):
            way.request(method, target, raw, head)
            with closing(way.getresponse()) as answer:
                raw_answer = answer.read(MOST_BYTES + 1)
        if len(raw_answer) > MOST_BYTES:
            self.close()
        return answer, raw_answer

    def _opened(self) -> http.client.HTTPConnection:
        return way_to(self.service.address, self._context, TIMEOUT_SECONDS)

    def _authorization(self) -> str:
        if self.service.user is None:
            key = self._secret.reveal()
            if not (key.isascii() and key.isprintable()):
                raise refused(self.at, 401, "")
            return f"ApiKey {key}"
        return "Basic " + b64encode(f"{self.service.user}:{self._secret.reveal()}".encode()).decode()

    def _read(self, answer: http.client.HTTPResponse, raw: bytes, right: str, *, maybe: Maybe) -> Any:
        body = _json(raw)
        kind = _kind(body)
        if answer.status in {401, 403} and kind != _BLOCKED:
            raise refused(self.at, answer.status, right)
        if date := answer.getheader("Date"):
            with suppress(ValueError, TypeError):
                self.compare(parsedate_to_datetime(date))
        if maybe is Maybe.INDEX and (answer.status, kind) == (404, _NO_INDEX):
            return None
        if maybe is Maybe.QUESTION and (answer.status in _GONE or kind in _UNKNOWN):
            return None
        if answer.status in BUSY or answer.status >= 500:  # noqa: PLR2004
            raise busy(self.at, answer.status, partly=kind == _BROKEN)
        if kind == _BLOCKED:
            raise fault(
                faults.LOG_STAYS,
                at=self.at,
                found="an index that is closed to changes",
                fix="have the vendor lift the block, such as that of a full disk; then apply the same plan again",
            )
        if answer.status != 200 or len(raw) > MOST_BYTES or not isinstance(body, dict | list):  # noqa: PLR2004
            raise strange(self.service, answer.status, kind, large=len(raw) > MOST_BYTES)
        return body


def quoted(name: str) -> str:
    """A name as it stands in an address.

    Raises:
        ShapeError: it is no text.
    """
    try:
        return quote(name, safe="*")
    except UnicodeError:
        raise ShapeError from None


def _context(service: LogService) -> ssl.SSLContext | None:
    if service.address.scheme == "http":
        return None
    return trusting(service.ca_file, faults.LOG_SERVICE, f"log-service {service.name}")


def _pause(answer: _Answer, number: int) -> float:
    said = answer.getheader("Retry-After") or ""
    return min(_LONGEST_PAUSE, float(said) if said.isdecimal() else 0.25 * 2**number)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if len(raw) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return None


def _kind(body: Any) -> str:
    """The kind of an error: a word of the service's own list, never its text, which may repeat a value."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return "no_handler" if error.startswith("no handler found") else ""
    kind = error.get("type") if isinstance(error, dict) else None
    return kind if isinstance(kind, str) and _TYPE.fullmatch(kind) else ""
