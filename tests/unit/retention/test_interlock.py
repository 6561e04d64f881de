from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from carrel.errors import CarrelError, Exit
from carrel.retention.interlock import (
    Cleared,
    Cure,
    History,
    Need,
    Reason,
    Standing,
    above_bound,
    needs,
    refuse_pending,
    unmet,
)
from carrel.retention.stage import Stage
from carrel.retention.staleness import refuse_growth
from tests.unit.retention.signed import BASIS, DAY, NOW, path, plan, under_way

STANDING = Standing("Ada Example", "koha", "a" * 64, "b" * 64, NOW - DAY, NOW + DAY)


def reasons(of: tuple[Need, ...]) -> list[Reason]:
    return [need.reason for need in of]


def test_an_ordinary_night_under_a_standing_approval_goes_by_itself() -> None:
    assert needs(plan(), under_way(plan()), [STANDING], NOW) == ()


def test_the_first_run_needs_a_person_and_a_rehearsal() -> None:
    found = needs(plan(), History(), [STANDING], NOW)
    assert [(one.reason, one.cure) for one in found] == [
        (Reason.FIRST_RUN, Cure.PERSON),
        (Reason.NOT_REHEARSED, Cure.REHEARSAL),
    ]
    assert reasons(unmet(found, Cleared("Ada"))) == [Reason.NOT_REHEARSED]
    assert reasons(unmet(found, Cleared(None, "Ada"))) == [Reason.FIRST_RUN]
    assert unmet(found, Cleared("Ada", "Ada")) == ()


def test_a_first_run_needs_a_person_until_its_last_stage_is_done() -> None:
    halfway = under_way(plan(), stages=frozenset({Stage.THOUSAND, Stage.TENTH}), rehearsed=None)
    assert reasons(needs(plan(), halfway, [STANDING], NOW)) == [Reason.FIRST_RUN]
    assert reasons(needs(plan(), History(rehearsed=10), [STANDING], NOW)) == [Reason.FIRST_RUN]


def test_a_rehearsal_that_cut_less_than_half_is_told_and_wants_a_waiver() -> None:
    made = plan(states={"due": 101})
    assert reasons(needs(made, History(rehearsed=51), [], NOW)) == [Reason.FIRST_RUN]
    _, small = needs(made, History(rehearsed=50), [], NOW)
    assert (small.reason, small.cure) == (Reason.SMALL_REHEARSAL, Cure.REHEARSAL)
    assert small.line() == (
        "a rehearsal that cut too little, and no recorded waiver: 50 loans cut on the copy, "
        "at least 51 wanted, half of the 101 that are due"
    )
    assert reasons(unmet([small], Cleared("Ada"))) == [Reason.SMALL_REHEARSAL]
    assert unmet([small], Cleared("Ada", "Ada")) == ()


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("policy_digest", Reason.NEW_POLICY),
        ("map_digest", Reason.NEW_MAP),
        ("schema_digest", Reason.NEW_SCHEMA),
        ("product_version", Reason.NEW_PRODUCT),
    ],
)
def test_what_is_new_needs_a_person(field: str, reason: Reason) -> None:
    before = under_way(plan(), basis=replace(BASIS, **{field: "older"}))
    assert reasons(needs(plan(), before, [STANDING], NOW)) == [reason]


def test_a_new_version_of_carrel_makes_plans_stale_but_needs_nobody() -> None:
    before = under_way(plan(), basis=replace(BASIS, carrel_version="0.0.9"))
    assert needs(plan(), before, [STANDING], NOW) == ()


def test_a_new_table_and_a_new_disposition_need_a_person() -> None:
    history = under_way(plan())
    more = plan(paths=(*plan().paths, path("messages")))
    (found,) = needs(more, history, [STANDING], NOW)
    assert (found.reason, found.at) == (Reason.NEW_TABLE, "messages")
    other = plan(paths=(path("statistics", act="delete"), path("old_issues", methods={"borrowernumber": "blank"})))
    found_two = needs(other, history, [STANDING], NOW)
    assert [(one.reason, one.at) for one in found_two] == [
        (Reason.NEW_DISPOSITION, "statistics"),
        (Reason.NEW_DISPOSITION, "old_issues"),
    ]
    second_path = plan(paths=(*plan().paths, path("again", table="statistics")))
    assert reasons(needs(second_path, history, [STANDING], NOW)) == [Reason.NEW_DISPOSITION]


