"""What is kept of a released text beside it: counts, its digest, what people read of it, and the class that follows.

Nothing in it is computed from the text that it was made of but counts: a digest would let anyone test guesses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from carrel.deidentification.text.residual_risk import THRESHOLD, ResidualRisk
from carrel.errors import fault
from carrel.systems.durable_file import replace_file
from carrel.systems.text import faults
from carrel.systems.text.text_shape import TextShape

_VERSION = 2


@dataclass(slots=True)
class ReleaseNote:
    """Of one release.

    Attributes:
        text: digest of the released file.
        made: when.
        counts: what became of the text.
        shape: how the released file is read.
        threshold: share of documents that may leak.
        read: record that somebody has read → what was left in it.
    """

    text: str
    made: str
    counts: dict[str, Any]
    shape: TextShape
    threshold: float = THRESHOLD
    read: dict[int, int] = field(default_factory=dict)

    @property
    def risk(self) -> ResidualRisk:
        """What the records say that were read."""
        left = list(self.read.values())
        records = self.counts.get("records", 0)
        records = records if isinstance(records, int) and records >= len(left) else 0
        leaking = sum(one > 0 for one in left)
        return ResidualRisk(len(left), leaking, sum(left), self.threshold, records=records)

    def as_dict(self) -> dict[str, Any]:
        """For programs; without any value of the text."""
        return {
            "text": self.text,
            "made": self.made,
            "counts": self.counts,
            "shape": self.shape.as_dict(),
            "residual": self.risk.as_dict(),
        }

    @property
    def body(self) -> str:
        """As it stands in its file."""
        body = {
            "format_version": _VERSION,
            **self.as_dict(),
            "read": {str(one): left for one, left in self.read.items()},
        }
        return json.dumps(body, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Write it as a whole."""
        replace_file(path, self.body)

    @classmethod
    def of(cls, text: str, at: datetime, counts: dict[str, Any], shape: TextShape, threshold: float) -> ReleaseNote:
        """A new one."""
        return cls(text, at.isoformat(timespec="seconds"), counts, shape, threshold)

    @classmethod
    def found(cls, path: Path) -> ReleaseNote | None:
        """What a file holds; None where it is no note of this version."""
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            note = cls(
                str(body["text"]), str(body["made"]), dict(body["counts"]), TextShape.read_from(body["shape"]),
                float(body["residual"]["threshold"]), {int(one): int(left) for one, left in body["read"].items()},
            )  # fmt: skip
            return note if body["format_version"] == _VERSION else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    @classmethod
    def read_from(cls, path: Path, text: str) -> ReleaseNote:
        """The note of a released file.

        Raises:
            CarrelError: TXT-018, it is none; TXT-016, the file is another one by now.
        """
        note = cls.found(path)
        if note is None:
            raise fault(
                faults.QUEUE, at=path.name, wanted="the note that `carrel deidentify text` wrote beside it",
                found="none", fix="release the text with this version of Carrel",
            )  # fmt: skip
        if note.text != text:
            raise fault(
                faults.ANOTHER_TEXT, at=path.name, wanted="the text that was released",
                found="one that has changed since",
                fix="release it again",
            )  # fmt: skip
        return note


def note_of(path: Path) -> Path:
    """Where the note of a released file lies."""
    return path.with_name(f"{path.name}.release.json")


def queue_of(path: Path) -> Path:
    """Where the places of a released file lie that somebody should look at."""
    return path.with_name(f"{path.name}.review.jsonl")
