"""What stands of a run that ends with an error: chunks that were committed before stay cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from carrel.amount import amount

if TYPE_CHECKING:
    from carrel.errors import CarrelError
    from carrel.retention.walk import Turn
    from carrel.store.run import Run

_STORE = "STO-"


class Standing:
    """Counts in memory, since the store may be what is gone.

    Args:
        run: as it was begun, or gone on with.

    Attributes:
        shared: other processes may have cut what this one never heard of.
    """

    def __init__(self, run: Run) -> None:
        self._loans, self._chunks, self._inside = run.loans, run.chunks, False
        self.shared = False

    def told(self, loans: int) -> None:
        """So many loans are cut and noted, by all who share the run."""
        self._loans = max(self._loans, loans)

    @contextmanager
    def turn(self, gate: Callable[[], AbstractContextManager[Turn]]) -> Iterator[Turn]:
        """One chunk's time inside the gate, counted when it is over."""
        with gate() as inside:
            self._inside = True
            yield inside
        self._chunks, self._inside = self._chunks + 1, False

    def having_changed(self, wrong: CarrelError) -> CarrelError:
        """An error with what stands; the same where this run has changed nothing."""
        unknown = self.shared or (self._inside and wrong.code.startswith(_STORE))
        if not (self._loans or self._chunks or unknown):
            return wrong
        said = f"finished chunks stand: at least {amount(self._loans, 'loan is', 'loans are')} cut"
        if unknown:
            said += ", and the chunk in flight may be, unrecorded"
        return wrong.having_changed(f"{said}; the same command goes on")
