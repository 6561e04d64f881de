"""What a product's rows count for in the statistics that a library owes: loans, renewals, requests, people."""

from __future__ import annotations

from pydantic import Field

from carrel.inventory.map_part import Condition, Part


class Counted(Part):
    """Rows that count one each, whether a person stands in them or not any more.

    Attributes:
        at: column with the time of the event; a row counts in the year in which it lies.
        made: column with the day from which on a row counts; one that is empty counts.
        ends: column with the day until which it counts; one that is empty counts.
        where: which rows are meant.
    """

    table: str
    at: str | None = None
    made: str | None = None
    ends: str | None = None
    where: tuple[Condition, ...] = ()


class Figures(Part):
    """By kind; what a product does not hold is left out.

    Attributes:
        first_loans: every loan, without its renewals.
        renewals: every renewal.
        borrowed_elsewhere: requests that another library filled for the library's own people.
        registered: people with a valid card at the end of the year.
    """

    first_loans: tuple[Counted, ...] = Field(default=())
    renewals: tuple[Counted, ...] = Field(default=())
    borrowed_elsewhere: tuple[Counted, ...] = Field(default=())
    registered: tuple[Counted, ...] = Field(default=())

    def kind(self, name: str) -> tuple[Counted, ...]:
        """The rows of a kind, by the name of its attribute."""
        found: tuple[Counted, ...] = getattr(self, name)
        return found
