"""A text released: read, looked through, written anew, and what a person should look at beside it."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.kernels.spans import Kind
from carrel.deidentification.text.long_text import read_cut, read_long
from carrel.deidentification.text.reader import BLOCK, PIECE, Finding, TextReader
from carrel.deidentification.text.recognizer import Recognizer, with_recognized
from carrel.deidentification.text.said_names import SaidNames
from carrel.deidentification.text.surrogates import Conversation, is_clear
from carrel.errors import fault
from carrel.systems.text import faults
from carrel.systems.text.review_queue import Doubt
from carrel.systems.text.text_record import Form, Record

_OPEN = 10_000  # conversations whose surrogates are remembered at once
MOST_DOUBTS = 100_000
_BLOCK = 1 << 20
_BETWEEN = b"\n\n"


@dataclass(slots=True)
class Released:
    """What became of a text, in counts.

    Attributes:
        records: of it.
        changed: records in which something went.
        gone: kind → how many went.
        doubts: places to look at; of many the first.
        doubtful: how many there are of them.
        bytes: of its cells.
        not_followed: words of names for which there was no room, so that they were not sought elsewhere.
    """

    records: int = 0
    changed: int = 0
    gone: Counter[int] = field(default_factory=Counter)
    doubts: list[Doubt] = field(default_factory=list)
    doubtful: int = 0
    bytes: int = 0
    not_followed: int = 0

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        kinds = {Kind(kind).label.lower(): count for kind, count in sorted(self.gone.items())}
        told: dict[str, object] = {"records": self.records, "changed": self.changed, "gone": kinds}
        return told | {"to_look_at": self.doubtful, "names_not_followed": self.not_followed}


@dataclass(slots=True)
class TextRelease:
    """How a text is released.

    Attributes:
        reader: with what is known.
        leave: kinds that stay.
        recognizers: of others.
        decided: places that somebody has decided → whether they go.
        beat: called now and then with how many records are done.
    """

    reader: TextReader
    leave: frozenset[int] = frozenset()
    recognizers: Sequence[Recognizer] = ()
    decided: dict[tuple[int, int, int, int], bool] = field(default_factory=dict)
    beat: Callable[[int], object] = lambda _: None
    _open: OrderedDict[str, Conversation] = field(default_factory=OrderedDict, repr=False)
    _said: SaidNames = field(init=False, repr=False)
    _has_learnt: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """No name is known of any conversation yet."""
        self._said = SaidNames(self.reader.running)

    def learn(self, records: Iterable[Record]) -> None:
        """Find the names of each conversation, so that `write` takes them wherever else it has them.

        Args:
            records: of the text, in order; those that belong to no conversation are passed over.

        Raises:
            CarrelError: as the records are read.
        """
        self._has_learnt = True
        for batch in _batches(one for one in records if one.conversation):
            for record, found in zip(batch, self._found(batch), strict=True):
                talk = self._said.number_of(record.conversation)
                for at, mine in enumerate(found):
                    goes = self._goes(record.number, at)
                    self._said.take(talk, [one for one in mine if one.kind == spans.NAME and goes(one)])

    def write(self, records: Iterable[Record], out: IO[bytes]) -> Released:
        """Write each record anew.

        Args:
            records: of the text, in order.
            out: takes them.

        Raises:
            CarrelError: as the records are read.
        """
        told = Released()
        for batch in _batches(records):
            for record, found in zip(batch, self._found(batch), strict=True):
                self._one(record, found, out, told)
            self.beat(told.records)
        told.not_followed = self._said.forgotten
        return told

    def _found(self, batch: Sequence[Record]) -> Iterator[list[list[Finding]]]:
        """What stands in the cells of each record; cells of one conversation are read as one text."""
        if any(record.before or record.after for record in batch):
            for record in batch:
                talk = self._talk(record.conversation)
                yield [read_cut(self.reader, record.before, record.cells[0], record.after, talk, self._said)]
            return
        grouped = list(_together(batch))
        together = [cells for cells, _ in grouped]
        talks = [self._talk(of) for _, of in grouped]
        apart = [[record.cells[-1]] for record in batch if record.apart]
        texts = [_BETWEEN.join(cells) for cells in (*together, *apart)]
        joined = read_long(self.reader, texts, [*talks, *[0] * len(apart)], self._said)
        by_cell = (one for cells, found in zip(together, joined, strict=False) for one in _parted(cells, found))
        of_keys = iter(joined[len(together) :])
        for record in batch:
            found = [next(by_cell) for _ in _texts(record)]
            yield [*found, next(of_keys)] if record.apart else found

    def _talk(self, conversation: str) -> int:
        return self._said.number_of(conversation) if self._has_learnt else 0

    def _one(self, record: Record, found: list[list[Finding]], out: IO[bytes], told: Released) -> None:
        conversation, cells, changed = None, record.cells, False
        for at, cell in enumerate(record.cells):
            mine = with_recognized(cell, found[at], self.recognizers) if self.recognizers else found[at]
            if not mine:
                continue
            conversation = conversation or self._conversation(record.conversation)
            goes = self._goes(record.number, at)
            text, gone = conversation.rewritten(cell, mine, self.leave, goes)
            if gone:
                cells = cells if changed else list(record.cells)
                cells[at], changed = text, True
                told.gone.update(gone)
            self._doubt(record.number, at, mine, told)
        told.records += record.number > 0
        told.changed += changed
        told.bytes += sum(map(len, record.cells))
        record.put(out, cells)

    def _goes(self, record: int, cell: int) -> Callable[[Finding], bool]:
        if not self.decided:
            return is_clear
        return lambda found: self.decided.get((record, cell, found.start, found.end), found.sure != spans.HARDLY)

    def _doubt(self, record: int, cell: int, found: Sequence[Finding], told: Released) -> None:
        for one in found:
            if (
                one.sure != spans.SURELY
                and one.kind not in self.leave
                and (record, cell, one.start, one.end) not in self.decided
            ):
                told.doubtful += 1
                if len(told.doubts) < MOST_DOUBTS:
                    told.doubts.append(Doubt.of(record, cell, one))

    def _conversation(self, name: str) -> Conversation:
        if not name:
            return Conversation()
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name]
        while len(self._open) >= _OPEN:
            self._open.popitem(last=False)
        return self._open.setdefault(name, Conversation())


def _texts(record: Record) -> list[bytes]:
    """The cells of a record that are read together."""
    return record.cells[:-1] if record.apart else record.cells


def _together(batch: Sequence[Record]) -> Iterator[tuple[list[bytes], str]]:
    """The cells of records in a row that belong to one conversation, as many as can be read at once; and which."""
    cells: list[bytes] = []
    size, last = 0, ""
    for record in batch:
        texts = _texts(record)
        mine = sum(map(len, texts)) + len(_BETWEEN) * len(texts)
        if cells and (not record.conversation or record.conversation != last or size + mine > PIECE):
            yield cells, last
            cells, size = [], 0
        cells += texts
        size, last = size + mine, record.conversation
    if cells:
        yield cells, last


def _parted(cells: Sequence[bytes], found: Sequence[Finding]) -> Iterator[list[Finding]]:
    """What was found in joined cells, cell by cell."""
    if len(cells) == 1:
        yield list(found)
        return
    at, start = 0, 0
    for cell in cells:
        end, mine = start + len(cell), []
        while at < len(found) and found[at].start < end:
            one = found[at]
            mine.append(one._replace(start=max(one.start - start, 0), end=min(one.end, end) - start))
            if one.end > end:
                break  # the rest of it stands in the next cell
            at += 1
        yield mine
        start = end + len(_BETWEEN)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += sum(map(len, record.cells)) + 1
        if size > BLOCK or len(batch) >= 1 << 12:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def digest_of(path: Path) -> str:
    """The SHA-256 of a file.

    Raises:
        CarrelError: TXT-010.
    """
    made = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                made.update(block)
    except OSError as wrong:
        found = wrong.strerror or ""
        raise fault(faults.UNREADABLE, at=path.name, found=found, fix="name a file that you may read") from None
    return made.hexdigest()


def cells_of(form: Form, stream: IO[bytes], at: str) -> Iterator[tuple[int, list[bytes]]]:
    """The texts of each record, with its number."""
    for record in form.records(stream, at):
        if record.number:
            yield record.number, record.cells
