"""A proposed entry on a screen: the columns in counts and shapes, the lines, and the questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import number, put_json, put_line, put_table, say

if TYPE_CHECKING:
    from carrel.inventory.table_proposal import Proposal
    from carrel.inventory.table_sample import SampledColumn


def tell(found: Proposal, out: Path | None, *, as_json: bool) -> None:
    """Show a proposal."""
    if as_json:
        put_json({"proposal": _as_dict(found), "file": None if out is None else str(out)})
        return
    rows = [
        (one.name, one.kind, number(one.shape.filled), number(one.shape.distinct), _looks(found, one))
        for one in found.sample.columns
    ]
    seen = amount(found.sample.looked_at, "row")
    put_table(f"{seen} looked at", ("column", "type", "filled", "differ", "looks like"), rows, right=(2, 3))
    say(found.text())
    for one in found.asked:
        put_line(f"{one.key}: {one.evidence}", "asked: ")
    for bar in found.barred:
        put_line(bar, "no plan as it stands: ")
    if out is not None:
        say(f"Written to {out}. Nothing is in force before it stands in the site file.")
    else:
        say("Nothing was written. Put these lines into the site file, or name a file with --out.")


def _looks(found: Proposal, one: SampledColumn) -> str:
    role, person = found.role(one.name), found.persons.get(one.name, "")
    return "; ".join(filter(None, (role, f"may name a person: {person}" if person else "")))


def _as_dict(found: Proposal) -> dict[str, Any]:
    return {
        "entry": {one.key: list(one.value) if isinstance(one.value, tuple) else one.value for one in found.guesses},
        "evidence": {one.key: one.evidence for one in found.guesses if one.evidence},
        "asked": [one.key for one in found.asked],
        "barred": list(found.barred),
        "persons": found.persons,
        "rows_looked_at": found.sample.looked_at,
        "columns": [
            {
                "name": one.name,
                "type": one.kind,
                "filled": one.shape.filled,
                "different": one.shape.distinct,
                "role": found.role(one.name),
            }
            for one in found.sample.columns
        ],
        "text": found.text(),
    }
