"""One tenant's night, in a process of its own: its own environment, its own time, its own end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carrel.inventory.site import Site

GRACE = timedelta(seconds=90)  # for a chunk in flight to be rolled back after the night was told to end
# What a process needs to start and to find names, zones and certificates; nothing here is a tenant's.
# Set for a night that shall end when its host's call does: its standard input is a pipe that nobody writes to.
HOSTED = "CARREL_HOSTED_NIGHT"
_COMMON = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "PYTHONPATH", "PYTHONHOME",
    "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR",
}  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a tenant's process ended.

    Attributes:
        code: its exit code; negative for a signal.
        told: its JSON; None where it printed none.
        too_long: whether its time was over.
    """

    code: int
    told: dict[str, Any] | None
    too_long: bool = False


class TenantProcesses:
    """Runs nights side by side, and ends those that are left when the host's own call ends, in whatever way.

    A night without its host would have no time limit, and the next call would begin a second one beside it.

    Args:
        environment: of the host's call; a tenant sees what every process needs, and what its own site file names.
        limit: of each night.
    """

    def __init__(self, environment: Mapping[str, str], limit: timedelta) -> None:
        self._environment = environment
        self._limit = limit
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._over = False

    def night(self, place: Path, site: Site) -> Ended:
        """One tenant's night, from its start to its end."""
        with self._lock:
            if self._over:
                return Ended(-int(signal.SIGINT), None)
            ours, theirs = _line()
            try:
                process = subprocess.Popen(  # noqa: S603  (this interpreter, with words of our own)
                    [sys.executable, "-m", "carrel", "run-due", "--site", str(place), "--json"],
                    cwd=place.parent,
                    env={**environment_of(site, self._environment), HOSTED: "1"},
                    stdin=theirs,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,  # whatever a driver prints there is nobody's to read
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
            except BaseException:
                os.close(ours)
                raise
            finally:
                os.close(theirs)
            self._running.add(process)
        try:
            return self._wait(process)
        finally:
            os.close(ours)
            with self._lock:
                self._running.discard(process)

    def end_all(self) -> None:
        """Tell every night that still runs to end after the chunk in flight, and begin none."""
        with self._lock:
            self._over = True
            for process in self._running:
                _send(process, signal.SIGINT)

    def _wait(self, process: subprocess.Popen[str]) -> Ended:
        try:
            out, _ = process.communicate(timeout=self._limit.total_seconds())
            return Ended(process.returncode, _json(out))
        except subprocess.TimeoutExpired:
            _send(process, signal.SIGINT)
        try:
            process.communicate(timeout=GRACE.total_seconds())
        except subprocess.TimeoutExpired:
            _send(process, signal.SIGKILL)
            process.communicate()
        return Ended(process.returncode, None, too_long=True)


def end_with_host() -> None:
    """In a tenant's process: end it like a call that is over its time, as soon as the host's call is no more.

    The line to the host is closed by the system, also when the host is killed. A process that nobody hosts goes on.
    """
    if os.environ.pop(HOSTED, None) and os.getpgrp() == os.getpid():  # not for those that this one starts
        threading.Thread(target=_end_without_host, daemon=True).start()


def _end_without_host() -> None:
    with suppress(OSError):
        while os.read(0, 1):
            pass
    for what, grace in ((signal.SIGINT, GRACE.total_seconds()), (signal.SIGKILL, 0.0)):
        os.killpg(os.getpid(), what)
        time.sleep(grace)


def _line() -> tuple[int, int]:
    """The ends of a pipe: one that closes with this process, and one for a night's standard input."""
    theirs, ours = os.pipe()
    return ours, theirs


def environment_of(site: Site, environment: Mapping[str, str]) -> dict[str, str]:
    """What of the host's environment a tenant's process sees.

    Guarantees:
        No variable that only another tenant's site file names.
    """
    named = {name for one in site.systems for name in (one.dsn_env, one.apply_dsn_env)}
    elsewhere = (site.store, *(one.replica for one in site.systems))
    named |= {one.dsn_env for one in elsewhere if one is not None}
    named.add(site.mail.password_env if site.mail is not None else None)
    return {
        name: value for name, value in environment.items() if name in _COMMON or name.startswith("LC_") or name in named
    }


def _send(process: subprocess.Popen[str], what: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, what)


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
