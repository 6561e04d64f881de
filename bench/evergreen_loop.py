"""Evergreen's own way: its function that ages loans chain by chain, as the sample rebuilds it, on a bounded number.

The function in the library is taken as it stands and given an end; what it does to a chain, and which triggers it wakes,
is the product's.
"""

from __future__ import annotations

import time

from bench.evergreen_library import EvergreenLibrary
from bench.library import AS_OF
from carrel.systems.sample.evergreen import habits

# Of the product itself, measured elsewhere on a library of a million chains: a first run, walks of chains included.
QUOTED_LOANS_PER_SECOND = 51.0
_COUNTED = "done := done + 1;"


def loans_per_second(library: EvergreenLibrary, chains: int) -> tuple[int, float]:
    """How many loans the function ages, and how many in a second, until it has aged so many chains.

    Raises:
        RuntimeError: the function was written anew, and cannot be given an end.
    """
    ((definition,),) = library.sql("SELECT pg_get_functiondef('action.purge_circulations'::regproc)")
    bounded = str(definition).replace(_COUNTED, f"{_COUNTED} EXIT WHEN done >= {chains};")
    if bounded == definition:
        raise RuntimeError("the function that ages loans has no such line any more")
    library.sql(bounded)
    before = _loans(library)
    engine = library.engine()
    with engine.connect() as connection:
        began = time.monotonic()
        habits.ages_circulations(connection, AS_OF)
        seconds = time.monotonic() - began
    engine.dispose()
    aged = before - _loans(library)
    return aged, aged / seconds


def _loans(library: EvergreenLibrary) -> int:
    return int(str(library.sql("SELECT count(*) FROM action.circulation")[0][0]))
