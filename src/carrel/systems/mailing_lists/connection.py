"""The way to a mailing tool: one request, one answer, over a connection of its own; nobody is sent on."""

from __future__ import annotations

import http.client
import json
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from carrel.consent import faults
from carrel.inventory.mailing_list import MailingList
from carrel.systems.answer_deadline import SlowError, answer_deadline
from carrel.systems.mailing_lists.refusals import MOST_BYTES, busy, refused, strange, unreached
from carrel.systems.secret import Secret
from carrel.systems.service_way import way_to
from carrel.systems.trusted_certificates import trusting

SECONDS = 60.0  # for one answer
_OFF = frozenset({401, 403})
_BUSY = frozenset({429, 500, 502, 503, 504})


class ToolConnection:
    """One mailing tool, signed in at each request.

    Args:
        one: list of the site file.
        secret: the password of its user.
        within: seconds for all answers together; None where nobody waits.

    Raises:
        CarrelError: CNS-018, the file of certificates cannot be used; the tool was not asked then.
    """

    def __init__(self, one: MailingList, secret: Secret, within: float | None) -> None:
        self._list, self._secret = one, secret
        self._until = None if within is None else time.monotonic() + within
        self._context = trusting(one.ca_file, faults.LIST_AWAY, self.at) if one.address.scheme == "https" else None

    @property
    def at(self) -> str:
        """What errors call it."""
        return f"mailing list {self._list.name}"

    def ask(
        self, method: str, path: str, form: Mapping[str, str | Sequence[str]] | None = None, *, known: frozenset[int]
    ) -> tuple[int, Any]:
        """Ask once.

        Args:
            method: of HTTP.
            path: below the address, quoted.
            form: that is sent in the body: addresses stand in no path, which servers write into their logs.
            known: status that the caller understands.

        Returns:
            Status, and the JSON of the answer; None of an answer without any.

        Raises:
            CarrelError: CNS-018 to CNS-020.
        """
        try:
            status, raw = self._once(method, path, form)
        except (OSError, http.client.HTTPException) as wrong:
            raise unreached(self._list, wrong) from None
        if status in known:
            return status, self._read(status, raw)
        if status in _OFF:
            raise refused(self.at)
        if status in _BUSY:
            raise busy(self.at, status)
        raise strange(self.at, status)

    def _once(self, method: str, path: str, form: Mapping[str, str | Sequence[str]] | None) -> tuple[int, bytes]:
        head = {"Authorization": self._authorization(), "Accept": "application/json", "User-Agent": "carrel"}
        body = None
        if form is not None:
            head["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form, doseq=True).encode()
        seconds = self._left()
        with closing(way_to(self._list.address, self._context, seconds)) as way, answer_deadline(way, seconds):
            way.request(method, self._list.address.path.rstrip("/") + path, body, head)
            with closing(way.getresponse()) as answer:
                return answer.status, answer.read(MOST_BYTES + 1)

    def _left(self) -> float:
        """Seconds that the next answer may take."""
        left = SECONDS if self._until is None else min(SECONDS, self._until - time.monotonic())
        if left <= 0:
            raise SlowError
        return left

    def _authorization(self) -> str:
        return "Basic " + b64encode(f"{self._list.user}:{self._secret.reveal()}".encode()).decode()

    def _read(self, status: int, raw: bytes) -> Any:
        if len(raw) > MOST_BYTES:
            raise strange(self.at, status, large=True)
        if not raw.strip():
            return None
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise strange(self.at, status) from None
