"""Patrons: who they are, how much they read, whose child they are, who of them is staff, was deleted or merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.evergreen.branches import BRANCHES, WEIGHTS
from carrel.systems.sample.evergreen.lookups import JUVENILE, PROFILES, SCHOOLS, STAFF_PROFILE, TEEN
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.dice import Dice
    from carrel.systems.sample.evergreen.plan import EvergreenShape

ADMIN = 1
_SCRIPTS_SHARE, _STAFF_EVERY = 0.07, 40
_YEAR = 365 * DAY
_TAIL_SHARE = 0.05  # of addresses in post codes with a handful of people each
_CODES = [kind[0] for kind in PROFILES]
_SHARES = [kind[2] for kind in PROFILES]


class People:
    """Everyone who ever had an account, by number; the lists are parallel and their place 0 is unused."""

    def __init__(self, dice: Dice, patrons: int, shape: EvergreenShape, first: int, now: int) -> None:
        self.dice, self.first, self.now = dice, first, now
        self.total = patrons
        fill = patrons + 1
        self.family, self.given = [""] * fill, [""] * fill
        self.profile, self.home = [4] * fill, [BRANCHES[0]] * fill
        self.address, self.street = [0] * fill, [""] * fill
        self.post_code: list[str] = [""] * fill
        self.town = [0] * fill
        self.guardian = [0] * fill
        self.born: list[int | None] = [None] * fill
        self.leaves, self.merged_into = [FAR] * fill, [0] * fill
        self.opted, self.school = [False] * fill, [""] * fill
        self.weight = [0.0] * fill
        self.first_out, self.last_out = [0] * fill, [0] * fill
        self.claims = [0] * fill
        self.staff: list[int] = [ADMIN]
        self.addresses = 0
        for number in range(1, fill):
            self._register(number, shape)
        self.is_staff = frozenset(self.staff)
        self._let_some_go(round(patrons * shape.gone))

    def _register(self, number: int, shape: EvergreenShape) -> None:
        dice = self.dice
        if dice.chance(_SCRIPTS_SHARE):
            self.family[number], self.given[number] = dice.pick(names.OTHER_SCRIPTS)
        else:
            self.family[number], self.given[number] = dice.pick(names.FAMILIES), dice.pick(names.GIVEN)
        self.profile[number] = dice.random.choices(_CODES, _SHARES)[0]
        self.home[number] = dice.random.choices(BRANCHES, WEIGHTS)[0]
        if number == ADMIN:
            self.family[number], self.given[number], self.profile[number] = "Administrator", "System", STAFF_PROFILE
        elif number % _STAFF_EVERY == 4:  # noqa: PLR2004  (one account in forty is a member of staff, who also reads)
            self.profile[number] = STAFF_PROFILE
            self.staff.append(number)
        young = self.profile[number] in {JUVENILE, TEEN}
        if young and number > _STAFF_EVERY:
            self._family(number)
        if not self.guardian[number]:
            self._move_in(number)
        if dice.chance(0.94):
            years = dice.between(4, 17) if young else dice.between(18, 92)
            self.born[number] = (self.now - years * _YEAR - dice.below(_YEAR)) // DAY * DAY
        self.opted[number] = dice.chance(shape.opted)
        if young or dice.chance(0.1):
            self.school[number] = dice.pick(SCHOOLS)
        if dice.chance(0.6) and number != ADMIN:
            self.weight[number] = dice.random.lognormvariate(0, 1.3)

    def _family(self, child: int) -> None:
        """A child in the house of an adult; brothers and sisters share the guardian."""
        guardian = self.guardian[child - 1] or self.dice.between(2, child - 1)
        while self.guardian[guardian]:
            guardian = self.guardian[guardian]
        self.guardian[child] = guardian
        for of in (self.family, self.street, self.post_code):
            of[child] = of[guardian]
        for numbers in (self.home, self.address, self.town):
            numbers[child] = numbers[guardian]

    def _move_in(self, number: int) -> None:
        """An address of one's own. Its number is another patron's as soon as somebody shares a house."""
        dice = self.dice
        self.addresses += 1
        self.address[number] = self.addresses
        self.street[number] = f"{dice.between(1, 180)} {dice.pick(names.STREETS)}"
        self.town[number] = dice.below(len(names.TOWNS))
        tail = dice.chance(_TAIL_SHARE)
        self.post_code[number] = f"022{dice.below(60):02}" if tail else names.TOWNS[self.town[number]][1]

    def _let_some_go(self, count: int) -> None:
        """Deleted patrons; every tenth of them was a second account and went into another."""
        heads = {guardian for guardian in self.guardian if guardian}
        may = [
            n for n in range(2, self.total + 1) if n not in self.is_staff and n not in heads and not self.guardian[n]
        ]
        for place, number in enumerate(self.dice.random.sample(may, min(count, len(may) // 2))):
            self.leaves[number] = self.dice.between(self.first + 300 * DAY, self.now - 20 * DAY)
            if place % 10 == 9:  # noqa: PLR2004
                self.weight[number] = 0.0
                self.merged_into[number] = next(n for n in may if self.leaves[n] == FAR and n != number)

    def quiet(self, count: int) -> list[int]:
        """Live grown-up patrons who borrow nothing on their own account."""
        fit = [
            n
            for n in range(2, self.total + 1)
            if not self.weight[n] and not self.gone(n) and n not in self.is_staff and not self.guardian[n]
        ]
        return self.dice.random.sample(fit, min(count, len(fit)))

    def gone(self, number: int) -> bool:
        """Whether only a tombstone is left of the patron."""
        return self.leaves[number] != FAR

    def card(self, number: int) -> str:
        """The number on the card, which is the user name too."""
        return f"21000{number:09}"

    def name(self, number: int) -> str:
        """The name as notices write it."""
        return f"{self.given[number]} {self.family[number]}"

    def phone(self, number: int) -> str:
        """A telephone number that nobody has; a house has one for all."""
        return f"617-555-{(self.guardian[number] or number) % 10_000:04}"

    def email(self, number: int) -> str:
        """An address in a domain that does not exist."""
        return f"reader{self.card(number)}@mail.example"

    def saw(self, number: int, moment: int) -> None:
        """A checkout by a patron."""
        if not self.first_out[number] or moment < self.first_out[number]:
            self.first_out[number] = moment
        self.last_out[number] = max(self.last_out[number], moment)

    def enrolled(self, number: int) -> int:
        """When the account was made: before the first loan."""
        earliest = self.first_out[number] or min(self.now, self.leaves[number]) - 400 * DAY
        return earliest - (number * 37 % 300 + 1) * DAY - number * 911 % DAY
