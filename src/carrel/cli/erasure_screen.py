"""What became of an erasure, for people and for programs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import number, put_table, say
from carrel.store.sealed_cases import DONE

if TYPE_CHECKING:
    from carrel.cli.erasure_apply import Report
    from carrel.cli.record import Receipt

_SHOWN_KEYS = 20


def as_dict(report: Report, receipt: Receipt) -> dict[str, object]:
    """The result for programs."""
    return {
        "case": report.plan.case,
        "plan": report.plan.digest,
        "outcome": report.outcome.value,
        "rows": dict(sorted(report.case.rows.items())),
        "rows_may_be_more": report.case.unknown,
        "still_there": report.found.still,
        "kept": report.found.kept,
        "for_a_human": {place: len(keys) for place, keys in report.found.human.items()},
        "residues": [place.in_short() for place in report.places],
        "ledger": receipt.as_dict(),
    }


def show(report: Report, receipt: Receipt, place: Path) -> None:
    """The result as a person reads it."""
    from carrel.cli.apply import show_places

    found = report.found
    say(f"{report.plan.case}: {report.outcome.value}")
    if report.case.finished_at is not None and report.case.state == DONE:
        say(f"It was over at {report.case.finished_at.isoformat(timespec='seconds')}.")
    put_table(
        "Taken out",
        ("step", "rows"),
        [(name, number(rows)) for name, rows in sorted(report.case.rows.items())],
        right=(1,),
    )
    if report.case.unknown:
        say("A process died inside a piece: the counts may be too low; what is in the database was read back.")
    say(f"Looked for in every table: {amount(found.hits, 'row still names', 'rows still name')} the person.")
    for where, rows in sorted(found.columns.items()):
        say(f"  - {where}: {number(rows)}")
    for where, keys in sorted(found.texts.items()):
        say(f"  - {where}: {rows_of(keys)}")
    for where, rows in sorted(found.kept.items()):
        say(f"Kept on its ground: {where}: {number(rows)}")
    for where, keys in sorted(found.human.items()):
        say(f"For a human to judge: {where}: {rows_of(keys)}")
    if found.human:
        say("  A name alone can be somebody else's, or a common word; look at these rows yourself.")
    show_places(report.places)
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")
    if found.hits:
        say(f"\nMend these places, then: carrel apply {place}")


def rows_of(keys: list[tuple[Any, ...]]) -> str:
    """How many, and the keys of the first ones."""
    shown = keys_told(keys)
    return number(len(keys)) + (f" (key {shown})" if shown else "")


def keys_told(keys: list[tuple[Any, ...]]) -> str:
    """The keys of the first rows where they are plain numbers; another key can name somebody."""
    return ", ".join(str(key[0]) for key in keys[:_SHOWN_KEYS] if len(key) == 1 and isinstance(key[0], int))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
