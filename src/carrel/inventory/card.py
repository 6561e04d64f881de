"""The `cards` section of a map: when a patron's card is in use, and what keeps a lapsed one from being erased."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Condition, Part
from carrel.inventory.person_map import PersonMap, Through


class Sign(Part):
    """Rows that tell when a card was used.

    Attributes:
        says: what was done, for people.
        table, person: rows of the table that name the person there.
        at: columns that tell when; the latest counts.
        only: of these rows, the ones that count.
    """

    says: str
    table: str
    person: str
    at: tuple[str, ...] = Field(min_length=1)
    only: tuple[Condition, ...] = ()


class Ground(Part):
    """Rows that keep a card, whatever its age.

    Attributes:
        ground: why, in a few words.
        table, person: rows of the table that name the person there.
        only: of these rows, the ones that count.
        until: column with the last day, or time, on which a row keeps the card; without one there it has no end.
        through: a row of another table that must be there as well, and that need not name anybody.
    """

    ground: str
    table: str
    person: str
    only: tuple[Condition, ...] = ()
    until: str = ""
    through: Through | None = None

    @model_validator(mode="after")
    def _nobody_there(self) -> Self:
        if self.through is not None and self.through.person:
            raise ValueError("the person is named by the row itself")
        return self


class Cards(Part):
    """When a card lapses. What refuses the erasure of a person keeps the card as well, and need not stand here again.

    Attributes:
        name: of these records, as plans and pages call them.
        says: what goes, for people.
        record, event: the policy's rule that brings this into force.
        expires: column of the people's table with the day on which the card expires.
        seen: columns of the people's table that tell when it was used.
        signs: rows elsewhere that tell it.
        keeps: what keeps a card beyond that.
    """

    name: str
    says: str
    record: str
    event: str
    expires: str
    seen: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    keeps: tuple[Ground, ...] = ()


def goes_with_card(person: PersonMap | None) -> frozenset[str]:
    """Tables of which nothing leads to a person any more, once the person is erased.

    None in which a row is kept, and none of free words of which nobody can tell whom they are about.
    """
    if person is None:
        return frozenset()
    kept = {name for name, told in person.tables.items() if any(trace.act == "keep" for trace in told.traces)}
    return frozenset(person.tables) - kept - free_words(person)


def free_words(person: PersonMap | None) -> frozenset[str]:
    """Tables of others' words: an erasure takes identifiers out of them, and nobody can tell whom the rest is about.

    So is one of which only rows of some kinds go, as another table tells them: what is said of all else stays there.
    """
    tables = {} if person is None else person.tables
    return frozenset(
        name
        for name, told in tables.items()
        if told.texts and not any(trace.act == "delete" and not trace.among for trace in told.traces)
    )
