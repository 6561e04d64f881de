"""Whether a bundle follows the last one that a library kept: no older one again, no gap, no rewritten ledger."""

from __future__ import annotations

from carrel.accountability import faults
from carrel.accountability.bundle_runs import false_bundle
from carrel.accountability.evidence_bundle import Bundle
from carrel.errors import CarrelError, fault
from carrel.ledger.checkpoint import must_continue


def require_next(bundle: Bundle, last: Bundle | None) -> None:
    """Refuse a bundle that does not continue the one before it.

    Args:
        bundle: that holds by itself.
        last: the newest that was kept; None before the first.

    Raises:
        CarrelError: CUS-012, it is older, or leaves between the two were never shown; CUS-011, the two checkpoints
            contradict each other, or nothing proves that they do not.
    """
    if last is None:
        if bundle.manifest.since:
            raise _gap(bundle, 0)
        return
    size = last.checkpoint.size
    if bundle.checkpoint.size < size or bundle.manifest.made_at < last.manifest.made_at:
        raise fault(
            faults.BUNDLE_PLACE,
            wanted=f"a bundle made after {last.manifest.made_at:%Y-%m-%d %H:%M} UTC, of {size} leaves or more",
            found=f"one made at {bundle.manifest.made_at:%Y-%m-%d %H:%M} UTC, of {bundle.checkpoint.size}",
            because="an old bundle says nothing of what was done since",
            fix="ask the custodian for a new one: carrel custodian bundle",
        )
    if bundle.manifest.since > size:
        raise _gap(bundle, size)
    proof = () if bundle.checkpoint.size == size else bundle.consistency.get(size)
    if proof is None:
        raise false_bundle("consistency.json", f"a proof from the {size} leaves that were kept", "none")
    try:
        must_continue(last.checkpoint, bundle.checkpoint, proof)
    except CarrelError as wrong:
        first = wrong.faults[0]
        raise false_bundle("checkpoint.note", first.wanted, first.found, because=first.because) from None


def _gap(bundle: Bundle, size: int) -> CarrelError:
    return fault(
        faults.BUNDLE_PLACE,
        wanted=f"every leaf from {size} on",
        found=f"leaves from {bundle.manifest.since} on",
        because="a run could stand among the leaves that were never shown",
        fix=f"ask the custodian for a bundle that begins there: carrel custodian bundle --since {size}",
    )
