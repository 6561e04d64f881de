"""What whoever runs the pages is told where a page could not be answered: which part fails, and what to do.

A page tells a patron only that it does not work now. Whoever runs it needs the error itself; who asked for what stands
in none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from carrel.errors import CarrelError

# Chapters whose errors speak of servers, files, rights and settings. The others speak of somebody's request or case,
# but for those by which a key or a folder is not there.
_CHAPTERS = frozenset({"SQL", "SIT", "MAP", "STO", "LED", "SGN"})
_CODES = frozenset({"CNS-007", "CNS-009", "ERA-004", "RGT-018"})
AGAIN = timedelta(hours=1)


class Outages:
    """Tells each error once an hour, so that nobody fills a log by asking often, and no line stands for one visitor.

    Args:
        write: takes a text of several lines.
        now: the clock.
    """

    def __init__(self, write: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self._write, self._now = write, now
        self._told: dict[tuple[str, str], datetime] = {}
        self._turn = threading.Lock()

    def tell(self, wrong: BaseException) -> None:
        """Tell an error that kept a page from being answered, unless it was told within the last hour.

        Args:
            wrong: anything that a page raised; what is no coded error, or speaks of a person's request or of a case, is
                not told.
        """
        if not isinstance(wrong, CarrelError):
            return
        if wrong.code not in _CODES and wrong.code.partition("-")[0] not in _CHAPTERS:
            return
        key, at = (wrong.code, wrong.faults[0].at), self._now()
        with self._turn:
            before = self._told.get(key)
            if before is not None and before <= at < before + AGAIN:
                return
            self._told[key] = at
        self._write(f"a page could not be answered:\n{wrong}\n")
