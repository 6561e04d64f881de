"""Records that are no traces of a loan: searches, clicks, requests, suggestions, concerns, and what led to a new card.

Of each kind some are over for long, some since a few days, and some still wait for somebody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.wallclock import DAY, day_of, stamp

if TYPE_CHECKING:
    from carrel.systems.sample.catalogue import Catalogue
    from carrel.systems.sample.people import People
    from carrel.systems.sample.rows import Rows

_SEARCHES = ("grief after a stroke", "bankruptcy", "visa renewal", "adhd in adults", "union wages", "harm reduction")
_WISHES = ("a field guide to clouds", "an atlas of moors", "letters on beekeeping", "a manual of dry stone walls")
_EVERY = 4  # one patron in so many leaves such records
_SPREAD = 97  # days over which they lie


class Requests:
    """Writes such records for some of the patrons.

    Args:
        people: of the library.
        catalogue: of the library.
        rows: where they go.
        now: the library's present, a wall-clock second.
    """

    def __init__(self, people: People, catalogue: Catalogue, rows: Rows, now: int) -> None:
        self._people, self._catalogue, self._rows, self._now = people, catalogue, rows, now

    def write(self, first_item: int, items: int) -> None:
        """The rows of every patron in turn; nothing here is left to chance, so that no other row moves."""
        for number in range(1, self._people.total + 1):
            if number % _EVERY or self._people.gone(number):
                continue
            then = self._now - (number * 7 % _SPREAD) * DAY - number * 61 % DAY - 3_600
            item = first_item + number % items
            self._catalogue_use(number, then, item)
            self._held_back(number, then, item)
            self._written(number, then)

    def _catalogue_use(self, reader: int, then: int, item: int) -> None:
        rows, words = self._rows, _SEARCHES[reader % len(_SEARCHES)]
        for step in range(2):
            rows.numbered(
                "search_history", reader, f"s{reader}", f"kw: {words}", f"q={words.replace(' ', '+')}", "biblio",
                reader % 30, stamp(then + step * 60),
            )  # fmt: skip
        rows.numbered("linktracker", self._catalogue.record(item), reader, "https://journal.example/", stamp(then))
        if reader % 3 == 0:
            rows.add("borrower_password_recovery", reader, f"token{reader}", stamp(then + 2 * DAY))

    def _held_back(self, reader: int, then: int, item: int) -> None:
        rows, branch = self._rows, self._people.branch[reader]
        record, over = self._catalogue.record(item), reader % 5 != 0
        rows.numbered(
            "article_requests", reader, record, branch, "pages 3 to 9", "COMPLETED" if over else "PENDING", "SCAN",
            stamp(then - 4 * DAY), stamp(then), 0,
        )  # fmt: skip
        rows.numbered(
            "recalls", reader, stamp(then - 9 * DAY), record, branch, stamp(then) if over else None,
            "fulfilled" if over else "requested", stamp(then), int(over), 0,
        )  # fmt: skip
        rows.numbered(
            "bookings", reader, record, branch, stamp(then - 3 * DAY), stamp(then if over else self._now + 3 * DAY),
            stamp(then - 20 * DAY), stamp(then - 20 * DAY), "completed" if over else "new",
        )  # fmt: skip
        request = rows.numbered(
            "illrequests", reader, branch, "COMP" if over else "REQ", day_of(then - 12 * DAY), stamp(then),
            day_of(then) if over else None, "needed for a talk", "FreeForm",
        )  # fmt: skip
        rows.add("illrequestattributes", request, "FreeForm", "title", _WISHES[reader % len(_WISHES)], 0)
        rows.numbered("illcomments", request, reader, "Thank you, it came in time.", stamp(then))

    def _written(self, reader: int, then: int) -> None:
        rows, over = self._rows, reader % 5 != 0
        rows.numbered(
            "suggestions", reader, day_of(then - 30 * DAY), day_of(then), "AVAILABLE" if over else "ASKED", 0,
            "for a course", _WISHES[(reader + 1) % len(_WISHES)], stamp(then), "I cannot afford it myself",
        )  # fmt: skip
        concern = rows.numbered(
            "tickets", "catalog", reader, stamp(then - 5 * DAY), "a wrong year", "The year of this edition is wrong.",
            stamp(then) if over else None,
        )  # fmt: skip
        rows.numbered("ticket_updates", concern, reader, 1, stamp(then), "It was corrected, thank you.")
        rows.numbered("discharges", reader, stamp(then - DAY), stamp(then) if over else None)
