"""Grants: parsed from what a server prints, the least computed from the map, the two compared."""

from __future__ import annotations

import pytest

from carrel.inventory import coverage
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql.grants import (
    ALL,
    Comparison,
    Grant,
    Purpose,
    compare,
    may_sweep,
    may_write,
    needed,
    once,
    parse,
)

KOHA = map_files.load("koha")
DIALECTS = {"koha": "mariadb", "evergreen": "postgresql"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("GRANT USAGE ON *.* TO `u`@`h` IDENTIFIED BY PASSWORD '*AB, SELECT (x) ON'", [Grant("USAGE", "*", (), "*")]),
        (
            "GRANT SELECT, TRIGGER ON `koha`.* TO `u`@`h`",
            [Grant("SELECT", "*", (), "koha"), Grant("TRIGGER", "*", (), "koha")],
        ),
        (
            "GRANT SELECT (`b`, `a`), UPDATE (`c`) ON `koha`.`old_issues` TO `u`@`h`",
            [Grant("SELECT", "old_issues", ("a", "b"), "koha"), Grant("UPDATE", "old_issues", ("c",), "koha")],
        ),
        (
            "GRANT ALL PRIVILEGES ON *.* TO `u`@`h` WITH GRANT OPTION",
            [Grant("GRANT OPTION", "*", (), "*"), Grant(ALL, "*", (), "*")],
        ),
        ("GRANT `librarian` TO `u`@`h`", []),
        ("GRANT CREATE TEMPORARY TABLES ON `k`.* TO `u`@`h`", [Grant("CREATE TEMPORARY TABLES", "*", (), "k")]),
    ],
)
def test_a_line_of_show_grants(line, found):
    assert list(parse(line)) == found


def test_the_least_rights_to_read_write_nothing_and_those_to_apply_reach_the_cuts_only():
    reads, applies = needed(KOHA, Purpose.READ), needed(KOHA, Purpose.APPLY)
    assert may_write(reads) == ()
    assert set(reads) < set(applies)
    cuts = coverage.cuts(KOHA)
    for one in set(applies) - set(reads):
        assert one.privilege in {"UPDATE", "DELETE"}
        if one.privilege == "UPDATE":
            assert set(one.columns) == set(cuts[one.table].methods)
        else:
            assert cuts[one.table].delete
    people = next(one for one in reads if one.table == KOHA.people.table)
    assert "password" not in people.columns
    assert "surname" in people.columns


def test_what_is_held_covers_what_is_needed():
    applies = needed(KOHA, Purpose.APPLY)
    assert compare(applies, applies).missing == ()
    assert compare(applies, [Grant(ALL)]).missing == ()
    assert [one.privilege for one in compare(applies, [Grant(ALL)]).beyond] == [ALL]
    assert compare(applies, []).missing == tuple(sorted(applies))


def test_columns_that_are_missing_are_named():
    need = [Grant("UPDATE", "old_issues", ("a", "b", "c"))]
    assert compare(need, [Grant("UPDATE", "old_issues", ("a",)), Grant("UPDATE", "old_issues", ("c",))]).missing == (
        Grant("UPDATE", "old_issues", ("b",)),
    )
    assert compare(need, [Grant("UPDATE", "old_issues", ("a", "b", "c", "d"))]).beyond
    assert compare(need, [Grant("UPDATE")]).missing == ()
    whole = [Grant("SELECT", "old_issues")]
    assert compare(whole, [Grant("SELECT", "old_issues", ("a",))]).missing == (Grant("SELECT", "old_issues"),)


def test_a_table_that_the_site_lacks_needs_no_right():
    assert compare([Grant("SELECT", "gone"), Grant("TRIGGER")], [Grant("TRIGGER")], tables=["here"]).missing == ()


def test_the_sweep_needs_every_table():
    assert may_sweep([Grant("SELECT")])
    assert may_sweep([Grant(ALL)])
    assert not may_sweep([Grant("SELECT", "old_issues")])


def test_names_are_quoted_in_statements():
    written = Grant("UPDATE", "a`b", ("c",)).sql("d`e", "'u'@'h'")
    assert written == "GRANT UPDATE (`c`) ON `d``e`.`a``b` TO 'u'@'h';"


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
