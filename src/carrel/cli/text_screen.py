"""What the commands on free text tell: counts and places, and never a value."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.release_record import as_json as record_json
from carrel.cli.release_record import tell_record
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.deidentification.text.kernels.spans import Kind
from carrel.systems.text.release_note import queue_of

if TYPE_CHECKING:
    from carrel.cli.text_setup import Lists
    from carrel.deidentification.releases.release import Release as Record
    from carrel.deidentification.text.residual_risk import ResidualRisk
    from carrel.systems.text.release import Released
    from carrel.systems.text.release_note import ReleaseNote


def put_release(
    note: ReleaseNote, told: Released, learnt: Lists, source: Path, target: Path, kept: Record | None, *, as_json: bool
) -> None:  # fmt: skip
    """What a release did, and what should be known of it."""
    warnings = [*learnt.warnings]
    if not told.records:
        warnings.append(f"{source.name} holds no record: what was released is empty.")
    if told.not_followed:
        warnings.append(
            f"{amount(told.not_followed, 'word')} of names went only where they were found: there are more than can be "
            "followed through their conversations. Release the text in parts."
        )
    if as_json:
        known = {"people": learnt.people, "authors": learnt.authors, "titles": learnt.titles}
        put_json({"released": target.name, "known": known, "warnings": warnings, **note.as_dict(), **record_json(kept)})
        return
    put_line(
        f"{target.name}: {number(told.changed)} of {amount(told.records, 'record')} changed; known were "
        f"{amount(learnt.people, 'name')} of the roster and {amount(learnt.authors, 'author')}."
    )
    rows = [[Kind(kind).label.lower(), number(count)] for kind, count in told.gone.most_common()]
    put_table("", ["kind", "went"], rows, right=(1,))
    for warning in warnings:
        put_line(warning, hang=2)
    if told.doubtful:
        command = shlex.join(["carrel", "deidentify", "review", str(queue_of(target)), str(source)])
        put_line(f"{amount(told.doubtful, 'place')} to look at: `{command}`", hang=2)
    if not learnt.rosters:
        put_line("No roster was named: names went by the words around them alone, and some will have stayed.", hang=2)
    if told.records:
        put_risk(note.risk, target)
    tell_record(kept)


def put_risk(risk: ResidualRisk, target: Path) -> None:
    """How much may have stayed, and the class that follows."""
    if risk.read:
        put_line(
            f"Read {amount(risk.read, 'record')}: something was left in {number(risk.leaking)}. With 95 % confidence "
            f"at most {risk.bound:.2%} of all leak; the class is {'low' if risk.is_low else 'medium'}."
        )
    everything = 0 < risk.records <= risk.read
    if not risk.is_low and everything:
        put_line(
            "Every record was read. The class is medium: release the text again without what was left in it.", hang=2
        )
    elif not risk.is_low:
        command = shlex.join(["carrel", "deidentify", "sample", str(target)])
        put_line(
            f"The class is medium until a sample is read: {amount(risk.wanted, 'record')} without a leak "
            f"{'is' if risk.wanted == 1 else 'are'} enough for "
            f"{risk.threshold:.0%}. `{command}`",
            hang=2,
        )


def put_done(left: int) -> None:
    """How much of a list is still to be looked through."""
    say(f"{amount(left, 'place is', 'places are')} left." if left else "All places are decided.")
