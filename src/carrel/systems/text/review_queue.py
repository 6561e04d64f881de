"""Places that a person should look at: by record, column and bytes, and never what stands there.

Whoever has the queue alone learns nothing, unless they guess the whole text; whoever looks through it sees the text
from its own source, on the screen.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.kernels.spans import Kind
from carrel.deidentification.text.reader import Finding
from carrel.errors import CarrelError, fault
from carrel.systems.durable_file import replace_file
from carrel.systems.text import faults
from carrel.systems.text.text_shape import TextShape

_VERSION = 3
_SALT = 32  # bytes
_MOST = 1 << 28  # bytes of a queue
DECISIONS = ("goes", "stays")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One place.

    Attributes:
        record, cell: where it stands; cells count from 0.
        start, end: bytes of the cell.
        kind: what it seems to be.
        went: whether it was taken out.
        decision: ``goes`` or ``stays`` once somebody has looked; empty before.
    """

    record: int
    cell: int
    start: int
    end: int
    kind: str
    went: bool
    decision: str = ""

    @classmethod
    def of(cls, record: int, cell: int, found: Finding) -> Doubt:
        """A finding that is not sure."""
        return cls(record, cell, found.start, found.end, Kind(found.kind).label.lower(), found.sure == spans.PROBABLY)


_FIELDS = tuple(one.name for one in fields(Doubt))


@dataclass(slots=True)
class ReviewQueue:
    """Places of one text.

    Attributes:
        salt: random, of this queue alone: two queues of one text do not show that they are.
        source: the salted digest of the text, so that no other is shown. Whoever has the queue can test guesses of the
            whole text by it; so only its owner may read it.
        shape: how the text is read.
        doubts: in order.
    """

    salt: str
    source: str
    shape: TextShape
    doubts: list[Doubt]

    @classmethod
    def of(cls, digest: str, shape: TextShape, doubts: list[Doubt]) -> ReviewQueue:
        """A new one.

        Args:
            digest: of the text.
            shape: how it is read.
            doubts: in order.
        """
        salt = secrets.token_hex(_SALT)
        return cls(salt, _salted(salt, digest), shape, doubts)

    def decided(self, at: int, decision: str) -> None:
        """Keep what somebody decided of a place."""
        self.doubts[at] = replace(self.doubts[at], decision=decision)

    def decisions(self) -> dict[tuple[int, int, int, int], bool]:
        """Places that were decided → whether they go."""
        return {
            (one.record, one.cell, one.start, one.end): one.decision == "goes" for one in self.doubts if one.decision
        }

    @property
    def body(self) -> str:
        """As it stands in its file."""
        shape = self.shape.as_dict()
        head = {"format_version": _VERSION, "salt": self.salt, "source": self.source, "shape": shape}
        lines = [json.dumps(head), *(json.dumps({name: getattr(one, name) for name in _FIELDS}) for one in self.doubts)]
        return "\n".join(lines) + "\n"

    def write(self, path: Path) -> None:
        """Write it as a whole."""
        replace_file(path, self.body)

    @classmethod
    def read(cls, path: Path) -> ReviewQueue:
        """What was written.

        Raises:
            CarrelError: TXT-018.
        """
        try:
            if path.stat().st_size > _MOST:
                raise _none(path)
            head, *lines = path.read_text(encoding="utf-8").splitlines()
            told = json.loads(head)
            if told["format_version"] != _VERSION:
                raise _none(path)
            shape = TextShape.read_from(told["shape"])
            return cls(str(told["salt"]), str(told["source"]), shape, list(_doubts(lines)))
        except (OSError, ValueError, KeyError, TypeError):
            raise _none(path) from None

    def require(self, digest: str, path: Path) -> None:
        """Whether it is of the text that has a digest.

        Raises:
            CarrelError: TXT-016.
        """
        if _salted(self.salt, digest) != self.source:
            raise fault(
                faults.ANOTHER_TEXT,
                at=path.name,
                wanted="the text that the places were found in",
                found="another one, or one that has changed",
                fix="name that text, or release the new one first",
            )


def _salted(salt: str, digest: str) -> str:
    return hmac.digest(salt.encode(), digest.encode(), "sha256").hex()


def _doubts(lines: list[str]) -> Iterator[Doubt]:
    for line in lines:
        body: dict[str, Any] = json.loads(line)
        if body["decision"] not in {"", *DECISIONS} or not all(
            isinstance(body[one], int) for one in ("record", "cell", "start", "end")
        ):
            raise ValueError
        yield Doubt(**body)


def _none(path: Path) -> CarrelError:
    return fault(
        faults.QUEUE,
        at=path.name,
        wanted="a file that `carrel deidentify text` wrote",
        found="something else",
        fix="name that file",
    )
