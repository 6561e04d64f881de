"""What became of lapsed cards in a run, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.cli.erasure_screen import rows_of, show_human
from carrel.cli.screen import number, put_table, say

if TYPE_CHECKING:
    from carrel.cli.lot_end import CardsDone


def cards_as_dict(done: CardsDone) -> dict[str, object]:
    """Counts and names of steps; nobody's value."""
    return {
        "people": done.people,
        "reduced": done.reduced,
        "reduced_on": done.ground,
        "rows": dict(sorted(done.rows.items())),
        "rows_may_be_more": done.unknown,
        "planned": done.planned,
        "unplanned": done.unplanned,
        "spared_since": done.spared,
        "lots_lost": done.lost,
        "still_there": done.found.still,
        "kept": done.found.kept,
        "for_a_human": {place: len(keys) for place, keys in done.found.human.items()},
    }


def show_cards(done: CardsDone) -> None:
    """What a person should know; nothing where no card was due."""
    if not (done.people or done.reduced or done.rows or done.spared or done.lost):
        return
    steps = [(name, number(rows)) for name, rows in sorted(done.rows.items())]
    put_table("Gone with lapsed cards", ("step", "rows"), steps, right=(1,))
    say(f"People whose card had lapsed, and who were erased: {number(done.people)}")
    if done.reduced:
        say(f"Records reduced, and kept with a name for the financial record: {number(done.reduced)} ({done.ground})")
    if done.unplanned:
        say(f"The plan showed {number(done.planned)}: {number(done.unplanned)} more became due since it was made.")
    _show_doubts(done)
    say(f"They were looked for in every table: {number(done.found.hits)} rows still name one of them.")
    for where, rows in sorted(done.found.columns.items()):
        say(f"  - {where}: {number(rows)}")
    for where, keys in sorted(done.found.texts.items()):
        say(f"  - {where}: {rows_of(keys)}")
    for where, rows in sorted(done.found.kept.items()):
        say(f"Kept on its ground: {where}: {number(rows)}")
    show_human(done.found.human)


def _show_doubts(done: CardsDone) -> None:
    if done.unknown:
        say("A process died inside a piece: the counts may be too low; what is in the database was read back.")
    if done.spared:
        say(f"{number(done.spared)} people were begun and are kept: somebody borrowed, owes, or must be kept.")
    if done.lost:
        say(f"Lots whose key or rule is gone: {number(done.lost)}. Nobody looked for the people in them: not verified.")
