"""Whether something is said again that stands there already: a command that was killed is given once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from carrel.disclosure.absence import OfficeEvent
from carrel.disclosure.event import ACCOUNT, Act, Event

WITHIN = timedelta(hours=1)
"""How long after it the same words are the same act: long enough for a machine that has to start again."""

_DRAWN: Mapping[Act, str] = {Act.FILED: "document", Act.DEFECT: "defect"}
_IDENTIFY = frozenset({"dated"})


def said_again(last: Event, last_words: str, event: Event, words: str) -> bool:
    """Whether an event says what the last one of its case says.

    Args:
        last: that stands in the case, with nothing after it.
        last_words: beside it.
        event: that somebody wants to write down.
        words: beside that.

    Guarantees:
        Only by the same person, and within `WITHIN`. What the program draws anew for each, the id of a document or the
        number of a defect, makes no difference, nor does where it is said, on a page or at an account of the host; a
        package, whose manifest differs, is another each time.
    """
    return (
        _soon(last.at, event.at)
        and (last.act, last.by, last_words) == (event.act, event.by, words)
        and _of(last) == _of(event)
    )


def came_again(first: Event, first_words: str, event: Event, words: str, *, keeps: bool) -> bool:
    """Whether a case is one that was opened: what came is known by its day, its words or whom it is about.

    Args:
        first: of the case that stands there, to which nothing was done since it was opened.
        first_words: beside it.
        event: `Act.RECEIVED`, that somebody wants to open a case with.
        words: beside that.
        keeps: whether both keep the same people or items from deletion, and at least one.

    Guarantees:
        Never where nothing but the kind of paper and the sender is known: the same office can ask twice in an hour.
    """
    known = keeps or bool(words) or any(event.term(one) for one in _IDENTIFY)
    return known and said_again(first, first_words, event, words)


def as_opened(events: Sequence[Event]) -> bool:
    """Whether nothing was done in a case since it was opened: what came, and the step of its hold."""
    first, *more = events
    with_it = not more or (len(more) == 1 and (more[0].act, more[0].at, more[0].by) == (Act.TAKEN, first.at, first.by))
    return first.act is Act.RECEIVED and with_it


def turned_again(last: OfficeEvent, event: OfficeEvent) -> bool:
    """Whether a delegation or an absence says what the last one says, wherever it is said."""
    same = replace(last, at=event.at, starts=event.starts, account=event.account)
    return _soon(last.at, event.at) and same == event


def _of(event: Event) -> dict[str, str]:
    left = {_DRAWN.get(event.act, ""), ACCOUNT} | ({"hold"} if event.act is Act.RECEIVED else set())
    return {name: value for name, value in event.terms.items() if name not in left}


def _soon(before: datetime, at: datetime) -> bool:
    return timedelta() <= at - before <= WITHIN
