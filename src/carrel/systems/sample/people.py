"""Patrons: who they are, how much they read, who of them is staff, was deleted, or shares an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.wallclock import DAY, day_of, stamp

if TYPE_CHECKING:
    from carrel.systems.sample.dice import Dice
    from carrel.systems.sample.plan import SampleSize, Shape
    from carrel.systems.sample.rows import Row, Rows

ADMIN, ANONYMOUS, SELFCHECK = 1, 2, 3
_RESERVED = 3
FAR = 1 << 40
_MINORS = frozenset({"K", "J", "YA"})
_SCRIPTS_SHARE = 0.07
_NOTED = 7  # every fiftieth card carries a note


class People:
    """Everyone who ever had a card, by borrower number; the lists are parallel and their place 0 is unused."""

    def __init__(self, dice: Dice, size: SampleSize, shape: Shape, first: int, now: int) -> None:
        self.dice, self.now, self.first = dice, now, first
        gone = round(size.patrons * shape.deleted_patrons)
        self.total = size.patrons + gone
        fill = self.total + 1
        self.family, self.given = [""] * fill, [""] * fill
        self.category, self.branch = ["PT"] * fill, ["CPL"] * fill
        self.address, self.town = [""] * fill, [0] * fill
        self.privacy, self.weight = [1] * fill, [0.0] * fill
        self.leaves = [FAR] * fill
        self.first_out, self.last_out = [0] * fill, [0] * fill
        self.guarantors: list[tuple[int, int]] = []
        self.staff: list[int] = [ADMIN]
        for number in range(1, fill):
            self._register(number)
        deletable = [n for n in range(_RESERVED + 1, fill) if self.category[n] != "S"]
        for number in dice.random.sample(deletable, gone):
            self.leaves[number] = dice.between(first + 200 * DAY, now - 20 * DAY)
        self.is_staff = frozenset(self.staff)
        self._heavy_reader()
        self.pseudonyms: dict[int, str] = {}

    def _register(self, number: int) -> None:
        dice = self.dice
        if number <= _RESERVED:
            special = {
                ADMIN: ("Wise", "Carmen", "S"),
                ANONYMOUS: ("Anonymous", "", "L"),
                SELFCHECK: ("Selfcheck", "1", "S"),
            }
            self.family[number], self.given[number], self.category[number] = special[number]
            self.privacy[number] = 1
            return
        if dice.chance(_SCRIPTS_SHARE):
            self.family[number], self.given[number] = dice.pick(names.OTHER_SCRIPTS)
        else:
            self.family[number], self.given[number] = dice.pick(names.FAMILIES), dice.pick(names.GIVEN)
        self.category[number] = _weighted(dice, _CATEGORY_CODES, _CATEGORY_SUMS)
        self.branch[number] = _weighted(dice, _BRANCH_CODES, _BRANCH_SUMS)
        self.address[number] = f"{dice.between(1, 180)} {dice.pick(names.STREETS)}"
        self.town[number] = dice.below(len(names.TOWNS))
        if number % 40 == 4:  # noqa: PLR2004  (one account in forty is a member of staff, who also reads)
            self.category[number] = "S"
            self.staff.append(number)
        if self.category[number] in _MINORS and dice.chance(0.85):
            self._family(number)
        x = dice.random.random()
        self.privacy[number] = 0 if x < _KEEP else 2 if x > _NEVER else 1
        if dice.chance(0.55):
            self.weight[number] = dice.random.lognormvariate(0, 1.5)

    def _family(self, child: int) -> None:
        """A child at the address of an adult; brothers and sisters share the guarantor."""
        known = self.guarantors
        if known and self.dice.chance(0.4):
            guarantor = known[-1][0]
        else:
            guarantor = self.dice.between(max(1, child - 60), child - 1)
        if guarantor <= _RESERVED or self.category[guarantor] in _MINORS:
            return
        for of in (self.family, self.address, self.branch):
            of[child] = of[guarantor]
        self.town[child] = self.town[guarantor]
        known.append((guarantor, child))

    def _heavy_reader(self) -> None:
        live = [n for n in range(_RESERVED + 1, self.total + 1) if self.leaves[n] == FAR and n not in self.is_staff]
        self.heavy = self.dice.pick(live)
        self.privacy[self.heavy] = 1
        self.weight[self.heavy] = 0.016 * sum(self.weight)

    def quiet(self, count: int) -> list[int]:
        """Live patrons at the default privacy level who do not borrow on their own account."""
        fit = [
            n
            for n in range(_RESERVED + 1, self.total + 1)
            if not self.weight[n] and self.leaves[n] == FAR and self.privacy[n] == 1 and n not in self.is_staff
        ]
        return self.dice.random.sample(fit, min(count, len(fit)))

    def gone(self, number: int) -> bool:
        """Whether the patron's row was deleted."""
        return self.leaves[number] != FAR

    def card(self, number: int) -> str:
        """The number on the card."""
        return f"21000{number:09}"

    def name(self, number: int) -> str:
        """The name as notices write it."""
        return f"{self.given[number]} {self.family[number]}".strip()

    def phone(self, number: int) -> str:
        """A telephone number that nobody has."""
        return f"617-555-{number % 10_000:04}"

    def email(self, number: int) -> str:
        """An address in a domain that does not exist."""
        return f"reader{number}@mail.example"

    def pseudonym(self, number: int) -> str:
        """The reader's stable pseudonym."""
        known = self.pseudonyms.get(number)
        if known is None:
            known = self.pseudonyms[number] = self.dice.pseudonym(number)
        return known

    def enrolled(self, number: int) -> int:
        """When the card was issued: before the first loan."""
        earliest = self.first_out[number] or self.now - 400 * DAY
        return earliest - (number * 37 % 300 + 1) * DAY

    def saw(self, number: int, moment: int) -> None:
        """A checkout by a patron."""
        if not self.first_out[number] or moment < self.first_out[number]:
            self.first_out[number] = moment
        self.last_out[number] = max(self.last_out[number], moment)

    def write(self, rows: Rows) -> None:
        """The rows of everyone, after circulation has told when each was first and last there."""
        for number in range(1, self.total + 1):
            row = self._row(number)
            if not self.gone(number):
                rows.waiting["borrowers"].append(row)
            else:
                rows.waiting["deletedborrowers"].append(row)
                if number % 10 == 0:
                    rows.waiting["deletedborrowers"].append(row)
        for guarantor, child in self.guarantors:
            if not self.gone(guarantor) and not self.gone(child):
                rows.numbered("borrower_relationships", guarantor, child, "parent" if child % 3 else "guardian")
        for number in range(_RESERVED + 1, self.total + 1):
            if not self.gone(number) and number % 3 == 0:
                rows.numbered("borrower_attributes", number, "DEPT", f"Department {number % 14}")

    def _row(self, number: int) -> Row:
        town, postcode = names.TOWNS[self.town[number]]
        enrolled = self.enrolled(number)
        minor = self.category[number] in _MINORS
        born = self.now - ((7 + number % 10) if minor else (19 + number * 13 % 70)) * 365 * DAY - number % 365 * DAY
        last = self.last_out[number]
        seen = stamp(last) if last and number % 10 < 7 else None  # noqa: PLR2004  (tracking was off for the others)
        left = self.leaves[number]
        note = (
            f"Ring {self.name(number)} at {self.phone(number)}, card {self.card(number)}"
            if number % 50 == _NOTED
            else None
        )
        return (
            number, self.card(number), self.family[number], self.given[number], None, self.address[number], town,
            postcode, "USA", self.email(number), self.phone(number), None, day_of(born), self.branch[number],
            self.category[number], day_of(enrolled), day_of(enrolled + (7 - number % 5) * 365 * DAY), note,
            "FMX"[number % 3] if number % 7 else None, "!", 1 if number == ADMIN else None, f"reader{number}", None,
            None, None, self.privacy[number], stamp(left if self.gone(number) else max(enrolled, last)), seen, 0, 0,
        )  # fmt: skip


def _sums(weights: list[int]) -> list[int]:
    total, out = 0, []
    for weight in weights:
        total += weight
        out.append(total)
    return out


def _weighted(dice: Dice, codes: list[str], sums: list[int]) -> str:
    return dice.random.choices(codes, cum_weights=sums)[0]


_CATEGORY_CODES = [c[0] for c in names.CATEGORIES]
_CATEGORY_SUMS = _sums([c[3] for c in names.CATEGORIES])
_BRANCH_CODES = [b[0] for b in names.BRANCHES]
_BRANCH_SUMS = _sums([b[2] for b in names.BRANCHES])
_KEEP, _NEVER = 0.08, 0.93
