"""The budget of privacy: promises about the same people add up, and a budget says how far they may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from carrel.deidentification.statistics import faults
from carrel.errors import fault


@dataclass(frozen=True, slots=True)
class Spending:
    """An amount, or a whole budget: epsilon and delta each add up.

    Source: basic composition (Dwork and others, 2006): what is promised of several results together is the sum.
    """

    epsilon: Decimal
    delta: Decimal

    def __add__(self, other: Spending) -> Spending:
        return Spending(self.epsilon + other.epsilon, self.delta + other.delta)

    def as_dict(self) -> dict[str, str]:
        """As texts, so that nothing is lost."""
        return {"epsilon": str(self.epsilon), "delta": str(self.delta)}

    @classmethod
    def of_dict(cls, body: Mapping[str, Any], at: str) -> Spending:
        """From an account.

        Raises:
            CarrelError: STC-017, it is none.
        """
        try:
            found = cls(Decimal(body["epsilon"]), Decimal(body["delta"]))
        except (KeyError, TypeError, InvalidOperation):
            found = None
        if found is None or not all(one.is_finite() and one >= 0 for one in (found.epsilon, found.delta)):
            raise fault(faults.ACCOUNT, at=at, wanted="numbers of zero or more", found="something else")
        return found


@dataclass(frozen=True, slots=True)
class Balance:
    """How an account stands.

    Attributes:
        left: of its budget.
        spent: in all.
    """

    left: Spending
    spent: Spending


@dataclass(frozen=True, slots=True)
class AccountHead:
    """How far an account had grown, as it is kept apart from its file.

    Attributes:
        place: of the file.
        opening: digest of its first line.
        spendings: lines.
        head: digest of all of them.
        spent: in all.
    """

    place: str
    opening: str
    spendings: int
    head: str
    spent: Spending


def require_grown(known: Iterable[AccountHead], heads: Sequence[str], at: str) -> None:
    """Whether a file holds all that was known of it.

    Args:
        known: of the accounts that it could be: the one at its place, and the one that began with its first line.
        heads: the digest of all lines up to each of its lines.
        at: what errors call it.

    Raises:
        CarrelError: STC-018, lines of it are gone, or it is another account.
    """
    for one in known:
        if len(heads) >= one.spendings and heads[one.spendings - 1] == one.head:
            continue
        shorter = len(heads) < one.spendings
        raise fault(
            faults.SHORTER,
            at=at,
            wanted=f"the {one.spendings:,} spendings that the site knows, epsilon {one.spent.epsilon:f} in all",
            found=f"{len(heads):,} spendings" if shorter else "other ones in their place",
            because="what was promised of these people stays promised, whatever became of the file",
            fix="put back the file as it was; for other people, or a later time, name another file",
        )


NOTHING = Spending(Decimal(0), Decimal(0))


def left(budget: Spending, spent: Iterable[Spending]) -> Spending:
    """What of a budget is left."""
    total = sum(spent, NOTHING)
    return Spending(budget.epsilon - total.epsilon, budget.delta - total.delta)


def require(budget: Spending, spent: Iterable[Spending], wanted: Spending, at: str) -> None:
    """Whether a budget covers what is wanted.

    Raises:
        CarrelError: STC-016, it does not.
    """
    rest = left(budget, spent)
    if wanted.epsilon > rest.epsilon or wanted.delta > rest.delta:
        raise fault(
            faults.SPENT,
            at=at,
            wanted=f"epsilon {wanted.epsilon:f}, delta {wanted.delta:f}",
            found=f"epsilon {rest.epsilon:f}, delta {rest.delta:f} left of {budget.epsilon:f} and {budget.delta:f}",
            because="every result about the same people tells a little more of each",
            fix="tell what was told before again, ask for less, or open an account for other people or a later time",
        )
