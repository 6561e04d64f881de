"""Log lines scrubbed, a block of them at a time: what is proven harmless is written anew, nothing else passes.

A line that fits the format is never copied. Each of its fields is made again from what is known: a status from the
list of statuses, a size from its first two digits, a time from its numbers, a path from words of a closed list,
software from its family, an address from its network. Whatever a field holds beyond that leaves no trace in what comes
out, in whatever encoding it came. A line that does not fit does not pass.

Source: MITL-2.5, MITL-6.3, MITL-7.1; WPL-4.2, WPL-8.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from carrel.deidentification.logs.day_key import KeyColumn
from carrel.deidentification.logs.field_rendering import FieldRendering
from carrel.deidentification.logs.line_pattern import Placed, line_pattern
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_time import TimeForm, without
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules

if TYPE_CHECKING:
    from carrel.deidentification.logs.compiled.heard_texts import Heard

Row = tuple[bytes, ...]
Column = Sequence[bytes]
_MOST_TIMES = 1 << 16


@dataclass(frozen=True, slots=True)
class ScrubbedBlock:
    """What became of a block.

    Attributes:
        text: the lines that pass, each with its end.
        passed: how many.
        unknown: the lines that do not fit, as they were; for a file of the owner's or for nobody.
        past: how many are past their time; they were left out where the rules say so.
    """

    text: bytes
    passed: int
    unknown: tuple[bytes, ...] = field(repr=False)
    past: int


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row for whoever counts: fields by kind as they came. It lives as long as a block does."""

    at: datetime
    fields: dict[Kind, bytes] = field(repr=False)


