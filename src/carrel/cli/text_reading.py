"""Parts of a text shown to whoever decides, on the terminal alone, and the answers.

On the stream of errors, so that what is piped away holds no text.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.systems.text.release_note import ReleaseNote
    from carrel.systems.text.review_queue import Doubt, ReviewQueue

T = TypeVar("T")
_AROUND = 160  # bytes that are shown before and behind a place
_MOST = 4_000  # and of a whole record
_ANSWERS = {"g": "goes", "s": "stays"}
_QUIT, _SKIP = "q", "n"


def ask_places(queue: ReviewQueue, source: Path) -> None:
    """Ask for a decision of each place that has none; the answers are put into the queue."""
    from carrel.systems.text.release import cells_of
    from carrel.systems.text.text_file import reading

    open_places: dict[int, list[int]] = {}
    for at, doubt in enumerate(queue.doubts):
        if not doubt.decision:
            open_places.setdefault(doubt.record, []).append(at)
    asked, total = 0, sum(map(len, open_places.values()))
    with reading(source) as stream:
        for number, cells in cells_of(queue.shape.form(), stream, source.name):
            for at in open_places.pop(number, ()):
                asked += 1
                answer = _ask(queue.doubts[at], cells, f"{asked} of {total}")
                if answer == _QUIT:
                    return
                if answer in _ANSWERS:
                    queue.decided(at, _ANSWERS[answer])
            if not open_places:
                return


def _ask(doubt: Doubt, cells: Sequence[bytes], where: str) -> str:
    if doubt.cell >= len(cells) or not 0 <= doubt.start < doubt.end <= len(cells[doubt.cell]):
        return _SKIP
    text, low, high = cells[doubt.cell], max(doubt.start - _AROUND, 0), doubt.end + _AROUND
    before, inside, after = text[low : doubt.start], text[doubt.start : doubt.end], text[doubt.end : high]
    say(f"\n{where}: {doubt.kind}, {'taken out' if doubt.went else 'left in'} so far", err=True)
    say(f"  {_shown(before)}>>{_shown(inside)}<<{_shown(after)}", err=True)
    words, choice = "  (g)oes, (s)tays, (n)ext, (q)uit", click.Choice(("g", "s", "n", "q"))
    return _answer(partial(click.prompt, words, type=choice, show_choices=False, err=True), _QUIT)


def _answer(ask: Callable[[], T], quit_: T) -> T:
    """What was answered; that nobody answers any more means to stop here, as `q` does, and keeps what was said."""
    try:
        return ask()
    except click.Abort:
        say("", err=True)
        return quit_


def ask_sample(note: ReleaseNote, target: Path, count: int) -> None:
    """Show records drawn by chance that nobody has read yet, and keep what is said of each in the note."""
    from carrel.systems.text.release import cells_of
    from carrel.systems.text.text_file import reading

    drawn: list[tuple[int, list[bytes]]] = []
    seen = 0
    wanted = max(count - len(note.read), 0)
    if not wanted:
        return
    with reading(target) as stream:
        for number, cells in cells_of(note.shape.form(), stream, target.name):
            if number in note.read:
                continue
            seen += 1
            if len(drawn) < wanted:
                drawn.append((number, list(cells)))
            elif (place := secrets.randbelow(seen)) < wanted:
                drawn[place] = (number, list(cells))
    secrets.SystemRandom().shuffle(drawn)  # so that whoever stops early has read a sample by chance, too
    for at, (number, cells) in enumerate(drawn, 1):
        say(f"\n{at} of {len(drawn)}", err=True)
        for cell in cells:
            say(f"  {_shown(cell[:_MOST])}", err=True)
        asked = "  how many are left (q to stop)"
        answer = _answer(lambda: int(click.prompt(asked, default="0", value_proc=_count, err=True)), -1)  # noqa: B023  (called at once)
        if answer < 0:
            return
        note.read[number] = answer


def _count(text: str) -> int:
    if text.strip().lower() == _QUIT:
        return -1
    if not text.strip().isdigit() or len(text.strip()) > 4:  # noqa: PLR2004  (no text has so many)
        raise click.UsageError("Write a number, or q.")
    return int(text)


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")
