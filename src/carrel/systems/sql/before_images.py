"""Before-images: what a chunk's rows held before they were cut, for the undo capsule (DESIGN 5).

They are drawn inside the chunk's own transaction, locked, before each statement, and handed over whole before the
commit. Each names the state that the cut left as well: a restoration puts back only what is still in that state.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sqlalchemy import Connection, and_, exists, literal, select

from carrel.inventory.coverage import automatic
from carrel.inventory.map_part import Step
from carrel.inventory.system_map import Anchor, People
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.span import FIRST, LAST, Span
from carrel.systems.sql.whole_rows import Key, Values, WholeRows
from carrel.systems.sql.worktables import CHUNK

Condition = Callable[[Any], Any]


class Act(enum.StrEnum):
    """What a cut did to a row."""

    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Image:
    """One row before a cut.

    Attributes:
        path, table: where it is.
        act: what the cut did to it.
        person: column that names a reader who was there when it was cut; empty where none does.
        key: of the row; empty where its table has none.
        before: the columns that the cut changed; of a row that went, or has no key, all of them.
        after: the same columns as the cut left them; empty for a row that went.
    """

    path: str
    table: str
    act: Act
    person: str
    key: Values
    before: Values
    after: Values = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Image({self.path!r}, {self.act!r})"  # never the values

    def as_row(self) -> dict[str, object]:
        """As a capsule takes it."""
        head: dict[str, object] = {"path": self.path, "table": self.table, "act": self.act.value, "person": self.person}
        for sign, part in _PARTS.items():
            head |= {f"{sign}.{name}": value for name, value in getattr(self, part).items()}
        return head

    @classmethod
    def of_row(cls, row: Mapping[str, object]) -> Image:
        """From what a capsule held."""
        parts = {
            part: {name[2:]: value for name, value in row.items() if name.startswith(f"{sign}.")}
            for sign, part in _PARTS.items()
        }
        return cls(str(row["path"]), str(row["table"]), Act(str(row["act"])), str(row["person"]), **parts)


def reader_of(image: Image) -> object:
    """The reader whom the row named before, as far as the cut took that away; else None."""
    return image.before.get(image.person)


def _merged(images: Sequence[Image]) -> list[Image]:
    """Several cuts of one row as one: between them nobody ever saw it."""
    found: dict[object, Image] = {}
    for number, image in enumerate(images):
        own = (image.table, tuple(image.key.items())) if image.key and image.act is Act.CHANGED else number
        if (first := found.get(own)) is None:
            found[own] = image
        else:
            before, after = {**image.before, **first.before}, {**first.after, **image.after}
            found[own] = replace(first, before=before, after=after, person=first.person or image.person)
    return list(found.values())


_PARTS = {"k": "key", "b": "before", "a": "after"}


class Keep(Protocol):
    """Where images go; a part of a capsule."""

    def add(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Take a chunk's images; they are durable on return."""

    def committed(self) -> None:
        """Note that the chunk that was added last is committed."""


@dataclass(slots=True)
class _Pending:
    path: str
    table: str
    person: str
    key: tuple[str, ...]
    before: dict[Key, dict[str, object]]
    changed: tuple[str, ...]


