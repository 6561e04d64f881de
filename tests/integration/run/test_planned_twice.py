"""A person whose erasure is planned twice: whoever plans is told of the case that is open."""

from __future__ import annotations

from tests.integration.run import library
from tests.integration.run.test_erasure import CARD, given, planned, subject


def test_an_open_case_about_the_same_person_is_named_and_no_other(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite, policy="worcester")
    seed, _ = subject(elm)
    seed.patron(cardnumber="K77", userid="reader77")
    place, first = planned(elm)
    words = ("plan", "--erase", given(elm, CARD), "--as", "Cal Example", "--out", elm.folder / "again.json")
    again = elm.ok(*words)
    assert again["open_cases"] == [first["case"]]
    shown = elm.run(*words).out
    assert [one in shown for one in (first["case"], again["plan"]["case"])] == [True, True]
    other = elm.ok("plan", "--erase", given(elm, "K77"), "--as", "Cal Example", "--out", elm.folder / "other.json")
    assert other["open_cases"] == []
    elm.approve(place)
    assert elm.ok("apply", place)["erasure"]["still_there"] == {}
    left = elm.ok("plan", "--erase", given(elm, "K77"), "--as", "Cal Example", "--out", elm.folder / "other.json")
    assert left["open_cases"] == [other["plan"]["case"]]
