"""What a site tells its people by mail: codes, counts and dates; never a patron's value, never a driver's message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Message:
    """One message in plain text."""

    subject: str
    body: str


def night_failed(site: str, system: str, night: date, codes: Sequence[str], counts: Mapping[str, int]) -> Message:
    """A night that did not end well: what failed, by code, and the counts.

    Args:
        site: name of the library.
        system: name of the system in the site file.
        night: that it belongs to.
        codes: of the errors, such as ``RET-004``.
        counts: figures by name.
    """
    lines = [
        f"The night of {night.isoformat()} on {system} did not end as it should.",
        "",
        f"Codes:   {', '.join(codes) or 'none'}",
        *[f"{name + ':':<34} {count}" for name, count in counts.items()],
        "",
        "What was cut stays cut, and what was not reached is tried again next night.",
        "Look at it with:  carrel audit",
    ]
    return Message(f"[Carrel] {site}: the night of {night.isoformat()} failed on {system}", _text(lines))


def approval_pending(site: str, system: str, digest: str, reasons: Sequence[str], due: int) -> Message:
    """A plan that nobody has approved yet, so nothing was changed."""
    lines = [
        f"Tonight's plan for {system} waits for a person. Nothing was changed.",
        "",
        f"Plan:    {digest}",
        f"Loans:   {due} due",
        "Why it waits:",
        *[f"  - {reason}" for reason in reasons],
        "",
        f"To approve it:  carrel approve {digest[:12]}",
    ]
    return Message(f"[Carrel] {site}: a plan for {system} waits for approval", _text(lines))


def past_outside(site: str, late: Mapping[str, int], unseen: Sequence[str]) -> Message:
    """Something outside the databases is past its time, or could not be looked at, since this night.

    Args:
        site: name of the library.
        late: place → how much, places without any included.
        unseen: places that could not be looked at.
    """
    lines = [
        "Outside the databases something is past its time. Nothing was deleted.",
        "",
        *[f"{place + ':':<34} {count} past their time" for place, count in late.items() if count],
        *[f"{place + ':':<34} could not be looked at" for place in unseen],
        "",
        "Look at it with:  carrel check",
    ]
    return Message(f"[Carrel] {site}: past its time outside the databases", _text(lines))


def checkpoint_copy(site: str, checkpoint: str) -> Message:
    """The signed checkpoint, so that somebody outside holds one: keep this message.

    Args:
        site: name of the library.
        checkpoint: the signed note, exactly as the ledger holds it; it stands alone between the two lines.
    """
    body = (
        "Keep this message. Whoever holds it can prove that the ledger was not changed afterwards:\n"
        "save the text between the lines and run  carrel ledger verify --checkpoint FILE\n\n"
        f"-----8<-----\n{checkpoint}-----8<-----\n"
    )
    return Message(f"[Carrel] {site}: checkpoint of the ledger", body)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
