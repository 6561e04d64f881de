"""The rights that are printed are the rights that are asked for: each once, none lacking, none too many."""

from __future__ import annotations

import pytest

from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql.grants import Comparison, Grant, Purpose, compare, needed, once

DIALECTS = {"koha": "mariadb", "evergreen": "postgresql"}


@pytest.mark.parametrize("policy", policy_files.shipped_names())
@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("system", DIALECTS)
def test_whoever_was_given_what_is_printed_has_what_is_asked_for(system, purpose, policy):
    system_map = in_force(map_files.load(system), policy_files.load(policy).record_schedules())
    rights = needed(system_map, purpose, DIALECTS[system])
    assert len({(one.privilege, one.table) for one in rights}) == len(rights)
    assert compare(rights, rights) == Comparison((), ())


def test_a_right_on_other_columns_than_any_that_is_needed_is_one_too_many():
    needs = (Grant("UPDATE", "loans", ("a",)), Grant("UPDATE", "loans", ("b",)), Grant("DELETE", "bills"))
    assert compare(needs, [Grant("UPDATE", "loans", ("a", "b")), Grant("DELETE", "bills")]) == Comparison((), ())
    more = Grant("UPDATE", "loans", ("a", "c"))
    assert compare(needs, [more]).beyond == (more,)
    whole = Grant("UPDATE", "loans")
    assert compare(needs, [whole]).beyond == (whole,)
    assert compare([*needs, whole], [whole]).beyond == ()
    assert compare(needs, [Grant("UPDATE", "bills")]).beyond == (Grant("UPDATE", "bills"),)


def test_a_right_that_is_wanted_twice_is_given_once_on_all_that_is_wanted():
    assert once([Grant("UPDATE", "loans", ("b",)), Grant("UPDATE", "loans", ("a",))]) == (
        Grant("UPDATE", "loans", ("a", "b")),
    )
    assert once([Grant("UPDATE", "loans", ("b",)), Grant("UPDATE", "loans")]) == (Grant("UPDATE", "loans"),)
