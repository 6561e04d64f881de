"""The joins of a sweep that follow a live schema: from the person's rows, from the loan's rows, from words anywhere.

Nothing here knows the map's paths. Every query goes by key or by an indexed column where there is one, in batches for
all pairs together; tables that are only words are read once, up to a bound.
"""

from __future__ import annotations

from datetime import datetime

from carrel.retention.look_back import LookBack
from carrel.systems.sql.sweep_anywhere import Anywhere
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_from_loan import FromLoan
from carrel.systems.sql.sweep_from_person import FromPerson
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_namesakes import Namesakes
from carrel.systems.sql.sweep_sample import Grade, Sample
from carrel.systems.sql.sweep_tally import Tally


class Attacks:
    """Runs every join of one schema on one sample.

    Args:
        library: where rows are read.
        sample: the pairs.
        grade: what a hit in a table means: it may be kept for a reason, or lie in a table that no rule covers yet.
        tally: where hits are counted.
        drawn_at: the database's time of the draw; a row that the server stamped later was touched by the cut.
        look_back: how far back words are read.
        closely: tables of which all words are read that can speak of the pairs.
    """

    def __init__(
        self,
        library: Library,
        sample: Sample,
        grade: Grade,
        tally: Tally,
        drawn_at: datetime | None,
        look_back: LookBack,
        closely: frozenset[str],
    ) -> None:
        namesakes = Namesakes(library)
        self._person = FromPerson(library, sample, grade, tally, namesakes)
        self._loan = FromLoan(library, sample, grade, tally, namesakes, drawn_at)
        self._anywhere = Anywhere(library, sample, grade, tally, namesakes, look_back, closely)

    def from_person(self, reach: Reach) -> None:
        """Rows that name the person."""
        self._person.from_person(reach)

    def through_parents(self, reach: Reach) -> None:
        """Rows that name the person one step further, through a key."""
        self._person.through_parents(reach)

    def from_loan(self, reach: Reach) -> None:
        """Rows that name the loan or the copy."""
        self._loan.from_loan(reach)

    def anywhere(self, reach: Reach) -> None:
        """Rows, of whomever, whose words name both the person and the copy."""
        self._anywhere.anywhere(reach)
