"""A text released as a whole: the file, the note beside it, and the places to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.progress import Progress
from carrel.errors import CarrelError, fault

if TYPE_CHECKING:
    from carrel.deidentification.text.knowledge import Knowledge
    from carrel.deidentification.text.text_settings import TextSettings
    from carrel.systems.text.release import Released
    from carrel.systems.text.release_note import ReleaseNote


def released(
    source: Path, target: Path, settings: TextSettings, knowledge: Knowledge, at: datetime, *, form: str | None,
    delimiter: str | None, decisions: Path | None, force: bool,
) -> tuple[ReleaseNote, Released]:  # fmt: skip
    """Release a text.

    Args:
        source: the text.
        target: takes the released text; a note and the places to look at get its name with an ending.
        settings: what it is looked through by.
        knowledge: the lists in it, learnt.
        at: the time, for the note.
        form: of the text; by its ending where it is None.
        delimiter: of a CSV file, where somebody said one.
        decisions: places that somebody has decided.
        force: whether the target may be replaced.

    Raises:
        CarrelError: of the TXT codes; nothing of the release is there then.
    """
    from carrel.cli.text_setup import recognizers_of
    from carrel.deidentification.text.kernels.spans import Kind
    from carrel.deidentification.text.reader import TextReader
    from carrel.systems.text.release import TextRelease, digest_of
    from carrel.systems.text.release_companions import with_companions
    from carrel.systems.text.release_note import ReleaseNote
    from carrel.systems.text.release_place import released_file
    from carrel.systems.text.review_queue import ReviewQueue
    from carrel.systems.text.text_file import reading
    from carrel.systems.text.text_shape import TextShape

    shape = TextShape.of(source, form, settings.columns, unit=settings.unit, delimiter=delimiter)
    digest = digest_of(source)
    decided = {}
    if decisions is not None:
        queue = ReviewQueue.read(decisions)
        queue.require(digest, decisions)
        decided = queue.decisions()
    leave = frozenset(int(one) for one in Kind if one.label.lower() in settings.leave)
    progress = Progress("records", 0)
    run = TextRelease(TextReader(knowledge), leave, recognizers_of(settings), decided, progress.at)
    made: list[tuple[ReleaseNote, Released]] = []

    @contextmanager
    def named(written: Path) -> Iterator[None]:
        if digest_of(source) != digest:
            raise _changed(source)
        note = ReleaseNote.of(digest_of(written), at, told.as_dict(), shape, settings.threshold)
        made.append((note, told))
        with with_companions(target, note, ReviewQueue.of(digest, shape, told.doubts), force=force):
            yield

    form_of = shape.form(settings.conversation)
    if (shape.format == "text" and shape.unit == "file") or settings.conversation is not None:
        with reading(source) as stream:
            run.learn(form_of.records(stream, source.name))
    with released_file(target, force=force, whole=named) as out, reading(source) as stream:
        told = run.write(form_of.records(stream, source.name), out)
    progress.done()
    return made[0]


def require_release(source: Path, target: Path, decisions: Path | None, *, force: bool) -> None:
    """Whether a text may be released there, before anything is learnt for it.

    Raises:
        CarrelError: TXT-013, TXT-022.
    """
    from carrel.systems.text.release_companions import require_place
    from carrel.systems.text.release_note import note_of, queue_of
    from carrel.systems.text.release_place import require_other

    for path in (target, note_of(target), queue_of(target)):
        require_other(path, source)
    require_other(target, decisions)
    require_place(target, force=force)


def _changed(source: Path) -> CarrelError:
    from carrel.systems.text import faults

    return fault(
        faults.ANOTHER_TEXT, at=source.name, wanted="the text as it was at the beginning", found="one that has changed",
        fix="release it again when nothing writes to it",
    )  # fmt: skip
