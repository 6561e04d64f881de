"""A text released as a whole: the file, the note beside it, and the places to look at."""

from __future__ import annotations

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
    delimiter: str, decisions: Path | None, force: bool,
) -> tuple[ReleaseNote, Released]:  # fmt: skip
    """Release a text.

    Args:
        source: the text.
        target: takes the released text; a note and the places to look at get its name with an ending.
        settings: what it is looked through by.
        knowledge: the lists in it, learnt.
        at: the time, for the note.
        form: of the text; by its ending where it is None.
        delimiter: of a CSV file.
        decisions: places that somebody has decided.
        force: whether the target may be replaced.

    Raises:
        CarrelError: of the TXT codes; nothing of the release is there then.
    """
    from carrel.cli.text_setup import recognizers_of
    from carrel.deidentification.text.kernels.spans import Kind
    from carrel.deidentification.text.reader import TextReader
    from carrel.systems.text.new_file import new_file, require_free, require_other
    from carrel.systems.text.release import TextRelease, digest_of
    from carrel.systems.text.release_note import ReleaseNote, note_of, queue_of
    from carrel.systems.text.review_queue import ReviewQueue
    from carrel.systems.text.text_file import form_of, reading

    for path in (target, note_of(target), queue_of(target)):
        require_other(path, source)
        require_free(path, force=force)
    require_other(target, decisions)
    shape = form_of(source, form, settings.columns, settings.conversation, unit=settings.unit, delimiter=delimiter)
    digest = digest_of(source)
    decided = {}
    if decisions is not None:
        queue = ReviewQueue.read(decisions)
        queue.require(digest, decisions)
        decided = queue.decisions()
    leave = frozenset(int(one) for one in Kind if one.label.lower() in settings.leave)
    progress = Progress("records", 0)
    run = TextRelease(TextReader(knowledge), leave, recognizers_of(settings), decided, progress.at)
    with new_file(target, force=force) as out, reading(source) as stream:
        told = run.write(shape.records(stream, source.name), out)
        if digest_of(source) != digest:
            raise _changed(source)
    progress.done()
    note = ReleaseNote.of(digest_of(target), at, told.as_dict(), settings.threshold)
    note.write(note_of(target))
    ReviewQueue.of(digest, told.doubts).write(queue_of(target))
    return note, told


def _changed(source: Path) -> CarrelError:
    from carrel.systems.text import faults

    return fault(
        faults.ANOTHER_TEXT, at=source.name, wanted="the text as it was at the beginning", found="one that has changed",
        fix="release it again when nothing writes to it",
    )  # fmt: skip