def test_a_count_above_the_bound_needs_a_person_strays_included() -> None:
    grown = plan(paths=(path("statistics", rows=90, strays=11), path("old_issues", rows=100)))
    (found,) = needs(grown, under_way(plan()), [STANDING], NOW)
    assert (found.reason, found.at, found.wanted, found.found) == (
        Reason.ABOVE_BOUND, "statistics", "bound 100", "101 rows",
    )  # fmt: skip
    assert found.line() == "more rows than the bound (statistics): 101 rows, bound 100"


@pytest.mark.parametrize(
    "standing",
    [
        replace(STANDING, system="other"),
        replace(STANDING, policy_digest="0"),
        replace(STANDING, map_digest="0"),
        replace(STANDING, expires_at=NOW),
        replace(STANDING, signed_at=NOW + timedelta(seconds=1)),
    ],
)
def test_a_standing_approval_of_something_else_covers_nothing(standing: Standing) -> None:
    found = needs(plan(), under_way(plan()), [standing], NOW)
    assert reasons(found) == [Reason.NO_STANDING]
    assert unmet(found, Cleared("Ada")) == ()


def test_growth_after_the_approval_is_seen() -> None:
    approved = plan(paths=(path("statistics", rows=150, bound=100), path("old_issues", rows=10, bound=100)))
    assert above_bound(approved, {"statistics": 150, "old_issues": 100}) == ()
    assert above_bound(approved, {"statistics": 151, "old_issues": 101}) == ("statistics", "old_issues")


def test_a_plan_that_waits_is_refused_with_every_reason() -> None:
    with pytest.raises(CarrelError) as refused:
        refuse_pending(plan(), needs(plan(), History(), [], NOW))
    assert (refused.value.code, refused.value.exit) == ("APR-008", Exit.APPROVAL_PENDING)
    assert "first run on this system; no rehearsal" in str(refused.value)
    (told,) = refused.value.faults
    assert told.wanted == f"{Cure.PERSON.value}; {Cure.REHEARSAL.value}"
    refuse_pending(plan(), ())


def test_a_reason_that_many_places_show_is_told_once_with_their_number() -> None:
    new = [Need(Reason.NEW_TABLE, at=name) for name in ("statistics", "reserves", "messages")]
    above = Need(Reason.ABOVE_BOUND, at="old_issues", wanted="bound 100", found="150 rows")
    with pytest.raises(CarrelError) as refused:
        refuse_pending(plan(), [*new, above])
    (told,) = refused.value.faults
    assert told.found == f"new table (3 places); {above.line()}"
    assert told.wanted == Cure.PERSON.value


def test_a_plan_that_was_outgrown_is_refused() -> None:
    refuse_growth(plan(), {"statistics": 100, "old_issues": 100})
    with pytest.raises(CarrelError) as refused:
        refuse_growth(plan(), {"statistics": 101, "old_issues": 100})
    assert (refused.value.code, refused.value.exit) == ("APR-007", Exit.REFUSED)
    assert "more in statistics" in str(refused.value)


def test_a_plan_whose_stages_cut_some_is_outgrown_when_as_many_are_due_as_before() -> None:
    approved = plan(states={"due": 50}, paths=(path("old_issues", rows=50, bound=100),))
    refuse_growth(approved, {"old_issues": 40}, loans="old_issues", cut=10)
    with pytest.raises(CarrelError) as refused:
        refuse_growth(approved, {"old_issues": 41}, loans="old_issues", cut=10)
    assert (refused.value.code, refused.value.faults[0].found) == ("APR-007", "more in old_issues")
    refuse_growth(approved, {"old_issues": 90}, loans="old_issues")  # of a plan with nothing cut, the bound decides
