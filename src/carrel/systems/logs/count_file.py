"""Monthly counts of logs on disk: exact figures in a file of the owner's, to which each run adds once."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from carrel.deidentification.logs.log_counts import Cell
from carrel.errors import fault
from carrel.systems.durable_file import replace_file
from carrel.systems.logs import faults

_VERSION = 1
_MOST_SOURCES = 10_000


class CountFile:
    """A file of mode 0600. What may be told of it is made anew each time; the file itself is not for others.

    Args:
        path: of the file; it is made at the first run.

    Raises:
        CarrelError: LOG-019, what lies there is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: Counter[Cell] = Counter()
        self.sessions: Counter[Cell] = Counter()
        self._sources: list[str] = []
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as wrong:
            raise self._unusable("a file that cannot be read") from wrong
        try:
            self._take(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._unusable("another kind of file") from None

    def add(self, requests: Counter[Cell], sessions: Counter[Cell], source: str = "") -> None:
        """Add the counts of a log, and write all of it anew in one step.

        Args:
            requests: by month and host.
            sessions: the same.
            source: what tells this log from any other; one that was added before is not added again.

        Raises:
            CarrelError: LOG-019, the file cannot be written.
        """
        mark = hashlib.sha256(source.encode()).hexdigest()[:32] if source else ""
        if mark in self._sources:
            return
        if mark:
            self._sources = [*self._sources, mark][-_MOST_SOURCES:]
        self.requests.update(requests)
        self.sessions.update(sessions)
        rows = [
            {
                "month": month,
                "host": host,
                "requests": self.requests[month, host],
                "sessions": self.sessions[month, host],
            }
            for month, host in sorted(self.requests.keys() | self.sessions.keys())
        ]
        try:
            replace_file(
                self.path,
                json.dumps({"carrel_log_counts": _VERSION, "rows": rows, "logs": self._sources}, indent=1) + "\n",
            )
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0)) from None

    def _take(self, body: dict[str, Any]) -> None:
        if body["carrel_log_counts"] != _VERSION:
            raise ValueError
        for row in body["rows"]:
            cell = (str(row["month"]), str(row["host"]))
            self.requests[cell] += int(row["requests"])
            self.sessions[cell] += int(row["sessions"])
        self._sources = [str(one) for one in body["logs"]]

    def _unusable(self, found: str) -> Exception:
        return fault(
            faults.COUNT_FILE,
            at=str(self.path),
            wanted="a file of counts that an earlier run wrote, or no file",
            found=found,
            fix="name another file",
        )
