"""The beginning of a scope for a case: what the case knows, to the instant, and nothing that passes unedited."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from carrel.disclosure.case import Case
from carrel.disclosure.clearing import why_not
from carrel.disclosure.course import standing
from carrel.disclosure.event import Act, Event
from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Instrument
from carrel.disclosure.scope import read_scope
from carrel.disclosure.scope_draft import draft
from carrel.errors import CarrelError
from carrel.systems import policy_files

ZONE = ZoneInfo("America/New_York")
AT = datetime(2026, 11, 28, 2, tzinfo=UTC)  # still the 27th there
PROCESSES = processes_of([policy_files.load("worcester")])
WORDS = 'the titles borrowed\n in "March" with C:\\dates, \u202eand \U0001f4da'


def case_of(**terms: str) -> Case:
    said = {"instrument": "subpoena", "served on": "the library", "from": "a court", **terms}
    return Case("dsc-abcdefghijkl", (Event(Act.RECEIVED, AT, "Dee", said),))


def edited(text: str) -> str:
    return text.replace("THE WORDS OF IT THAT ASK FOR THIS", "titles borrowed").replace("NUMBER OF THE CARD", "21")


def test_its_days_are_those_of_the_case_and_not_one_instant_more() -> None:
    case = case_of(**{"from day": "2026-03-01", "until day": "2026-03-31"})
    here = standing(PROCESSES.of(Instrument.SUBPOENA), case.events, ZONE, AT)
    text = edited(draft(case, WORDS, ZONE))
    (part,) = read_scope(text, "scope.yaml").parts
    assert (part.from_, part.until) == ("2026-03-01", "2026-04-01")
    assert why_not(case, here, read_scope(text, "scope.yaml"), ZONE) is None
    for one, other in (("until: 2026-04-01", "until: 2026-04-02"), ("from: 2026-03-01", "from: 2026-02-28")):
        assert why_not(case, here, read_scope(text.replace(one, other), "scope.yaml"), ZONE)


def test_a_last_day_that_no_paper_names_is_that_on_which_it_came() -> None:
    case = case_of(**{"from day": "2026-03-01"})
    assert "until: 2026-11-28  # half-open: the last day is 2026-11-27" in draft(case, WORDS, ZONE)


def test_the_words_of_the_paper_stand_in_it_as_one_line() -> None:
    case = case_of(**{"from day": "2026-03-01"})
    (part,) = read_scope(edited(draft(case, WORDS, ZONE)), "scope.yaml").parts
    assert part.wording == " ".join(WORDS.replace("\u202e", " ").split())


@pytest.mark.parametrize("words", [WORDS, "", "x" * 9_000])
@pytest.mark.parametrize("more", [{"from day": "2026-03-01"}, {}, {"title": "named by the order"}])
@pytest.mark.parametrize("kind", [Instrument.SUBPOENA, Instrument.PERMISSION, Instrument.PUBLIC_RECORDS])
def test_nothing_passes_that_nobody_edited(kind: Instrument, more: dict[str, str], words: str) -> None:
    case = case_of(**{"instrument": str(kind), **more})
    text = draft(case, words, ZONE, names_title="title" in more)
    if kind is Instrument.PUBLIC_RECORDS:
        assert read_scope(text, "scope.yaml").open_records is not None
        return
    with pytest.raises(CarrelError) as refused:
        read_scope(text, "scope.yaml")
    assert refused.value.code in {"DSC-050", "DSC-053", "DSC-056"}


def test_words_of_a_paper_that_was_replaced_stand_in_no_draft() -> None:
    """The days are those of the new paper: fields would be traced to words that no longer ask for anything."""
    first = case_of(**{"from day": "2026-03-01", "until day": "2026-03-31"})
    later = Event(Act.CURED, AT, "Cal", {"defect": "d1", "from day": "2026-05-01", "until day": "2026-05-31"})
    text = draft(Case(first.id, (*first.events, later)), WORDS, ZONE)
    assert "from: 2026-05-01" in text
    assert "titles borrowed" not in text
    assert "WHAT THE PAPER ASKS FOR, WORD BY WORD" in text
