"""Laws of the interlocks: what always needs a person, who never counts as one, and that no changed byte goes through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.retention.approval import of_plan, parse, standing_for
from carrel.retention.bound import bound
from carrel.retention.clearance import Weighed, weigh
from carrel.retention.interlock import Cleared, Cure, History, Reason, Standing, needs, unmet
from carrel.retention.plan import Plan
from carrel.retention.rehearsal import Rehearsal, lacking
from carrel.retention.signed_approval import sign, verify
from carrel.retention.stage import Stage, next_step
from carrel.retention.staleness import Stale, stale
from carrel.store.store import Store
from tests.unit.retention.signed import BASIS, DAY, NOW, PEOPLE, Colleague, path, plan, under_way

ROWS = st.integers(0, 10**9)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = draw(st.lists(st.sampled_from(["old_issues", "statistics", "messages", "bills"]), unique=True, min_size=1))
    paths = tuple(path(name, draw(ROWS), draw(ROWS), strays=draw(st.integers(0, 9))) for name in names)
    return plan(paths=paths, made_by=draw(st.sampled_from([one.name for one in PEOPLE])))


@st.composite
def histories(draw: st.DrawFn, of: Plan) -> History:
    return draw(
        st.sampled_from(
            [
                History(),
                under_way(of),
                under_way(of, stages=frozenset({Stage.THOUSAND})),
                under_way(of, basis=replace(BASIS, map_digest="0")),
                History(rehearsed=draw(st.integers(0, 200))),
            ]
        )
    )


STANDING = Standing("Ada Example", "koha", "a" * 64, "b" * 64, NOW - DAY, NOW + DAY)


@given(st.data(), plans())
def test_a_plan_above_its_bound_always_needs_a_person(data: st.DataObject, made: Plan) -> None:
    above = [one for one in made.paths if one.rows + one.strays > one.bound]
    needed = needs(made, data.draw(histories(made)), [STANDING] * data.draw(st.integers(0, 2)), NOW)
    assert {one.at for one in needed if one.reason is Reason.ABOVE_BOUND} == {one.path for one in above}
    if above:
        assert unmet(needed, Cleared(rehearsal_waived_by="Ada Example")) != ()


@given(st.data(), plans(), st.integers(1, 10**6))
def test_no_need_goes_away_by_adding_rows(data: st.DataObject, made: Plan, more: int) -> None:
    history = data.draw(histories(made))
    grown = replace(made, paths=tuple(replace(one, rows=one.rows + more) for one in made.paths))
    before = {(one.reason, one.at) for one in needs(made, history, [STANDING], NOW)}
    assert before <= {(one.reason, one.at) for one in needs(grown, history, [STANDING], NOW)}


@given(plans(), st.none() | st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_a_rehearsal_stands_in_for_a_waiver_only_when_it_cut_half_of_what_is_due(
    made: Plan, cut: int | None, due: int, more: int
) -> None:
    def open_cures(loans: int) -> set[Cure]:
        of = replace(made, states={"due": loans})
        return {one.cure for one in unmet(needs(of, History(rehearsed=cut), [], NOW), Cleared(by="Ada Example"))}

    assert (Cure.REHEARSAL in open_cures(due)) == (cut is None or 2 * cut < due)
    assert open_cures(due) <= open_cures(due + more)  # what is open stays open when more is due


@given(st.builds(Rehearsal, st.integers(0, 200), st.integers(0, 50), clean=st.booleans()), st.integers(0, 200))
def test_a_rehearsal_that_showed_nothing_lacks_something(done: Rehearsal, due: int) -> None:
    counts = done.clean and done.swept > 0 and 2 * done.loans >= due
    assert (lacking(done, due) == ()) == counts
    assert done.sound or lacking(done, due)


@given(plans(), st.sampled_from(PEOPLE), st.booleans())
def test_nothing_signed_by_the_planner_ever_counts(made: Plan, signer: Colleague, standing: bool) -> None:
    make = standing_for if standing else of_plan
    weighed: Weighed = weigh(made, [sign(make(made, signer, NOW, NOW + DAY), signer.signer)], PEOPLE, NOW)
    counts = bool(weighed.cleared.by or weighed.standing)
    assert counts == (signer.name != made.made_by and "approve" in signer.may)
    assert counts != bool(weighed.refused)


@given(plans(), st.data())
def test_any_changed_character_of_a_signed_approval_is_refused(made: Plan, data: st.DataObject) -> None:
    planned = replace(made, made_by="Cal Example")
    note = sign(of_plan(planned, PEOPLE[0], NOW, NOW + DAY), PEOPLE[0].signer)
    place = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters(codec="utf-8", exclude_categories=("Cs",)))
    assume(letter != note[place])
    changed = note[:place] + letter + note[place + 1 :]
    with pytest.raises(CarrelError):
        verify(changed, PEOPLE, NOW)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("site")) as opened:
        yield opened


@given(plans(), st.data())
def test_any_changed_byte_of_a_plan_file_is_refused(store: Store, made: Plan, data: st.DataObject) -> None:
    store.plans.record(made, NOW)
    content = json.dumps(made.as_dict(), indent=1).encode()
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    try:
        body: Any = json.loads(changed)
    except ValueError:
        return  # no JSON any more
    assume(json.dumps(body) != json.dumps(json.loads(content)))  # only white space between values
    with pytest.raises(CarrelError) as refused:
        store.plans.check(body, "plan.json")
    assert refused.value.code in {"APR-001", "STO-005"}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("T01:00:00+00:00", " 01:00:00+00:00"), ('"format_version": 1', '"format_version": 1.0'), ("+00:00", "Z")],
)
def test_a_value_written_otherwise_is_refused_too(store: Store, was: str, becomes: str) -> None:
    store.plans.record(plan(), NOW)
    text = json.dumps(plan().as_dict())
    assert was in text
    with pytest.raises(CarrelError) as refused:
        store.plans.check(json.loads(text.replace(was, becomes)), "plan.json")
    assert refused.value.code == "APR-001"


@given(WORDS, WORDS, WORDS)
def test_an_approval_is_read_back_whatever_its_fields_hold(policy: str, name: str, reason: str) -> None:
    someone = replace(PEOPLE[0], name=name)
    made = of_plan(plan(policy=policy, made_by=name), someone, NOW, NOW + DAY, waive_rehearsal=reason)
    assert parse(made.text()) == made


@given(st.integers(0, 10**8))
def test_a_first_run_ends_in_at_most_four_steps_that_grow(due: int) -> None:
    done: list[Stage] = []
    sizes = []
    while step := next_step(done, due):
        size = due if step.at_most is None else step.at_most
        assert 0 <= size <= due
        sizes.append(size)
        due -= size
        done.append(step.stage)
    assert due == 0
    assert len(sizes) <= 4
    assert sizes[:-1] == sorted(set(sizes[:-1]))
    assert sorted(done, key=list(Stage).index) == done


@given(st.lists(st.integers(0, 10**7), max_size=30), st.integers(0, 10**9), st.randoms(use_true_random=False))
def test_a_bound_is_never_below_the_floor_and_does_not_depend_on_order(
    earlier: list[int], table: int, random: Any
) -> None:
    found = bound(earlier, table)
    assert found >= 100
    last = earlier[-14:]
    random.shuffle(last)
    assert bound(last, table) == found


@settings(max_examples=50)
@given(st.integers(0, 100), st.integers(0, 1000))
def test_a_plan_that_is_too_old_stays_too_old(hours: int, later: int) -> None:
    moment = NOW + timedelta(hours=hours)
    if Stale.TOO_OLD in stale(plan(), BASIS, moment):
        assert Stale.TOO_OLD in stale(plan(), BASIS, moment + timedelta(hours=later))