class LineScrubber:
    """Scrubs the lines of one format.

    Args:
        log_format: of the lines.
        rules: what may stay.
        count: takes each row before it is scrubbed, to count it; None where nothing is counted.

    Attributes:
        log_format: as given.
        rendering: writes each field anew.
        pattern: finds the fields.
    """

    def __init__(
        self, log_format: LogFormat, rules: ScrubRules, count: Callable[[SeenRow], None] | None = None
    ) -> None:
        self.log_format, self._rules, self._count = log_format, rules, count
        self.rendering = FieldRendering(rules, self._moment_by)
        self.pattern = line_pattern(log_format, self._looked_at(log_format))
        self._placed = [one for one in self.pattern.parts if isinstance(one, Placed)]
        self._time = next((one for one in self._placed if one.field.kind is Kind.TIME), None)
        self._moments: dict[bytes, datetime | None] = {}
        self._header = log_format.header
        # Nobody asks for minutes that are not kept, unless lines are counted or past their time at one.
        exact = count is not None or rules.is_past is not None
        self._unkept = (-1, -1) if exact or self._form is None else self._form.unkept(rules.precision)

    def block(self, data: bytes) -> ScrubbedBlock:
        """Scrub whole lines; the last one may be without its end."""
        rows: list[Row] = self.pattern.expression.findall(data)
        if not rows:
            return ScrubbedBlock(b"", 0, (), 0)
        if not isinstance(rows[0], tuple):  # the expression has one group only
            rows = [(one,) for one in rows]
        columns = list(zip(*rows, strict=True))
        if not any(columns[-1]) and self._all_in_time(columns):  # as nearly always
            return ScrubbedBlock(self._text(rows, columns), len(rows), (), 0)
        return self._picked(rows, data)

    def block_in(self, data: bytes, room: memoryview) -> tuple[int, ScrubbedBlock]:  # noqa: ARG002  (it is not used)
        """Scrub whole lines; nothing of them is in the room."""
        return 0, self.block(data)

    def listen(self, heard: Heard) -> None:
        """Nothing: what a text becomes is found out for each line."""

    def _picked(self, rows: list[Row], data: bytes) -> ScrubbedBlock:
        """A block of which some lines do not pass."""
        fitting, unknown = self._parted(rows)
        heads = 0
        if self._header and unknown:
            rest = [one for one in unknown if one.rstrip(b"\r") != self._header]
            heads, unknown = len(unknown) - len(rest), rest
        fitting, past, none = self._in_time(fitting)
        bad = self._with_time(data, none) if none else []
        text = b"".join([self._header + b"\n"] * heads)
        if fitting:
            text += self._text(fitting, list(zip(*fitting, strict=True)))
        return ScrubbedBlock(text, len(fitting) + heads, tuple(unknown + bad), past)

    @staticmethod
    def _parted(rows: list[Row]) -> tuple[list[Row], list[bytes]]:
        if not any(row[-1] for row in rows):
            return rows, []
        return [row for row in rows if not row[-1]], [row[-1] for row in rows if row[-1]]

    def _all_in_time(self, columns: Sequence[Column]) -> bool:
        if self._time is None:
            return True
        moments = [self.moment(one) for one in set(columns[self._time.groups[0]])]
        return all(moment is not None and not self.is_past(moment) for moment in moments)

    def _in_time(self, rows: list[Row]) -> tuple[list[Row], int, set[bytes]]:
        """The rows that are not past their time, how many are, and texts that stand for a time and are none."""
        if self._time is None or not rows:
            return rows, 0, set()
        at = self._time.groups[0]
        raw = {row[at] for row in rows}
        moments = {one: self.moment(one) for one in raw}
        none = {one for one, moment in moments.items() if moment is None}
        past = {one for one, moment in moments.items() if moment is not None and self.is_past(moment)}
        if not none and not past:
            return rows, 0, set()
        late = sum(row[at] in past for row in rows)
        out = none | past if self._rules.drop_past else none
        return [row for row in rows if row[at] not in out], late, none

    def _with_time(self, data: bytes, none: set[bytes]) -> list[bytes]:
        """The lines, as they came, that bear one of these texts in place of a time."""
        assert self._time is not None  # noqa: S101  (it was found by its field)
        group, found = self._time.groups[0] + 1, list[bytes]()
        for line in data.split(b"\n"):
            match = self.pattern.expression.fullmatch(line)
            if match is not None and match[group] in none:
                found.append(line)
        return found

    def moment(self, raw: bytes) -> datetime | None:
        """What a time of these lines says, but for what is not kept of it; None where it is none."""
        text = without(raw, self._unkept)
        if text not in self._moments:
            if len(self._moments) >= _MOST_TIMES:
                self._moments.clear()
            form = self._form
            self._moments[text] = None if form is None else form.read(text)
        return self._moments[text]

    def _moment_by(self, form: TimeForm, raw: bytes) -> datetime | None:
        return self.moment(raw) if form is self._form else form.read(raw)

    @property
    def _form(self) -> TimeForm | None:
        return None if self._time is None else self._time.field.form

    def is_past(self, moment: datetime) -> bool:
        """Whether a line of that moment is past its time."""
        if self._rules.is_past is None:
            return False
        return self._rules.is_past(moment.replace(tzinfo=moment.tzinfo or self._rules.zone or UTC))

    def _text(self, rows: list[Row], columns: Sequence[Column]) -> bytes:
        keys = cache(lambda: self._keys(columns))
        if self._count is not None:
            self._tell(rows)
        template, made = b"", list[Column]()
        for part in self.pattern.parts:
            if not isinstance(part, Placed):
                template += part.replace(b"%", b"%%")
                continue
            for piece in self.rendering.columns(part, [columns[n] for n in part.groups], keys):
                if isinstance(piece, bytes):
                    template += piece.replace(b"%", b"%%")
                else:
                    template += b"%b"
                    made.append(piece)
        template += b"\n"
        if not made:
            return template.replace(b"%%", b"%") * len(rows)
        return b"".join([template % row for row in zip(*made, strict=True)])

    def _keys(self, columns: Sequence[Column]) -> KeyColumn:
        """The key of each row's day, by the log's own calendar."""
        of, today = self._rules.keys.of, self._rules.today
        if self._time is None:
            return KeyColumn([of(today)] * len(columns[0]), of(today))
        times = columns[self._time.groups[0]]
        moments = {one: self.moment(one) for one in set(times)}
        days = {one: today if moment is None else moment.date() for one, moment in moments.items()}
        if len(set(days.values())) == 1:
            key = of(days[times[0]])
            return KeyColumn([key] * len(times), key)
        known = {one: of(day) for one, day in days.items()}
        return KeyColumn([known[one] for one in times], None)

    def _tell(self, rows: list[Row]) -> None:
        assert self._count is not None  # noqa: S101  (the caller looked)
        for row in rows:
            moment = None if self._time is None else self.moment(row[self._time.groups[0]])
            if moment is None:
                continue
            fields = {one.field.kind: b"".join([row[n] for n in one.groups]) for one in self._placed}
            for one in self._placed:
                if one.field.kind is Kind.REQUEST:
                    fields[Kind.METHOD] = row[one.groups[0]].strip()
                    fields[Kind.URL] = b"".join([row[n] for n in one.groups[1:-1]])
            self._count(SeenRow(moment, fields))

    def _looked_at(self, log_format: LogFormat) -> frozenset[Kind]:
        if self._count is not None:
            return frozenset(Kind)
        rules = self._rules
        never = {Kind.FREE}
        if rules.people is NameRule.DROP:
            never.add(Kind.PERSON)
        if rules.sessions is NameRule.DROP:
            never.add(Kind.SESSION)
        if rules.address is AddressRule.DROP:
            never.add(Kind.ADDRESS)
        if rules.query is QueryRule.STRIP:
            never.add(Kind.QUERY)
        return frozenset(one.kind for one in log_format.fields if one.kind not in never) | ({Kind.QUERY} - never)
