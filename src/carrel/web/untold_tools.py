"""A word that is on record although the mailing tools could not be told of it: it holds, and the page says so."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from carrel.consent.faults import CHANGES, LIST_AWAY
from carrel.errors import CarrelError


def are_untold(request: Request, write: Callable[[], object]) -> bool:
    """Have a word of a person's written down; whether the tools still have to be told of it.

    The word is on record before the tools are told, and every export goes by the record. A page that told of a failure
    would have the person believe that nothing was written. The next night tells the tools.

    Args:
        request: of the page; whoever runs the pages is told what is in the way.
        write: writes it down, and tells the tools.

    Raises:
        CarrelError: whatever kept it from being written.
    """
    try:
        write()
    except CarrelError as wrong:
        if wrong.code not in {CHANGES.code, LIST_AWAY.code}:
            raise
        request.app.state.tell(wrong)
        return True
    return False
