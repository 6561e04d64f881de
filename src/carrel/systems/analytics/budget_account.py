"""The account of a budget on disk: opened once, and each promise noted before its figures are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from carrel.deidentification.statistics import budget as rules
from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.budget import NOTHING, AccountHead, Balance, Spending
from carrel.errors import fault
from carrel.systems.analytics.chained_file import ChainedFile


class Witness(Protocol):
    """Who knows how far an account had grown, apart from its file."""

    def require(self, place: str, heads: Sequence[str], at: str) -> None:
        """Whether the file holds all that was known of it; CarrelError STC-018."""
        ...

    def keep(self, head: AccountHead, at: datetime) -> None:
        """Keep how far it has grown now; CarrelError where it cannot, and then no figure is drawn."""
        ...


class BudgetAccount:
    """A file of mode 0600 that only grows.

    Args:
        path: of the file.
        witness: knows how far it had grown; without one, the last lines can be cut off unseen.
    """

    def __init__(self, path: Path, witness: Witness | None = None) -> None:
        self._name, self._place, self._witness = path.name, str(path.resolve()), witness
        self._file = ChainedFile(path, "carrel budget of privacy", faults.ACCOUNT)

    def spend(self, name: str, budget: Spending | None, wanted: Spending, at: datetime) -> Balance:
        """Note a promise, and open the account with it where there is none.

        Args:
            name: of the people that it is about, as the document calls the release.
            budget: of the account; None for that with which it was opened.
            wanted: what is promised.
            at: now.

        Returns:
            How it stands then.

        Raises:
            CarrelError: STC-016, it does not cover this; STC-017, it cannot be used, has another budget, or there is
                none yet and none was named; STC-018, it is shorter than it was.

        Guarantees:
            Two runs at once never spend the same. What is noted stays noted, whatever becomes of the figures: they may
            have been seen.
        """
        with self._file.adding() as growing:
            entries = growing.entries
            if self._witness is not None:
                self._witness.require(self._place, growing.heads, self._name)
            known = [Spending.of_dict(one.get("budget") or {}, self._name) for one in entries[:1]]
            whole = known[0] if known else budget
            if whole is None or (budget is not None and budget != whole):
                raise fault(
                    faults.ACCOUNT,
                    at=self._name,
                    wanted="the budget that it was opened with" if known else "--budget, to open it with",
                    found="another" if known else "none",
                    fix="leave out --budget" if known else "name how much epsilon may be spent on these people in all",
                )
            spent = [Spending.of_dict(one.get("spent") or {}, self._name) for one in entries]
            rules.require(whole, spent, wanted, self._name)
            growing.add(
                {
                    "name": name,
                    "at": at.isoformat(timespec="seconds"),
                    "budget": whole.as_dict(),
                    "spent": wanted.as_dict(),
                }
            )
            total = sum((*spent, wanted), NOTHING)
            if self._witness is not None:
                heads = growing.heads
                self._witness.keep(AccountHead(self._place, heads[0], len(heads), heads[-1], total), at)
            return Balance(rules.left(whole, [total]), total)
