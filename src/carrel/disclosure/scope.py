"""What an order asks for: whose records, of which kind, of which days and which fields, each with the order's words.

Nothing is produced that the words do not ask for: each field names the words by which it is asked for, and these must
stand in the order's wording to the letter.
"""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Protocol, Self

from pydantic import Field, ValidationError, model_validator

from carrel.disclosure import faults
from carrel.disclosure.period import period
from carrel.errors import CarrelError, Fault
from carrel.policy.block import Block
from carrel.policy.record_type import RecordType
from carrel.policy.words import Text
from carrel.policy.yaml_source import MOST_FAULTS, Path, YamlSource, read_yaml

MOST_WORDS = 4_000  # signs of the words for one part
MOST_PARTS, MOST_PEOPLE, MOST_ITEMS = 100, 100, 100
TITLE, BARCODE = "title of the item", "barcode of the item"
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
_Short = Annotated[Text, Field(max_length=200)]
_Bound = Annotated[Text, Field(max_length=32)]


class Asked(Block):
    """One person whose records are asked for.

    Attributes:
        id: what the package calls this person.
        card: number of the card.
        number: the product's own; then ``system`` says whose.
    """

    id: Id
    card: _Short | None = Field(default=None, repr=False)
    number: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$")] | None = Field(default=None, repr=False)
    system: _Short | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.card is None) == (self.number is None) or (self.number is not None and self.system is None):
            raise ValueError("write 'card:', or 'number:' and 'system:'")
        return self


class Title(Block):
    """One title whose borrowers are asked for: the number of its record, and in which system."""

    number: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$")]
    system: _Short


class Part(Block):
    """One part of an order.

    Attributes:
        id: what the package calls it.
        wording: the order's own words for it.
        records: kind of record, as a policy names it.
        outside: a table, mailbox or folder of the site file that is meant, and no system.
        people: whose.
        people_of: another part, whose people are meant: those who borrowed the items that it names.
        items: barcodes; whoever borrowed one of them is meant.
        titles: whoever borrowed an item of one of them is meant.
        from_, until: half-open.
        as_it_stands: the words that ask for a record as it is today, which has no period.
        dated_by: columns with the time that counts, where the usual one is not meant.
        time_zone: by which the bounds are read; that of each system where none is given.
        fields: what of each record is asked for, and the words that ask for it.
        copies: the words that ask for copies of records that are gone.
    """

    id: Id
    wording: Text
    records: RecordType
    outside: _Short | None = None
    people: Annotated[tuple[Asked, ...], Field(max_length=MOST_PEOPLE)] = ()
    people_of: Id | None = None
    items: Annotated[tuple[_Short, ...], Field(max_length=MOST_ITEMS)] = ()
    titles: Annotated[tuple[Title, ...], Field(max_length=MOST_ITEMS)] = ()
    from_: _Bound | None = None
    until: _Bound | None = None
    as_it_stands: _Short | None = None
    dated_by: tuple[_Short, ...] = ()
    time_zone: _Short | None = None
    fields: Annotated[dict[_Short, _Short], Field(min_length=1, max_length=100)]
    copies: _Short | None = None

    @property
    def asks_for_readers(self) -> bool:
        """Whether it asks who borrowed something."""
        return bool(self.items or self.titles)

    @property
    def quotes(self) -> dict[str, str]:
        """By what they ask for, the words that must stand in the wording."""
        more = {"as it stands": self.as_it_stands, "copies": self.copies}
        return {**self.fields, **{name: words for name, words in more.items() if words is not None}}


class Excepted(Block):
    """A class of records that an open-records law does not open."""

    records: RecordType
    wording: Text
    citation: Annotated[Text, Field(max_length=500)]


class Attached(Block):
    """A public report that answers the rest of an open-records request."""

    file: _Short
    wording: Text


class OpenRecords(Block):
    """A request under an open-records law: what stays closed, and what is handed over (MPL-4.1)."""

    excepted: Annotated[tuple[Excepted, ...], Field(max_length=MOST_PARTS)] = ()
    attached: Annotated[tuple[Attached, ...], Field(max_length=MOST_PARTS)] = ()


class Scope(Block):
    """A whole scope: of an order, or of an open-records request."""

    format_version: Annotated[str, Field(pattern="^1$")]
    instrument: Annotated[Text, Field(max_length=120)]
    parts: Annotated[tuple[Part, ...], Field(max_length=MOST_PARTS)] = ()
    open_records: OpenRecords | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        told = self.open_records
        if bool(self.parts) == bool(told is not None and (told.excepted or told.attached)):
            raise ValueError("write 'parts:' for an order, or 'open records:' for a request under an open-records law")
        return self

    @property
    def asks_for_readers(self) -> bool:
        """Whether it asks who borrowed something."""
        return any(one.asks_for_readers for one in self.parts)

    @property
    def inside(self) -> Scope:
        """Of it what is asked of the systems."""
        return self.model_copy(update={"parts": tuple(one for one in self.parts if one.outside is None)})

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((one for one in self.parts if one.id == name), None)


class Clearing(Protocol):
    """Whether a case allows a scope; whoever keeps the cases answers."""

    def __call__(self, case: str, scope: Scope) -> str | None:
        """Why it does not; None where it does."""


