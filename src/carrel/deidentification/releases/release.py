"""A release as it is kept: what left, when, by whom, for whom and for what, and how well it was measured.

The ledger is read by anybody, and a small file of figures can be guessed: whoever tries all values finds the one whose
digest stands there, and a recipient's name as easily. So a leaf holds a digest of the whole record with a salt of its
own; the salt and the digests of the files stay with the site, which can open the record to an auditor.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.deidentification.releases.measured import Measured


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """One file of a release.

    Attributes:
        place: where it was written.
        sha256: of all its bytes, hex.
    """

    place: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """For whom a release is, and for what.

    Attributes:
        purpose: in plain words.
        recipient: in plain words.
        record_type: of the records that it was made of; empty where that was not told.
        silo: in which they are kept; empty where that was not told.
    """

    purpose: str
    recipient: str
    record_type: str = ""
    silo: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """One record of a release; none is ever changed.

    Attributes:
        name: of the release.
        files: that left, each with its digest.
        occasion: for whom and for what.
        measured: its figures and class.
        at: when it was recorded; an aware time.
        by: who recorded it.
        salt: hex; drawn anew for each record.
    """

    name: str
    files: tuple[ReleasedFile, ...]
    occasion: Occasion
    measured: Measured
    at: datetime
    by: str
    salt: str

    @property
    def thing(self) -> str:
        """A digest of what left and for whom: two records of one thing have the same, for whatever they say it is."""
        return _digest({**self._what(), "recipient": self.occasion.recipient})

    @property
    def identity(self) -> str:
        """A digest of what left, for whom, for what and how it was measured: recorded twice, it is one record."""
        return _digest({"thing": _digest({**self._what(), **self._occasion()}), **self._measured()})

    @property
    def digest(self) -> str:
        """A digest of the whole record and its salt, as the ledger has it."""
        return _digest(
            {
                "salt": self.salt,
                "name": self.name,
                "at": self.at.isoformat(),
                "by": self.by,
                "files": [[one.place, one.sha256] for one in self.files],
                **self._occasion(),
                **self._measured(),
            }
        )

    def _what(self) -> dict[str, Any]:
        return {"name": self.name, "files": sorted(one.sha256 for one in self.files)}

    def _occasion(self) -> dict[str, Any]:
        one = self.occasion
        return {"purpose": one.purpose, "recipient": one.recipient, "record_type": one.record_type, "silo": one.silo}

    def _measured(self) -> dict[str, Any]:
        one = self.measured
        return {
            "kind": one.kind.value,
            "class": None if one.risk is None else one.risk.value,
            "reasons": list(one.reasons),
            "threshold": one.threshold,
            "figures": dict(one.figures),
            "columns": list(one.columns),
        }

    def as_dict(self) -> dict[str, Any]:
        """For programs; whoever has it can compute the digest that stands in the ledger."""
        return {
            "record": self.digest,
            "name": self.name,
            "at": self.at.isoformat(),
            "by": self.by,
            "files": [{"file": one.place, "sha256": one.sha256} for one in self.files],
            **self._occasion(),
            **self._measured(),
            "salt": self.salt,
        }


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
