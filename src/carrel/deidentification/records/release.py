"""The release file: which records leave, what is made coarser, what is dropped, and what must hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from carrel.deidentification.records.calendar_levels import TIMES, USUAL, BirthYear, EventTime
from carrel.deidentification.records.call_number import Congress, Dewey
from carrel.deidentification.records.declared_tree import Values, listed, tree_of
from carrel.deidentification.records.hierarchy import ANY_LEVEL, Chosen, Hierarchy
from carrel.deidentification.records.number_bands import NumberBands
from carrel.deidentification.records.postcode import Postcode
from carrel.deidentification.records.sensitive_column import Condition, Distance, Diversity
from carrel.inventory.record_source import RecordSource

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
Kind = Literal[
    "postcode", "birth year", "branch", "patron category", "item type", "time", "call number", "number", "hierarchy",
    "value",
]  # fmt: skip
_WITH_TREE = ("branch", "patron category", "item type", "hierarchy")
PERIODS = ("day", "week", "month", "quarter", "year")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _percent(value: object) -> object:
    return value.removesuffix("%").strip() if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True)


class ReleasedColumn(_Part):
    """A quasi-identifier, and how it is made coarser.

    Attributes:
        kind: of its values.
        levels: that may be released, the finest first; all that the kind has unless given. Of a postcode how many signs
            stay, of numbers how wide a band is.
        tree: groups with their values, of branches, categories and types.
        file: CSV of a hierarchy: a value, its group, the group of that, and so on, on each line.
        scheme: of call numbers.
        uncovered: what becomes of a value that the hierarchy does not cover.
    """

    kind: Kind = Field(alias="as")
    levels: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    tree: dict[str, Any] | None = None
    file: Path | None = None
    scheme: Literal["dewey", "lcc"] = "dewey"
    uncovered: Literal["refuse", "missing"] = "refuse"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.tree is not None and self.file is not None:
            raise ValueError("write 'tree:' or 'file:', not both")
        if (self.tree is not None or self.file is not None) and self.kind not in _WITH_TREE:
            raise ValueError(f"'tree:' and 'file:' are for {', '.join(_WITH_TREE)}")
        if self.kind == "hierarchy" and self.tree is None and self.file is None:
            raise ValueError("write 'tree:' or 'file:' with the hierarchy")
        if self.file is None:
            self.hierarchy()
        return self

    def hierarchy(self, lines: Sequence[Sequence[str]] = ()) -> Hierarchy:
        """How its values are made coarser.

        Args:
            lines: of its file, where it has one.

        Raises:
            ValueError: with what to write instead.
        """
        numbers = tuple(int(one) for one in self.levels if one.isascii() and one.isdigit())
        if self.kind in {"postcode", "number"} and len(numbers) < len(self.levels):
            raise ValueError("write 'levels:' with numbers: of a postcode how many signs stay, of numbers how wide")
        if self.kind == "postcode":
            return Postcode(numbers) if numbers else Postcode()
        if self.kind == "number":
            return NumberBands(numbers or (1, 10, 100, 1000))
        if self.kind == "time":
            names = self.levels or USUAL
            return EventTime(tuple(sorted((one for one in names if one != ANY_LEVEL), key=_finest_first)))
        return self._chosen(self._whole(lines))

    def _whole(self, lines: Sequence[Sequence[str]]) -> Hierarchy:
        if self.file is not None:
            return listed(lines)
        if self.tree is not None:
            return tree_of(self.tree)
        if self.kind == "birth year":
            return BirthYear()
        if self.kind == "call number":
            return Dewey() if self.scheme == "dewey" else Congress()
        return Values()

    def _chosen(self, whole: Hierarchy) -> Hierarchy:
        names = tuple(one for one in whole.names if one in self.levels)
        if len(names) < len(set(self.levels) - {ANY_LEVEL}):
            raise ValueError(f"write 'levels:' with some of {', '.join(whole.names)}")
        return Chosen(whole, names) if names else whole


def _finest_first(name: str) -> int:
    return TIMES.index(name) if name in TIMES else len(TIMES)


_FEWEST_VALUES = 2  # of a sensitive column in a class; one asks nothing


class SensitiveColumn(_Part):
    """A column whose values stay, and of which a class may not tell too much.

    Attributes:
        l: from which number of values on.
        counted: how they are counted.
        c: of recursive diversity.
        t: the furthest that a class may be from the whole.
        distance: how far is measured.
    """

    l: float = Field(default=1, ge=1, le=1000)  # noqa: E741  (the field's own name)
    counted: Diversity = Diversity.DISTINCT
    c: float = Field(default=1, gt=0, le=1000)
    t: float = Field(default=1, ge=0, le=1)
    distance: Distance = Distance.EQUAL

    @property
    def is_looked_at(self) -> bool:
        """Whether it asks anything of a class: two values and more, or no more than so far from the whole."""
        return self.l >= _FEWEST_VALUES or self.t < 1

    @property
    def is_kept_by_growing(self) -> bool:
        """Whether a class that holds it still does with any further records."""
        return self.condition("").is_monotone

    def condition(self, name: str) -> Condition:
        """What it asks of each class."""
        return Condition(name, self.l, self.counted, self.c, self.t, self.distance)


class Pseudonyms(_Part):
    """Columns that are replaced by a keyed token, and the keys.

    Attributes:
        columns: to be replaced.
        silo: whose keys these are; the same person has another token in another silo.
        by: column with the time that tells the period of a row.
        period: after which a person has another token.
        keys: folder of the keys, beside this file unless absolute.
        kept: whole periods for which a key is kept after its own.
    """

    columns: Annotated[tuple[ColumnName, ...], BeforeValidator(_listed)] = Field(min_length=1)
    silo: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    by: ColumnName
    period: Literal["day", "week", "month", "quarter", "year"] = "month"
    keys: Path
    kept: int = Field(default=0, ge=0, le=60)


class Batches(_Part):
    """Releases that are added to one another.

    Attributes:
        state: file of what is known of the earlier ones; made by the first.
        others: what becomes of a record whose combination too few persons share: it waits, in that file, for a later
            batch, or is left out for good.
        held: whether k persons share each combination of all releases together, or of each of them alone. Whoever has
            two of them sees what came between.
    """

    state: Path
    others: Literal["wait", "leave out"] = "wait"
    held: Literal["together", "alone"] = "together"


class Release(_Part):
    """A release.

    Attributes:
        source: of the records.
        person: column that tells whose a record is; k counts persons then, and the column is never released.
        people_differ_by: where nothing tells whose a record is, columns that are the same in all records of a person; k
            counts what they say together, of which there are as many as people at the most.
        columns: quasi-identifiers.
        sensitive: columns whose values stay.
        keep: further columns that stay as they are.
        drop: columns of which somebody has decided that they go; a column that is not named goes as well.
        pseudonymise: columns that are replaced by tokens.
        k: persons, or records where no person is named, that share each combination of values at least.
        most_left_out: share of records in percent.
        method: one generalisation for the whole of each column, or one for each group of records.
        to: file of the release, CSV or Parquet by its ending.
        batches: how this one is added to earlier ones.
    """

    source: RecordSource = Field(alias="from")
    person: ColumnName | None = None
    people_differ_by: Annotated[tuple[ColumnName, ...], BeforeValidator(_listed)] = Field(
        default=(), alias="people differ by"
    )
    columns: dict[ColumnName, ReleasedColumn] = Field(min_length=1, max_length=40)
    sensitive: dict[ColumnName, SensitiveColumn] = Field(default_factory=dict)
    keep: Annotated[tuple[ColumnName, ...], BeforeValidator(_listed)] = ()
    drop: Annotated[tuple[ColumnName, ...], BeforeValidator(_listed)] = ()
    pseudonymise: Pseudonyms | None = None
    k: int = Field(ge=2, le=10_000)
    most_left_out: Annotated[float, BeforeValidator(_percent)] = Field(
        default=5, ge=0, le=100, alias="suppress at most"
    )
    method: Literal["global", "local"] = "global"
    to: Path | None = None
    batches: Batches | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        replaced = self.pseudonymise.columns if self.pseudonymise is not None else ()
        named = [*self.columns, *self.sensitive, *self.keep, *self.drop, *replaced]
        if len({one.casefold() for one in named}) < len(named):
            raise ValueError("write each column under one of 'columns', 'sensitive', 'keep', 'drop', 'pseudonymise'")
        if self.person is not None and self.person in {*self.columns, *self.sensitive, *self.keep}:
            raise ValueError("write the person column nowhere else, or under 'pseudonymise': as it is, it never leaves")
        if self.person is not None and self.people_differ_by:
            raise ValueError("write 'person:' or 'people differ by:', not both")
        if self.method == "local" and self.sensitive:
            raise ValueError("write 'method: global': l and t are held over whole columns only")
        if self.batches is not None and self.method == "local":
            raise ValueError("write 'method: global': batches are joined on one generalisation")
        if self.batches is not None and not all(one.is_kept_by_growing for one in self.sensitive.values()):
            raise ValueError(
                "with 'batches:' write 'l:' alone: what else a class holds, later records can take from it"
            )
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns of the source that are read."""
        also = () if self.pseudonymise is None else (*self.pseudonymise.columns, self.pseudonymise.by)
        person = () if self.person is None else (self.person,)
        return tuple(
            dict.fromkeys((*self.columns, *self.sensitive, *self.keep, *also, *person, *self.people_differ_by))
        )

    @property
    def released(self) -> tuple[str, ...]:
        """Columns of the release, in order."""
        replaced = self.pseudonymise.columns if self.pseudonymise is not None else ()
        return (*self.columns, *self.sensitive, *self.keep, *replaced)
