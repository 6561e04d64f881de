"""What open and kept loans account for: rows of their readers and copies that a cut leaves alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    TableClause,
    and_,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
)

from carrel.retention.lifecycle import State
from carrel.systems.sql.anchor_rows import titled
from carrel.systems.sql.expressions import names_number, near, shifted
from carrel.systems.sql.kept_table import code
from carrel.systems.sql.named_words import names, names_title
from carrel.systems.sql.path_rows import MOMENT_SECONDS, Bool, PathRows
from carrel.systems.sql.worktables import CHUNK, DATED_BACK_SECONDS, REMINDED_SECONDS, SLACK_SECONDS, TITLE_LENGTH


class KeptLoans:
    """The open and kept loans beside the rows of one path.

    Args:
        own: the path's rows.
        kept: where those loans stand: all of them, or those near the chunk.
    """

    def __init__(self, own: PathRows, kept: TableClause) -> None:
        self._own, self._kept, self._link = own, kept, own.path.link

    def _same_person(self, rows: FromClause) -> Bool:
        named = [self._kept.c.person == rows.c[name] for name in self._own.people]
        return or_(*named) if named else true()

    @property
    def _under_hold(self) -> Bool:
        held: Bool = self._kept.c.state == code(State.LEGAL_HOLD.value)
        return held

    def has(self, loan: ColumnElement[Any]) -> Bool:
        """The loan of this number is one of them."""
        kept = self._kept.alias("kl")
        return exists(select(1).select_from(kept).where(kept.c.loan == loan).correlate_except(kept))

    def account_for(self, rows: FromClause, *, in_chunk: bool = False) -> Bool:
        """One of them explains the row; ``in_chunk``: the row leads to a loan of the chunk, so it is of that copy."""
        link, kept = self._link, self._kept.c
        parts = [self._same_person(rows)]
        if link.by == "visit" and link.item_as_text:
            parts.append(kept.item == CHUNK.c.item if in_chunk else cast(kept.item, String(20)) == rows.c[link.item])
        elif link.by in {"visit", "second", "item"}:
            parts.append(kept.item == rows.c[link.item])
        if link.by in {"visit", "second", "text", "item"}:
            parts.append(kept.lo <= self._own.latest(rows))
            if not (link.by == "text" and link.any_time):
                parts.append(kept.later >= rows.c[link.at])
        if link.by == "text":
            parts.append(or_(self._under_hold, self._are_told_of(rows)))
        return exists(select(1).select_from(self._kept).where(*parts).correlate(rows, CHUNK))

    def were_there(self, rows: FromClause) -> Bool:
        """A row at a second of the due loan is a kept loan's all the same: at a second of that one, or under hold.

        A copy can go out again within minutes or on the same day, to another reader whose loan is kept. Its slack
        would else shield the pseudonym of the reader before, and the day after its return that of the reader after.
        """
        link, kept = self._link, self._kept.c
        if link.by != "second":
            return false()
        at = rows.c[link.at]
        opened = shifted(kept.lo, text(str(SLACK_SECONDS)))
        closed = shifted(kept.later, text(f"-{DATED_BACK_SECONDS}"))
        seconds = (near(at, event, MOMENT_SECONDS) for event in (opened, closed))
        there = (kept.item == rows.c[link.item], kept.lo <= at, kept.later >= at)
        return exists(select(1).select_from(self._kept).where(*there, or_(self._under_hold, *seconds)).correlate(rows))

    def _are_told_of(self, rows: FromClause) -> Bool:
        """The text names the copy of a kept loan, or was written as it was handed out, or nobody knows the copy's name.

        A text that gives the number of its copy was written of that one, whatever was handed out beside it. A loan
        that is open, or kept for years, would else shield every text of its reader.
        """
        link, shelf = self._link, self._own.shelf
        if link.by != "text":
            return false()
        m = shelf.map.items
        copy, titles = shelf[m.table].alias("kc"), shelf[m.title_table].alias("kt")
        barcode, title = copy.c[m.barcode], func.substr(titles.c[m.title], 1, TITLE_LENGTH)
        named: list[Bool] = []
        numbered = bool({"item", "loan"} & set(link.needles))
        for name in link.texts:
            body = rows.c[name]
            named.append(and_(barcode.is_not(None), names(body, barcode)))
            named.append(names_title(body, title))
            if numbered:
                named += [names_number(body, self._kept.c.item), names_number(body, self._kept.c.loan)]
        known = select(1).select_from(titled(shelf, copy, titles))
        here = copy.c[m.key] == self._kept.c.item
        begun = rows.c[link.at] <= shifted(self._kept.c.lo, text(str(2 * SLACK_SECONDS)))
        opening = false() if numbered else begun
        return or_(
            opening,
            exists(known.where(here, or_(*named)).correlate(rows, self._kept)),
            not_(exists(select(1).select_from(copy).where(here).correlate(self._kept))),
        )

    def hold(self, rows: FromClause) -> Bool:
        """A text of the time of a loan under legal hold is preserved whole: a text cannot be parted.

        A second is preserved from the held loan's beginning on: its payments can come long after its return. So are
        the reader's records of other kinds: what they have to do with that loan, nobody can tell.
        """
        link = self._link
        if link.by not in {"text", "moment", "own"} or not self._own.terms.any_held:
            return false()
        begun = self._kept.c.lo <= self._own.latest(rows)
        upto = self._kept.c.later >= rows.c[link.at] if link.by == "text" else true()
        mine = (self._same_person(rows), self._under_hold, begun, upto)
        return exists(select(1).select_from(self._kept).where(*mine).correlate(rows))

    def leave_the_rest(self, rows: FromClause) -> Bool:
        """A text can follow the return: a reminder until the loan would have been due, a note whenever it is written.

        Not if a kept loan of the same item by the same person began before it: then it may tell of that one.
        """
        link = self._link
        if link.by != "text":
            return false()
        same = self._kept.c.item == CHUNK.c.item
        begun = self._kept.c.lo <= self._own.latest(rows)
        mine = (self._same_person(rows), same, begun)
        again = exists(select(1).select_from(self._kept).where(*mine).correlate(rows, CHUNK))
        late = rows.c[link.at] <= shifted(CHUNK.c.later, text(str(REMINDED_SECONDS)))
        return and_(true() if link.any_time else late, not_(again))
