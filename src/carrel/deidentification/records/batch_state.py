"""What has to be known of earlier batches, so that the next one can be added: very little of anybody.

A combination that was released once, because enough persons share it, may be joined by any later record: it can only
grow. So of what was released no person is kept, only the combinations, which everybody can read in the release. A
record that waits is kept as coarse as it would be released, with a keyed token for its person, so that persons can be
counted when others come.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from carrel.deidentification.records.release import Release

FORMAT: Final = 1
_SAME: Final = {"person", "columns", "keep", "pseudonymise", "k"}
_TOKEN: Final = 32  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class LastBatch:
    """What was counted of the file of the last batch, so that it can be put on record later.

    Attributes:
        sha256: of the file, hex.
        rows: in it.
        classes: combinations of values.
        smallest: persons, or records, of the smallest one that no earlier batch released; None where each was.
        known: combinations that an earlier batch released.
    """

    sha256: str
    rows: int
    classes: int
    smallest: int | None
    known: int


@dataclass(frozen=True, slots=True)
class BatchState:
    """What is known of earlier batches.

    Attributes:
        key: of the tokens of persons who wait, 32 bytes.
        asked: digest of what was asked for; a batch that asks for something else cannot be added.
        levels: of each column, the name of its level.
        known: combinations that were released.
        waiting: records that were not: released columns, and the token of the person, or nothing where nobody is named.
        batches: keyed digest of each batch, so that none is added twice.
        last: of the last one's file; None where a state was written by a version that did not note it.
    """

    key: bytes = field(repr=False)
    asked: str
    levels: tuple[str, ...]
    known: frozenset[tuple[str, ...]] = frozenset()
    waiting: tuple[tuple[str | None, ...], ...] = ()
    batches: tuple[str, ...] = ()
    last: LastBatch | None = None

    def token(self, person: str) -> str:
        """What stands for a person who waits."""
        return hmac.digest(self.key, b"person\0" + person.encode("utf-8", "surrogatepass"), "sha256").hex()[:_TOKEN]

    def digest(self, said: str) -> str:
        """What stands for a batch."""
        return hmac.digest(self.key, b"batch\0" + said.encode(), "sha256").hex()[:_TOKEN]

    def after(
        self, known: Iterable[tuple[str, ...]], waiting: Iterable[tuple[str | None, ...]], batch: str
    ) -> BatchState:
        """The state once a batch was added.

        Args:
            known: combinations that it released.
            waiting: all records that wait now.
            batch: its digest.
        """
        return replace(
            self, known=self.known | frozenset(known), waiting=tuple(waiting), batches=(*self.batches, batch), last=None
        )

    def text(self) -> str:
        """The state as its file holds it."""
        body: dict[str, Any] = {
            "format_version": FORMAT,
            "asked": self.asked,
            "key": self.key.hex(),
            "levels": list(self.levels),
            "known": sorted(map(list, self.known)),
            "waiting": [list(one) for one in self.waiting],
            "batches": list(self.batches),
            "last": None if self.last is None else asdict(self.last),
        }
        return json.dumps(body) + "\n"


def state_of(text: str) -> BatchState:
    """Read a state.

    Raises:
        ValueError: it is none, or not whole.
    """
    try:
        body = json.loads(text)
        if body["format_version"] != FORMAT:
            raise ValueError("another format")
        state = BatchState(
            bytes.fromhex(body["key"]), str(body["asked"]), tuple(map(str, body["levels"])),
            frozenset(tuple(one) for one in body["known"]), tuple(tuple(one) for one in body["waiting"]),
            tuple(body["batches"]), None if body.get("last") is None else LastBatch(**body["last"]),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError("not whole") from wrong
    if len(state.key) != 32 or any(len(one) != len(state.levels) for one in state.known):  # noqa: PLR2004
        raise ValueError("not whole")
    return state


def asked(release: Release) -> str:
    """A digest of what has to stay the same from batch to batch: columns and their hierarchies, k, l, what is kept."""
    said = release.model_dump(mode="json", include=_SAME | ({"sensitive"} if release.sensitive else set()))
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:_TOKEN]
