"""How a database with several policies is cut: never laxer than any, told where it is stricter, refused where it cannot be."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.policy.duration import Duration
from carrel.policy.parse import parse_policy
from carrel.policy.resolve import Policy, resolve
from carrel.policy.schedule import Charges, Disposition, Method
from carrel.retention.common_way import common_way, shortest
from carrel.retention.consortium import NamedPolicy, in_force
from carrel.retention.laxity import laxer_points
from carrel.systems import policy_files

MINIMAL = (Path(__file__).parents[1] / "policy" / "minimal.yaml").read_text(encoding="utf-8")
SHIPPED = [policy_files.load(name) for name in policy_files.shipped_names()]


def policy(name: str, *changes: tuple[str, str]) -> Policy:
    text = MINIMAL.replace("policy: minimal", f"policy: {name}")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return resolve(parse_policy(text, f"{name}.yaml"))


DELETES = policy(
    "deletes",
    ("then: de-identify\n        methods: {patron: remove, item: keep, event times: keep}", "then: delete"),
)
BY_DAY = policy(
    "by-day", ("event detail: second", "event detail: day"), ("event times: keep}", "event times: generalise}")
)
CARD = policy("card", ("charges: part title and item", "charges: lose the card"))
SHORT = policy("short", ("last borrower: {at most: 10 days}", "last borrower: {at most: 9 days}"))
NEVER = policy("never", ("    last borrower: {at most: 10 days}\n", "    last borrower: {}\n"))
EACH = [policy("plain"), DELETES, BY_DAY, CARD, SHORT, NEVER]
ORDER = [Method.KEEP, Method.PSEUDONYMISE, Method.GENERALISE, Method.REMOVE]


@pytest.mark.parametrize("several", [*itertools.combinations(EACH, 2), *itertools.permutations(SHIPPED, 2), EACH])
def test_the_common_way_is_laxer_than_no_policy(several):
    made = common_way(several, "d").schedule
    for one in several:
        mine = one.loan_schedule()
        if mine.rules[0].disposition is Disposition.DELETE:
            assert made.rules[0].disposition is Disposition.DELETE
        elif made.rules[0].disposition is not Disposition.DELETE:
            done = dict(made.rules[0].methods)
            assert all(ORDER.index(done[name]) >= ORDER.index(method) for name, method in mine.rules[0].methods)
        assert made.charges is Charges.LOSE_CARD or mine.charges is Charges.PART
        assert made.event_detail == "day" or mine.event_detail == "second"
        limit, theirs = made.last_borrower.at_most, mine.last_borrower.at_most
        assert limit is None or (theirs is not None and limit.within(theirs))
        rules = {(kind, rule.active_until) for kind, found in one.record_schedules().items() for rule in found.rules}
        common = common_way(several, "d").records
        assert rules <= {(kind, rule.active_until) for kind, found in common.items() for rule in found.rules}


def test_each_point_that_is_stricter_is_told_with_who_asks_for_it():
    told = {one.line() for one in common_way([policy("plain"), CARD], "d").stricter}
    assert told == {"plain: charges: 'lose the card' in place of 'part title and item', because card asks for it"}
    told = {one.line() for one in common_way([policy("plain"), DELETES], "d").stricter}
    assert told == {"plain: loans: 'delete' in place of 'de-identify', because deletes asks for it"}
    assert common_way([policy("plain"), policy("other")], "d").stricter == ()


def test_a_duty_to_keep_is_weakened_by_nobody():
    finance = (
        "charges: part title and item\n",
        "charges: part title and item\n    finance schedule: {cited: City Code 7, requires: [name], keep: 6 years}\n",
    )
    bound = policy("bound", finance)
    for other in (policy("plain"), CARD):
        with pytest.raises(CarrelError) as wrong:
            common_way([other, bound], "d")
        assert [one.condition.code for one in wrong.value.faults] == ["UNT-005"]
    assert common_way([policy("same", finance), bound], "d").schedule.finance is not None


@pytest.mark.parametrize(
    ("periods", "wanted"),
    [
        (("30 days", "7 days"), "7 days"),
        (("30 days", "1 month"), "28 days"),
        (("1 year", "1 month", "2 years"), "1 month"),
        (("session", "1 hour"), "session"),
    ],
)
def test_the_shortest_period_is_within_all(periods, wanted):
    each = [Duration.parse(one) for one in periods]
    assert str(shortest(each)) == wanted
    assert all(shortest(each).within(one) for one in each)


def test_the_digest_is_that_of_all_policies_and_of_one_alone_its_own():
    site, other = policy("plain"), policy("other")
    assert in_force(site, ()).digest == site.digest
    one = in_force(site, [NamedPolicy("A", "line", other)])
    two = in_force(site, [NamedPolicy("B", "line", other)])
    assert len({site.digest, one.digest, two.digest}) == 3
    assert in_force(site, [NamedPolicy("A", "1", other), NamedPolicy("B", "2", other)]).policies == (site, other)
    assert in_force(site, [NamedPolicy("A", "1", site)]).policies == (site,)


@pytest.mark.parametrize(
    ("asked", "point"),
    [(DELETES, "loans: 'de-identify'"), (BY_DAY, "event times"), (CARD, "charges"), (SHORT, "last borrower"),
     (NEVER, "last borrower")],
)  # fmt: skip
def test_a_way_that_does_not_serve_a_policy_is_told_as_laxer(asked: Policy, point: str) -> None:
    """Whatever is made of a policy and others serves it; what was made without it need not."""
    mild = policy("mild")
    without = common_way((mild,), mild.digest)
    assert any(point in one for one in laxer_points(without, asked))
    assert laxer_points(common_way((mild, asked), mild.digest), asked) == ()
