"""What lies beside a released text: whether it is in the way of a release, and how it comes there before the text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carrel.errors import CarrelError
from carrel.systems.text.release_note import ReleaseNote, note_of, queue_of
from carrel.systems.text.release_place import beside, require_free
from carrel.systems.text.review_queue import ReviewQueue


def require_place(target: Path, *, force: bool) -> None:
    """Whether a text can be released there, with what lies beside it.

    What a run left that was ended before its text had its name is in nobody's way, as long as nobody worked on it.

    Raises:
        CarrelError: TXT-013, TXT-022.
    """
    require_free(target, force=force)
    for place in (note_of(target), queue_of(target)):
        require_free(place, force=force or (place.exists() and not target.exists() and _is_left(place, target)))


@contextmanager
def with_companions(target: Path, note: ReleaseNote, queue: ReviewQueue, *, force: bool) -> Iterator[None]:
    """A release takes its name within this; its note and its places to look at lie beside it by then.

    Raises:
        CarrelError: TXT-013, TXT-022; nothing was changed.
    """
    texts = {note_of(target): note.body, queue_of(target): queue.body}
    with beside(target, texts, lambda: require_place(target, force=force)):
        yield


def _is_left(place: Path, target: Path) -> bool:
    if place == note_of(target):
        note = ReleaseNote.found(place)
        return note is not None and not note.read
    try:
        return not ReviewQueue.read(place).decisions()
    except CarrelError:
        return False
