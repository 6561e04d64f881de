"""Cases that are due to be forgotten: shown, approved by one, forgotten by another; for the command and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.disclosure import faults
from carrel.disclosure.admission import may
from carrel.disclosure.event import Act
from carrel.disclosure.forgetting import Due, due_among, plan_digest
from carrel.disclosure.refusal import second
from carrel.errors import fault

if TYPE_CHECKING:
    from carrel.disclosure.viewer import Viewer
    from carrel.store.store import Store


def due_of(store: Store, viewer: Viewer) -> tuple[Due, ...]:
    """What is due, of the cases of which somebody may know."""
    return due_among(store.disclosures.all(viewer), viewer.processes.kept, viewer.at)


def approve(store: Store, viewer: Viewer, digest: str) -> None:
    """Agree that what was shown is forgotten.

    Args:
        store: of the site.
        viewer: who agrees.
        digest: sign of the plan that was shown.

    Raises:
        CarrelError: DSC-023, it is not the plan of now; DSC-003, one of them is another office's.

    Guarantees:
        Whoever may not approve one of them approves none.
    """
    found = due_of(store, viewer)
    if digest != plan_digest(one.case for one in found) or not found:
        raise fault(
            faults.PLAN,
            wanted=f"the sign of {len(found)} cases that are due now" if found else "a case that is due",
            found="that of others" if found else "none",
            because="what was not seen is not approved",
            fix="look at `carrel disclose forget` again, and approve what it shows now",
        )
    for one in found:
        may(one.here, Act.FORGET, viewer.person, viewer.offices, viewer.at)
    for one in found:
        store.disclosures.add(one.case.id, Act.FORGET, {"plan": digest}, viewer)


def apply(store: Store, viewer: Viewer) -> int:
    """Forget what somebody else approved; how many are gone.

    Raises:
        CarrelError: DSC-009, she approved one of them herself: then none is forgotten; DSC-001, DSC-022.
    """
    approved = [one for one in due_of(store, viewer) if one.by]
    if any(one.by == viewer.person for one in approved):
        raise second("whoever approved it", "have somebody else apply it, or leave it to the night")
    return sum(store.forgotten.forget(one.case.id, viewer) for one in approved)
