"""What the commands on free text tell: counts and places, and never a value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.release_record import as_json as record_json
from carrel.cli.release_record import tell_record
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.deidentification.text.kernels.spans import Kind

if TYPE_CHECKING:
    from carrel.deidentification.releases.release import Release as Record
    from carrel.deidentification.text.knowledge import Learnt
    from carrel.deidentification.text.residual_risk import ResidualRisk
    from carrel.systems.text.release import Released
    from carrel.systems.text.release_note import ReleaseNote


def put_release(
    note: ReleaseNote, told: Released, learnt: Learnt, target: Path, kept: Record | None, *, as_json: bool
) -> None:
    """What a release did."""
    if as_json:
        known = {"people": learnt.people, "authors": learnt.authors, "titles": learnt.titles}
        put_json({"released": target.name, "known": known, **note.as_dict(), **record_json(kept)})
        return
    put_line(
        f"{target.name}: {number(told.changed)} of {amount(told.records, 'record')} changed; known were "
        f"{amount(learnt.people, 'name')} of the roster and {amount(learnt.authors, 'author')}."
    )
    rows = [[Kind(kind).label.lower(), number(count)] for kind, count in told.gone.most_common()]
    put_table("", ["kind", "went"], rows, right=(1,))
    if told.doubtful:
        put_line(
            f"{amount(told.doubtful, 'place')} to look at: `carrel deidentify review {target.name}.review.jsonl TEXT`",
            hang=2,
        )
    if not learnt.people:
        put_line("No roster was named: names went by the words around them alone, and some will have stayed.", hang=2)
    put_risk(note.risk, target.name)
    tell_record(kept)


def put_risk(risk: ResidualRisk, name: str) -> None:
    """How much may have stayed, and the class that follows."""
    if risk.read:
        put_line(
            f"Read {amount(risk.read, 'record')}: something was left in {number(risk.leaking)}. With 95 % confidence "
            f"at most {risk.bound:.2%} of all leak; the class is {'low' if risk.is_low else 'medium'}."
        )
    if not risk.is_low:
        put_line(
            f"The class is medium until a sample is read: {number(risk.wanted)} records without a leak are enough for "
            f"{risk.threshold:.0%}. `carrel deidentify sample {name}`",
            hang=2,
        )


def put_done(left: int) -> None:
    """How much of a list is still to be looked through."""
    say(f"{amount(left, 'place is', 'places are')} left." if left else "All places are decided.")
