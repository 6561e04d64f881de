"""The beginning of a scope for a case: what the case knows is filled in, and the rest stands there to be replaced."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from carrel.disclosure.asked_days import FROM, UNTIL, asked_days
from carrel.disclosure.case import Case
from carrel.disclosure.event import Act
from carrel.disclosure.process import Instrument
from carrel.disclosure.scope import MOST_WORDS

_NO_WORDS = "WHAT THE PAPER ASKS FOR, WORD BY WORD"
_PHRASE = "THE WORDS OF IT THAT ASK FOR THIS"
_NO_DAYS = """\
    from: THE FIRST DAY  # the paper names none: counsel says with `carrel disclose cure` which a new one names
    until: THE DAY AFTER THE LAST
"""


def draft(case: Case, words: str, zone: ZoneInfo, *, names_title: bool = False) -> str:
    """A scope to be edited, for `carrel disclose produce`.

    Args:
        case: as it is.
        words: what is asked for, as the case says it; empty for none.
        zone: of the library, by whose calendar the days of the case count.
        names_title: whether the order itself names the title whose readers it asks for.

    Returns:
        YAML. Words in capitals are to be replaced; none of them stands in an order, so a draft that nobody edited is
        refused.

    Guarantees:
        Its days are those of the case, to the instant: half-open, so `until` is the day after the last one. It names no
        person: the case knows no number.
    """
    if case.instrument is Instrument.PUBLIC_RECORDS:
        return _open_records(words)
    if any(one.act in {Act.CURED, Act.RULED} and (one.term(FROM) or one.term(UNTIL)) for one in case.events):
        words = ""  # its days are those of a newer paper, which has words of its own
    whom = (
        "titles: [{number: 'NUMBER OF THE TITLE', system: SYSTEM}]" if names_title
        else 'people: [{id: holder, card: "NUMBER OF THE CARD"}]'
    )  # fmt: skip
    return f"""\
format version: 1
instrument: {case.instrument}
parts:
  - id: loans
    wording: {_quoted(words)}
    {whom}
    records: loans
{_days(case, zone)}    fields:
      title of the item: {_PHRASE}
"""


def _open_records(words: str) -> str:
    return f"""\
format version: 1
instrument: {Instrument.PUBLIC_RECORDS}
open records:
  excepted:
    - {{records: loans, wording: {_quoted(words)}, citation: THE SECTION THAT COUNSEL CONFIRMED}}
  attached:
    - {{file: counts.csv, wording: {_PHRASE}}}
"""


def _days(case: Case, zone: ZoneInfo) -> str:
    days = asked_days(case.events)
    if not days:
        return _NO_DAYS
    last = days.last or case.received.at.astimezone(zone).date()
    first = days.first or date(1970, 1, 1)
    until = last + timedelta(days=1)
    return (
        f"    from: {first}\n"
        f"    until: {until}  # half-open: the last day is {last}\n"
        f"    time zone: {zone.key}  # by this calendar the days of the case count\n"
    )


def _quoted(words: str) -> str:
    seen = "".join(one if one.isprintable() else " " for one in words)  # a sign that steers is refused in a scope
    said = " ".join(seen.split())[:MOST_WORDS] or _NO_WORDS
    return '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'
