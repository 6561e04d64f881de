"""How a release of records is shown: what became of each column, what holds, and what it costs."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.release_record import as_json as record_json
from carrel.cli.release_record import tell_record
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.deidentification.risk.reidentification import THRESHOLD
from carrel.systems.analytics.record_release import Made
from carrel.systems.analytics.relation import DESCRIPTION
from carrel.systems.analytics.release_writing import Confirmed

if TYPE_CHECKING:
    from carrel.deidentification.releases.release import Release as Record


def put(
    made: Made, confirmed: Confirmed | None, place: Path | None, kept: Record | None = None, *, as_json: bool
) -> None:
    """Show a release, or print it as JSON.

    Args:
        made: the release.
        confirmed: what was counted of the file, where one was written.
        place: of the file.
        kept: what was put on record.
        as_json: whether programs read it.
    """
    if as_json:
        put_json({**as_dict(made, confirmed, place), **record_json(kept)})
        return
    release, coded = made.release, made.coded
    whose = amount(coded.people, "person") if coded.persons is not None else "no person column"
    say(f"{release.source.at}: {amount(coded.rows, 'record')}, {whose}")
    put_table("What is released of each column", ("column", "as", "labels", "for values"), _columns(made), right=(2, 3))
    _put_kept(made)
    k, what = release.k, "persons" if coded.persons is not None else "records"
    put_line(f"Each combination of values is shared by at least {k} {what}.")
    if 1 / k > THRESHOLD:
        put_line(
            f"Where a combination is shared by no more than {k}, the chance of {1 / k:.3f} to find somebody is above "
            f"{THRESHOLD:g}: on record it is medium. It is not with k: {ceil(1 / THRESHOLD)}."
        )
    if coded.persons is None:
        put_line("Several records can be one person's: name 'person:', or 'people differ by:', to count people.")
    _put_left_out(made)
    useful = made.usefulness
    put_line(f"Lost: {useful.loss:.1%} of what the columns told (0 % is nothing, 100 % all).")
    put_line(f"The average combination holds {useful.average_class:.1f} times {k} records.")
    say("")
    asked = [(one.question, f"{one.wrong:.1%}") for one in useful.answers if one.wrong is not None]
    put_table("How wrong it answers what is usually asked", ("question", "in a wrong place"), asked, right=(1,))
    if confirmed is None or place is None:
        say("")
        put_line("Nothing was written. Add `--out FILE` to release it.")
        return
    say("")
    told = f"{amount(confirmed.rows, 'record')} in {amount(confirmed.classes, 'combination')}"
    if confirmed.smallest is not None:
        told += f", the smallest{' new one' if confirmed.known else ''} of {confirmed.smallest} {what}"
    if made.stood:
        put_line(f"{place.name} holds this batch since it was added, and nothing was written: {told}.")
    else:
        put_line(f"Written to {place.name} and counted back: {told}.")
    if confirmed.known:
        put_line(f"{amount(confirmed.known, 'combination')} of these an earlier batch released.")
    tell_record(kept)


def _put_left_out(made: Made) -> None:
    if made.state is None:
        share = made.left_out / made.coded.rows
        told = f"{amount(made.left_out, 'record is', 'records are')} left out"
        put_line(f"{told} ({share:.2%} of {number(made.coded.rows)}).")
        return
    before = "" if made.stood else f"{amount(made.waited, 'record')} waited from earlier batches; "
    put_line(f"{before}{amount(made.waiting, 'record waits', 'records wait')} for a later one.")


def _put_kept(made: Made) -> None:
    release, said = made.release, made.release.pseudonymise
    if release.sensitive:
        put_line(f"{', '.join(release.sensitive)}: sensitive, as it is.")
    if release.keep:
        put_line(f"{', '.join(release.keep)}: as it is; whether it tells who somebody is was not looked at.")
    if said is not None:
        put_line(
            f"{', '.join(said.columns)}: replaced by a token. Within one {said.period} it tells which records are of "
            "one person, so k holds for each record alone."
        )
    left = [one for one in made.records.columns if one not in {*release.released, DESCRIPTION}]
    if left:
        put_line(f"Not released: {', '.join(left)}.")


def _columns(made: Made) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for at, (column, labels) in enumerate(zip(made.coded.columns, made.labels, strict=True)):
        level = "by group" if made.optimum is None else column.levels[made.optimum.node[at]].name
        rows.append((column.name, level, number(labels), number(column.values)))
    return rows


def as_dict(made: Made, confirmed: Confirmed | None, place: Path | None) -> dict[str, Any]:
    """The same for programs."""
    release, coded = made.release, made.coded
    levels = None
    if made.optimum is not None:
        node = made.optimum.node
        levels = {one.name: one.levels[node[at]].name for at, one in enumerate(coded.columns)}
    return {
        "records": coded.rows,
        "persons": coded.people if coded.persons is not None else None,
        "method": release.method,
        "k": release.k,
        "k_counts": "persons" if coded.persons is not None else "records",
        "levels": levels,
        "groups": None if made.grouping is None else made.grouping.count,
        "left_out": made.left_out,
        "batch": None
        if made.state is None
        else {"number": len(made.state.batches), "waited": made.waited, "waiting": made.waiting},
        "loss": round(made.usefulness.loss, 6),
        "discernibility": made.usefulness.discernibility,
        "average_class": round(made.usefulness.average_class, 3),
        "answers": {
            one.question: None if one.wrong is None else round(one.wrong, 6) for one in made.usefulness.answers
        },
        "nodes": None if made.optimum is None else made.optimum.nodes,
        "counted": None if made.optimum is None else made.optimum.counted,
        "written": None
        if confirmed is None or place is None
        else {
            "file": str(place),
            "records": confirmed.rows,
            "combinations": confirmed.classes,
            "smallest": confirmed.smallest,
            "known": confirmed.known,
        },
    }
