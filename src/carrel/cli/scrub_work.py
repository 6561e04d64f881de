"""The logs that ``carrel scrub`` was given, one after the other; what is wrong with one does not stop the next."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from carrel.amount import amount
from carrel.cli.option_values import writing
from carrel.cli.scrub_aside import unwritable
from carrel.errors import CarrelError, Fault, fault

if TYPE_CHECKING:
    from carrel.deidentification.logs.log_counts import ToldCount
    from carrel.deidentification.logs.scrub_rules import Vocabulary
    from carrel.systems.logs.log_file import Replacing
    from carrel.systems.logs.log_tally import Tally
    from carrel.systems.logs.scrub_run import ScrubRun


class Counting:
    """Counts of a run, added to a file log by log.

    Args:
        path: of the file.
        vocabulary: the closed lists.

    Raises:
        CarrelError: LOG-019.
    """

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        from carrel.deidentification.logs.log_counts import LogCounts
        from carrel.systems.logs.count_file import CountFile

        self._file = CountFile(path)
        self.of_run = LogCounts(vocabulary, secrets.token_bytes(32))

    def add(self, source: str) -> None:
        """Add what was counted of a log, unless this log was added before."""
        self.of_run.close()
        self._file.add(self.of_run.requests, self.of_run.sessions, source)
        self.drop()

    def drop(self) -> None:
        """Forget what was counted of a log that stays as it is."""
        self.of_run.close()
        self.of_run.requests, self.of_run.sessions = Counter(), Counter()

    def told(self) -> list[ToldCount]:
        """The figures that may be told."""
        from carrel.deidentification.logs.log_counts import told_counts

        return told_counts(self._file.requests, self._file.sessions)


@dataclass(slots=True)
class ScrubWork:
    """The work of one call.

    Attributes:
        run: how lines are scrubbed.
        most_unknown: share of lines that may be let go with a file that is replaced.
        kept: takes lines that fit no format; None where they are let go.
        counting: of the run; None where nothing is counted.
        tally: of all logs.
        count: how many logs were scrubbed.
        skipped: logs that were scrubbed before.
        faults: of logs that stay as they are.
    """

    run: ScrubRun
    most_unknown: float
    kept: BinaryIO | None
    counting: Counting | None
    tally: Tally = field(init=False)
    count: int = 0
    skipped: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        from carrel.systems.logs.log_tally import Tally

        self.tally = Tally()

    @property
    def found_none(self) -> bool:
        """Whether nothing was there to be scrubbed."""
        return not (self.count or self.skipped or self.faults)

    def go(self, logs: Sequence[Path], pattern: str, *, in_place: bool, out: Path | None) -> None:
        """Scrub the standard input, or each log by name."""
        for path in logs or (None,):
            try:
                if path is None:
                    self._stream(_standard_input(), "the standard input")
                elif in_place or out is not None:
                    self._files(path, pattern, out)
                else:
                    self._file(path)
            except CarrelError as wrong:
                self.faults += wrong.faults

    def _file(self, path: Path) -> None:
        from carrel.systems.logs import faults

        try:
            with path.open("rb") as file:
                self._stream(file, str(path))
        except IsADirectoryError:
            raise fault(
                faults.NOT_ALONE, at=str(path), found="a folder", fix="name its logs, or add --in-place or --out FOLDER"
            ) from None
        except BrokenPipeError:  # whoever read the output has enough
            raise
        except OSError as wrong:
            raise _unreadable(str(path), wrong) from None

    def _stream(self, raw: BinaryIO, at: str) -> None:
        from carrel.systems.logs.log_stream import opened
        from carrel.systems.logs.log_tally import Tally
        from carrel.systems.logs.own_output import own_files, refuse_own, state_of

        refuse_own(state_of(raw), at, own_files((self.kept, getattr(sys.stdout, "buffer", None))))
        tally = Tally()
        try:
            with opened(raw, at) as (stream, _):
                self.run.scrub(stream, _put, at, tally)
        except CarrelError as wrong:
            if not tally.passed:
                raise
            raise wrong.having_changed(
                f"{amount(tally.passed, 'scrubbed line was', 'scrubbed lines were')} written"
            ) from None
        except BrokenPipeError:
            raise
        except OSError as wrong:
            raise _unreadable(at, wrong) from None
        self._first("")
        self.tally.add(tally)
        self.count += 1

    def _files(self, path: Path, pattern: str, out: Path | None) -> None:
        from carrel.systems.logs.log_file import Replacing
        from carrel.systems.logs.log_tree import folder_handle, logs_of
        from carrel.systems.logs.own_output import own_files

        share = None if self.kept is not None else self.most_unknown
        how = Replacing(self.run, share, self._first, own=own_files((self.kept,)), taken=self._taken)
        with ExitStack() as stack:
            if out is not None:
                with writing(out):
                    out.mkdir(mode=0o700, parents=True, exist_ok=True)
                how = replace(how, into=stack.enter_context(folder_handle(out)))
            for folder, name, at in logs_of(path, pattern, lambda wrong: self.faults.extend(wrong.faults)):
                self._one(folder, name, at, how)

    def one(self, folder: int, name: str, at: str) -> None:
        """Scrub one log in its place.

        Args:
            folder: handle of the folder in which it lies.
            name: there.
            at: what faults call it.
        """
        from carrel.systems.logs.log_file import Replacing

        self._one(folder, name, at, Replacing(self.run, self.most_unknown, self._first))

    def _one(self, folder: int, name: str, at: str, how: Replacing) -> None:
        from carrel.systems.logs.log_file import replace_log

        try:
            tally = replace_log(folder, name, at, how)
        except CarrelError as wrong:
            self.faults += wrong.faults
            if self.counting is not None:
                self.counting.drop()
            return
        if tally is None:
            self.skipped.append(at)
            return
        self.tally.add(tally)
        self.count += 1

    def _first(self, source: str) -> None:
        """What else was made of a log is safe before the log itself goes."""
        if self.kept is not None:
            try:
                self.kept.flush()
                os.fsync(self.kept.fileno())
            except OSError as wrong:
                raise unwritable("--aside", wrong) from None
        if self.counting is not None:
            self.counting.add(source)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # it was closed before this began
        raise _unreadable("the standard input", OSError(errno.EBADF, ""))
    return sys.stdin.buffer


def _put(text: bytes | memoryview) -> None:
    if sys.stdout is None:
        raise unwritable("the standard output", OSError(errno.EBADF, ""))
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as wrong:
        raise unwritable("the standard output", wrong) from None


def _unreadable(at: str, wrong: OSError) -> CarrelError:
    from carrel.systems.logs import faults

    found = os.strerror(wrong.errno or 0)
    return fault(faults.UNREADABLE, at=at, found=found, fix="check the name and who may read it")
