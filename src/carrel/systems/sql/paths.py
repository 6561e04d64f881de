"""One path from a loan to its reader, as SQL: which rows belong to a chunk, which are stray, and how they are cut.

*Belongs to the chunk*: the row leads to a loan that is being cut now. *Stray*: the row still names a reader although
no loan that is open or kept explains it, as Koha's own anonymising leaves them. Both leave alone whatever a kept loan
of the same person covers, so a legal hold wins in every table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Select,
    String,
    Update,
    and_,
    case,
    cast,
    delete,
    distinct,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from carrel.inventory.system_map import Cut, Method, Path, Role, Step
from carrel.policy.schedule import Charges
from carrel.retention.legal_hold import Scope
from carrel.systems.sql.expressions import contains, day_of, is_time, names_number, shifted
from carrel.systems.sql.join_order import (
    DeleteChildren,
    DeleteChunkFirst,
    DeleteFound,
    DeleteInOrder,
    InOrder,
    UpdateChunkFirst,
    UpdateFound,
    UpdateInOrder,
)
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.shields import shielded
from carrel.systems.sql.worktables import (
    CHUNK,
    DATED_BACK_SECONDS,
    FOUND,
    KEPT,
    NEAR,
    REMINDED_SECONDS,
    SLACK_SECONDS,
    SPELL,
    TITLE_LENGTH,
    slot,
)

Bool = ColumnElement[bool]
Condition = Callable[[FromClause], ColumnElement[bool]]
# Shorter titles ("It", "Emma") stand in texts that have nothing to do with the book.
SHORTEST_TITLE = 6
MOMENT_SECONDS = 2
_DAY_SECONDS = 86_400
_LAST_TIME = datetime(9999, 1, 1)  # noqa: DTZ001  (naive local time, as the systems write it)


class has_digits(GenericFunction[bool]):  # noqa: N801  (SQL functions are written in small letters)
    """Whether a text contains a number, alone or inside a longer one: byte by byte, before a pattern is compiled."""

    type = Boolean()
    inherit_cache = True
    name = "carrel_has_digits"


@compiles(has_digits)
def _digits(element: has_digits, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = (compiler.process(part, **kw) for part in element.clauses)
    return f"(INSTR({body}, {number}) > 0)"


@compiles(has_digits, "mysql", "mariadb")
def _digits_mariadb(element: has_digits, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = (compiler.process(part, **kw) for part in element.clauses)
    return f"(INSTR(CAST({body} AS BINARY), {number}) > 0)"


@dataclass(frozen=True, slots=True)
class Span:
    """The readers of a chunk: it is a piece of the walk in order of person, so they lie between its ends.

    Attributes:
        first, last: readers.
        lo, later: from when until when the traces of its loans were written, naive local times.
    """

    first: int
    last: int
    lo: datetime | None = None
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the schedule and the site add to a path.

    Attributes:
        stray_cutoff: naive local time; a row without a loan is due when its own clock is at or before it.
        last_borrower_cutoff: the same for the link from an item to its last borrower.
        charges: whether settled charges lose the card.
        stand_in: the product's anonymous patron.
        by_day: the policy keeps no time of day of what is de-identified.
        any_held: a loan that still names its reader is under legal hold.
        shields: scopes of the legal holds and exceptions in force.
    """

    stray_cutoff: datetime
    last_borrower_cutoff: datetime
    charges: Charges
    stand_in: int | None
    by_day: bool = False
    any_held: bool = True
    shields: tuple[Scope, ...] = ()


