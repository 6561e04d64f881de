"""What whoever runs the pages is told where a page could not be answered: which part fails, and what to do.

A page tells a patron only that it does not work now. Whoever runs it needs the error itself; who asked for what stands
in none.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.types import ASGIApp, Receive, Scope, Send

from carrel.errors import CarrelError

# Chapters whose errors speak of servers, files, rights and settings. The others speak of somebody's request or case,
# but for those by which a key or a folder is not there.
_CHAPTERS = frozenset({"SQL", "SIT", "MAP", "STO", "LED", "SGN"})
_CODES = frozenset({"CNS-007", "CNS-009", "ERA-004", "RGT-018"})
AGAIN = timedelta(hours=1)
_DEEP = 3  # of our own lines, the last


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
            wrong: anything that a page raised. Of what is no coded error its kind and its place in the code are told,
                and never its words, in which a patron's value may stand; what speaks of a person's request or of a
                case is not told.
        """
        if not isinstance(wrong, CarrelError):
            place = _place(wrong)
            self._once((type(wrong).__name__, place), f"an error that nobody foresaw: {type(wrong).__name__} {place}")
        elif wrong.code in _CODES or wrong.code.partition("-")[0] in _CHAPTERS:
            self._once((wrong.code, wrong.faults[0].at), str(wrong))

    def _once(self, key: tuple[str, str], said: str) -> None:
        at = self._now()
        with self._turn:
            before = self._told.get(key)
            if before is not None and before <= at < before + AGAIN:
                return
            self._told[key] = at
        self._write(f"a page could not be answered:\n{said}\n")


class Unforeseen:
    """The outermost of the application: an error that no page foresaw is told without its words, and goes no further.

    The server would write it into its log whole, with the words of the error. Whoever asked has an answer by then.

    Args:
        app: that answers.
        tell: is given the error.
    """

    def __init__(self, app: ASGIApp, tell: Callable[[BaseException], None]) -> None:
        self._app, self._tell = app, tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._app(scope, receive, send)
        except Exception as wrong:
            if scope["type"] != "http":
                raise  # the server must know that it did not start
            self._tell(wrong)


def _place(wrong: BaseException) -> str:
    """Where in the code an error came to be: our last lines, and the last of whoever raised it."""
    lines = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in traceback.walk_tb(wrong.__traceback__)]
    ours = [one for one in lines if one.startswith("carrel.")]
    return "at " + " > ".join(dict.fromkeys([*ours[-_DEEP:], *lines[-1:]]))
