"""The words of an answer: rules with their names, periods in the language, and a day that is over as what it is."""

from __future__ import annotations

from datetime import date

from carrel.policy.duration import Duration, Unit
from carrel.policy.schedule import Disposition
from carrel.rights.answer import DatedRow, HeldRecords
from carrel.rights.ending import Keeping, Rule
from carrel.rights.third_persons import HeldRow
from carrel.rights.wording import ENGLISH, until_words
from carrel.systems.access_page import goes, stayed
from carrel.web import words

SPANISH = {key: words.words("es").gettext(said) for key, said in ENGLISH.items()}


def rule(name: str, keep: Duration, *until: str) -> Rule:
    return Rule(name, until, keep, Disposition.DELETE, ("X-1",))


def held(*rules: Rule, promised: str = "") -> HeldRecords:
    return HeldRecords("your record", Keeping("registrations", "", (), rules, promised), "", None, ())


def test_what_speaks_of_the_record_comes_first_and_each_rule_names_its_part() -> None:
    copies = rule("copies of deleted registrations", Duration(30, Unit.DAYS), "gone")
    assert until_words(held(copies, promised="Kept while you may borrow."), ENGLISH) == (
        "The policy promises: Kept while you may borrow.",
        "of it, copies of deleted registrations: 30 days after the card is gone; then it is deleted (X-1)",
    )


def test_a_rule_alone_needs_no_name_and_says_no_until_twice() -> None:
    both = rule("closed", Duration(1, Unit.WEEKS), "returned", "settled")
    (said,) = until_words(held(both), ENGLISH)
    assert said == "1 week after the book is back and everything is paid; then it is deleted (X-1)"
    (said,) = until_words(held(both), SPANISH)
    assert said == "1 semana después de que se devuelva el libro y todo esté pagado; entonces se borra (X-1)"


def test_periods_without_an_end_behind_them() -> None:
    now, session = rule("a", Duration(0, Unit.DAYS), "sent"), rule("b", Duration(0, Unit.SESSION), "ended")
    assert until_words(held(now), ENGLISH) == ("until it was sent; then it is deleted (X-1)",)
    assert until_words(held(session), ENGLISH) == ("until you leave the computer; then it is deleted (X-1)",)


def test_a_day_that_is_over_is_no_promise() -> None:
    today, before = date(2026, 11, 27), date(2022, 9, 21)
    assert goes(today, today, ENGLISH) == "2026-11-27"
    assert goes(before, today, ENGLISH) == "was due on 2022-09-21; kept for now"
    row = HeldRow({}, {})
    assert stayed([DatedRow(row, before)], today)
    assert not stayed([DatedRow(row, today), DatedRow(row)], today)
