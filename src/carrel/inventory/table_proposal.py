"""What an entry of a site file could be for a table that was looked at: guesses with evidence, doubts as questions."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from carrel.deidentification.column_words import tells_end, tells_row
from carrel.errors import CarrelError, fault, shown
from carrel.inventory import faults
from carrel.inventory.dated_table import TOTALS_ONLY
from carrel.inventory.proposed_clock import clock_guesses
from carrel.inventory.table_sample import TableSample

ASKED = "?"
_WIDTH = 96
_PLAIN = re.compile(r"[A-Za-z_./][\w ./-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off"}
_ASKED = f'COLUMN: "{ASKED}"'  # for whoever fills it in


@dataclass(frozen=True, slots=True)
class Told:
    """What the librarian has said already; None, or nothing, where the table is asked.

    Attributes:
        record, purpose, until, clock, format, zone, key, blank: as of an entry.
    """

    record: str | None = None
    purpose: str | None = None
    until: str | None = None
    clock: str | None = None
    format: str | None = None
    zone: str | None = None
    key: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """One line of the entry.

    Attributes:
        key: of the site file.
        value: what would stand there; None where only a person can tell.
        evidence: why, in counts and shapes.
    """

    key: str
    value: str | tuple[str, ...] | bool | None
    evidence: str = ""

    def lines(self, lead: str) -> list[str]:
        """As it stands in the site file; what is asked is a sign with which nothing can be planned."""
        value = json.dumps(ASKED) if self.value is None else yaml_of(self.value)
        line, told = f"{lead}{self.key}: {value}", shown(self.evidence)
        if not told or len(line) + len(told) < _WIDTH:
            return [line + (f"  # {told}" if told else "")]
        return [line, *textwrap.wrap(told, _WIDTH, initial_indent="    # ", subsequent_indent="    # ")]


@dataclass(frozen=True)
class Proposal:
    """An entry, and what is known of the columns.

    Attributes:
        guesses: its lines, in their order.
        persons: columns that may name a person, and why.
        sample: what was looked at.
        barred: what would refuse a plan over the table as it stands, each with its code.
    """

    guesses: tuple[Guess, ...]
    persons: dict[str, str]
    sample: TableSample
    barred: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[Guess, ...]:
        """What only a person can tell."""
        return tuple(one for one in self.guesses if one.value is None)

    def text(self) -> str:
        """The lines for the site file."""
        first, *rest = self.guesses
        lines = [
            "# Proposed by 'carrel scan' from what the table looks like. Nothing of it is in force until it",
            "# stands in the site file. Look at every line; put the right word in the place of each '?'.",
            *(line for one in self.barred for line in _barred(one)),
            "tables:",
            *first.lines("  - "),
            *(line for one in rest for line in one.lines("    ")),
        ]
        named = {name for one in rest if isinstance(one.value, tuple) for name in one.value}
        if blank := [name for name in self.persons if name not in named]:
            lines += [
                "    # In the place of whole rows, these columns can go, where the policy says 'then: de-identify':",
                f"    # blank: {yaml_of(tuple(blank))}",
            ]
        return "\n".join(lines + self._one_person()) + "\n"

    def _one_person(self) -> list[str]:
        """How one person's rows would be found, for an erasure: what each column holds, a person has to say."""
        if not self.persons:
            return []
        columns = [one for one in self.sample.columns if one.name in self.persons]
        held = ", ".join(f"{yaml_of((one.name,))[1:-1]}: {what}" for one in columns if (what := one.finds_by))
        return [
            "    # Without 'person:' no erasure and no answer finds one person's rows here. Say what a column",
            "    # holds: card, user name, email or number; of a name or a note nothing. 'blank:' has to take",
            "    # these as well.",
            f"    # person: {{{held or _ASKED}}}",
        ]

    def role(self, name: str) -> str:
        """What a column would be; empty where it is nothing that the entry speaks of."""
        for one in self.guesses:
            named = one.value if isinstance(one.value, tuple) else (one.value,)
            if one.key in {"clock", "key", "blank"} and name in named:
                return one.key
        return ""


