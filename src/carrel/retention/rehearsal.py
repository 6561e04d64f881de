"""When a run on a copy counts as the rehearsal of a plan: it did what the plan will do."""

from __future__ import annotations

from dataclasses import dataclass

from carrel.amount import amount

PART = 2  # one loan of so many that are due must have been cut on the copy


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a finished run on a copy showed.

    Attributes:
        loans: that it cut.
        swept: pairs that were drawn before and looked for afterwards.
        clean: it was verified to its end, and nothing led back.
    """

    loans: int
    swept: int
    clean: bool

    @property
    def sound(self) -> bool:
        """Whether it was verified and swept; how much it cut is judged by the plan in hand."""
        return self.clean and self.swept > 0


def least_loans(due: int) -> int:
    """The loans that a rehearsal must have cut, of so many that a plan counts as due: half of them.

    A copy is some days old and lacks what fell due since; one that is empty, or another library's, shows nothing.
    """
    return -(-due // PART)


def lacking(rehearsal: Rehearsal, due: int) -> tuple[str, ...]:
    """Why a rehearsal does not count for a plan; nothing when it does.

    Args:
        rehearsal: as it ended.
        due: loans that the plan counts as due.

    Guarantees:
        What lacks for a plan lacks for any plan with more loans due.
    """
    least = least_loans(due)
    said = (
        (not rehearsal.clean, "it was not verified and swept clean"),
        (not rehearsal.swept, "no pair of a loan and its reader could be looked for afterwards"),
        (
            rehearsal.loans < least,
            amount(rehearsal.loans, "loan was", "loans were")
            + f" cut, at least {least:,} wanted: half of the {due:,} due",
        ),
    )
    return tuple(text for is_so, text in said if is_so)
