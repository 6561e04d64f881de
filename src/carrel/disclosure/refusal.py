"""The errors of whoever may not do something in a case; none tells more of it than that."""

from __future__ import annotations

from collections.abc import Collection

from carrel.disclosure import faults
from carrel.disclosure.event import Act
from carrel.disclosure.process import Office
from carrel.errors import CarrelError, fault


def unknown() -> CarrelError:
    """The error of whoever asks for a case that is not there, or that nobody may know of."""
    return fault(
        faults.UNKNOWN, wanted="a case of which you know", found="none", fix="look it up with `carrel disclose list`"
    )


def not_now(at: Act | str, wanted: str, found: str, fix: str, because: str = "") -> CarrelError:
    """The error of whoever comes too early or too late."""
    return fault(faults.NOT_NOW, at=at, wanted=wanted, found=str(found), because=because, fix=fix)


def not_yours(at: str, wanted: Collection[Office]) -> CarrelError:
    """The error of somebody in another office."""
    return fault(
        faults.NOT_YOURS,
        at=at,
        wanted=f"one who is: {', '.join(sorted(wanted)) or 'nobody; two policies in force exclude each other'}",
        found="somebody who is not, or an alternate while the holder is not recorded absent",
        because="the policy says who takes each step (MPL-2, MITL-4.5)",
        fix="ask whoever holds the office; people: may: of the site file says who does",
    )


def second(other: str, fix: str) -> CarrelError:
    """The error of whoever would be the first and the second person of something."""
    return fault(
        faults.TWO_PEOPLE,
        wanted=f"somebody other than {other}",
        found="the same person",
        because="nothing leaves by one person's word alone",
        fix=fix,
    )