class PathSql:
    """The statements of one path."""

    def __init__(self, shelf: Shelf, path: Path, terms: Terms, *, in_chunk: bool = False) -> None:
        self.path, self.terms, self._shelf = path, terms, shelf
        self._kept = NEAR if in_chunk else KEPT
        self.table = shelf[path.table]
        lose = terms.charges is Charges.LOSE_CARD and path.lose_card is not None
        self.cut: Cut = path.lose_card if lose and path.lose_card else path.cut

    # -- which rows -------------------------------------------------------------------------------------------------

    def still(self, rows: FromClause) -> Bool:
        """The row still leads to a reader."""
        parts = [matching(rows.c, (*self.path.only, *self.path.still))]
        if self.path.person:
            person = rows.c[self.path.person]
            if not (self.path.link.by == "key" and self.path.still):
                parts.append(person.is_not(None))
                if self.terms.stand_in is not None:
                    parts.append(person != self.terms.stand_in)
        link = self.path.link
        if link.by == "moment" or (link.by == "clock" and self.cut.set.get(link.at) is Method.DAY):
            at = rows.c[link.at]
            parts += [is_time(at), at != day_of(at)]
        return and_(true(), *parts)

    def in_chunk(  # noqa: PLR0911  (one return per kind of link)
        self, rows: FromClause, named: Condition | None = None
    ) -> Bool:
        """The row leads to a loan of the chunk, and no kept loan explains it.

        Args:
            rows: the path's table or an alias of it.
            named: of a text, by which trace it leads to the loan; by any of them unless given.
        """
        link = self.path.link
        same_person = rows.c[self.path.person] == CHUNK.c.person if self.path.person else true()
        match link.by:
            case "key":
                actor = same_person if self.path.role is Role.ACTOR else true()
                return and_(rows.c[link.column] == CHUNK.c.loan, actor)
            case "visit":
                at = rows.c[link.at]
                return and_(
                    same_person,
                    self._same_item(rows),
                    at >= CHUNK.c.lo,
                    at <= CHUNK.c.later,
                    not_(self._covered(rows, in_chunk=True)),
                )
            case "second":
                at = rows.c[link.at]
                item = rows.c[link.item] == CHUNK.c.item
                own = and_(self._near(at, MOMENT_SECONDS), not_(self._of_next(rows)))
                return and_(item, at >= CHUNK.c.lo, at <= CHUNK.c.later, or_(own, not_(self._covered(rows))))
            case "item":
                last = rows.c[link.at] <= self.terms.last_borrower_cutoff
                return and_(same_person, rows.c[link.item] == CHUNK.c.item, last)
            case "text":
                at = rows.c[link.at]
                sure = link.any_time and "loan" in link.needles
                upto = true() if sure else or_(at <= CHUNK.c.later, self._afterwards(rows))
                stages = [stage(rows) for stage in self._stages] if named is None else [named(rows)]
                free = not_(or_(self._held(rows), self._meant(rows)))
                return and_(same_person, self._latest(rows) >= CHUNK.c.lo, upto, or_(false(), *stages), free)
            case "moment":
                free = not_(or_(self._held(rows), self._meant(rows)))
                return and_(same_person, self._near(rows.c[link.at], MOMENT_SECONDS), free)
            case _:
                return false()

    @property
    def by_person(self) -> bool:
        """Whether rows are looked for by the chunk's readers, each row once, instead of by each of its loans.

        A reader of a thousand loans has some thousand rows; loan by loan, each would be read a thousand times.
        """
        link = self.path.link.by
        return bool(self.path.person) and (
            link in {"visit", "item", "text", "moment"} or (link == "key" and self.path.role is Role.ACTOR)
        )

    def of_readers(self, span: Span) -> Condition | None:
        """Rows that go with their reader, by their own clock, before any is compared with a loan; None for other paths.

        They would go with the strays of the same night. To compare a thousand texts or seconds with a thousand loans
        of one reader costs their product, and what is left afterwards is little.
        """
        person_column, link = self.path.person, self.path.link
        whole = self.cut.delete or Method.REDACT not in self.cut.set.values()
        if person_column is None or not (link.by == "moment" or (link.by == "text" and whole)):
            return None

        def condition(rows: FromClause) -> Bool:
            person = rows.c[person_column]
            reads = exists(select(1).select_from(CHUNK).where(CHUNK.c.person == person).correlate(rows))
            return and_(person >= span.first, person <= span.last, self.stray(rows), reads)

        return condition

    @property
    def by_spell(self) -> bool:
        """Whether a row can only speak of loans of its own weeks (and not, like a fine, of any earlier one)."""
        return self.path.link.by == "text" and self.path.person is not None and not self.path.link.any_time

    @property
    def found_first(self) -> bool:
        """Whether the rows of a chunk are looked for once and then cut by their key.

        A text, or a row that only item and second lead to, is dear to find: it would be looked for again for its
        children, for the cut and to be read back.
        """
        return self.path.link.by in {"second", "text"} and len(self.path.key) == 1

    def is_found(self, rows: FromClause) -> Bool:
        """The row was found for this chunk."""
        return exists(select(1).select_from(FOUND).where(FOUND.c.id == rows.c[self.path.key[0]]).correlate(rows))

    def find(self, condition: Condition, *, with_loan: bool = True) -> Insert:
        """The statement that notes the keys of rows that lead to a reader, and for which ``condition(rows)`` holds."""
        if not with_loan:
            return self._noted(condition, self.table)
        return self._noted(condition, InOrder(self._fresh, CHUNK) if self.by_person else InOrder(CHUNK, self.table))

    def find_spelled(self, condition: Condition) -> Insert:
        """`find`, its loans looked up by reader and weeks (MariaDB, for paths ``by_spell``)."""
        link, person = self.path.link, self.path.person
        if link.by != "text" or person is None:
            return self.find(condition)
        here = and_(SPELL.c.person == self.table.c[person], SPELL.c.slot == slot(self.table.c[link.at]))
        source = InOrder(InOrder(self._fresh, SPELL), CHUNK)
        return self._noted(lambda rows: and_(here, CHUNK.c.loan == SPELL.c.loan, condition(rows)), source)

    @property
    def _fresh(self) -> FromClause:
        """The path's rows beside those that an earlier stage found: passed over before any loan is looked at."""
        return self.table.outerjoin(FOUND, FOUND.c.id == self.table.c[self.path.key[0]])

    def _noted(self, condition: Condition, source: FromClause) -> Insert:
        rows = self.table
        query = select(rows.c[self.path.key[0]]).select_from(source).where(self.still(rows), condition(rows))
        if source is not rows and self.by_person:
            query = query.where(FOUND.c.id.is_(None))
        return insert(FOUND).from_select(["id"], query.distinct())

    def joined(self) -> InOrder:
        """The path's table and the chunk, in the order in which the fewest rows are read."""
        return InOrder(self.table, CHUNK) if self.by_person else InOrder(CHUNK, self.table)

    def within(self, span: Span, named: Condition | None = None) -> Condition:
        """``in_chunk``, with the readers' span where rows are looked for by person."""

        def condition(rows: FromClause) -> Bool:
            if not self.by_person or not self.path.person:
                return self.in_chunk(rows, named)
            person = rows.c[self.path.person]
            return and_(person >= span.first, person <= span.last, *self._time(rows, span), self.in_chunk(rows, named))

        return condition

    def _time(self, rows: FromClause, span: Span) -> tuple[Bool, ...]:
        """What ``in_chunk`` says of the row's clock, told once for the whole chunk before any loan is looked at."""
        link = self.path.link
        if link.by not in {"visit", "text"} or span.lo is None or span.later is None:
            return ()
        at = rows.c[link.at]
        if link.by == "visit":
            return (at >= span.lo, at <= span.later)
        begun = at >= (span.lo - timedelta(days=1) if self._by_day else span.lo)
        if link.any_time or span.later > _LAST_TIME - timedelta(seconds=REMINDED_SECONDS):
            return (begun,)
        return (begun, at <= span.later + timedelta(seconds=REMINDED_SECONDS))

    def stages(self, span: Span) -> tuple[Condition, ...]:
        """Conditions that together find what ``within`` finds, the cheap ones first.

        A text is compared with every loan of its reader. Rows that times or numbers give away are cut before the words
        of the rest are searched; a redaction needs the words, so it has one stage.
        """
        if self.path.link.by != "text" or (Method.REDACT in self.cut.set.values() and not self.cut.delete):
            return (self.within(span),)
        return tuple(self.within(span, stage) for stage in self._stages)

    @property
    def _stages(self) -> tuple[Condition, ...]:
        """By what a text leads to a loan: the time of one of its events, its numbers, its words."""
        link = self.path.link
        if link.by != "text":
            return ()
        near = ((lambda rows: self._near(rows.c[link.at])),) if link.moments else ()
        numbers = (self._numbers,) if {"item", "loan"} & set(link.needles) else ()
        return (*near, *numbers, self._words)

    def stray(self, rows: FromClause) -> Bool:
        """The row leads to a reader, its own clock has run out, and no open or kept loan explains it.

        Nor may a legal hold or an exception in force cover it: its loan names nobody any more, so it is judged by what
        the row itself tells.
        """
        return and_(self._stray(rows), not_(self._shielded(rows, self.terms.shields)))

    def _shielded(self, rows: FromClause, shields: tuple[Scope, ...]) -> Bool:
        path, link = self.path, self.path.link
        item = getattr(link, "item", None)
        loan = link.column if link.by == "key" else None
        if link.by == "clock" and link.nobody:  # the row is the loan itself
            item, loan = self._shelf.map.loans.closed.item, self._shelf.map.loans.closed.key
        return shielded(
            shields,
            person=rows.c[path.person] if path.person else None,
            item=rows.c[item] if item else None,
            loan=rows.c[loan] if loan else None,
            at=self._latest(rows) if hasattr(link, "at") else None,
            item_as_text=bool(getattr(link, "item_as_text", False)),
        )

    def _meant(self, rows: FromClause) -> Bool:
        """A hold on the row's person may cover a loan that names nobody any more, and the row may tell of that one.

        Loans of the person that still name them are told by `_held`.
        """
        named = tuple(scope for scope in self.terms.shields if scope.persons and not scope.loans)
        return self._shielded(rows, named) if self.path.person else false()

    def _stray(self, rows: FromClause) -> Bool:
        link = self.path.link
        own = matching(rows.c, self.path.stray_only)
        match link.by:
            case "key":
                return and_(own, rows.c[link.column].is_not(None), not_(self._loan_lives(rows.c[link.column])))
            case "item":
                return and_(
                    own, self._older(rows.c[link.at], self.terms.last_borrower_cutoff), not_(self._covered(rows))
                )
            case "moment":
                return and_(own, self._older(rows.c[link.at]), not_(self._held(rows)))
            case "clock":
                mine = and_(self._of_loans(rows), self._nobody(rows), not_(self._behind(rows)))
                return and_(own, self._older(rows.c[link.at]), mine)
            case "text" if Method.REDACT in self.cut.set.values() and not self.cut.delete:
                return false()  # without a loan there is nothing to look for in the text; see the docs on detection
            case _:
                return and_(own, self._older(rows.c[link.at]), not_(self._covered(rows)))

    def due_with_loan(self, rows: FromClause) -> Bool:
        """For counting: the row of a key path leads to a closed loan that still names its reader and is not kept."""
        link, closed = self.path.link, self._shelf.map.loans.closed
        if link.by != "key":
            return false()
        loans = self._shelf[closed.table].alias("l")
        person = loans.c[closed.person]
        parts = [loans.c[closed.key] == rows.c[link.column], person.is_not(None)]
        if self.terms.stand_in is not None:
            parts.append(person != self.terms.stand_in)
        if self.path.role is Role.ACTOR and self.path.person:
            parts.append(rows.c[self.path.person] == person)
        kept = exists(select(1).where(self._kept.c.loan == rows.c[link.column]).correlate(rows))
        return and_(exists(select(1).select_from(loans).where(*parts).correlate(rows)), not_(kept))

    @property
    def _by_day(self) -> bool:
        """An earlier cut of a row can have left only the day of its time."""
        at = getattr(self.path.link, "at", None)
        paths = (path for path in self._shelf.map.loans.paths if path.table == self.path.table)
        return any(path.cut.set.get(at) is Method.DAY for path in paths) if at else False

    def _latest(self, rows: FromClause) -> ColumnElement[Any]:
        """The latest that the row can have been written: where only the day is left of its time, the day's end.

        What a kept loan or a hold accounted for, it accounts for still after the time was generalised.
        """
        at = rows.c[self.path.link.at]  # type: ignore[union-attr]  # asked only of links with a time
        return case((at == day_of(at), shifted(at, text(str(_DAY_SECONDS - 1)))), else_=at) if self._by_day else at

    def _older(self, at: ColumnElement[Any], cutoff: datetime | None = None) -> Bool:
        return and_(at.is_not(None), at <= (cutoff or self.terms.stray_cutoff))

    def _same_item(self, rows: FromClause) -> Bool:
        link = self.path.link
        if link.by == "visit" and link.item_as_text:
            return rows.c[link.item] == CHUNK.c.item_text
        return rows.c[link.item] == CHUNK.c.item if link.by in {"visit", "second", "item"} else true()

    def _covered(self, rows: FromClause, *, in_chunk: bool = False) -> Bool:
        """An open or kept loan explains the row; one that leads to a loan of the chunk is of the same copy."""
        link = self.path.link
        parts: list[Bool] = []
        if self.path.person:
            parts.append(self._kept.c.person == rows.c[self.path.person])
        if link.by == "visit" and link.item_as_text:
            parts.append(
                self._kept.c.item == CHUNK.c.item
                if in_chunk
                else cast(self._kept.c.item, String(20)) == rows.c[link.item]
            )
        elif link.by in {"visit", "second", "item"}:
            parts.append(self._kept.c.item == rows.c[link.item])
        if link.by in {"visit", "second", "text"}:
            at = rows.c[link.at]
            parts.append(self._kept.c.lo <= self._latest(rows))
            if not (link.by == "text" and link.any_time):
                parts.append(self._kept.c.later >= at)
        if link.by == "text":
            parts.append(or_(self._kept.c.state == text("'legal hold'"), self._tells_of_kept(rows)))
        return exists(select(1).select_from(self._kept).where(*parts).correlate(rows, CHUNK))

    def _of_next(self, rows: FromClause) -> Bool:
        """A row at a second of the due loan is a kept loan's all the same: at a second of that one, or under hold.

        A copy can go out again within minutes or on the same day, to another reader whose loan is kept. Its slack
        would else shield the pseudonym of the reader before, and the day after its return that of the reader after.
        """
        link = self.path.link
        if link.by != "second":
            return false()
        at = rows.c[link.at]
        opened, closed = (
            shifted(self._kept.c.lo, text(str(SLACK_SECONDS))),
            shifted(self._kept.c.later, text(f"-{DATED_BACK_SECONDS}")),
        )
        near = (
            and_(at >= shifted(one, text(f"-{MOMENT_SECONDS}")), at <= shifted(one, text(str(MOMENT_SECONDS))))
            for one in (opened, closed)
        )
        there = (self._kept.c.item == rows.c[link.item], self._kept.c.lo <= at, self._kept.c.later >= at)
        held = self._kept.c.state == text("'legal hold'")
        return exists(select(1).select_from(self._kept).where(*there, or_(held, *near)).correlate(rows))

    def _tells_of_kept(self, rows: FromClause) -> Bool:
        """The text names the copy of a kept loan, or was written as it was handed out, or nobody knows the copy's name.

        A loan that is open, or kept for years, would else shield every text of its reader.
        """
        link, m = self.path.link, self._shelf.map.items
        if link.by != "text":
            return false()
        copy, titles = self._shelf[m.table].alias("kc"), self._shelf[m.title_table].alias("kt")
        barcode, title = copy.c[m.barcode], func.substr(titles.c[m.title], 1, TITLE_LENGTH)
        named: list[Bool] = []
        for name in link.texts:
            body = rows.c[name]
            named.append(and_(barcode.is_not(None), contains(body, barcode)))
            named.append(and_(func.length(title) >= SHORTEST_TITLE, contains(body, title)))
            if {"item", "loan"} & set(link.needles):
                named += [names_number(body, self._kept.c.item), names_number(body, self._kept.c.loan)]
        known = select(1).select_from(copy.outerjoin(titles, titles.c[m.title_key] == copy.c[m.title_key]))
        here = copy.c[m.key] == self._kept.c.item
        opening = rows.c[link.at] <= shifted(self._kept.c.lo, text(str(2 * SLACK_SECONDS)))
        return or_(
            opening,
            exists(known.where(here, or_(*named)).correlate(rows, self._kept)),
            not_(exists(select(1).select_from(copy).where(here).correlate(self._kept))),
        )

    def _held(self, rows: FromClause) -> Bool:
        """A text of the time of a loan under legal hold is preserved whole: a text cannot be parted.

        A second is preserved from the held loan's beginning on: its payments can come long after its return.
        """
        link = self.path.link
        if link.by not in {"text", "moment"} or not self.terms.any_held:
            return false()
        at = rows.c[link.at]
        person = self._kept.c.person == rows.c[self.path.person] if self.path.person else true()
        held = self._kept.c.state == text("'legal hold'")
        upto = true() if link.by == "moment" else self._kept.c.later >= at
        return exists(
            select(1)
            .select_from(self._kept)
            .where(person, held, self._kept.c.lo <= self._latest(rows), upto)
            .correlate(rows)
        )

    def _afterwards(self, rows: FromClause) -> Bool:
        """A text can follow the return: a reminder until the loan would have been due, a note whenever it is written.

        Not if a kept loan of the same item by the same person began before it: then it may tell of that one.
        """
        link = self.path.link
        if link.by != "text":
            return false()
        at = rows.c[link.at]
        same = self._kept.c.item == CHUNK.c.item
        person = self._kept.c.person == rows.c[self.path.person] if self.path.person else true()
        again = exists(
            select(1)
            .select_from(self._kept)
            .where(person, same, self._kept.c.lo <= self._latest(rows))
            .correlate(rows, CHUNK)
        )
        reminded = true() if link.any_time else at <= shifted(CHUNK.c.later, text(str(REMINDED_SECONDS)))
        return and_(reminded, not_(again))

    def _behind(self, rows: FromClause) -> Bool:
        """A loan that is open, or still names its reader, stands behind the row, on the way of one of the facts.

        So does one behind a row with the same partner: a payment's own row, and the rows of what it paid.
        """
        parts: list[Bool] = [false()]
        for fact in self._shelf.map.loans.facts.__dict__.values():
            *way, last = fact.steps
            if not way or last.table != self.path.table:
                continue
            partner = self.table.alias("s")
            partners = [partner.c[c.column] == rows.c[c.column] for c in last.where]
            parts.append(self._alive(way[0], rows.c[last.column], last.equals))
            parts.append(
                exists(
                    select(1)
                    .select_from(partner)
                    .where(*partners, self._alive(way[0], partner.c[last.column], last.equals))
                    .correlate(rows)
                )
            )
        return or_(*parts)

    def _alive(self, step: Step, key: ColumnElement[Any], equals: str) -> Bool:
        near, loans = self._shelf[step.table].alias("b"), self._shelf.map.loans
        lives = [self._loan_lives(near.c[name]) for name in (step.column, loans.open.key) if name in near.c]
        return exists(select(1).select_from(near).where(near.c[equals] == key, or_(*lives)).correlate_except(near))

    def _loan_lives(self, key: ColumnElement[Any]) -> Bool:
        """The loan is open, or closed and still names its reader (so it is cut, or kept, with its loan)."""
        loans = self._shelf.map.loans
        out, closed = self._shelf[loans.open.table].alias("o"), self._shelf[loans.closed.table].alias("l")
        person = closed.c[loans.closed.person]
        named = (
            person.is_not(None)
            if self.terms.stand_in is None
            else and_(person.is_not(None), person != self.terms.stand_in)
        )
        return or_(
            exists(select(1).select_from(out).where(out.c[loans.open.key] == key).correlate_except(out)),
            exists(
                select(1).select_from(closed).where(closed.c[loans.closed.key] == key, named).correlate_except(closed)
            ),
        )

    def _near(self, at: ColumnElement[Any], seconds: int = SLACK_SECONDS) -> Bool:
        before, after = text(str(-seconds)), text(str(seconds))
        events = (CHUNK.c.opened, CHUNK.c.closed, CHUNK.c.renewed)
        return or_(*(and_(at >= shifted(event, before), at <= shifted(event, after)) for event in events))

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
                parts.append(and_(CHUNK.c.barcode.is_not(None), contains(body, CHUNK.c.barcode)))
            if "title" in link.needles:
                parts.append(and_(func.length(CHUNK.c.title) >= SHORTEST_TITLE, contains(body, CHUNK.c.title)))
        return or_(false(), *parts)

    def _nobody(self, rows: FromClause) -> Bool:
        link = self.path.link
        if link.by != "clock" or link.nobody is None:
            return true()
        named = rows.c[link.nobody]
        return named.is_(None) if self.terms.stand_in is None else or_(named.is_(None), named == self.terms.stand_in)

    def _of_loans(self, rows: FromClause) -> Bool:
        """The stored text came from a definition that reads loans, or from one that is gone."""
        link = self.path.link
        if link.by != "clock" or not (link.definitions and link.definitions_key and link.definition and link.source):
            return true()
        made = self._shelf[link.definitions].alias("d")
        same = made.c[link.definitions_key] == rows.c[link.source]
        gone = not_(exists(select(1).select_from(made).where(same).correlate(rows)))
        loans = self._shelf.map.loans
        names = {loans.open.table, loans.closed.table, *(path.table for path in loans.paths if path.link.by == "visit")}
        reads = or_(*(contains(func.lower(made.c[link.definition]), name) for name in sorted(names)))
        return or_(gone, exists(select(1).select_from(made).where(same, reads).correlate(rows)))

    # -- how they are cut -------------------------------------------------------------------------------------------

    def values(self, rows: FromClause, *, with_loan: bool) -> dict[str, Any]:
        """The new value of each column; what needs the loan at hand is left out for strays."""
        out = {name: self._value(rows.c[name], method, with_loan=with_loan) for name, method in self.cut.set.items()}
        if self.path.person:
            person = rows.c[self.path.person]
            for name, method in self.cut.if_reader.items():
                cut = self._value(rows.c[name], method, with_loan=with_loan)
                out[name] = case((rows.c[name] == person, cut), else_=rows.c[name])
        if self.terms.by_day and self.path.link.by in {"visit", "second"}:
            # The second would stand here still, and lead back to the day that the loan was generalised to.
            at = self.path.link.at
            out[at] = self._value(rows.c[at], Method.DAY, with_loan=with_loan)
        return out

    def _value(self, col: ColumnElement[Any], method: Method, *, with_loan: bool) -> Any:  # noqa: PLR0911
        # One return per method of the map.
        match method:
            case Method.CLEAR:
                return null()
            case Method.STAND_IN:
                return null() if self.terms.stand_in is None else literal(self.terms.stand_in)
            case Method.BLANK:
                return literal("")
            case Method.ZERO:
                return literal(0)
            case Method.DAY:
                return case((is_time(col), day_of(col)), else_=col)
            case Method.SAME:
                return col
            case Method.REDACT:
                return self._redacted(col) if with_loan else null()

    def _redacted(self, col: ColumnElement[Any]) -> ColumnElement[Any]:
        barcode = func.coalesce(func.nullif(CHUNK.c.barcode, ""), text("'\\0'"))
        title = case((func.length(CHUNK.c.title) >= SHORTEST_TITLE, CHUNK.c.title), else_=text("'\\0'"))
        return func.replace(func.replace(col, barcode, text("'[item]'")), title, text("'[title]'"))

    def act(self, condition: Any, *, with_loan: bool, multi_table: bool) -> Update | Delete:
        """The statement that cuts the rows for which ``condition(rows)`` holds.

        Args:
            condition: from a table or alias to an SQL condition; it may speak of the chunk.
            with_loan: the condition joins the chunk.
            multi_table: the database joins in DELETE (MariaDB); others find the rows by key first.
        """
        rows = self.table
        where = and_(self.still(rows), condition(rows))
        if not self.cut.delete:
            joins = with_loan and multi_table
            verb = (UpdateInOrder if self.by_person else UpdateChunkFirst) if joins else Update
            return verb(rows).values(self.values(rows, with_loan=with_loan)).where(where)
        return self._delete(rows, where, condition, with_loan=with_loan, multi_table=multi_table)

    def _delete(self, rows: Any, where: Any, condition: Any, *, with_loan: bool, multi_table: bool) -> Delete:
        if not with_loan:
            return delete(rows).where(where)
        if multi_table:
            return (DeleteInOrder if self.by_person else DeleteChunkFirst)(rows).where(where)
        same = rows.alias("x")
        key = self.path.key[0]
        found = select(same.c[key]).select_from(same, CHUNK).where(self.still(same), condition(same))
        return delete(rows).where(rows.c[key].in_(found))

    def children(self, condition: Any, *, multi_table: bool) -> tuple[Delete, ...]:
        """Rows of dependent tables that must go before their parents."""
        out: list[Delete] = []
        for child_name, child_column in self.cut.children.items():
            child, parent = self._shelf[child_name], self.table.alias("p")
            key = parent.c[self.path.key[0]]
            where = and_(self.still(parent), condition(parent))
            if multi_table:
                out.append(DeleteChildren(child).where(child.c[child_column] == key, where))
                continue
            found = select(key).where(where)
            out.append(delete(child).where(child.c[child_column].in_(found)))
        return tuple(out)

    def cut_found(self, span: Span, *, multi_table: bool) -> Update | Delete:
        """The statement that cuts the rows found for this chunk, if they still lead to a reader."""
        rows, key = self.table, self.path.key[0]
        still = self.still(rows)
        mine = rows.c[key] == FOUND.c.id
        among = mine if multi_table else rows.c[key].in_(select(FOUND.c.id))
        if self.cut.delete:
            return (DeleteFound(rows) if multi_table else delete(rows)).where(among, still)
        if not self.redacts:
            return (
                (UpdateFound if multi_table else Update)(rows)
                .values(self.values(rows, with_loan=True))
                .where(among, still)
            )
        # The words to take out stand with the loan.
        found = mine if multi_table else self.is_found(rows)
        verb = UpdateFound if multi_table else Update
        return verb(rows).values(self.values(rows, with_loan=True)).where(found, still, self.within(span)(rows))

    def children_found(self, *, multi_table: bool) -> tuple[Delete, ...]:
        """Rows of dependent tables that must go before the rows found for this chunk."""
        out: list[Delete] = []
        for child_name, child_column in self.cut.children.items():
            child = self._shelf[child_name]
            if multi_table:
                out.append(DeleteFound(child).where(child.c[child_column] == FOUND.c.id))
            else:
                out.append(delete(child).where(child.c[child_column].in_(select(FOUND.c.id))))
        return tuple(out)

    @property
    def redacts(self) -> bool:
        """Whether words are taken out of a text that stays."""
        return Method.REDACT in self.cut.set.values() and not self.cut.delete

    def found_again(self, span: Span) -> Select[Any]:
        """How many of the rows found for this chunk still lead to a reader."""
        rows, key = self.table, self.path.key[0]
        mine = rows.c[key] == FOUND.c.id
        if not self.redacts:
            return select(func.count()).select_from(InOrder(FOUND, rows)).where(mine, self.still(rows))
        source = InOrder(InOrder(FOUND, rows), CHUNK)
        counted = func.count(distinct(rows.c[key]))
        return select(counted).select_from(source).where(mine, self.still(rows), self.within(span)(rows))

    @property
    def walk_column(self) -> str:
        """The column whose index leads through the strays of this path."""
        return self.path.walk or self.path.person or self.path.key[0]
