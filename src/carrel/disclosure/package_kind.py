"""What a case can have that answers it: a package that was produced, or a reason why there is none."""

from __future__ import annotations

import enum


class PackageKind(enum.StrEnum):
    """Kinds of answer, as manifests and events name them."""

    RECORDS = "production"
    NOTHING = "no responsive records"
    REPLY = "open-records reply"
    BY_HAND = "in no system"  # on paper, with a vendor, or told by word of mouth: somebody said why, and where it lies
