"""A file that only grows: each line holds the digest of all before it, so that a changed or missing line shows."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carrel.errors import CarrelError, Condition, fault
from carrel.systems.durable_file import settle

_VERSION = 1
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Growing:
    """A file while nobody else adds to it.

    Attributes:
        entries: of it, the oldest first.
        heads: the digest of all lines up to each of them.
        add: adds one more; what was added is on the disk.
    """

    entries: list[dict[str, Any]]
    heads: list[str]
    add: Callable[[dict[str, Any]], None]


class ChainedFile:
    """Entries that are appended and never changed.

    Args:
        path: of the file; it is made with the first entry.
        kind: what it is a file of, as its entries say.
        condition: what is told where it cannot be used.
    """

    def __init__(self, path: Path, kind: str, condition: Condition) -> None:
        self.path, self._kind, self._condition = path, kind, condition

    def entries(self) -> list[dict[str, Any]]:
        """All entries, the oldest first; none where there is no file yet.

        Raises:
            CarrelError: of the condition, it cannot be read, or a line was changed or taken out.
        """
        try:
            with self.path.open("rb") as file:
                return self._read(file.read())[0]
        except FileNotFoundError:
            return []
        except OSError:
            raise self._unusable("a file that cannot be read", "name a file that you may read") from None

    @contextmanager
    def adding(self) -> Iterator[Growing]:
        """The entries, and what adds one more, while nobody else adds.

        Raises:
            CarrelError: as `entries`; it cannot be written.

        Guarantees:
            What was added is on the disk. A line that a crash left half is taken away.
        """
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
        except OSError:
            raise self._unusable("a file that cannot be written", "name a file that you may write") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with os.fdopen(os.dup(handle), "rb") as file:
                content = file.read()
            found, heads, whole = self._read(content)
            if whole < len(content):
                os.ftruncate(handle, whole)

            def add(body: dict[str, Any]) -> None:
                chain = heads[-1] if heads else ""
                line = f"{json.dumps({'format_version': _VERSION, 'kind': self._kind, 'before': chain, **body})}\n"
                os.lseek(handle, 0, os.SEEK_END)
                _write(handle, line.encode())
                heads.append(_head(chain, line.encode()))
                os.fsync(handle)
                settle(self.path.absolute().parent)

            yield Growing(found, heads, add)
        finally:
            os.close(handle)

    def _read(self, content: bytes) -> tuple[list[dict[str, Any]], list[str], int]:
        """The entries, the digest of all up to each, and how many bytes are whole lines."""
        found: list[dict[str, Any]] = []
        heads: list[str] = []
        whole = 0
        for line in content.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break  # a crash ended it; whoever wrote it was told that it is not there
            chain = heads[-1] if heads else ""
            try:
                body = json.loads(line)
                if (body["format_version"], body["kind"], body["before"]) != (_VERSION, self._kind, chain):
                    raise ValueError  # noqa: TRY301  (told below, as every other line that is none)
            except (ValueError, KeyError, TypeError):
                raise self._unusable(
                    f"line {len(found) + 1}, which does not follow on those before it",
                    "put back the file as it was; nothing else tells what was done before",
                ) from None
            found.append(body)
            heads.append(_head(chain, line))
            whole += len(line)
        return found, heads, whole

    def _unusable(self, found: str, fix: str) -> CarrelError:
        return fault(self._condition, at=self.path.name, wanted=f"a file of {self._kind}", found=found, fix=fix)


def _head(before: str, line: bytes) -> str:
    return hashlib.sha256(before.encode() + line).hexdigest()


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
