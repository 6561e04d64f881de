"""What every plan has that somebody approves: a body as its file holds it, and the digest of that."""

from __future__ import annotations

import hashlib
import json
from typing import Any


class Digested:
    """A plan of any kind. Any changed byte of the body's content changes the digest."""

    __slots__ = ()

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        raise NotImplementedError

    def as_dict(self) -> dict[str, Any]:
        """The plan as its file holds it, digest included."""
        body = self.body()
        return {**body, "digest": _digest(body)}

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's canonical JSON, hex."""
        return _digest(self.body())


def _digest(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