def read_scope(text: str, name: str) -> Scope:
    """Read a scope.

    Args:
        text: of the file.
        name: what errors call it.

    Raises:
        CarrelError: DSC-050 to DSC-053 and DSC-056, every fault with its line and column; POL-003 to POL-005, the file
            is too large or no YAML. What stands in the file is not repeated: it names people.
    """
    source = read_yaml(text, name)
    found = list(source.faults)
    scope: Scope | None = None
    if not isinstance(source.data, dict):
        found.append(Fault(faults.SCOPE, source.at(()), "keys such as 'parts:'", "none", fix=_SEE))
    else:
        try:
            scope = Scope.model_validate(source.data)
        except ValidationError as invalid:
            told = invalid.errors(include_url=False, include_input=False)[:MOST_FAULTS]
            found += [_of_grammar(source, tuple(one["loc"]), one["type"], one["msg"]) for one in told]
    if scope is not None and not found:
        found = [one for n, part in enumerate(scope.parts) for one in _wrong(scope, part, source, ("parts", n))]
        found += _long(scope, source)
    if found or scope is None:
        raise CarrelError(tuple(found))
    return scope


_SEE = "see docs/production.md for a whole one"


def _of_grammar(source: YamlSource, path: Path, kind: str, said: str) -> Fault:
    key = kind == "extra_forbidden"
    wanted = f"a key '{path[-1]}'" if kind == "missing" else "a key that a scope knows" if key else said
    condition = faults.WORDING if path and path[-1] == "wording" else faults.SCOPE
    return Fault(
        condition, source.at(path, key=key), wanted, "none" if kind == "missing" else "something else", fix=_SEE
    )


def _long(scope: Scope, source: YamlSource) -> list[Fault]:
    told = scope.open_records
    every: list[tuple[Path, str]] = [(("parts", n, "wording"), one.wording) for n, one in enumerate(scope.parts)]
    if told is not None:
        every += [(("open records", "excepted", n, "wording"), one.wording) for n, one in enumerate(told.excepted)]
        every += [(("open records", "attached", n, "wording"), one.wording) for n, one in enumerate(told.attached)]
    return [
        Fault(
            faults.WORDING, source.at(path), f"at most {MOST_WORDS} signs", str(len(words)),
            fix="write the sentence of the order that asks for this part, and make another part for the next one",
        )
        for path, words in every
        if len(words) > MOST_WORDS
    ]  # fmt: skip


def _wrong(scope: Scope, part: Part, source: YamlSource, path: Path) -> list[Fault]:
    """What of one part cannot be carried out."""
    found = [
        Fault(
            faults.NOT_ASKED, source.at((*path, "fields", name) if name in part.fields else (*path, name)),
            "words that stand in the part's wording, to the letter", "others",
            "what nobody asked for is not produced", fix="quote the order, or leave the field out",
        )
        for name, words in part.quotes.items()
        if words not in part.wording
    ]  # fmt: skip
    other = None if part.people_of is None else scope.part(part.people_of)
    shape: tuple[tuple[bool, Path, str], ...] = (
        (
            sum(map(bool, (part.people, part.people_of, part.asks_for_readers))) == 1,
            (),
            "one of 'people:', 'people of:', 'items:' or 'titles:'",
        ),
        (
            not part.asks_for_readers or part.records is RecordType.LOANS,
            ("items" if part.items else "titles",),
            "items and titles of a part on loans",
        ),
        (
            part.outside is None or bool(part.people and part.from_ is not None and part.copies is None),
            ("outside",),
            "'outside:' with 'people:', and with dates",
        ),
        (len({one.id for one in part.people}) == len(part.people), ("people",), "each person's id once"),
        (sum(one.id == part.id for one in scope.parts) == 1, ("id",), "each part's id once"),
        (
            part.people_of is None or bool(other and other.asks_for_readers),
            ("people of",),
            "the id of a part with 'items:' or 'titles:'",
        ),
    )
    found += [
        Fault(faults.SCOPE, source.at((*path, *key)), wanted, "something else", fix=_SEE)
        for holds, key, wanted in shape
        if not holds
    ]
    return [*found, *_undated(part, source, path)]


def _undated(part: Part, source: YamlSource, path: Path) -> list[Fault]:
    if part.as_it_stands is not None and part.from_ is None and part.until is None:
        if part.records is RecordType.REGISTRATIONS and not part.asks_for_readers:
            return []
        stands = "only a patron's record stands as it is; what happened has a day"
        return [Fault(faults.NO_DATES, source.at(path), "'from:' and 'until:'", "neither", stands, fix=_ASK)]
    if part.from_ is None or part.until is None or part.as_it_stands is not None:
        return [
            Fault(faults.NO_DATES, source.at(path), "'from:' and 'until:', and nothing in their place", "others",
                  "an order without dates asks for everything that was ever kept", fix=_ASK)
        ]  # fmt: skip
    try:
        # Only whether they can be read, and in which order; each system reads them by its own clock.
        period(part.from_, part.until, UTC, source.at(path))
    except CarrelError as wrong:
        return list(wrong.faults)
    return []


_ASK = "have counsel ask for the order's dates: an order that names none is sent back for it"
