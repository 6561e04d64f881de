from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.inventory import coverage
from carrel.inventory.consumer import NotUsed, Waiver, effects
from carrel.systems import map_files

KOHA = map_files.load("koha")
CHANGED = coverage.changed_columns(KOHA)
TODAY = date(2026, 11, 22)
DELETER = "delete_patrons.pl --not_borrowed_since"


def test_the_destructive_job_blocks_by_default():
    found = effects(KOHA, CHANGED, {}, TODAY)
    assert [one.consumer for one in found.blockers] == [DELETER]
    with pytest.raises(CarrelError) as told:
        found.require_none("library")
    assert told.value.code == "MAP-004"


def test_a_job_that_is_not_used_is_not_told_at_all():
    found = effects(KOHA, CHANGED, {DELETER: NotUsed()}, TODAY)
    assert found.blockers == ()
    assert DELETER not in {one.consumer for one in found.notices}
    found.require_none("library")


@pytest.mark.parametrize(
    ("until", "blocks"),
    [(TODAY, False), (date(2026, 11, 21), True), (date(2027, 11, 20), False), (date(2028, 1, 1), True)],
)
def test_a_waiver_holds_to_its_last_day_and_no_longer_than_a_year(until, blocks):
    found = effects(KOHA, CHANGED, {DELETER: Waiver("Ada", "loans of a year are kept", until)}, TODAY)
    assert bool(found.blockers) is blocks
    if not blocks:
        (notice,) = [one for one in found.notices if one.consumer == DELETER]
        assert (notice.waived_by, notice.waived_until) == ("Ada", until)


def test_a_declaration_of_an_unknown_consumer_is_an_error():
    with pytest.raises(CarrelError) as told:
        effects(KOHA, CHANGED, {"delete_patrons": NotUsed()}, TODAY)
    assert told.value.code == "MAP-004"


def test_what_reads_nothing_that_changes_is_silent():
    assert effects(KOHA, {"messages.message"}, {}, TODAY) == effects(KOHA, (), {}, TODAY)


def test_a_screen_that_the_settings_switch_off_is_silent():
    name = "reading history of a patron (staff)"
    on = {one.consumer for one in effects(KOHA, CHANGED, {}, TODAY, seen={name: True}).notices}
    off = {one.consumer for one in effects(KOHA, CHANGED, {}, TODAY, seen={name: False}).notices}
    assert on - off == {name}


@given(st.sets(st.sampled_from(sorted(CHANGED))), st.sets(st.sampled_from(sorted(CHANGED))))
def test_changing_more_never_takes_a_blocker_away(some, more):
    before = {one.consumer for one in effects(KOHA, some, {}, TODAY).blockers}
    after = {one.consumer for one in effects(KOHA, some | more, {}, TODAY).blockers}
    assert before <= after
