"""``carrel deidentify review`` and ``sample``: what only a person can tell of a text, asked on the terminal."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option
from carrel.cli.option_values import FILE
from carrel.cli.screen import put_json, say


@click.command(epilog="Example: carrel deidentify review released.csv.review.jsonl questions.csv")
@click.argument("queue_file", metavar="QUEUE", type=FILE)
@click.argument("source", metavar="TEXT", type=FILE)
@json_option
def review(queue_file: Path, source: Path, as_json: bool) -> None:
    """Look through the places of a text that only a person can decide, one after the other.

    QUEUE lies beside the released text and says where they are; what stands there comes from TEXT and is shown on this
    terminal alone. The answers are kept in QUEUE: release TEXT again with --decisions QUEUE.
    """
    from carrel.cli import text_screen
    from carrel.cli.text_reading import ask_places
    from carrel.systems.text.release import digest_of
    from carrel.systems.text.review_queue import ReviewQueue

    queue = ReviewQueue.read(queue_file)
    queue.require(digest_of(source), queue_file)
    try:
        ask_places(queue, source)
    finally:
        queue.write(queue_file)
    left = sum(not one.decision for one in queue.doubts)
    if as_json:
        put_json({"places": len(queue.doubts), "left": left, "go": sum(one.decision == "goes" for one in queue.doubts)})
        return
    text_screen.put_done(left)


@click.command(epilog="Example: carrel deidentify sample released.csv --count 300")
@click.argument("target", metavar="RELEASED", type=FILE)
@click.option("--count", default=300, show_default=True, type=click.IntRange(1, 100_000), help="Records to read.")
@json_option
@click.pass_context
def sample(ctx: click.Context, target: Path, count: int, as_json: bool) -> None:
    """Read a sample of a released text, drawn by chance, and tell how much may have stayed in all of it.

    Each record is shown, and you say how many names, numbers or addresses of persons are left in it. The bound that
    follows is kept in the note of the release and decides its class. Stop with q and go on later. Ends with 3 while the
    class is medium.
    """
    from carrel.cli import text_screen
    from carrel.cli.text_reading import ask_sample
    from carrel.errors import Exit
    from carrel.systems.text.release import digest_of
    from carrel.systems.text.release_note import ReleaseNote, note_of

    note = ReleaseNote.read_from(note_of(target), digest_of(target))
    try:
        ask_sample(note, target, count)
    finally:
        note.write(note_of(target))
    if as_json:
        put_json(note.as_dict())
    else:
        say("")
        text_screen.put_risk(note.risk, target)
    ctx.exit(int(Exit.DONE if note.risk.is_low else Exit.FINDINGS))
