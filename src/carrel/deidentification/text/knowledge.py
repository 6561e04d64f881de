"""What is known before a text is read: the roster, the catalogue, the forms of cards; in numbers, never in words."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from carrel.deidentification.text.kernels import listing
from carrel.deidentification.text.kernels.pair_rules import LONGEST
from carrel.deidentification.text.kernels.tokens import AROUND, ROW
from carrel.deidentification.text.kernels.word_table import WordTable, learn
from carrel.deidentification.text.letters import folding
from carrel.deidentification.text.lexicon import lexicon
from carrel.deidentification.text.number_format import NumberFormat, masks_of
from carrel.deidentification.text.running import Plain, Running

_BATCH = 1 << 13  # lines that are learnt at once
_NEW = {  # numbers that a line adds at most
    listing.PEOPLE: 24, listing.AUTHORS: 24, listing.TITLES: 2, listing.ADDRESSES: 2, listing.CARDS: 1,
    listing.PHONES: 1,
}  # fmt: skip
_EDITS = 40  # and of edits


@dataclass(slots=True)
class Learnt:
    """How many lines of each list were learnt."""

    people: int = 0
    authors: int = 0
    titles: int = 0
    numbers: int = 0
    addresses: int = 0


class Knowledge:
    """The table of what is known; it holds no value of a list, and cannot be turned back into one but by trying values.

    Args:
        formats: of cards and student ids that the library gives out.
        running: what runs the kernels.
        expected: patrons of the roster, so that the table need not grow; 0 where it is not known.
    """

    def __init__(self, formats: Iterable[NumberFormat] = (), running: Running | None = None, expected: int = 0) -> None:
        self.running: Running = Plain() if running is None else running
        self.fold = folding()
        self.table = WordTable(room=_room(max(1 << 14, 4 * expected)))
        self.edits = WordTable(wide=True, room=_room(max(1 << 10, expected)))
        self.masks, self.mask_count = masks_of(formats)
        self.learnt = Learnt()
        self._letters = array("q", bytes(8 * (LONGEST + 1)))
        self._tok = array("q", bytes(8 * ROW * (2 * AROUND + listing.MOST_TOKENS)))
        for number, bits in lexicon().items():
            self.table.count += learn(self.table.keys, self.table.values, self.table.room, number, bits)

    def expect(self, people: int) -> None:
        """Make room for so many people of the roster at once, so that the table need not grow on the way."""
        self._make_room(4 * people, people)

    def people(self, given: Sequence[Sequence[str]], family: Sequence[str]) -> None:
        """Learn people of the roster, column by column.

        Args:
            given: columns of given names, in order; none where only family names are known.
            family: of the same people.
        """
        first = given[0] if len(given) == 1 else [" ".join(row) for row in zip(*given, strict=True)]
        text = map("\x1f".join, zip(first or [""] * len(family), family, strict=True))
        self.learnt.people += self._take(list(text), listing.PEOPLE)

    def whole_names(self, names: Sequence[str]) -> None:
        """Learn people of the roster by whole names, as *given family* or *family, given*."""
        self.learnt.people += self._take(names, listing.PEOPLE)

    def authors(self, names: Sequence[str]) -> None:
        """Learn authors, as *family, given* or *given family*."""
        self.learnt.authors += self._take(names, listing.AUTHORS)

    def titles(self, titles: Sequence[str]) -> None:
        """Learn titles, each also without what stands behind its colon."""
        self.learnt.titles += self._take([part for one in titles for part in _parts(one)], listing.TITLES)

    def cards(self, numbers: Sequence[str]) -> None:
        """Learn numbers of cards."""
        self.learnt.numbers += self._take(numbers, listing.CARDS)

    def phones(self, numbers: Sequence[str]) -> None:
        """Learn numbers of phones."""
        self.learnt.numbers += self._take(numbers, listing.PHONES)

    def addresses(self, lines: Sequence[str]) -> None:
        """Learn first lines of addresses."""
        self.learnt.addresses += self._take(lines, listing.ADDRESSES)

    def lines(self, lines: bytes, what: int) -> None:
        """Learn whole lines of a list, as `listing` says."""
        count = self.take(lines, what)
        match what:
            case listing.PEOPLE:
                self.learnt.people += count
            case listing.AUTHORS:
                self.learnt.authors += count
            case listing.TITLES:
                self.learnt.titles += count
            case listing.ADDRESSES:
                self.learnt.addresses += count
            case _:
                self.learnt.numbers += count

    def take(self, lines: bytes, what: int) -> int:
        """Learn whole lines of a list, as `listing` says; how many there were."""
        count, size = lines.count(b"\n"), len(lines)
        self._make_room(count * _NEW[what], _EDITS * count if what == listing.PEOPLE else 0)
        told = array("q", (0, 0, 0))
        table, edits = self.table, self.edits
        self.running.take_list(
            lines, size, what, self.fold, self._tok, self._letters, table.keys, table.values, table.room, edits.keys,
            edits.values, edits.room, told,
        )  # fmt: skip
        table.count += told[0]
        edits.count += told[1]
        return told[2]

    def _take(self, values: Sequence[str], what: int) -> int:
        total = 0
        for at in range(0, len(values), _BATCH):
            some = values[at : at + _BATCH]
            text = "\n".join(some)
            if text.count("\n") != len(some) - 1:
                text = "\n".join(one.replace("\n", " ") for one in some)
            total += self.take(text.encode("utf-8", "surrogatepass") + b"\n", what)
        return total

    def _make_room(self, more: int, edits: int) -> None:
        if not self.table.has_room_for(more):
            self.table = self._grown(self.table, more, wide=0)
        if edits and not self.edits.has_room_for(edits):
            self.edits = self._grown(self.edits, edits, wide=1)

    def _grown(self, table: WordTable, more: int, *, wide: int) -> WordTable:
        made = table.grown(more)
        self.running.moved(table.keys, table.values, table.room, made.keys, made.values, made.room, wide)
        return made


def _room(wanted: int) -> int:
    return 1 << max(10, (wanted - 1).bit_length())


def _parts(title: str) -> Iterator[str]:
    """A title, and the same without its subtitle and what catalogues write behind a slash."""
    whole = title.partition(" / ")[0]
    yield whole
    head, mark, _ = whole.partition(":")
    if mark and len(head.split()) > 1:
        yield head
