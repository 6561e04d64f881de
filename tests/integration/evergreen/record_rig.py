"""What the tests of other records share: one invented library on Evergreen, carried out by the rules of a policy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.retention.ports import StrayPosition
from tests.integration.evergreen.conftest import AS_OF
from tests.integration.evergreen.loan_rig import LoanRig

if TYPE_CHECKING:
    from carrel.systems.sql.loans import SqlLoans


@dataclass
class RecordRig(LoanRig):
    """One database under one policy, its rules for other records in force.

    Attributes:
        went: rows that were cut, by path.
        expected: rows that a plan says the run will cut, by path.
    """

    went: Counter[str] = field(default_factory=Counter)
    expected: dict[str, int] = field(default_factory=dict)

    def cut_records(self, loans: SqlLoans, size: int = 5_000) -> None:
        """Every path of the map that is in force, in its order."""
        for name in loans.path_names():
            after = StrayPosition(name, -1)
            while (stray := loans.cut_strays(self.life, AS_OF, after, size, lambda *_: None)) is not None:
                after, result = stray
                assert not result.left, result.left
                self.went.update(result.rows)

    def cut_all(self, size: int = 5_000) -> dict[str, int]:
        """Loans, then everything else; what remains."""
        loans = self.loans()
        with loans.session():
            self.expected = loans.observe(self.life, AS_OF).touched
            self.planned = dict(loans.recount(self.life, AS_OF).rows)
            position = None
            while (step := loans.cut_chunk(self.life, AS_OF, position, size, lambda *_: None)) is not None:
                position, result = step
                assert not result.left, result.left
            self.cut_records(loans, size)
            return {name: rows for name, rows in loans.remaining(self.life, AS_OF).items() if rows}