class BeforeImages:
    """The images of one chunk after another.

    Args:
        keep: where they go.
        people: where the readers are.
    """

    def __init__(self, keep: Keep, people: People) -> None:
        self._keep, self._people = keep, people
        self._images: list[Image] = []
        self._pending: _Pending | None = None
        self._connection: Connection | None = None
        self._rows: WholeRows | None = None
        self._kept = False
        self._parameters: dict[str, object] = {}

    def begin(self, connection: Connection) -> None:
        """Begin a chunk; what one that was undone has left is forgotten."""
        if self._connection is not connection:
            self._connection, self._rows = connection, WholeRows(connection)
        self._images, self._pending, self._kept = [], None, False

    def take(
        self, path: PathSql, conditions: Sequence[Condition], span: Span | None = None, *, with_loan: bool = False
    ) -> None:
        """Draw the rows that a path's next statements will cut.

        Args:
            path: whose statements.
            conditions: as the statements have them; together they find the rows.
            span: of the chunk's readers; None where the conditions do not speak of it.
            with_loan: the conditions join the chunk.
        """
        self._settle()
        self._parameters = {} if span is None else span.parameters()
        if not path.path.key:
            self._take_keyless(path, conditions, with_loan=with_loan)
            return
        rows, key, name = path.table, path.path.key, path.path.table
        source = path.chunk.joined() if with_loan else rows
        found: dict[Key, None] = {}
        for condition in conditions:
            query = select(*(rows.c[one] for one in key)).select_from(source)
            query = query.where(path.own.still(rows), condition(rows)).distinct()
            found.update(dict.fromkeys(tuple(row) for row in self._at.execute(query, self._parameters)))
        for child, child_column in path.cut.children.items():
            self._take_children(path, child, child_column, [one[0] for one in found])
        for child, hanging in path.cut.attached.items():
            self._take_children(path, child, hanging.column, [str(one[0]) for one in found], hanging.told_by)
        for other, naming in path.cut.frees.items():
            self._take_freed(path, other, naming, [one[0] for one in found])
        if path.cut.delete:
            gone = self._whole.fetch(name, key, found, self._whole.columns(name))
            self._images += [self._gone(path, name, dict(zip(key, k, strict=True)), b) for k, b in gone.items()]
        else:
            changed = tuple(path.cuts.values(rows, with_loan=False))
            before = self._whole.fetch(name, key, found, changed)
            self._pending = _Pending(path.path.name, name, path.path.person or "", key, before, changed)

    def take_loans(self, loans: Any, closed: Anchor) -> None:
        """Draw the loans of the chunk themselves, whole: a policy can have them deleted."""
        self._settle()
        mine = and_(loans.c[closed.key] == CHUNK.c.loan, loans.c[closed.person] == CHUNK.c.person)
        found = [tuple(row) for row in self._at.execute(select(CHUNK.c.loan).select_from(loans, CHUNK).where(mine))]
        changed = tuple({**closed.cut.set, **closed.cut.if_reader})
        before = self._whole.fetch(closed.table, (closed.key,), found, self._whole.columns(closed.table))
        self._pending = _Pending(closed.table, closed.table, closed.person, (closed.key,), before, changed)

    def keep(self) -> None:
        """Hand the chunk's images over; they are durable on return. To be called before the commit."""
        self._settle()
        self._kept = bool(self._images)
        if self._kept:
            there = self._whole.present(self._people.table, self._people.key, map(reader_of, self._images))
            # A reader who was gone before the cut cannot be told from one who goes after it, so this is noted now.
            known = [one if str(reader_of(one)) in there else replace(one, person="") for one in _merged(self._images)]
            self._keep.add([image.as_row() for image in known])
        self._images = []

    def committed(self) -> None:
        """Note that the chunk is committed."""
        if self._kept:
            self._keep.committed()
        self._kept = False

    @property
    def _at(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("begin a chunk first")
        return self._connection

    @property
    def _whole(self) -> WholeRows:
        if self._rows is None:
            raise RuntimeError("begin a chunk first")
        return self._rows

    def _settle(self) -> None:
        """Read how the last statements left their rows."""
        if (last := self._pending) is None:
            return
        self._pending = None
        names = tuple(next(iter(last.before.values()), ()))
        after = self._whole.fetch(last.table, last.key, last.before, names)
        both = [(before, after[key]) for key, before in last.before.items() if key in after]
        # What a statement sets to itself belongs to the image too: a restoration would move an automatic time.
        said = [one for one in names if one in last.changed or any(old[one] != new[one] for old, new in both)]
        for key, before in last.before.items():
            named = dict(zip(last.key, key, strict=True))
            if (now := after.get(key)) is None:
                self._images.append(Image(last.path, last.table, Act.DELETED, last.person, named, before))
            elif now != before:
                old, new = ({one: row[one] for one in said} for row in (before, now))
                self._images.append(Image(last.path, last.table, Act.CHANGED, last.person, named, old, new))

    def _take_keyless(self, path: PathSql, conditions: Sequence[Condition], *, with_loan: bool) -> None:
        """Whole rows of a table without a key, each as often as it is there, and their new values."""
        rows, name = path.table, path.path.table
        for number, condition in enumerate(conditions):
            # What an earlier condition found is not drawn twice: without a key, nobody could tell.
            parts = [self._found(path, condition, with_loan=with_loan)]
            parts += [~self._found(path, earlier, with_loan=with_loan) for earlier in conditions[:number]]
            where = and_(path.own.still(rows), *parts)
            if with_loan and path.chunk.by_person and path.path.person:
                person = rows.c[path.path.person]
                where = and_(person >= FIRST, person <= LAST, where)
            names = self._whole.columns(name)
            query = self._whole.query(name, names, rows)
            new = {} if path.cut.delete else path.cuts.values(rows, with_loan=False)
            said = [
                self._whole.read(name, one, _value(value)).label(f"n{n}") for n, (one, value) in enumerate(new.items())
            ]
            for row in self._at.execute(query.add_columns(*said).where(where), self._parameters):
                before = dict(zip(names, row[: len(names)], strict=True))
                if path.cut.delete:
                    self._images.append(self._gone(path, name, {}, before))
                    continue
                after = before | dict(zip(new, row[len(names) :], strict=True))
                if after != before:
                    who = path.path.person or ""
                    self._images.append(Image(path.path.name, name, Act.CHANGED, who, {}, before, after))

    @staticmethod
    def _found(path: PathSql, condition: Condition, *, with_loan: bool) -> Any:
        rows = path.table
        if not with_loan:
            return condition(rows)
        return exists(select(1).select_from(CHUNK).where(condition(rows)).correlate(rows))

    def _take_children(
        self, path: PathSql, child: str, child_column: str, parents: Sequence[object], among: tuple[Step, ...] = ()
    ) -> None:
        key = self._whole.primary_key(child)
        images = [
            Image(f"{path.path.name}: {child}", child, Act.DELETED, "", {one: row[one] for one in key}, row)
            for row in self._whole.children(child, child_column, parents, among)
        ]
        self._images += images

    def _take_freed(self, path: PathSql, other: str, naming: str, parents: Sequence[object]) -> None:
        """Rows that stay without the number of what goes; a restoration would move their automatic times."""
        key = self._whole.primary_key(other)
        said = (naming, *automatic(path.cuts.shelf.map, other))
        for row in self._whole.children(other, naming, parents):
            before = {one: row[one] for one in said}
            named = {one: row[one] for one in key}
            what = f"{path.path.name}: {other}"
            self._images.append(Image(what, other, Act.CHANGED, "", named, before, {**before, naming: None}))

    @staticmethod
    def _gone(path: PathSql, name: str, key: Values, before: Values) -> Image:
        return Image(path.path.name, name, Act.DELETED, path.path.person or "", key, before)


def _value(value: Any) -> Any:
    return value if hasattr(value, "label") else literal(value)
