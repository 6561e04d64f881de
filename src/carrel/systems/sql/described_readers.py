"""What describes the readers of loans that name nobody: made coarser, and left only where enough patrons share it.

The roster is counted once for a session, in a work table of the descriptions that may stand. Every statement asks that
table, so that what is written, what is read back and what the complement finds cannot disagree.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    String,
    TableClause,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    extract,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
)

from carrel.deidentification.reader_description import (
    LAST_YEAR,
    Describing,
    Trait,
    fewest_signs,
    first_year,
    width,
)
from carrel.inventory.described_loan import Described, Told
from carrel.systems.sql.named_table import table
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.worktables import AGED, know, make

_MOST = 4  # columns that stay as they are
_SAME = tuple(f"same_{number}" for number in range(_MOST))
SHARED: TableClause = table(
    "carrel_shared", *(column(name, String()) for name in _SAME), column("code", String()), column("year", Integer())
)
_NO_CODE, _NO_YEAR = "", 0
Bool = ColumnElement[bool]


class DescribedReaders:
    """The descriptions of readers under the policy in force.

    Args:
        shelf: with the tables of the map.
        told: which columns describe a reader.
        describing: how much of them stays.
    """

    def __init__(self, shelf: Shelf, told: Described, describing: Describing) -> None:
        self._shelf, self._told, self._describing = shelf, told, describing

    @classmethod
    def of(cls, shelf: Shelf, name: str | None = None) -> DescribedReaders | None:
        """Those of a map; None where nothing that describes a reader stays, or not in the table of this name."""
        both = shelf.map.loans.coarsened
        return None if both is None or name not in {None, both[0].table} else cls(shelf, *both)

    @property
    def columns(self) -> frozenset[str]:
        """The columns that may stay."""
        return self._told.columns

    # -- the roster -------------------------------------------------------------------------------------------------

    def create(self, connection: Connection) -> None:
        """Make the work table anew."""
        same = ", ".join(f"{name} TEXT" for name in _SAME)
        make(connection, SHARED.name, f"{same}, code TEXT, year INT", (", ".join((*_SAME, "code", "year")),))

    def fill(self, connection: Connection) -> None:
        """Count the roster as it is now, and note which descriptions may stand.

        Guarantees:
            At least as many patrons as the policy asks for share each. Whoever sees that a description was taken out
            learns no more: in each group of patrons with the same columns that stay, those whose description goes are
            none, as many as that, or all.
        """
        connection.execute(delete(SHARED))
        connection.execute(insert(SHARED).from_select([*_SAME, "code", "year"], self._shared()))
        know(connection, SHARED)

    def _shared(self) -> Any:
        people = self._shelf.map.people
        rows = self._shelf[people.table]
        whole = self._of_patrons(rows)
        patrons = select(*(value.label(name) for name, value in whole.items()))
        for gone in people.gone:
            patrons = patrons.where(func.coalesce(not_(matching(rows.c, (gone,))), True))
        each = patrons.subquery("each")
        names = [*_SAME, "code", "year"]
        counted = select(*(each.c[name] for name in names), func.count().label("size"))
        sizes = counted.group_by(*(each.c[name] for name in names)).subquery("sizes")
        nothing = _is_bare(sizes.c.code, sizes.c.year)
        # Whoever has no description counts among those whose description goes; then the rarest first.
        order = (case((nothing, 0), else_=1), sizes.c.size, sizes.c.code, sizes.c.year)
        upto = func.sum(sizes.c.size).over(
            partition_by=[sizes.c[name] for name in _SAME], order_by=order, rows=(None, 0)
        )
        ranked = select(*sizes.c, (upto - sizes.c.size).label("rarer")).subquery("ranked")
        least = self._describing.at_least
        enough = and_(ranked.c.size >= least, or_(ranked.c.rarer == 0, ranked.c.rarer >= least))
        stands = and_(enough, not_(_is_bare(ranked.c.code, ranked.c.year)))
        return select(*(ranked.c[name] for name in names)).where(stands)

    def _of_patrons(self, rows: FromClause) -> dict[str, ColumnElement[Any]]:
        """The whole description that a loan of a patron would have."""
        same = [_text(rows.c[name]) for name in self._told.same.values()]
        said = {trait: self._roster(rows, trait) for trait in Trait}
        return self._whole(same, said)

    def _roster(self, rows: FromClause, trait: Trait) -> ColumnElement[Any]:
        told = self._told.traits.get(trait)
        if told is None or self._describing.level(trait) is None:
            return null()
        found = [self._value(rows, one, trait) for one in told.of]
        return found[0] if len(found) == 1 else func.coalesce(*found)

    def _value(self, rows: FromClause, one: Told, trait: Trait) -> ColumnElement[Any]:
        before = rows
        steps: list[FromClause] = []
        tests: list[Bool] = []
        for depth, step in enumerate(one.by):
            far = self._shelf[step.table].alias(f"d{depth}")
            tests += [far.c[step.column] == before.c[step.equals], matching(far.c, step.where)]
            steps.append(far)
            before = far
        value: ColumnElement[Any] = before.c[one.column]
        if trait is Trait.BIRTH_YEAR:
            value = extract("year", value)  # of a time with a zone in the session's, as the product reads it
        if not steps:
            return value
        return select(value).select_from(*steps).where(*tests).limit(1).correlate(rows).scalar_subquery()

    # -- rows that name nobody --------------------------------------------------------------------------------------

    def of_person(self, name: str) -> ColumnElement[Any]:
        """What may stand in a column of the loans in flight: of the reader whom their work table knows."""
        people = self._shelf.map.people
        rows = self._shelf[people.table].alias("dr")
        mine = rows.c[people.key] == AGED.c.person
        query = select(self._written(name)).select_from(rows.join(SHARED, self._is(self._of_patrons(rows))))
        return query.where(mine).correlate(AGED).scalar_subquery()

    def of_row(self, rows: FromClause, name: str) -> ColumnElement[Any]:
        """What may stand in a column of a row of nobody: of the row's own description, made coarser."""
        query = select(self._written(name)).where(self._is(self._of_row(rows)))
        return query.limit(1).correlate(rows).scalar_subquery()

    def is_fine(self, rows: FromClause) -> Bool:
        """Nothing in the row describes a reader, or only what is coarse enough and shared by enough patrons."""
        traits = self._told.traits
        bare = and_(*(rows.c[told.column].is_(None) for told in traits.values()))
        coarse = [
            rows.c[told.column].is_not_distinct_from(self._coarse(trait, rows.c[told.column]))
            for trait, told in traits.items()
        ]
        shared = exists(select(1).select_from(SHARED).where(self._is(self._of_row(rows))).correlate(rows))
        return or_(bare, and_(*coarse, shared))

    def _of_row(self, rows: FromClause) -> dict[str, ColumnElement[Any]]:
        same = [_text(rows.c[name]) for name in self._told.same]
        traits = self._told.traits
        return self._whole(
            same, {trait: rows.c[traits[trait].column] if trait in traits else null() for trait in Trait}
        )

    def _written(self, name: str) -> ColumnElement[Any]:
        if (code := self._told.postal_code) is not None and code.column == name:
            return func.nullif(SHARED.c.code, _NO_CODE)
        return func.nullif(SHARED.c.year, _NO_YEAR)

    def _is(self, whole: dict[str, ColumnElement[Any]]) -> Bool:
        return and_(*(SHARED.c[name] == value for name, value in whole.items()))

    # -- values -----------------------------------------------------------------------------------------------------

    def _whole(
        self, same: list[ColumnElement[Any]], said: dict[Trait, ColumnElement[Any]]
    ) -> dict[str, ColumnElement[Any]]:
        told = dict(zip(_SAME, [*same, *[literal("")] * (_MOST - len(same))], strict=True))
        code, year = (self._coarse(trait, said[trait]) for trait in (Trait.POSTAL_CODE, Trait.BIRTH_YEAR))
        return {**told, "code": func.coalesce(code, _NO_CODE), "year": func.coalesce(year, _NO_YEAR)}

    def _coarse(self, trait: Trait, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value on the policy's level; NULL where it is none, or the policy lets none stay."""
        level = self._describing.level(trait)
        kind = String() if trait is Trait.POSTAL_CODE else Integer()
        if level is None or trait not in self._told.traits:
            return cast(null(), kind)
        if trait is Trait.POSTAL_CODE:
            signs = func.replace(func.replace(func.upper(value), " ", ""), "-", "")
            short = func.substr(signs, 1, width(level))
            return case((signs.regexp_match(fewest_signs(width(level))), short), else_=cast(null(), kind))
        year = cast(value, Integer())
        born = year.between(first_year(width(level)), LAST_YEAR)
        return case((born, year - year % width(level)), else_=cast(null(), kind))


def _is_bare(code: ColumnElement[Any], year: ColumnElement[Any]) -> Bool:
    return and_(code == _NO_CODE, year == _NO_YEAR)


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(cast(value, String()), "")