def propose(where: Sequence[Guess], sample: TableSample, told: Told, at: str) -> Proposal:
    """An entry for a table.

    Args:
        where: the lines that tell its name and where it is.
        sample: some of its rows.
        told: what was said already.
        at: what errors call it.

    Raises:
        CarrelError: TBL-006, it has no row, no clock or no key, or what was said does not fit it.

    Guarantees:
        What is doubtful is asked: no guess stands there without evidence. No value of a row stands in it.
    """
    if not sample.looked_at:
        raise _unmapped(at, "rows to look at", "an empty table", "scan it once the program has written some")
    there = ", ".join(one.name for one in sample.columns)
    for option, names in (("--key", told.key), ("--blank", told.blank), ("--clock", (told.clock,))):
        for name in names:
            if name is not None and sample.column(name) is None:
                fix = "write it as the table has it"
                raise _unmapped(f"{at}, {option}", f"a column of the table: {there}", repr(name[:40]), fix)
    persons = sample.persons
    clock = list(clock_guesses(sample, told.clock, told.format, told.zone, at))
    chosen = clock[0][1]
    key = _key(sample, told, persons, str(chosen), at)
    until, because = _until(told.until, chosen)
    guesses = [
        *where,
        Guess("record", told.record, "" if told.record else "what the policy calls it, such as computer bookings"),
        Guess("purpose", told.purpose, "" if told.purpose else "what people were told that it is for"),
        Guess("until", until, because),
        key,
        *(Guess(*one) for one in clock),
    ]
    if told.blank:
        guesses.append(Guess("blank", told.blank))
    return Proposal(tuple(guesses), {one: why for one, why in persons.items() if one != chosen}, sample)


def propose_totals(where: Sequence[Guess], sample: TableSample, told: Told, at: str) -> Proposal:
    """An entry for a table of totals, which was seen to tell of nobody.

    Raises:
        CarrelError: TBL-006, it is said to hold something else than gate counts.
    """
    if told.record not in {None, TOTALS_ONLY}:
        raise _unmapped(at, f"'{TOTALS_ONLY}', which may be totals", "another record", "scan it without --aggregate")
    seen = f"{sample.looked_at:,} rows looked at, none of a single person"
    guesses = [
        *where,
        Guess("record", TOTALS_ONLY),
        Guess("purpose", told.purpose, "" if told.purpose else "what they are counted for"),
        Guess("aggregate", True, seen),
    ]
    return Proposal(tuple(guesses), {}, sample)


def _until(told: str | None, clock: str | None) -> tuple[str | None, str]:
    if told is not None:
        return told, ""
    if clock is None:
        return None, "the event of the policy's rule: ended, made, sent or answered"
    return ("ended", "the clock is called an end") if tells_end(clock) else ("made", "the clock is not called an end")


def _key(sample: TableSample, told: Told, persons: dict[str, str], clock: str, at: str) -> Guess:
    if told.key:
        return _named_key(sample, told.key, persons, at)
    if sample.keys:
        for one in sample.keys:
            if not set(one) & set(persons):
                which = "primary key" if one == sample.keys[0] else "unique, and never empty"
                return Guess("key", one, f"{which} in the database")
        raise _unmapped(
            at,
            "a key that names nobody",
            f"only keys with {', '.join(sorted({name for one in sample.keys for name in one} & set(persons)))}",
            "give the rows a number of their own: a plan names rows by digests of their keys",
        )
    alone = [one for one in sample.columns if one.shape.once_each and one.name not in {clock, *persons}]
    rows = [one for one in alone if tells_row(one.name)]
    if rows:
        count = rows[0].shape.distinct
        return Guess("key", (rows[0].name,), f"{count:,} of {sample.looked_at:,} values differ, and it is called so")
    if alone and not sample.is_database:
        named = ", ".join(one.name for one in alone[:4])
        return Guess("key", None, f"{named}: no value stands there twice, but is it the number of the row?")
    raise _unmapped(
        at,
        "a column that tells each row from every other",
        "none that is filled, and never twice the same, and names nobody",
        "have the program write a number for each row; whole CSV files, or their old lines, can go under 'folders:'; "
        "totals such as gate counts need none: scan them with --aggregate",
    )


def _named_key(sample: TableSample, key: tuple[str, ...], persons: dict[str, str], at: str) -> Guess:
    if named := sorted(set(key) & set(persons)):
        raise _unmapped(at, "a key that names nobody", f"{named[0]}: {persons[named[0]]}", "name another column")
    if sample.keys:
        if not any(set(one) <= set(key) for one in sample.keys):
            raise _unmapped(at, "a key that the database keeps unique", "columns without that", "name its primary key")
        return Guess("key", key, "as named; unique in the database")
    places = [next(n for n, one in enumerate(sample.columns) if one.name == name) for name in key]
    found = {tuple(row[place] for place in places) for row in sample.rows}
    if len(found) < sample.looked_at:
        twice = f"{len(found):,} different keys in {sample.looked_at:,} rows"
        raise _unmapped(at, "a key that stands once", twice, "name more columns, or another one")
    return Guess("key", key, f"as named; {len(found):,} of {sample.looked_at:,} differ")


def yaml_of(value: str | tuple[str, ...] | bool) -> str:
    """A value as it stands in a site file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(yaml_of, value))}]"
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith(" ")
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _barred(one: str) -> list[str]:
    return textwrap.wrap(
        shown(f"No plan can take these rows as the table stands. {one}"),
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
    )


def _unmapped(at: str, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(faults.NOT_MAPPED, at=at, wanted=wanted, found=found, fix=fix)
