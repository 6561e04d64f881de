"""A file that is measured again, held against what is on record of the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from carrel.deidentification.releases.measured import Kind, Measured
from carrel.deidentification.releases.release import Release
from carrel.inventory.risk import RiskClass


def on_record(digest: str, records: Iterable[Release], kind: Kind) -> Release | None:
    """The newest record of a kind that has a file of these bytes; None where there is none."""
    known = [one for one in records if one.measured.kind is kind and any(file.sha256 == digest for file in one.files)]
    return max(known, key=lambda one: one.at, default=None)


def stands(found: Measured, known: Release | None) -> Measured:
    """With which figures a file that was measured again is recorded.

    The command that made it knew more than its file tells: the roster, the earlier releases. So its figures stand,
    unless the file shows something against itself that they do not have. A text is measured by the sample of it that
    people have read since, and may get better.

    Args:
        found: measured from the file.
        known: the newest record of the same bytes.

    Guarantees:
        The class is never better than that on record, but for a text.
    """
    if known is None or found.kind is Kind.TEXT or known.measured.risk is None:
        return found
    before = known.measured
    new = [why for why in found.reasons if why not in {*found.not_known, *before.reasons}]
    if not new:
        return before
    return replace(found, risk=RiskClass.MEDIUM, reasons=(*before.reasons, *new), not_known=())
