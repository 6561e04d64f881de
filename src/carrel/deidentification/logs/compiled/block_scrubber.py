"""A scrubber whose lines go through machine code, with the same outcome as the plain one, byte for byte.

The plain way stays the only one that says what a text becomes. Machine code finds texts, remembers what they became and
puts lines together; sizes, addresses that are cut and listed words of paths are all that it writes by itself. What it
does not know for sure it hands back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ctypes import Array, addressof, c_char, c_int64, memmove, string_at
from datetime import date, timedelta
from typing import Any

from carrel.deidentification.logs.compiled import layout
from carrel.deidentification.logs.compiled.heard_texts import Heard
from carrel.deidentification.logs.compiled.known_texts import KnownText, KnownTexts
from carrel.deidentification.logs.compiled.layout import ENDINGS, LONGEST, NO_HOST, ROOM, WORDS
from carrel.deidentification.logs.compiled.line_program import LineProgram, Made, line_program
from carrel.deidentification.logs.compiled.machine_code import MachineCode
from carrel.deidentification.logs.day_key import KeyColumn
from carrel.deidentification.logs.line_pattern import NUMBER_FORMS, Placed
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import LineScrubber, ScrubbedBlock
from carrel.deidentification.logs.log_time import without
from carrel.deidentification.logs.page_address import STAR
from carrel.deidentification.logs.scrub_rules import ScrubRules, Vocabulary

_NO_PIECE = (b"",)


class BlockScrubber:
    """Scrubs the lines of one format; of one thread, because its tables change.

    Args:
        plain: the scrubber whose outcome this one has.
        rules: what may stay, as the other one was given.
        program: of the format under these rules.
        code: that it runs.
        heard: what the others of several lanes learned; there are none unless it is given.

    Attributes:
        log_format: of the lines.
    """

    def __init__(
        self,
        plain: LineScrubber,
        rules: ScrubRules,
        program: LineProgram,
        code: MachineCode,
        heard: Heard | None = None,
    ) -> None:
        self._heard = heard
        self.log_format, self._plain, self._rules, self._program = plain.log_format, plain, rules, program
        self._code, steps = code, program.steps
        self._known = KnownTexts(code, int.from_bytes(rules.random(8)))
        self._listed = _listed(rules.vocabulary, code, int.from_bytes(rules.random(8)))
        self._steps = _numbers(number for one in steps for number in (one.ends, one.made, one.sign, one.length))
        self._texts = _bytes(len(program.texts) + ROOM)
        memmove(self._texts, program.texts, len(program.texts))
        self._rows, self._small = _bytes(len(steps) * layout.ROW), _bytes(LONGEST + 2 * ROOM)
        self._missed, self._odd = (c_int64 * (layout.MOST_MISSED * 3))(), (c_int64 * (layout.MOST_ODD * 2))()
        self._told = (c_int64 * layout.TOLD)()
        self._block = _numbers((
            addressof(self._steps), len(steps), addressof(self._texts), *program.masked, program.timed,
            rules.today.toordinal(), self._known.address, self._listed.address, addressof(self._rows),
            addressof(self._small), addressof(self._missed), addressof(self._odd), 0,
        ))  # fmt: skip
        self._addresses = addressof(self._block), addressof(self._told)
        self._use_room(0)

    def block(self, data: bytes) -> ScrubbedBlock:
        """Scrub whole lines; the last one may be without its end."""
        return self._scrubbed(data, None)[1]

    def block_in(self, data: bytes, room: memoryview) -> tuple[int, ScrubbedBlock]:
        """Scrub whole lines into some memory; what has no room there is in the block."""
        return self._scrubbed(data, room)

    def _scrubbed(self, data: bytes, room: memoryview | None) -> tuple[int, ScrubbedBlock]:
        """What is written in a room, if one is given, and the rest."""
        size = len(data)
        if self._heard is not None and (news := self._heard.news()):
            self._known.take(news)
        if len(self._data) < size + 1 + ROOM:
            self._use_room(size)
        start, out, most = self._start, self._out_start, len(self._out)
        if room is not None and len(room) <= len(self._out):  # it might not do
            room = None
        if room is not None:
            out, most = addressof(c_char.from_buffer(room)), len(room)
        memmove(start, data, size)
        self._data[size] = b"\n"
        written, odd, passed, past, filled = list[bytes](), list[bytes](), 0, 0, 0
        at, stop = start, start + size
        while at < stop:
            self._block[layout.WIDEST] = self._widest()
            self._code.scrub_block(self._addresses[0], at, stop, out + filled, most - filled, self._addresses[1])
            before, (at, there, count, late, missed, handed) = at, self._told[:]
            if room is None:
                written.append(string_at(out, there - out))
            else:
                filled = there - out
            odd += [data[self._odd[n] - start : self._odd[n + 1] - start] for n in range(0, 2 * handed, 2)]
            passed, past = passed + count, past + late
            if (missed and not self._learn(missed)) or (at == before and not missed):
                return 0, self._plain.block(data)
        text = written[0] if len(written) == 1 else b"".join(written)
        if not odd:
            return filled, ScrubbedBlock(text, passed, (), past)
        rest = self._plain.block(b"\n".join(odd) + b"\n")
        if rest.passed:  # lines between those that are written: their order is the plain way's
            return 0, self._plain.block(data)
        return filled, ScrubbedBlock(text, passed, rest.unknown, past + rest.past)

    def listen(self, heard: Heard) -> None:
        """Hear from now on what others learned, and tell them."""
        self._heard = heard

    def _use_room(self, size: int) -> None:
        self._data = _bytes(size + (1 << 17))
        self._out = _bytes(2 * len(self._data))
        self._start, self._out_start = addressof(self._data), addressof(self._out)

    def _widest(self) -> int:
        """Bytes that no written line is longer than: what its texts can become, and a path's words and stars."""
        texts = (self._known.longest + ROOM + 16) * (len(self._program.steps) + 3)
        return texts + len(self._program.texts) + 12 * (self._listed.longest_text + ROOM)

    def _learn(self, missed: int) -> bool:
        """Have the plain way say what texts become, and remember it; false where there is no room for them."""
        by_tag: dict[int, dict[bytes, None]] = {}
        for n in range(0, 3 * missed, 3):
            tag, at, length = self._missed[n : n + 3]
            by_tag.setdefault(tag, {})[string_at(at, length)] = None
        known = [one for tag, texts in by_tag.items() for one in self._become(tag, list(texts))]
        # One time stands for all that differ in what is not kept.
        known = list({(one.tag, one.text): one for one in known}.values())
        if self._heard is not None:
            self._heard.tell(known)
        return self._known.take(known)

    def _become(self, tag: int, raw: Sequence[bytes]) -> list[KnownText]:
        day, place = divmod(tag, layout.DAYS)
        n, piece = divmod(place, layout.PIECES)
        step = self._program.steps[n]
        placed = self._plain.pattern.parts[step.part]
        assert isinstance(placed, Placed)  # noqa: S101  (a step of a field)
        if step.made is Made.TIME:
            return [self._time(tag, placed, one) for one in raw]
        if step.made is Made.REQUEST:
            return self._piece(tag, placed, piece, raw)
        form = NUMBER_FORMS.get(placed.field.kind)
        fits = [one for one in raw if form is None or re.fullmatch(form.encode(), one)]
        keys = self._keys(date.fromordinal(day), len(fits)) if step.made is Made.BY_DAY else _no_keys
        (made,) = self._plain.rendering.columns(placed, [fits], keys) if fits else (b"",)
        column = [made] * len(fits) if isinstance(made, bytes) else made
        known = [KnownText(tag, one, other) for one, other in zip(fits, column, strict=True)]
        return known + [KnownText(tag, one, b"", layout.DOUBTFUL) for one in raw if one not in set(fits)]

    def _piece(self, tag: int, placed: Placed, piece: int, raw: Sequence[bytes]) -> list[KnownText]:
        """One piece of a request: its method, scheme and host of its page, or its protocol."""
        at = {layout.METHOD: 0, layout.FOLDER: 1, layout.VERSION: 3}[piece]
        columns: list[Sequence[bytes]] = [_NO_PIECE * len(raw)] * len(placed.groups)
        columns[at] = raw
        made = self._plain.rendering.columns(placed, columns, _no_keys)[at]
        column = [made] * len(raw) if isinstance(made, bytes) else made
        return [
            KnownText(tag, one, other, NO_HOST if other == STAR + b"/" else 0)
            for one, other in zip(raw, column, strict=True)
        ]

    def _time(self, tag: int, placed: Placed, raw: bytes) -> KnownText:
        """A time without the digits that are not kept, with a verdict on all times that become it."""
        text = without(raw, self._program.masked)
        moment = self._plain.moment(text)
        if moment is None:
            return KnownText(tag, text, b"", layout.DOUBTFUL)
        minutes, seconds = (59 if place >= 0 else 0 for place in self._program.masked)
        # A rule of several versions can make a middle of an hour past its time, and neither of its ends.
        times = [moment + timedelta(minutes=minute) for minute in range(minutes + 1)]
        verdict = layout.DOUBTFUL
        if len({self._plain.is_past(one) for one in (*times, times[-1] + timedelta(seconds=seconds))}) == 1:
            late = layout.DROPPED if self._rules.drop_past else layout.PAST
            verdict = late if self._plain.is_past(moment) else layout.IN_TIME
        (made,) = self._plain.rendering.columns(placed, [[text]], _no_keys)
        return KnownText(tag, text, made if isinstance(made, bytes) else made[0], verdict, moment.toordinal())

    def _keys(self, day: date, count: int) -> Any:
        key = self._rules.keys.of(day)
        return lambda: KeyColumn([key] * count, key)


