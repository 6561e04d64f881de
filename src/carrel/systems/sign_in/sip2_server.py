"""A SIP2 server, asked whether card and password fit. Each question has a connection of its own, and nothing is kept.

A connection that patrons shared would give a late answer of one to another.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final

from carrel.errors import CarrelError, Condition, fault
from carrel.inventory.sign_in_way import Sip2
from carrel.systems.secret import Secret, from_environment, from_file
from carrel.systems.sign_in import faults, sip2_message
from carrel.systems.sign_in.sip2_message import END, Answer, BrokenMessageError
from carrel.systems.trusted_certificates import trusting
from carrel.systems.turn import in_turn

SECONDS: Final = 10.0  # for the whole of a question, from connecting on
_LONGEST = 32 * 1024  # bytes of an answer: the fields that a patron's record has take some hundred
_AT_ONCE = 8  # questions; such servers have few places, and desks need them too
_WAITING = 60  # sign-ins that wait for their turn, those that ask among them; more are told at once
_RESEND, _TIMES = "96", 2
# Places in BX, the list of what a server knows.
_STATUS, _INFORMATION = 0, 7


class UnwritableError(BrokenMessageError):
    """A text has no bytes in the server's encoding."""


class Sip2Server:
    """The server of one way to sign in.

    Args:
        way: of the site file.
        environment: for its secret.
        now: the clock, for the date in a question.
        seconds: for the whole of a question.
    """

    def __init__(
        self, way: Sip2, environment: Mapping[str, str], now: Callable[[], datetime], seconds: float = SECONDS
    ) -> None:
        self.way, self._environment, self._now, self._seconds = way, environment, now, seconds
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(_WAITING)

    def knows(self, card: str, password: str) -> str | None:
        """The card of the account that was opened; None for whatever reason it was not.

        Args:
            card: as typed; the server may take another name of the account as well.
            password: as typed, not empty: there are servers that take an empty one for right.

        Raises:
            CarrelError: SGN-001, SGN-002, SGN-003, SIT-004, SIT-005. None repeats anything that was typed.

        Guarantees:
            Somebody is let in only by an answer that says both that the patron is valid and that the password is, once
            and with nothing else. An unknown card is asked for like any other.
        """
        if not password or not card or not (sip2_message.fits_in(card) and sip2_message.fits_in(password)):
            return None
        with self._talk() as talk:
            kind = self._opened(talk)
            ask = sip2_message.patron_information if kind == "64" else sip2_message.patron_status
            try:
                found = talk.ask(ask(self.way.institution, card, password, self._now()), kind)
            except UnwritableError:
                return None
        return found.said("AA").strip() or None if found.said("BL") == found.said("CQ") == "Y" else None

    def look(self) -> str:
        """What the server says of itself, having let Carrel in.

        Raises:
            CarrelError: as `knows`.
        """
        with self._talk() as talk:
            return "patron information" if self._opened(talk) == "64" else "patron status"

    def _opened(self, talk: _Talk) -> str:
        """Sign in and ask what it knows: the kind of answer to ask for."""
        password = self._password()
        if self.way.user is not None and password is not None:
            secret = password.reveal()
            ask = sip2_message.login(self.way.user, secret, self.way.location)
            if not sip2_message.fits_in(secret) or talk.ask(ask, "94").fixed != "1":
                raise self._fault(
                    faults.LOGIN,
                    found="a no to this user and this password",
                    fix="compare 'user' and 'location' in the site file, and the password, with the server's accounts",
                )
        told = talk.ask(sip2_message.status(), "98")
        if told.fixed[:1] != "Y":
            raise self._fault(
                faults.AWAY, found="a server that says that its system is not there", fix="try again when it is back"
            )
        return self._kind(told.said("BX"))

    def _kind(self, known: str) -> str:
        if self.way.question is not None:
            return "64" if self.way.question == "patron information" else "24"
        return "24" if known[_INFORMATION : _INFORMATION + 1] == "N" and known[_STATUS] == "Y" else "64"

    def _password(self) -> Secret | None:
        file, variable = self.way.secrets
        if file is not None:
            return from_file(file)
        return from_environment(variable, self._environment) if variable else None

    @contextmanager
    def _talk(self) -> Iterator[_Talk]:
        ends = time.monotonic() + self._seconds
        try:
            with in_turn(self._waiting, (self._places,), ends, self._busy), self._connected(ends) as way:
                yield _Talk(way, ends, self.way)
        except BrokenMessageError as wrong:
            raise self._fault(
                faults.NO_SIP2,
                wanted="messages of SIP2, version 2.00",
                found=str(wrong),
                fix="compare 'host', 'port', 'encoding' and 'checksums' in the site file with the server",
            ) from None
        except (OSError, EOFError) as wrong:
            raise self._fault(
                faults.AWAY,
                wanted="a SIP2 server" + (" behind TLS" if self.way.tls == "tls" else ""),
                found=_plainly(wrong),
                fix="compare 'host', 'port', 'tls' and 'ca_file' in the site file with the server",
            ) from None

    def _busy(self) -> CarrelError:
        return self._fault(faults.AWAY, found="more questions at once than it is asked", fix="try again later")

    @contextmanager
    def _connected(self, ends: float) -> Iterator[socket.socket]:
        """A line to the server; whoever has waited for a place has less time left to find it."""
        host = self.way.host
        context = None
        if self.way.tls == "tls":
            context = trusting(self.way.ca_file, faults.AWAY, f"sign_in {self.way.key}")
        with socket.create_connection((host, self.way.port), timeout=_left(ends)) as plain:
            plain.settimeout(_left(ends))
            if context is None:
                yield plain
                return
            with context.wrap_socket(plain, server_hostname=host) as way:
                yield way
                with suppress(OSError):
                    way.shutdown(socket.SHUT_RDWR)

    def _fault(self, condition: Condition, *, found: str, wanted: str = "", fix: str = "") -> CarrelError:
        at = f"sign_in {self.way.key}: {self.way.host}:{self.way.port}"
        return fault(condition, at=at, wanted=wanted, found=found, fix=fix)


