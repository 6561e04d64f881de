"""Which rows of a path lead to the loans of the chunk in flight."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, not_, or_, select, true

from carrel.inventory.map_path import Path, Role
from carrel.systems.sql.expressions import has_digits, names_number, near
from carrel.systems.sql.join_order import InOrder
from carrel.systems.sql.kept_loans import KeptLoans
from carrel.systems.sql.named_words import names, names_title
from carrel.systems.sql.path_rows import MOMENT_SECONDS, Bool, Condition, PathRows
from carrel.systems.sql.span import FIRST, LAST, LATER, LO, LO_DAY, REMINDED
from carrel.systems.sql.stray_rows import StrayRows
from carrel.systems.sql.worktables import CHUNK, MOMENTS, SLACK_SECONDS


def is_by_spell(path: Path) -> bool:
    """The texts of a path can only speak of loans of their own weeks."""
    return path.link.by == "text" and path.person is not None and not path.link.any_time


class ChunkRows:
    """The rows of one path beside a chunk.

    Args:
        own: the path's rows.
        kept: the loans near the chunk that are open or kept.
        small: the table has few rows, so that they are read before any loan is looked at.
    """

    def __init__(self, own: PathRows, kept: KeptLoans, *, small: bool = False) -> None:
        self._own, self._kept, self._small = own, kept, small
        self.path = own.path

    def are(  # noqa: PLR0911  (one return per kind of link)
        self, rows: FromClause, named: Condition | None = None
    ) -> Bool:
        """The row leads to a loan of the chunk, and no kept loan explains it.

        Args:
            rows: the path's table or an alias of it.
            named: of a text, by which trace it leads to the loan; by any of them unless given.
        """
        path, link = self.path, self.path.link
        same_person = rows.c[path.person] == CHUNK.c.person if path.person else true()
        match link.by:
            case "key":
                actor = same_person if path.role is Role.ACTOR else true()
                return and_(rows.c[link.column] == CHUNK.c.loan, actor)
            case "visit":
                at = rows.c[link.at]
                item = CHUNK.c.item_text if link.item_as_text else CHUNK.c.item
                during = and_(at >= CHUNK.c.lo, at <= CHUNK.c.later)
                free = not_(self._kept.account_for(rows, in_chunk=True))
                return and_(same_person, rows.c[link.item] == item, during, free)
            case "second":
                at = rows.c[link.at]
                during = and_(at >= CHUNK.c.lo, at <= CHUNK.c.later)
                own = and_(self._near(at, MOMENT_SECONDS), not_(self._kept.were_there(rows)))
                return and_(rows.c[link.item] == CHUNK.c.item, during, or_(own, not_(self._kept.account_for(rows))))
            case "item":
                at, terms = rows.c[link.at], self._own.terms
                due = at <= terms.last_borrower_cutoff
                if (
                    not terms.keeps_last_borrower
                ):  # a book drop emptied in the morning writes it after its loan fell due
                    own = and_(at >= CHUNK.c.lo, at <= CHUNK.c.later, not_(self._kept.account_for(rows)))
                    due = or_(due, own)
                return and_(same_person, rows.c[link.item] == CHUNK.c.item, due)
            case "text":
                sure = link.any_time and "loan" in link.needles
                late = or_(rows.c[link.at] <= CHUNK.c.later, self._kept.leave_the_rest(rows))
                upto = true() if sure else late
                traces = [trace(rows) for trace in self._traces] if named is None else [named(rows)]
                begun = self._own.latest(rows) >= CHUNK.c.lo
                return and_(same_person, begun, upto, or_(false(), *traces), not_(self._preserved(rows)))
            case "moment":
                return and_(same_person, self._near(rows.c[link.at], MOMENT_SECONDS), not_(self._preserved(rows)))
            case _:
                return false()

    def _preserved(self, rows: FromClause) -> Bool:
        return or_(self._kept.hold(rows), self._own.meant(rows))

    @property
    def by_person(self) -> bool:
        """Whether rows are looked for by the chunk's readers, each row once, instead of by each of its loans.

        A reader of a thousand loans has some thousand rows; loan by loan, each would be read a thousand times.
        """
        link = self.path.link.by
        return bool(self.path.person) and (
            link in {"visit", "item", "text", "moment"} or (link == "key" and self.path.role is Role.ACTOR)
        )

    @property
    def rows_first(self) -> bool:
        """Whether the path's rows are read before the loans of the chunk."""
        return self.by_person or self._small

    @property
    def by_spell(self) -> bool:
        """Whether a row can only speak of loans of its own weeks (and not, like a fine, of any earlier one)."""
        return is_by_spell(self.path)

    @property
    def found_first(self) -> bool:
        """Whether the rows of a chunk are looked for once and then cut by their key.

        A text, or a row that only item and second lead to, is dear to find: it would be looked for again for its
        children, for the cut and to be read back.
        """
        return self.path.link.by in {"second", "text"} and len(self.path.key) == 1

    def joined(self) -> InOrder:
        """The path's table and the chunk, in the order in which the fewest rows are read."""
        rows = self._own.table
        return InOrder(rows, CHUNK) if self.rows_first else InOrder(CHUNK, rows)

    def within(self, named: Condition | None = None) -> Condition:
        """``are``, with the chunk's span where rows are looked for by person."""

        def condition(rows: FromClause) -> Bool:
            if not self.by_person or not self.path.person:
                return self.are(rows, named)
            person = rows.c[self.path.person]
            return and_(person >= FIRST, person <= LAST, *self._time(rows), self.are(rows, named))

        return condition

    def _time(self, rows: FromClause) -> tuple[Bool, ...]:
        """What ``are`` says of the row's clock, told once for the whole chunk before any loan is looked at."""
        link = self.path.link
        if link.by not in {"visit", "text"}:
            return ()
        at = rows.c[link.at]
        if link.by == "visit":
            return (at >= LO, at <= LATER)
        begun = at >= (LO_DAY if self._own.by_day else LO)
        return (begun,) if link.any_time else (begun, at <= REMINDED)

    def of_readers(self, strays: StrayRows) -> Condition | None:
        """Rows that go with their reader, by their own clock, before any is compared with a loan; None for other paths.

        They would go with the strays of the same night. To compare a thousand texts or seconds with a thousand loans
        of one reader costs their product, and what is left afterwards is little.
        """
        name, link = self.path.person, self.path.link
        if name is None or not (link.by == "moment" or (link.by == "text" and not self._own.redacts)):
            return None

        def condition(rows: FromClause) -> Bool:
            person = rows.c[name]
            reads = exists(select(1).select_from(CHUNK).where(CHUNK.c.person == person).correlate(rows))
            return and_(person >= FIRST, person <= LAST, strays.are(rows), reads)

        return condition

    def stages(self) -> tuple[Condition, ...]:
        """Conditions that together find what ``within`` finds, the cheap ones first.

        A text is compared with every loan of its reader. Rows that times or numbers give away are found before the
        words of the rest are searched; a redaction needs the words, so it has one stage.
        """
        if self.path.link.by != "text" or self._own.redacts:
            return (self.within(),)
        return tuple(self.within(trace) for trace in self._traces)

    @property
    def _traces(self) -> tuple[Condition, ...]:
        """By what a text leads to a loan: the time of one of its events, its numbers, its words."""
        link = self.path.link
        if link.by != "text":
            return ()
        times = ((lambda rows: self._near(rows.c[link.at])),) if link.moments else ()
        numbers = (self._numbers,) if {"item", "loan"} & set(link.needles) else ()
        return (*times, *numbers, self._words)

    def _near(self, at: ColumnElement[Any], seconds: int = SLACK_SECONDS) -> Bool:
        return or_(*(near(at, event, seconds) for event in self._events))

    @property
    def _events(self) -> tuple[ColumnElement[Any], ...]:
        more = MOMENTS[: len(self._own.shelf.map.loans.closed.moments)]
        return (CHUNK.c.opened, CHUNK.c.closed, CHUNK.c.renewed, *(CHUNK.c[name] for name in more))

    def _numbers(self, rows: FromClause) -> Bool:
        link = self.path.link
        if link.by != "text":
            return false()
        parts: list[Bool] = []
        for name in link.texts:
            for needle, number in (("item", CHUNK.c.item), ("loan", CHUNK.c.loan)):
                if needle in link.needles:
                    parts.append(and_(has_digits(rows.c[name], number), names_number(rows.c[name], number)))
        return or_(false(), *parts)

    def _words(self, rows: FromClause) -> Bool:
        link = self.path.link
        if link.by != "text":
            return false()
        parts: list[Bool] = []
        for name in link.texts:
            body = rows.c[name]
            if "barcode" in link.needles:
                parts.append(and_(CHUNK.c.barcode.is_not(None), names(body, CHUNK.c.barcode)))
            if "title" in link.needles:
                parts.append(names_title(body, CHUNK.c.title))
        return or_(false(), *parts)
