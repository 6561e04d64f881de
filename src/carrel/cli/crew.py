"""The workers of one run on this host: further processes of `carrel work`, started and waited for by whoever leads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from carrel.store.gate import GATE_TTL

_POLL_SECONDS = 0.05
_IDLE_SECONDS = 2.0
_WAIT_MINUTES = 24 * 60


@dataclass
class Crew:
    """Who shares a run.

    Attributes:
        workers: processes on this host that were asked for, the leading one among them.
        site: the site file, or its folder.
        alone_because: why one does it alone nevertheless; empty where the run is shared.
        codes: of the errors with which workers ended early; their jobs went to others.
        parted: the run has jobs, and whoever was started may have one.
    """

    workers: int = 1
    site: Path = Path()
    alone_because: str = ""
    codes: list[str] = field(default_factory=list)
    parted: bool = False
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, system: str, run: str) -> None:
        """Start the others, before the run is parted: meanwhile they open their sessions."""
        self.parted = False
        words = ["work", "--site", str(self.site.absolute()), "--system", system, "--run", run, "--json"]
        words += ["--wait", str(_WAIT_MINUTES)]
        for _ in range(self.workers - 1):
            self._started.append(
                subprocess.Popen(  # noqa: S603  (this very program)
                    [sys.executable, "-m", "carrel", *words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )

    def gather(self, beat: Callable[[], None] = lambda: None, *, idle: bool = False) -> None:
        """Wait for the others: they end when all is done, when somebody asks to stop, or when nobody leads any more.

        One that does not end after its chunk in flight is left to itself: it may commit nothing without its job.

        Args:
            beat: called while waiting.
            idle: no job is left, so that one that only just comes to work may be sent away. So may all of them while
                there are no jobs yet.
        """
        idle = idle or not self.parted
        until = time.monotonic() + (_IDLE_SECONDS if idle else GATE_TTL.total_seconds())
        while any(one.poll() is None for one in self._started) and time.monotonic() < until:
            beat()
            time.sleep(_POLL_SECONDS)
        for one in self._started:
            if one.poll() is None and idle:
                one.terminate()
                one.communicate()
            elif one.poll():
                self.codes += _codes(one.communicate()[0]) or [f"exit {one.returncode}"]
        self._started.clear()

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        return {"asked": self.workers, "alone_because": self.alone_because, "ended_early": self.codes}


def _codes(out: str) -> list[str]:
    with suppress(ValueError, KeyError, TypeError):
        return [str(one["code"]) for one in json.loads(out)["errors"]]
    return []