class _Talk:
    """One connection: a message, its answer, the next."""

    def __init__(self, way: socket.socket, ends: float, settings: Sip2) -> None:
        self._way, self._ends, self._settings = way, ends, settings
        self._sequence, self._held = 0, b""

    def ask(self, body: str, kind: str) -> Answer:
        """The answer to a message.

        Raises:
            BrokenMessageError: it is none of this kind.
            UnwritableError: the message cannot be written.
            OSError, EOFError: the server is away.
        """
        sequence, self._sequence = self._sequence, (self._sequence + 1) % 10
        encoding = self._settings.encoding
        try:
            message = sip2_message.written(body, sequence, encoding)
        except BrokenMessageError:
            raise UnwritableError("a text that the encoding does not have") from None
        for _ in range(_TIMES):
            self._limit()
            self._way.sendall(message)
            line = self._line()
            if line[:2] == _RESEND.encode():  # it comes with no number of ours
                continue
            found = sip2_message.read(line, sequence, encoding)
            if found.kind != kind:
                raise BrokenMessageError("an answer to something else")
            if self._settings.checksums and not found.has_checksum:
                raise BrokenMessageError("an answer without a checksum")
            return found
        raise BrokenMessageError("a server that wants each message again")

    def _line(self) -> bytes:
        while END not in self._held:
            if len(self._held) > _LONGEST:
                raise BrokenMessageError("a message that does not end")
            self._limit()
            more = self._way.recv(4096)
            if not more:
                raise EOFError
            self._held += more
        line, _, self._held = self._held.partition(END)
        if len(line) > _LONGEST:
            raise BrokenMessageError("a message that does not end")
        return line.lstrip(b"\n\0 ")

    def _limit(self) -> None:
        """A socket's own limit begins anew with each byte; this one does not."""
        self._way.settimeout(_left(self._ends))


def _left(ends: float) -> float:
    if (left := ends - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def _plainly(wrong: OSError | EOFError) -> str:
    if isinstance(wrong, TimeoutError):
        return "no answer in time"
    if isinstance(wrong, EOFError):
        return "a connection that ended before the answer did"
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return "a certificate that is not trusted here"
    if isinstance(wrong, ssl.SSLError):
        return "something else than TLS"
    if isinstance(wrong, socket.gaierror):
        return "no such host"
    return os.strerror(wrong.errno) if wrong.errno else "a connection that failed"
