"""What became of an erasure, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import number, put_line, put_table, say
from carrel.store.erasures import PERSON, TEXTS
from carrel.store.sealed_cases import DONE
from carrel.systems.sql.trigger_way import SAID_BESIDE

if TYPE_CHECKING:
    from carrel.cli.erasure_apply import Report
    from carrel.cli.record import Receipt
    from carrel.systems.sql.erasure_sweep import Found

_SHOWN_KEYS = 20
_SAID = {PERSON: "the record itself", TEXTS: "rows whose texts lost identifiers"}
HUMAN = (
    "A name alone can be somebody else's, or a common word, and a telephone or an address that of an office; look at "
    "these rows yourself."
)


def as_dict(report: Report, receipt: Receipt) -> dict[str, object]:
    """The result for programs."""
    return {
        "case": report.plan.case,
        "plan": report.plan.digest,
        "outcome": report.outcome.value,
        "rows": dict(sorted(report.case.rows.items())),
        "rows_may_be_more": report.case.unknown,
        "looked": report.looked,
        "still_there": report.found.still,
        "kept": report.found.kept,
        "for_a_human": {place: len(keys) for place, keys in report.found.human.items()},
        "residues": [place.in_short() for place in report.places],
        "ledger": receipt.as_dict(),
        "triggers": report.triggers,
        "schema_changes": list(report.schema_changes),
    }


def show(report: Report, receipt: Receipt, place: Path) -> None:
    """The result as a person reads it."""
    from carrel.cli.apply import show_places, until
    from carrel.cli.schema_watch import show_changes

    found = report.found
    beside = ", but for what is kept" if found.kept else ""
    say(f"{report.plan.case}: {report.outcome.value}{until(report.outcome, report.places)}{beside}")
    if report.case.finished_at is not None and report.case.state == DONE and not report.looked:
        say(f"It was over at {report.case.finished_at.isoformat(timespec='seconds')}.")
    show_taken(report.case.rows)
    if report.case.unknown:
        say("A process died inside a piece: the counts may be too low; what is in the database was read back.")
    if report.looked:
        show_found(found)
    else:
        put_line("The person was looked for in every table when it ended. To look again: carrel sweep --person FILE")
        put_line("--by-number, with the number of the record in FILE: no card leads to it any more.")
    show_changes(report.schema_changes)
    if report.triggers is not None:
        put_line(f"Triggers: {SAID_BESIDE}.", hang=2)
    show_places(report.places)
    show_ledger(receipt)
    if found.hits:
        say(f"\nMend these places, then: carrel apply {place}")


def show_taken(rows: Mapping[str, int]) -> None:
    """What went, by table and act as in the plan; then the record itself, and texts of other rows."""
    steps = sorted((name, count) for name, count in rows.items() if name not in _SAID)
    told = [(*name.rpartition(".")[::2], number(count)) for name, count in steps]
    told += [(said, "", number(rows[name])) for name, said in _SAID.items() if name in rows]
    put_table("Taken out", ("table", "act", "rows"), told, right=(2,))


def show_ledger(receipt: Receipt) -> None:
    """Where it stands in the ledger."""
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")


def show_found(found: Found) -> None:
    """What the look through every table found."""
    beside = ", but for what is kept" if found.kept else ""
    say(
        f"Looked for in every table: {amount(found.hits, 'place still names', 'places still name')} the person{beside}."
    )
    for where, rows in sorted(found.columns.items()):
        say(f"  - {where}: {number(rows)}")
    for where, keys in sorted(found.texts.items()):
        say(f"  - {where}: {rows_of(keys)}")
    for where, rows in sorted(found.kept.items()):
        say(f"Kept on its ground: {where}: {number(rows)}")
    show_human(found.human)


def show_human(human: Mapping[str, list[tuple[Any, ...]]]) -> None:
    """What was left as it is because nobody but a person can tell, and why."""
    if not human:
        return
    for where, keys in sorted(human.items()):
        put_line(f"For a human to judge: {where}: {rows_of(keys)}", hang=2)
    put_line(f"  {HUMAN}", hang=2)


def rows_of(keys: list[tuple[Any, ...]]) -> str:
    """How many, and the keys of the first ones."""
    shown = keys_told(keys)
    return number(len(keys)) + (f" (key {shown})" if shown else "")


def keys_told(keys: list[tuple[Any, ...]]) -> str:
    """The keys of the first rows where they are plain numbers; another key can name somebody."""
    return ", ".join(str(key[0]) for key in keys[:_SHOWN_KEYS] if len(key) == 1 and isinstance(key[0], int))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
