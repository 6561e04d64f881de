"""What a product can collect beyond what lending needs, and whether a purpose of the policy needs it (MITL-1.2).

Data (``collects`` in a map): it names switches, columns and tables, and for each the field of a policy that would
justify it. What is collected while the policy holds no such field is superfluous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import Field

from carrel.inventory.category import Category
from carrel.inventory.map_part import Condition, Lookup, Part

DEMANDS = "mandatory fields"  # what they are called where they could not be looked at


class Need(Part):
    """The field of a policy that justifies a thing: it names its purpose, and thereby the need.

    Attributes:
        records: record types of the policy in which the field may stand.
        categories: of the field, any of them.
        fields: how many such fields the policy must name: two for a second address or telephone.
        choice: the field must be the patron's choice: one that may be left out, or for a purpose with opt-in.
        last_borrower: the policy's last borrower rule justifies it instead.
    """

    records: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    fields: int = Field(default=1, ge=1)
    choice: bool = False
    last_borrower: bool = False


class Switch(Part):
    """A preference of the product, and the values at which it collects."""

    at: Lookup
    when: tuple[Condition, ...]


class Filled(Part):
    """Rows that were collected: those that pass ``where`` and have something in any of ``columns``."""

    table: str
    columns: tuple[str, ...]
    where: tuple[Condition, ...] = ()


class Collectable(Part):
    """One thing that the product collects only if it is switched on, or somebody fills it in.

    Attributes:
        name: short, for people.
        says: what is collected.
        need: what would justify it.
        switch: None for a field that is filled in by hand.
        filled: where what was collected stands.
        fix: what to do where nothing needs it.
    """

    name: str
    says: str
    need: Need
    switch: Switch | None = None
    filled: Filled | None = None
    fix: str


class AttributeKind(Part):
    """Fields of a library's own making, told by words in their code or description; the first kind that fits counts.

    A kind without words takes all that no other kind took.
    """

    name: str
    words: tuple[str, ...] = ()
    need: Need


class Attributes(Part):
    """Where a product keeps fields of the library's own making, and what they are called.

    ``mandatory`` is the column of their types that tells that no record is without one.
    """

    table: str
    code: str
    types: str
    types_code: str
    description: str
    mandatory: str | None = None
    kinds: tuple[AttributeKind, ...]
    fix: str


class Choices(Part):
    """Where the product records that a patron chose something: rows that pass ``where``."""

    table: str
    where: tuple[Condition, ...] = ()


class IdentityNumbers(Part):
    """Columns in which national identity numbers are looked for by their shape; they are counted, never shown.

    Attributes:
        person: column of each of these tables, and of that of ``chosen``, that names the patron.
        chosen: where a patron's choice to give the number is recorded.
    """

    name: str
    says: str
    need: Need
    person: str
    columns: dict[str, tuple[str, ...]]
    chosen: Choices | None = None
    fix: str


class Demand(Part):
    """A preference by which the product refuses a patron's record without a field of some category."""

    category: Category
    switch: Switch


class Collects(Part):
    """Everything that a product can collect beyond what lending needs."""

    things: tuple[Collectable, ...] = ()
    attributes: Attributes | None = None
    identity_numbers: IdentityNumbers | None = None
    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyField:
    """One field that the policy holds; ``choice`` where the patron may leave it out or opts in to its purpose."""

    record: str
    name: str
    category: Category
    purpose: str
    choice: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """What a policy says it needs.

    Attributes:
        fields: of all its record types, whatever they are kept for.
        choices: purposes that the patron opts in to; one that is called like a category speaks of it.
        keeps_last_borrower: an item may name its last borrower.
    """

    fields: tuple[PolicyField, ...]
    choices: frozenset[str] = frozenset()
    keeps_last_borrower: bool = False

    def justify(self, need: Need) -> bool:
        """Whether a purpose of the policy needs it."""
        if need.last_borrower and self.keeps_last_borrower:
            return True
        if need.choice and any(category.value in self.choices for category in need.categories):
            return True
        found = [
            one
            for one in self.fields
            if one.record in need.records and one.category in need.categories and (one.choice or not need.choice)
        ]
        return len(found) >= need.fields


@dataclass(frozen=True, slots=True)
class Seen:
    """What a live database collects, as counts.

    Attributes:
        on: by name of the thing, for things with a switch.
        rows: by name of the thing or kind; one that could not be counted is left out.
        unread: names of what could not be looked at.
        unchosen: rows with an identity number whose patron has no recorded choice to give it.
        demanded: categories of personal data without which the product takes no patron's record.
    """

    on: Mapping[str, bool] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    unchosen: int = 0
    demanded: frozenset[Category] = frozenset()


@dataclass(frozen=True, slots=True)
class Superfluous:
    """One thing that is collected although no purpose of the policy needs it."""

    name: str
    says: str
    on: bool
    rows: int
    fix: str


def superfluous(collects: Collects, needs: Needs, seen: Seen) -> tuple[Superfluous, ...]:
    """What is collected, or was and is still there, while no purpose of the policy needs it.

    Args:
        collects: of the map.
        needs: of the policy.
        seen: in the live database.

    Returns:
        One entry for each thing that is switched on or has rows, the most rows first.
    """
    found = [
        Superfluous(name, says, on, rows, fix)
        for name, says, need, fix in _things(collects)
        if not needs.justify(need)
        for on, rows in ((seen.on.get(name, False), seen.rows.get(name, 0)),)
        if on or rows
    ]
    return tuple(sorted(found, key=lambda one: (-one.rows, one.name)))


def names(collects: Collects) -> tuple[str, ...]:
    """Everything that is looked at, by name."""
    return tuple(name for name, *_ in _things(collects))


def kind_of(words: str, kinds: Iterable[AttributeKind]) -> str | None:
    """The kind of a library's own field, by its code and description; None where no kind takes it."""
    text = f" {' '.join(_WORD.findall(words.casefold()))} "
    for kind in kinds:
        if not kind.words or any(_begun(word.casefold()) in text for word in kind.words):
            return kind.name
    return None


_WORD = re.compile(r"[^\W_]+")
_SHORT = 4  # a word as short as this must stand alone: "race" is not in "racecourse"


def _begun(word: str) -> str:
    return f" {word} " if len(word) <= _SHORT else f" {word}"


def _things(collects: Collects) -> Iterator[tuple[str, str, Need, str]]:
    for thing in collects.things:
        yield thing.name, thing.says, thing.need, thing.fix
    if collects.attributes is not None:
        for kind in collects.attributes.kinds:
            yield kind.name, "fields of the library's own making", kind.need, collects.attributes.fix
    if (numbers := collects.identity_numbers) is not None:
        yield numbers.name, numbers.says, numbers.need, numbers.fix
