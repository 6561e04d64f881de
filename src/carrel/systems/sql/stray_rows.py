"""Which rows of a path are stray: they still name a reader although no loan that is open or kept explains them.

The product's own anonymising leaves such rows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, func, not_, null, or_, select, true

from carrel.inventory.system_map import Step
from carrel.systems.sql.anchor_rows import meant
from carrel.systems.sql.expressions import contains, near
from carrel.systems.sql.kept_loans import KeptLoans
from carrel.systems.sql.path_rows import MOMENT_SECONDS, Bool, PathRows
from carrel.systems.sql.shelf import matching


class StrayRows:
    """The strays of one path.

    Args:
        own: the path's rows.
        kept: the loans beside them.
    """

    def __init__(self, own: PathRows, kept: KeptLoans) -> None:
        self._own, self._kept = own, kept
        self._said: dict[FromClause, Bool] = {}  # a run asks the same of the same rows again and again

    def are(self, rows: FromClause) -> Bool:
        """The row leads to a reader, its own clock has run out, and no open or kept loan explains it.

        Nor may a legal hold or an exception in force cover it: its loan names nobody any more, so it is judged by what
        the row itself tells.
        """
        if rows not in self._said:
            self._said[rows] = and_(self._unexplained(rows), not_(self._own.shielded(rows, self._own.terms.shields)))
        return self._said[rows]

    def _unexplained(self, rows: FromClause) -> Bool:  # noqa: PLR0911  (one return per kind of link)
        link = self._own.path.link
        own = matching(rows.c, self._own.path.stray_only)
        match link.by:
            case "key":
                number = rows.c[link.column]
                return and_(own, number.is_not(None), not_(self._loan_lives(number)), *self._no_other(number))
            case "item":
                old = self._older(rows.c[link.at], self._own.terms.last_borrower_cutoff)
                return and_(own, old, not_(self._kept.account_for(rows)))
            case "second":
                # A copy goes out again on the day of its return: the slack of a kept loan is not its second.
                theirs = and_(self._is_of_parted(rows), not_(self._kept.were_there(rows)))
                return and_(own, self._older(rows.c[link.at]), or_(not_(self._kept.account_for(rows)), theirs))
            case "moment":
                return and_(own, self._older(rows.c[link.at]), not_(self._kept.hold(rows)))
            case "clock":
                return and_(own, self._by_clock(rows), not_(self._behind(rows)))
            case "own":
                return and_(own, self._own.over(rows), not_(self._kept.hold(rows)))
            case "text" if self._own.redacts:
                return false()  # without a loan there is nothing to look for in the text; see the docs on detection
            case _:
                return and_(own, self._older(rows.c[link.at]), not_(self._kept.account_for(rows)))

    def are_freed(self, rows: FromClause) -> Bool:
        """Of a path by its own clock: a loan stands behind the row, and none but such as are due.

        The row is no stray before these are cut, and one as soon as they are.
        """
        path = self._own.path
        if path.link.by != "clock" or not any(one.table == path.table for one in self._ends):
            return false()
        own = and_(matching(rows.c, path.stray_only), self._by_clock(rows))
        spared = self._own.shielded(rows, self._own.terms.shields)
        return and_(own, self._behind(rows), not_(self._behind(rows, kept=True)), not_(spared))

    def _by_clock(self, rows: FromClause) -> Bool:
        link = self._own.path.link
        at = rows.c[link.at] if link.by == "clock" else null()
        return and_(self._older(at), self._of_loans(rows), self._nobody(rows))

    @property
    def _ends(self) -> list[Step]:
        """The last step of each fact that takes more than one."""
        facts = self._own.shelf.map.loans.facts.__dict__.values()
        return [one.steps[-1] for one in facts if len(one.steps) > 1]

    def _older(self, at: ColumnElement[Any], cutoff: datetime | None = None) -> Bool:
        return and_(at.is_not(None), at <= (cutoff or self._own.terms.stray_cutoff))

    def _behind(self, rows: FromClause, *, kept: bool = False) -> Bool:
        """A loan that is open, or still names its reader, stands behind the row, on the way of one of the facts.

        So does one behind a row with the same partner: a payment's own row, and the rows of what it paid.

        Args:
            rows: of the path.
            kept: of the loans that still name their reader, only those that are kept.
        """
        parts: list[Bool] = [false()]
        for fact in self._own.shelf.map.loans.facts.__dict__.values():
            *way, last = fact.steps
            if not way or last.table != self._own.path.table:
                continue
            partner = self._own.table.alias("s")
            partners = [partner.c[c.column] == rows.c[c.column] for c in last.where]
            parts.append(self._alive(way[0], rows.c[last.column], last.equals, kept=kept))
            alive = self._alive(way[0], partner.c[last.column], last.equals, kept=kept)
            parts.append(exists(select(1).select_from(partner).where(*partners, alive).correlate(rows)))
        return or_(*parts)

    def _alive(self, step: Step, key: ColumnElement[Any], equals: str, *, kept: bool) -> Bool:
        near, loans = self._own.shelf[step.table].alias("b"), self._own.shelf.map.loans
        keys = (near.c[name] for name in (step.column, loans.open.key) if name in near.c)
        lives = [self._loan_lives(one, kept=kept) for one in keys]
        return exists(select(1).select_from(near).where(near.c[equals] == key, or_(*lives)).correlate_except(near))

    def _loan_lives(self, key: ColumnElement[Any], *, kept: bool = False) -> Bool:
        """The loan is open, or closed and still names its reader (so it is cut, or kept, with its loan)."""
        shelf = self._own.shelf
        loans = shelf.map.loans
        out, closed = shelf[loans.open.table].alias("o"), shelf[loans.closed.table].alias("l")
        named = self._own.named(closed.c[loans.closed.person])
        mine = closed.c[loans.closed.key] == key
        still_named = and_(mine, named, meant(loans.closed, closed), *([self._kept.has(key)] if kept else []))
        still_out = and_(out.c[loans.open.key] == key, meant(loans.open, out))
        return or_(
            exists(select(1).select_from(out).where(still_out).correlate_except(out)),
            exists(select(1).select_from(closed).where(still_named).correlate_except(closed)),
        )

    def _no_other(self, key: ColumnElement[Any]) -> tuple[Bool, ...]:
        """Where loans share their numbers with other records, none of those has this one.

        A row that stays under its number, such as a bill, can be left by those others as well: it is a loan's only if
        the product has moved that loan with its number.
        """
        shelf, aged = self._own.shelf, self._own.shelf.map.loans.closed.cut.aged
        if aged is None or aged.number is None:
            return ()
        if not self._own.cut.delete:
            moved = shelf[aged.table].alias("m")
            mine = moved.c[aged.number.column] == key
            return (exists(select(1).select_from(moved).where(mine).correlate_except(moved)),)
        name, _, column = aged.number.numbers.rpartition(".")
        other = shelf[name].alias("n")
        return (not_(exists(select(1).select_from(other).where(other.c[column] == key).correlate_except(other))),)

    def _is_of_parted(self, rows: FromClause) -> Bool:
        """A loan of the row's copy that names nobody any more began, was renewed or ended at the row's second."""
        link, shelf = self._own.path.link, self._own.shelf
        if link.by != "second":
            return false()
        anchor, at = shelf.map.loans.closed, rows.c[link.at]
        loan = shelf[anchor.table].alias("pl")
        events = (loan.c[name] for name in (anchor.opened, anchor.closed, anchor.renewed))
        then = or_(*(near(at, event, MOMENT_SECONDS) for event in events))
        nobodys = or_(loan.c[anchor.person].is_(None), not_(self._own.named(loan.c[anchor.person])))
        mine = (loan.c[anchor.item] == rows.c[link.item], nobodys, then)
        return exists(select(1).select_from(loan).where(*mine).correlate_except(loan))

    def _nobody(self, rows: FromClause) -> Bool:
        link = self._own.path.link
        if link.by != "clock" or link.nobody is None:
            return true()
        return or_(rows.c[link.nobody].is_(None), not_(self._own.named(rows.c[link.nobody])))

    def _of_loans(self, rows: FromClause) -> Bool:
        """The stored text came from a definition that reads loans, or from one that is gone."""
        link, shelf = self._own.path.link, self._own.shelf
        if link.by != "clock" or not (link.definitions and link.definitions_key and link.definition and link.source):
            return true()
        made = shelf[link.definitions].alias("d")
        same = made.c[link.definitions_key] == rows.c[link.source]
        gone = not_(exists(select(1).select_from(made).where(same).correlate(rows)))
        loans = shelf.map.loans
        names = {loans.open.table, loans.closed.table, *(path.table for path in loans.paths if path.link.by == "visit")}
        reads = or_(*(contains(func.lower(made.c[link.definition]), name) for name in sorted(names)))
        return or_(gone, exists(select(1).select_from(made).where(same, reads).correlate(rows)))
