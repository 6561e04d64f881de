"""What every plan has that somebody approves: a body as its file holds it, and the digest of that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar


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
    def anew(self) -> str:
        """The command that makes another one of its kind."""
        return "carrel plan"

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's canonical JSON, hex."""
        return _digest(self.body())


def _digest(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


PlanT = TypeVar("PlanT", bound=Digested)


def plan_of(
    make: Callable[..., PlanT],
    body: dict[str, Any],
    version: int,
    kinds: Collection[str],
    read: Callable[[dict[str, Any]], dict[str, Any]],
) -> PlanT:
    """Read a plan back.

    Args:
        make: the plan of its fields.
        body: as its file holds it.
        version: of the format that such plans have.
        kinds: that such plans have; where there are several, ``read`` makes the field of it.
        read: the fields that are no plain values.

    Raises:
        ValueError: a field is missing, unknown or of the wrong kind, or the digest does not fit.
    """
    known = dict(body)
    digest, written = known.pop("digest", None), known.pop("format_version", None)
    kind = known.get("kind") if len(kinds) > 1 else known.pop("kind", None)
    try:
        plan = make(**{**known, "made_at": datetime.fromisoformat(known["made_at"]), **read(known)})
        fits = kind in kinds and (written, digest) == (version, plan.digest)
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not a plan: {type(wrong).__name__}") from None
    if not fits:
        raise ValueError("the digest does not fit the plan")
    return plan
