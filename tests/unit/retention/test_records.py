"""Which records of a map a policy brings into force, and what that leaves uncovered."""

from __future__ import annotations

from datetime import date

import pytest

from carrel.inventory import coverage
from carrel.inventory.map_path import Role
from carrel.inventory.system_map import Method, SystemMap
from carrel.policy.duration import Duration, Unit
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule, RecordSchedule
from carrel.retention.records import in_every_way, in_force, out_of_reach
from carrel.systems import map_files, policy_files
from carrel.systems.sample.facts import koha as koha_facts

KOHA = map_files.load("koha")


def ruled(record: RecordType, event: RecordEvent, then: Disposition = Disposition.DE_IDENTIFY) -> SystemMap:
    """The map under one rule."""
    rule = RecordRule("r", (), event, (Period(Duration(1, Unit.DAYS), date(2020, 1, 1)),), then)
    return in_force(KOHA, {record: RecordSchedule(record.value, (rule,))})


def test_a_rule_for_staff_covers_nothing_of_patrons() -> None:
    found = ruled(RecordType.PERSONNEL, RecordEvent.MADE)
    assert {path.role for path in found.ruled} == {Role.STAFF}
    # These tables hold patrons' records as well, which nothing reaches.
    assert {"borrower_debarments", "suggestions", "tickets", "curbside_pickups"} <= set(found.not_yet_covered)
    assert "borrower_debarments" in found.columns  # the rule reads it all the same
    # These hold nothing but who of the staff did something.
    assert not {"uploaded_files", "additional_contents", "tags_approval"} & set(found.not_yet_covered)


def test_a_rule_for_patrons_covers_their_table_without_one_for_staff() -> None:
    found = ruled(RecordType.REGISTRATIONS, RecordEvent.ENDED)
    assert "borrower_debarments" not in found.not_yet_covered
    assert {"uploaded_files", "additional_contents", "tags_approval"} <= set(found.not_yet_covered)
    assert not {"uploaded_files", "additional_contents", "tags_approval"} & set(found.columns)


def test_without_rules_only_loans_are_covered() -> None:
    found = in_force(KOHA, {})
    assert found.ruled == ()
    loans = {path.table for path in KOHA.loans.paths} | {KOHA.loans.open.table, KOHA.loans.closed.table}
    assert {one.table for one in KOHA.records} - loans - {"saved_sql"} <= set(found.not_yet_covered)
    assert not loans & set(found.not_yet_covered)


def test_what_only_tells_of_a_record_is_read_and_not_cut() -> None:
    found = ruled(RecordType.EVENT_REGISTRATIONS, RecordEvent.ENDED)
    assert coverage.looked_into(found) == {"additional_fields", "clubs"}
    assert "clubs" not in coverage.cuts(found)
    assert set(coverage.used(found)["clubs"]) == {"id", "date_end"}


def test_every_record_stands_under_words_that_a_policy_may_use() -> None:
    for one in KOHA.records:
        assert RecordType(one.record)
        assert RecordEvent(one.event)


def test_a_rule_that_no_record_answers_is_told() -> None:
    rule = RecordRule(
        "r", (), RecordEvent.SENT, (Period(Duration(1, Unit.DAYS), date(2020, 1, 1)),), Disposition.DELETE
    )
    assert out_of_reach(KOHA, {RecordType.HOLDS: RecordSchedule("holds", (rule,))}) == ("holds: r",)


@pytest.mark.parametrize("then", ["de-identify", "delete"])
def test_no_cut_of_a_record_moves_an_automatic_time(then: str) -> None:
    facts = {table.name: table for table in koha_facts().tables}
    for one in KOHA.records:
        cut = one.cuts.get(then)  # type: ignore[call-overload]
        if cut is None or cut.delete:
            continue
        moves = {column.name for column in facts[one.table].columns if "on update" in (column.extra or "").lower()}
        assert all(cut.set.get(name) in {Method.SAME, Method.DAY} for name in moves), one.name


def test_what_is_kept_is_a_persons_and_no_rule_cuts_it() -> None:
    cut = coverage.changed_columns(in_every_way(KOHA))
    for one in KOHA.kept:
        assert set(one.columns) <= set(KOHA.person_columns[one.table])
        assert not {f"{one.table}.{column}" for column in one.columns} & cut


@pytest.mark.parametrize("policy", policy_files.shipped_names())
def test_bringing_a_policy_into_force_twice_is_bringing_it_once(policy):
    schedules = policy_files.load(policy).record_schedules()
    once = in_force(KOHA, schedules)
    assert in_force(once, schedules) == once
    assert bool(once.with_card) == (once.lapsing is not None)