def block_scrubber(
    log_format: LogFormat, rules: ScrubRules, code: MachineCode, heard: Heard | None = None
) -> BlockScrubber | LineScrubber:
    """A scrubber in machine code; the plain one where this format under these rules has no program."""
    plain = LineScrubber(log_format, rules)
    program = line_program(plain.pattern, rules)
    if program is None or not all(map(_is_usual, rules.vocabulary.paths | rules.vocabulary.endings)):
        return plain
    return BlockScrubber(plain, rules, program, code, heard)


def _is_usual(word: str) -> bool:
    """Whether a listed word is one that machine code compares as the plain way does."""
    return word.isascii() and word == word.lower() and len(word) < LONGEST


def _no_keys() -> KeyColumn:
    raise AssertionError  # asked only for what a day's key makes


def _numbers(given: Iterable[int]) -> Array[c_int64]:
    numbers = list(given)
    return (c_int64 * len(numbers))(*numbers)


def _bytes(size: int) -> Array[c_char]:
    return (c_char * size)()


def _listed(vocabulary: Vocabulary, code: MachineCode, seed: int) -> KnownTexts:
    """The listed words of paths and endings."""
    words = [(WORDS, one.encode()) for one in vocabulary.paths]
    words += [(ENDINGS, one.encode()) for one in vocabulary.endings]
    listed = KnownTexts(code, seed, 1 << len(words).bit_length(), sum(len(one) for _, one in words))
    listed.take([KnownText(tag, one, b"") for tag, one in words])  # there is room for just these
    return listed
