"""What is to be measured: the records, whose they are, what an outsider could know, and the lists to join them with."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from carrel.deidentification.risk.reidentification import THRESHOLD
from carrel.errors import unseen
from carrel.inventory.dated_table import ColumnName, Columns
from carrel.inventory.record_source import RecordSource
from carrel.inventory.timetable import Period

NAME = r"^[a-z0-9][a-z0-9 ._-]{0,39}$"
MOST_KNOWN = 4


class Near(BaseModel):
    """A time in another list that is near enough.

    Attributes:
        column: of the list.
        within: how far it may be off, to either side.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: ColumnName
    within: Period = timedelta(0)


def _near(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Against(BaseModel):
    """Another list that somebody could join the records with: the roster, another silo, a door's log.

    Attributes:
        name: what the report calls it.
        records: where it is.
        person: its column that tells people apart; each of its rows is another person unless given.
        match: column of the records → column of the list, or a time near to one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    records: RecordSource
    person: ColumnName | None = None
    match: dict[ColumnName, Annotated[Near, BeforeValidator(_near)]] = Field(min_length=1)


class RiskQuestion(BaseModel):
    """One measurement.

    Attributes:
        name: of what is measured, by which it is recorded.
        records: where it is.
        person: the column that tells whose a record is. It is used for counting and for telling whether an attack was
            right, and counts as no part of what is released.
        pseudonym: a column of what is released that is the same in all records of a person.
        columns: what an outsider could know; all but person, pseudonym and sensitive unless given.
        sensitive: what an outsider should not learn. It can single somebody out as well.
        known: how many facts an outsider knows of one person.
        threshold: a chance of more than this is too much.
        against: lists to join the records with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    records: RecordSource
    person: ColumnName | None = None
    pseudonym: ColumnName | None = None
    columns: Columns = ()
    sensitive: Columns = ()
    known: int = Field(default=2, ge=1, le=MOST_KNOWN)
    threshold: float = Field(default=THRESHOLD, gt=0, lt=1)
    against: tuple[Against, ...] = ()

    @model_validator(mode="after")
    def _fitting(self) -> RiskQuestion:
        named = [*self.columns, *self.sensitive, *filter(None, (self.pseudonym, self.person))]
        if len(set(named)) < len(named):
            raise ValueError("write each column once: it is known, sensitive, the pseudonym, or the person")
        if any(unseen(one) for one in named):
            raise ValueError("write names without signs that nobody sees")
        lists = [one.name for one in self.against]
        if len(set(lists)) < len(lists):
            raise ValueError("give each list another name")
        if any(self.person in one.match for one in self.against):
            raise ValueError("'match:' takes no column 'person': it is no part of what an attacker has")
        return self

    @property
    def named(self) -> tuple[str, ...]:
        """Every column of the records that it speaks of."""
        joined = (column for one in self.against for column in one.match)
        said = (*self.columns, *self.sensitive, *filter(None, (self.pseudonym, self.person)), *joined)
        return tuple(dict.fromkeys(said))

    def released(self, there: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that leave the house, of those that are there: all but the person's.

        Where columns are named, only those that are.
        """
        if not self.columns:
            return tuple(one for one in there if one != self.person)
        said = {*self.columns, *self.sensitive, *filter(None, (self.pseudonym,))}
        return tuple(one for one in there if one in said)

    def known_columns(self, there: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that an outsider could know."""
        return self.columns or tuple(
            one for one in self.released(there) if one != self.pseudonym and one not in self.sensitive
        )

    def relative_to(self, base: Path) -> RiskQuestion:
        """The same with absolute paths, taken from the folder of the document."""
        against = tuple(one.model_copy(update={"records": one.records.relative_to(base)}) for one in self.against)
        return self.model_copy(update={"records": self.records.relative_to(base), "against": against})
