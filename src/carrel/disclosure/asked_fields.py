"""Which columns of a table an order's words ask for, and which of its columns tells when something happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from carrel.disclosure import faults
from carrel.disclosure.scope import BARCODE, TITLE, Part
from carrel.errors import CarrelError, fault
from carrel.inventory.category import Category
from carrel.rights.third_persons import HeldColumn

BESIDE = {TITLE: "_title", BARCODE: "_barcode"}  # what is read beside a row, and the word by which it is asked for
_TIMES = ("date", "timestamp", "datetime")


@dataclass(frozen=True, slots=True)
class Traced:
    """One column of the package, and why it is there.

    Attributes:
        name: of the column.
        category: of what stands there; None where it says nothing of a person.
        field: as the scope names it.
        words: of the order, that ask for it.
    """

    name: str
    category: Category | None
    field: str
    words: str

    def as_dict(self) -> dict[str, str | None]:
        """For the manifest."""
        category = None if self.category is None else self.category.value
        return {"column": self.name, "category": category, "asked_as": self.field, "words": self.words}


def traced(
    part: Part, table: str, columns: Sequence[HeldColumn], beside: Iterable[str], *, by_table: bool = False
) -> tuple[Traced, ...]:
    """The columns of a table that a part asks for, in the table's order; a secret is never among them.

    Args:
        part: of the scope.
        table: its name.
        columns: of the table.
        beside: what is read beside its rows.
        by_table: the table only hangs on records of this kind, and is asked for where a field names it as well.
    """
    fields = {name: words for name, words in part.fields.items() if not by_table or name.startswith(f"{table}.")}
    found = [
        Traced(one.name, one.category, field, fields[field])
        for one in columns
        if not one.is_secret and (field := _field(fields, table, one)) is not None
    ]
    there = set(beside)
    for word, name in BESIDE.items():
        field = next((one for one in (f"{table}.{word}", word) if one in fields), None)
        if field is not None and name in there:
            found.append(Traced(name, None, field, fields[field]))
    return tuple(found)


def _field(fields: Mapping[str, str], table: str, one: HeldColumn) -> str | None:
    names = (f"{table}.{one.name}", one.name, *((one.category.value,) if one.category is not None else ()))
    return next((name for name in names if name in fields), None)


def require_known(part: Part, tables: Mapping[str, Sequence[HeldColumn]], beside: Iterable[str], at: str) -> None:
    """Refuse a field that is in no table of this kind, or that is never produced.

    Raises:
        CarrelError: DSC-055, every such field.
    """
    there = set(beside)
    wrong: list[CarrelError] = []
    for field in part.fields:
        table, _, word = field.rpartition(".")
        if word in BESIDE and (not table or table in tables):
            met, open_ = BESIDE[word] in there, True
        else:
            meant = [one for name, columns in tables.items() for one in columns if _field({field: ""}, name, one)]
            met, open_ = bool(meant), any(not one.is_secret for one in meant)
        if not met or not open_:
            wrong.append(_no_field(part, tables, there, at, secret=met))
    if wrong:
        raise CarrelError(tuple(one for each in wrong for one in each.faults))


def _no_field(
    part: Part, tables: Mapping[str, Sequence[HeldColumn]], beside: set[str], at: str, *, secret: bool
) -> CarrelError:
    words = {one.category.value for some in tables.values() for one in some if one.category and not one.is_secret}
    words |= {field for field, name in BESIDE.items() if name in beside}
    return fault(
        faults.FIELD,
        at=f"{at}: part {part.id}",
        wanted=f"a column of {part.records.value}, or one of: {', '.join(sorted(words)) or 'none'}",
        found="a secret, which is read for nobody" if secret else "something else",
        because="passwords, tokens and rights of accounts are not read at all" if secret else "",
        fix="leave it out"
        if secret
        else "name what the order asks for by one of these words, or by its column in one "
        f"of these tables: {', '.join(sorted(tables))}; a column of another table is asked for under the kind of "
        "record that it holds",
    )


def dates_of(
    part: Part, table: str, columns: Sequence[HeldColumn], types: Mapping[str, str], usual: Sequence[str]
) -> tuple[str, ...]:
    """The columns that tell when what a row records happened; the first that holds a time does.

    Args:
        part: of the scope, which may name others.
        table: its name.
        columns: of the table.
        types: of its columns, as the database declares them.
        usual: by the map.
    """
    said = {one.rpartition(".")[2] for one in part.dated_by if "." not in one or one.rpartition(".")[0] == table}
    if named := tuple(one.name for one in columns if one.name in said):
        return named
    if there := tuple(one for one in usual if one in types):
        return there
    events = (one.name for one in columns if one.category is Category.EVENT_TIME and is_time(types.get(one.name, "")))
    return tuple(events)[:1]


def is_time(declared: str) -> bool:
    """Whether a column of this type holds days or times."""
    return declared.lower().startswith(_TIMES)
