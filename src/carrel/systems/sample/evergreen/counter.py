"""What happens at the counter beside loans: use in the house, uncatalogued things, surveys, cars, bookings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import CONSORTIUM
from carrel.systems.sample.evergreen.clock import when, when_or_none
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.circulation import Circulation

_ROOMS = ("Quiet room", "Projector")


class Counter:
    """Writes rows of the smaller services; everybody in them is alive."""

    def __init__(self, circulation: Circulation) -> None:
        self.loans, self.rows, self.people = circulation, circulation.rows, circulation.people
        self.holdings, self.now = circulation.holdings, circulation.now
        people = self.people
        self.live = [n for n in range(2, people.total + 1) if not people.gone(n)]

    def write(self, uses: int) -> None:
        """So many uses inside the house, and the rest in proportion to the patrons."""
        self._inside(uses)
        self._uncatalogued()
        self._survey()
        self._cars()
        self._bookings()
        self._suggestions()

    def _moment(self, number: int) -> int:
        return self.now - number * 17 % 1_800 * DAY - number * 6_151 % 28_000

    def _inside(self, uses: int) -> None:
        people, holdings = self.people, self.holdings
        for number in range(1, uses + 1):
            copy = number * 29 % holdings.total + 1
            staff = people.staff[number % len(people.staff)]
            self.rows.numbered("action.in_house_use", copy, staff, holdings.home[copy], when(self._moment(number)))
            if number % 5 == 0:
                self.rows.numbered(
                    "action.non_cat_in_house_use", 2, staff, holdings.home[copy], when(self._moment(number + 1))
                )

    def _uncatalogued(self) -> None:
        people = self.people
        for reader in self.live[::4]:
            staff = people.staff[reader % len(people.staff)]
            self.rows.numbered(
                "action.non_cataloged_circulation", reader, staff, people.home[reader], 1, when(self._moment(reader))
            )

    def _survey(self) -> None:
        rows = self.rows
        began = self.now - 900 * DAY
        rows.add(
            "action.survey",
            1,
            CONSORTIUM,
            when(began),
            when(began + 3_650 * DAY),
            "How are we doing",
            "Asked at the desk",
        )
        rows.add("action.survey_question", 1, 1, "Do you read at home?")
        for number, answer in ((1, "Yes"), (2, "No")):
            rows.add("action.survey_answer", number, 1, answer)
        for reader in self.live[::6]:
            moment = when(self._moment(reader) // 2 + self.now // 2)
            rows.numbered("action.survey_response", reader, reader, 1, 1, reader % 2 + 1, moment, moment)

    def _cars(self) -> None:
        for reader in self.live[3::23]:
            self.car(reader, self._moment(reader), self.people.home[reader])

    def car(self, reader: int, moment: int, branch: int) -> None:
        """One pickup by car, with what the patron wrote to be found."""
        people = self.people
        staff = people.staff[-1]
        self.rows.numbered(
            "action.curbside", reader, branch, when(moment), when(moment - 3_600), staff, when(moment - 120),
            when(moment), staff,
            f"Blue car, {people.phone(reader)}; {people.name(people.guardian[reader] or reader)} drives",
        )  # fmt: skip

    def _bookings(self) -> None:
        rows, people = self.rows, self.people
        for number, name in enumerate(_ROOMS, 1):
            rows.add("booking.resource_type", number, name, CONSORTIUM)
            rows.add("booking.resource", number, CONSORTIUM, number, f"51000{number:09}")
        for reader in self.live[5::17]:
            start = self._moment(reader)
            back = start + 7_200 if reader % 3 else None
            kind = reader % len(_ROOMS) + 1
            note = f"Meeting of {people.name(reader)} with {people.name(reader % people.total + 1)}"
            rows.add(
                "booking.reservation", self.loans.truth.next_number(), reader, when(start - 3 * DAY),
                when_or_none(back), when(start - 3 * DAY), when(start), when(start + 7_200), when(start),
                when_or_none(back), kind, kind, kind, people.home[reader], people.home[reader],
                note if reader % 2 else None,
            )  # fmt: skip

    def _suggestions(self) -> None:
        people = self.people
        for reader in self.live[2::31]:
            self.rows.numbered(
                "acq.user_request", reader, people.home[reader], True, when(self._moment(reader)), 1,
                self.holdings.title(reader % self.holdings.total + 1), None, f"Tell {people.name(reader)} by phone",
            )  # fmt: skip
            self.rows.numbered("serial.routing_list_user", 1, reader, reader, f"then to {people.name(reader % 40 + 1)}")
