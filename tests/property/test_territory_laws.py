"""Laws of several policies in one database: a record goes when the first policy that governs it lets it, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.inventory.unit_tree import Unit, UnitTree
from carrel.policy.duration import Duration
from carrel.policy.schedule import Applies, Event, Period
from carrel.retention.compact import compact
from carrel.retention.lifecycle import State, lifecycle
from carrel.retention.predicate import UNITS, AllOf, Always, AnyOf, AtOrBefore, Fact, Holds, Missing, Not, holds
from carrel.retention.records import record_cases
from carrel.retention.territory import Regime, territory
from carrel.systems import policy_files

ZONE = ZoneInfo("America/New_York")
AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOW = AS_OF.astimezone(ZONE).replace(tzinfo=None)
POLICIES = [policy_files.load(name) for name in policy_files.shipped_names()]
BASE = next(one for one in POLICIES if one.name == "worcester").loan_schedule()
BRANCHES = ("A", "B", "C", "D")
KEEPS = tuple(map(Duration.parse, ("session", "7 days", "30 days", "1 month", "90 days", "1 year")))
DAYS = st.sampled_from((0, 1, 6, 7, 8, 29, 30, 31, 32, 90, 91, 365, 367, 800))
times = st.none() | st.builds(lambda days, hours: NOW - timedelta(days=days, hours=hours), DAYS, st.integers(-3, 3))

rules = st.builds(
    lambda rule, keep, settled: replace(
        rule,
        applies=Applies.ANY,
        periods=(Period(keep, AS_OF.date() - timedelta(days=900)),),
        active_until=frozenset({Event.RETURNED, Event.SETTLED}) if settled else frozenset({Event.RETURNED}),
    ),
    st.just(BASE.rules[0]),
    st.sampled_from(KEEPS),
    st.booleans(),
)
schedules = st.one_of(
    st.sampled_from([one.loan_schedule() for one in POLICIES]),
    st.builds(
        lambda rule, refund, consent: replace(BASE, rules=(rule,), refund_window=refund, consent_deadline=consent),
        rules,
        st.sampled_from(KEEPS),
        st.sampled_from(KEEPS),
    ),
)
loans = st.fixed_dictionaries(
    {
        **{fact: st.none() | st.sampled_from((*BRANCHES, "gone")) for fact in UNITS},
        Fact.CLOSED: times,
        Fact.DUE: times,
        Fact.SETTLED: times,
        **{fact: st.booleans() for fact in (Fact.CHARGED, Fact.OWING, Fact.LOST, Fact.DISPUTED, Fact.OPTED_IN)},
    }
)
governed = st.integers(1, 5).flatmap(
    lambda many: st.tuples(
        st.lists(schedules, min_size=many, max_size=many),
        st.fixed_dictionaries(
            {unit: st.sets(st.integers(0, many - 1), min_size=1, max_size=2).map(tuple) for unit in BRANCHES}
        ),
    )
)


def deciding(known, governs, many: int) -> set[int]:
    """The numbers of the policies that speak of a loan, by hand."""
    touched = [known[fact] for fact in UNITS if known[fact] is not None]
    if not touched or any(unit not in governs for unit in touched):
        return set(range(many))
    return {number for unit in touched for number in governs[unit]}


@settings(deadline=None, max_examples=120)
@given(governed, loans)
def test_a_loan_is_due_when_it_is_by_the_first_policy_of_a_unit_it_touches(several, known):
    """At least as protective as each policy of each unit, and never earlier than the earliest of them."""
    each, governs = several
    made = territory((Regime(one) for one in each), governs.items())
    life = lifecycle(each[0], AS_OF, ZONE, territory=made)
    alone = [lifecycle(one, AS_OF, ZONE).state(known) for one in each]
    mine = deciding(known, governs, len(each))
    assert (life.state(known) is State.DUE) == any(alone[number] is State.DUE for number in mine)
    assert holds(life.due, known) == (life.state(known) is State.DUE)
    if life.state(known) is State.CONSENT:
        assert known[Fact.OPTED_IN]
    if life.state(known) is State.OWING:
        assert known[Fact.OWING]


@settings(deadline=None, max_examples=60)
@given(governed, loans, st.integers(0, 400))
def test_passing_time_never_makes_a_due_loan_wait_again(several, known, days):
    each, governs = several
    made = territory((Regime(one) for one in each), governs.items())
    if lifecycle(each[0], AS_OF, ZONE, territory=made).state(known) is State.DUE:
        later = lifecycle(each[0], AS_OF + timedelta(days=days), ZONE, territory=made)
        assert later.state(known) is State.DUE


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(POLICIES), min_size=2, max_size=4), st.data())
def test_another_record_is_due_by_the_first_policy_that_has_a_rule_for_it(policies, data):
    regimes = [Regime(one.loan_schedule(), tuple(one.record_schedules().values())) for one in policies]
    governs = {unit: (data.draw(st.integers(0, len(policies) - 1)),) for unit in BRANCHES}
    life = lifecycle(regimes[0].loans, AS_OF, ZONE, territory=territory(regimes, governs.items()))
    alone = [{(c.record, c.event): c for c in record_cases(one.records, AS_OF, ZONE)} for one in regimes]
    known = data.draw(loans)
    said = {**known, Fact.RETURNED: None, Fact.OWNER: None}
    mine = deciding(said, governs, len(policies))
    for case in life.records:
        due = [alone[n][case.record, case.event].due for n in mine if (case.record, case.event) in alone[n]]
        assert holds(case.due, said) == any(holds(one, said) for one in due)
        assert not holds(case.due, {**said, Fact.CLOSED: case.latest + timedelta(days=1)})


def test_units_with_equal_rules_collapse():
    """Fifty names for one rule are one rule: the condition says nothing of units at all."""
    made = territory((Regime(BASE) for _ in range(50)), ((str(n), (n % 50,)) for n in range(1_000)))
    assert "ByUnit" not in repr(lifecycle(BASE, AS_OF, ZONE, territory=made).cases)


leaves = st.one_of(
    st.booleans().map(lambda value: Always(value=value)),
    st.sampled_from((Holds(Fact.LOST), Missing(Fact.CLOSED), Missing(Fact.SETTLED))),
    st.builds(
        AtOrBefore, st.sampled_from((Fact.CLOSED, Fact.SETTLED)), st.sampled_from([NOW, NOW - timedelta(days=30)])
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(AllOf),
        st.lists(inner, max_size=3).map(tuple).map(AnyOf),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=120)
@given(trees, loans)
def test_a_condition_in_fewer_words_says_the_same(tree, known):
    assert holds(compact(tree), known) == holds(tree, known)
    assert compact(compact(tree)) == compact(tree)


parents = st.dictionaries(st.integers(0, 11), st.lists(st.integers(0, 11), max_size=2), max_size=12)


@settings(deadline=None, max_examples=100)
@given(parents, st.dictionaries(st.integers(0, 11), st.integers(1, 3), max_size=5))
def test_no_unit_is_without_a_policy_and_the_nearest_decides(above, named):
    """In a tree, whose units stand under earlier numbers only."""
    units = [Unit(str(n), f"u{n}", "", tuple(str(m) for m in ups if m < n)) for n, ups in above.items()]
    tree = UnitTree(units)
    said = {str(n): policy for n, policy in named.items()}
    found = tree.governed(said, 0)
    assert set(found) == {one.key for one in units}
    for key, numbers in found.items():
        if key in said:
            assert numbers == (said[key],)
        else:
            ups = [up for up in tree.units[key].above if up in tree.units]
            assert set(numbers) <= {0, *(n for up in ups for n in found[up])}
            if not ups:
                assert numbers == (0,)
            if len(ups) == 1:
                assert numbers == found[ups[0]]
