from __future__ import annotations

import pytest

from carrel.inventory.contradiction import Promise, contradictions, holds
from carrel.inventory.system_map import Condition
from carrel.systems import map_files

PROMISE = Promise(("MITL-6.4",), keeps_last_borrower=False)


@pytest.fixture(scope="module")
def koha_map():
    return map_files.load("koha")


def names(found):
    return {one.setting for one in found}


def test_a_product_set_to_keep_nothing_contradicts_nothing(koha_map):
    quiet = {s.name: "0" for s in koha_map.settings} | {
        "AnonymousPatron": "51",
        "OPACPrivacy": "1",
        "TrackLastPatronActivityTriggers": None,
        **dict.fromkeys(
            ("PatronAnonymizeDelay", "LockExpiredDelay", "UnsubscribeReflectionDelay", "PatronRemovalDelay"), ""
        ),
    }
    assert contradictions(koha_map, quiet, PROMISE) == ()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("StoreLastBorrower", "1"),
        ("Pseudonymization", "1"),
        ("IssueLog", "1"),
        ("ReturnLog", "1"),
        ("RenewalLog", "1"),
        ("HoldsLog", "1"),
        ("FinesLog", "1"),
        ("BorrowersLog", "1"),
        ("opacreadinghistory", "1"),
        ("OPACPrivacy", "0"),
        ("OPACPrivacy", None),
        ("intranetreadinghistory", "1"),
        ("TrackLastPatronActivityTriggers", "login,check_out"),
        ("TrackClicks", "track"),
        ("EnableOpacSearchHistory", "1"),
        ("PatronAnonymizeDelay", "90"),
        ("AnonymousPatron", None),
        ("AnonymousPatron", ""),
        ("anonymised patrons with privacy 0", "3"),
        ("patrons with privacy 0", "12"),
        ("categories that keep history for ever", "1"),
    ],
)
def test_each_setting_contradicts_when_it_is_set_so(koha_map, setting, value):
    (one,) = contradictions(koha_map, {setting: value}, PROMISE)
    assert one.setting == setting
    assert one.clauses == ("MITL-6.4",)


def test_the_last_borrower_may_be_stored_where_the_policy_keeps_it(koha_map):
    values = {"StoreLastBorrower": "1"}
    assert names(contradictions(koha_map, values, PROMISE)) == {"StoreLastBorrower"}
    assert contradictions(koha_map, values, Promise(("WPL-3.3",), keeps_last_borrower=True)) == ()


def test_clauses_are_those_of_the_policy_in_force(koha_map):
    (one,) = contradictions(koha_map, {"IssueLog": "1"}, Promise(("WPL-3.3", "WPL-3.4"), keeps_last_borrower=True))
    assert one.clauses == ("WPL-3.3",)


def test_findings_come_before_notes(koha_map):
    found = contradictions(koha_map, {"opacreadinghistory": "1", "TrackClicks": "track"}, PROMISE)
    assert [one.severity for one in found] == ["finding", "note"]


def test_numbers_are_compared_as_numbers():
    assert holds(Condition(column="c", above=9), "10")
    assert not holds(Condition(column="c", above=9), None)
    assert not holds(Condition(column="c", equals="1"), None)
    assert holds(Condition(column="c", differs="1"), None)
    lacking = Condition(column="c", lacks="check_out")
    assert [holds(lacking, value) for value in ("login,hold", "hold,check_out", "", None)] == [
        True,
        False,
        False,
        False,
    ]


def test_an_untold_use_of_cards_matters_only_where_cards_lapse(koha_map):
    values = {"last use of cards": None, "cards without a last use": "7"}
    promise = Promise(("WPL-3.3", "WPL-3.4"), keeps_last_borrower=True)
    assert contradictions(koha_map, values, promise) == ()
    lapsing = koha_map.model_copy(update={"lapsing": koha_map.cards})
    finding, note = contradictions(lapsing, values, promise)
    assert (finding.severity, note.severity, note.value) == ("finding", "note", "7")
    assert finding.clauses == note.clauses == ("WPL-3.1",)
    told = {"last use of cards": "check_out", "cards without a last use": "0"}
    assert contradictions(lapsing, told, promise) == ()
    [only] = contradictions(lapsing, {"checkouts as a use of the card": "login,hold"}, promise)
    assert (only.severity, only.clauses) == ("finding", ("WPL-3.1",))
