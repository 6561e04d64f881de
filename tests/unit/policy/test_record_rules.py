"""Rules for records of other kinds than loans: read, checked, adopted, compared, printed and worked out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from carrel.errors import CarrelError
from carrel.policy.difference import Change, differences
from carrel.policy.lint import Open, lint
from carrel.policy.printout import printout
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import resolve
from carrel.policy.schedule import Disposition, RecordEvent

_END = "clauses:\n  T-1:"
_FIRST = ("approved: 2026-01-01\n", "approved: 2026-01-01\nfirst approved: 2025-01-01\n")


def holds(keep: str = "20 days", then: str = "delete", more: str = "", rules: str | None = None, said: str = "") -> str:
    ruled = f"""    retention:
      - id: closed holds
        active until: ended
        keep: {keep}
        then: {then}
{more}"""
    return f"""  holds:
    says: What was asked for.
    source: patron
    custodian: the desk
    class: high
{said}{ruled if rules is None else rules}    fields:
      patron: {{category: institutional id, purpose: lending}}
"""


def with_holds(**words):
    return (_END, holds(**words) + _END)


def codes(refused) -> list[str]:
    return [one.condition.code for one in refused.value.faults]


def test_a_rule_becomes_a_schedule(parsed) -> None:
    more = "        since: 2026-02-01\n        earlier: [{keep: 1 month, since: 2025-01-01, reaches back: false}]\n"
    policy = resolve(parsed(_FIRST, with_holds(more=more)))
    [schedule] = policy.record_schedules().values()
    [rule] = schedule.rules
    assert list(policy.record_schedules()) == [RecordType.HOLDS]
    assert (schedule.record, rule.active_until, rule.disposition) == ("holds", RecordEvent.ENDED, Disposition.DELETE)
    assert [(str(one.keep), one.since, one.reaches_back) for one in rule.periods] == [
        ("1 month", date(2025, 1, 1), False),
        ("20 days", date(2026, 2, 1), True),
    ]
    assert schedule.of(RecordEvent.SENT) is None


def test_loans_alone_have_no_other_schedule(parsed) -> None:
    assert not resolve(parsed()).record_schedules()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"rules": ""}, "POL-008"),  # neither rule nor promise
        ({"keep": "31 days"}, "POL-012"),  # above the ceiling of high risk
        ({"more": "      - {id: twice, active until: ended, keep: 1 day, then: delete}\n"}, "POL-006"),
        ({"more": "        earlier: [{keep: 1 day, since: 2999-01-01}]\n"}, "POL-014"),
        ({"more": "        since: 2025-12-31\n"}, "POL-014"),  # before the policy was approved
        ({"more": "        earlier: [{keep: 1 day, since: 2025-12-31}]\n"}, "POL-014"),
        ({"then": "burn"}, "POL-009"),
    ],
)
def test_what_does_not_agree_is_refused(parsed, words, code) -> None:
    with pytest.raises(CarrelError) as refused:
        parsed(with_holds(**words))
    assert code in codes(refused)


def test_words_may_stand_beside_a_rule(parsed) -> None:
    assert resolve(parsed(with_holds(said="    promised: On paper, a day.\n"))).record_schedules()


@pytest.mark.parametrize(
    ("own", "base"),
    [
        ({"keep": "19 days"}, {}),
        ({"then": "delete"}, {"then": "de-identify"}),
        ({}, {"more": "        reaches back: false\n"}),
    ],
)
def test_an_adopting_policy_may_shorten(parsed, own, base) -> None:
    assert resolve(parsed(with_holds(**own)), [resolve(parsed(with_holds(**base), name="base.yaml"))])


@pytest.mark.parametrize(
    ("own", "base", "found"),
    [
        ({"keep": "21 days"}, {}, "21 days"),
        ({"then": "de-identify"}, {}, "de-identify"),
        ({"more": "        reaches back: false\n"}, {}, "false"),
        ({"rules": "", "said": "    promised: For a while.\n"}, {}, "none"),
    ],
)
def test_a_laxer_rule_is_refused(parsed, own, base, found) -> None:
    adopted = resolve(parsed(with_holds(**base), name="base.yaml"))
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(with_holds(**own)), [adopted])
    assert [(one.condition.code, one.found) for one in refused.value.faults] == [("POL-017", found)]


def test_a_kind_that_is_not_restated_is_taken_over(parsed) -> None:
    policy = resolve(parsed(), [resolve(parsed(with_holds(), name="base.yaml"))])
    assert list(policy.record_schedules()) == [RecordType.HOLDS]


def test_a_taken_over_rule_stands_under_the_own_ceiling(parsed) -> None:
    adopted = resolve(parsed(with_holds(), name="base.yaml"))
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(("ceiling: 30 days", "ceiling: 10 days"), ("keep: 7 days", "keep: 6 days")), [adopted])
    assert "POL-012" in codes(refused)


def test_differences_are_told_both_ways(parsed) -> None:
    short, long = (resolve(parsed(with_holds(keep=keep))) for keep in ("10 days", "20 days"))
    [there] = [one for one in differences(long, short) if one.subject.startswith("holds")]
    [back] = [one for one in differences(short, long) if one.subject.startswith("holds")]
    assert (there.change, back.change) == (Change.SHORTER, Change.LONGER)
    assert there.says == "holds, kept after it is ended: 10 days instead of 20 days"
    assert not differences(short, short)
    words = resolve(parsed(with_holds(rules="", said="    promised: A while.\n")))
    assert Change.DROPPED in {one.change for one in differences(short, words)}
    assert Change.NEW in {one.change for one in differences(words, short)}


def test_it_is_printed_and_linted(parsed) -> None:
    policy = resolve(parsed(with_holds(more="        since: 2999-01-01\n        chosen: [keep]\n")))
    assert "closed holds: deleted 20 days after it is ended." in printout(policy)
    kinds = [
        one.kind for one in lint(policy, datetime.now(UTC).date()) if "closed holds" in one.says or "'keep'" in one.says
    ]
    assert Open.NOT_IN_FORCE in kinds
    assert Open.CHOSEN in kinds
