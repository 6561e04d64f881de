from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.policy.parse import parse_policy
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import resolve

_LOANS_END = "clauses:\n  T-1:"
_HOLDS = """  holds:
    says: What was asked for.
    source: patron
    custodian: the desk
    class: medium
    promised: A while.
    fields:
      patron: {category: institutional id, purpose: lending}
clauses:
  T-1:"""


@pytest.fixture
def refused(parsed):
    """The faults of an edited policy that adopts the small one, or an edited version of it."""

    def refuse(*own, base=()):
        adopted = resolve(parsed(("policy: minimal", "policy: base"), *base, name="base.yaml"))
        with pytest.raises(CarrelError) as refused:
            resolve(parsed(*own), [adopted])
        return refused.value.faults

    return refuse


def test_an_equal_policy_may_adopt(parsed) -> None:
    base = resolve(parsed(name="base.yaml"))
    own = resolve(parsed(), [base])
    assert own.adopted == (base,)
    assert own.digest != base.digest  # what is adopted is part of what holds


@pytest.mark.parametrize(
    "stricter",
    [
        [("keep: 7 days", "keep: 160 hours")],
        [("active until: [returned, settled]", "active until: [returned]")],
        [("{at most: 10 days}", "none")],
        [("{at most: 10 days}", "{at most: 1 week}")],
        [("charges: part title and item", "charges: lose the card")],
        [("event detail: second", "event detail: day"), ("event times: keep", "event times: generalise")],
        [("ceiling: 30 days", "ceiling: 20 days")],
        [("refund window: 10 days", "refund window: 0 days")],
        [("  lending:\n    says: To lend.", "  lending:\n    basis: opt-in\n    says: To lend.")],
        [("{says: Harmless.}", "{says: Harmless., ceiling: 6 years}")],
    ],
)
def test_a_stricter_policy_may_adopt(parsed, stricter) -> None:
    assert resolve(parsed(*stricter), [resolve(parsed(name="base.yaml"))])


@pytest.mark.parametrize(
    ("laxer", "at", "there"),
    [
        ([("keep: 7 days", "keep: 8 days")], "policy.yaml:36:15", "base.yaml:36"),
        ([("ceiling: 5 years", "ceiling: 6 years")], "policy.yaml:16:37", "base.yaml:16"),
        ([(", ceiling: 5 years", "")], "policy.yaml:16:11", "base.yaml:16"),
        ([("{at most: 10 days}", "{at most: 11 days}")], "policy.yaml:39:20", "base.yaml:39"),
        ([("refund window: 10 days", "refund window: 11 days")], "policy.yaml:41:20", "base.yaml:41"),
        ([("{deadline: 20 days}", "{deadline: 21 days}")], "policy.yaml:42:26", "base.yaml:42"),
        (
            [("  lending:\n    says: To lend.", "  lending:\n    says: To lend.\n  sale:\n    says: To sell.")],
            "policy.yaml:13:3",
            "base.yaml:10",
        ),
        ([("keep: 7 days", "keep: 7 days\n        reaches back: false")], "policy.yaml:37:23", "base.yaml:33"),
    ],
)
def test_a_laxer_policy_is_refused_with_both_places(refused, laxer, at: str, there: str) -> None:
    (fault,) = refused(*laxer)
    assert (fault.condition.code, fault.at) == ("POL-017", at)
    assert f"({there})" in fault.wanted
    assert fault.because == "minimal adopts base and may only be stricter"


@pytest.mark.parametrize(
    ("stricter_base", "code"),
    [
        ([("active until: [returned, settled]", "active until: [returned]")], "POL-017"),
        ([("{at most: 10 days}", "none")], "POL-017"),
        ([("charges: part title and item", "charges: lose the card")], "POL-017"),
        ([("event detail: second", "event detail: day"), ("event times: keep", "event times: generalise")], "POL-017"),
        ([("  lending:\n    says: To lend.", "  lending:\n    basis: opt-in\n    says: To lend.")], "POL-017"),
        (
            [
                ("then: de-identify", "then: delete"),
                ("        methods: {patron: remove, item: keep, event times: keep}\n", ""),
            ],
            "POL-017",
        ),
    ],
)
def test_a_base_that_is_stricter_binds(refused, stricter_base, code: str) -> None:
    (fault,) = refused(base=stricter_base)
    assert fault.condition.code == code
    assert "base.yaml:" in fault.wanted


def test_a_floor_of_the_base_binds_and_may_not_be_lowered(refused) -> None:
    floors = "floors:\n  borrowing:\n    all of: [institutional id, circulation record]\n    class: high\n"
    lower = ("custodian: the desk\n    class: high", "custodian: the desk\n    class: medium")
    faults = refused((floors, ""), lower)
    assert {fault.condition.code for fault in faults} == {"POL-011", "POL-017"}  # below the floor, and below its class
    assert any("base.yaml" in fault.because for fault in faults if fault.condition.code == "POL-011")
    faults = refused((floors, floors.replace("class: high", "class: low")), lower)
    assert [fault.condition.code for fault in faults].count("POL-017") == 2


def test_what_is_not_restated_is_taken_over(parsed, minimal: str) -> None:
    base = resolve(parsed((_LOANS_END, _HOLDS), name="base.yaml"))
    own = resolve(parsed(), [base])
    assert RecordType.HOLDS in own.datasets
    assert own.datasets[RecordType.HOLDS].document is base.document
    assert own.datasets[RecordType.LOANS].document is own.document


def _without_loans(minimal: str, *changes: tuple[str, str]) -> str:
    text = (
        minimal[: minimal.index("  loans:")] + _HOLDS[: -len(_LOANS_END)] + minimal[minimal.index("clauses:\n  T-1:") :]
    )
    text = text.replace(
        "  T-3:\n    says: Loans are kept a week.\n    carried by: [records.loans.retention.closed loans]\n", ""
    )
    for old, new in changes:
        text = text.replace(old, new)
    return text


def test_adopted_loans_are_scheduled_under_the_adopting_policy(parsed, minimal: str) -> None:
    base = resolve(parsed(name="base.yaml"))
    own = resolve(parse_policy(_without_loans(minimal, ("policy: minimal", "policy: branch")), "policy.yaml"), [base])
    schedule = own.loan_schedule()
    assert (schedule.policy, schedule.digest) == ("branch", own.digest)
    assert schedule.rules == base.loan_schedule().rules


def test_adopted_loans_above_a_stricter_ceiling_are_refused(parsed, minimal: str) -> None:
    base = resolve(parsed(name="base.yaml"))
    own = parse_policy(_without_loans(minimal, ("ceiling: 30 days", "ceiling: 5 days")), "policy.yaml")
    with pytest.raises(CarrelError) as refused:
        resolve(own, [base])
    assert refused.value.code == "POL-012"


def test_two_adopted_policies_that_differ_must_be_restated(parsed, minimal: str) -> None:
    one, other = (resolve(parsed(("keep: 7 days", f"keep: {n} days"), name=f"{n}.yaml")) for n in (5, 6))
    with pytest.raises(CarrelError) as refused:
        resolve(parse_policy(_without_loans(minimal), "policy.yaml"), [one, other])
    assert refused.value.code == "POL-017"
    assert resolve(parsed(("keep: 7 days", "keep: 5 days")), [one, other])


def test_a_policy_without_loans_has_no_schedule(minimal: str) -> None:
    with pytest.raises(CarrelError) as refused:
        resolve(parse_policy(_without_loans(minimal), "policy.yaml")).loan_schedule()
    assert refused.value.code == "POL-021"


def test_an_expired_exception_gives_way_to_the_ceiling(parsed) -> None:
    exception = (
        "exceptions:\n  - {id: audit, rule: closed loans, reason: R, approver: A, expires: 2026-06-01}\n" + _LOANS_END
    )
    (rule,) = resolve(parsed(("keep: 7 days", "keep: 60 days"), (_LOANS_END, exception))).loan_schedule().rules
    assert [(str(period.keep), period.since.isoformat()) for period in rule.periods] == [
        ("60 days", "2026-01-01"),
        ("30 days", "2026-06-01"),
    ]
    assert rule.periods[-1].reaches_back


def test_an_exception_that_is_not_needed_changes_nothing(parsed) -> None:
    exception = (
        "exceptions:\n  - {id: audit, rule: closed loans, reason: R, approver: A, expires: 2026-06-01}\n" + _LOANS_END
    )
    (rule,) = resolve(parsed((_LOANS_END, exception))).loan_schedule().rules
    assert [str(period.keep) for period in rule.periods] == ["7 days"]


def test_earlier_versions_come_first_in_the_schedule(parsed) -> None:
    earlier = "keep: 7 days\n        since: 2026-03-01\n        earlier: [{keep: 30 days, since: 2025-01-01, reaches back: false}]"
    first = ("approved: 2026-01-01", "approved: 2026-03-01\nfirst approved: 2025-01-01")
    (rule,) = resolve(parsed(("keep: 7 days", earlier), first)).loan_schedule().rules
    assert [(str(p.keep), p.since.isoformat(), p.reaches_back) for p in rule.periods] == [
        ("30 days", "2025-01-01", False),
        ("7 days", "2026-03-01", True),
    ]


def test_the_digest_follows_the_meaning(parsed, minimal: str) -> None:
    digest = resolve(parsed()).digest
    assert resolve(parsed(("keep: 7 days", "keep: 7 days  # a week"))).digest == digest
    assert (
        resolve(parsed(("active until", "applies: any\n        active until"))).digest == digest
    )  # a default written out
    assert resolve(parsed(("keep: 7 days", "keep: 6 days"))).digest != digest
    assert resolve(parsed(("To lend.", "To lend"))).digest != digest


def test_an_adopted_policy_binds_by_what_it_took_over_itself(parsed, minimal: str) -> None:
    institute = resolve(parsed(("policy: minimal", "policy: institute"), (_LOANS_END, _HOLDS), name="institute.yaml"))
    library = resolve(
        parse_policy(
            _without_loans(minimal, ("policy: minimal", "policy: library"), ("class: medium", "class: high")),
            "library.yaml",
        ),
        [institute],
    )
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(("keep: 7 days", "keep: 8 days")), [library])
    (fault,) = refused.value.faults
    assert (fault.condition.code, fault.wanted) == ("POL-017", "at most 7 days (institute.yaml:36)")
    assert resolve(parsed(), [library])


def _divided(minimal: str, on_time: str, late: str) -> str:
    start, end = minimal.index("      - id: closed loans"), minimal.index("    last borrower:")
    rule = minimal[start:end]
    first = rule.replace("keep: 7 days", f"applies: on time\n        keep: {on_time}")
    second = rule.replace("keep: 7 days", f"applies: late or charged\n        keep: {late}").replace(
        "id: closed", "id: late"
    )
    return minimal[:start] + first + second + minimal[end:]


@pytest.mark.parametrize(
    ("own", "base", "laxer"),
    [
        (("5 days", "9 days"), ("5 days", "9 days"), 0),
        (("6 days", "9 days"), ("5 days", "9 days"), 1),
        (("6 days", "10 days"), ("5 days", "9 days"), 2),
        (("9 days", "5 days"), ("5 days", "9 days"), 1),
    ],
)
def test_divided_rules_are_compared_kind_by_kind(minimal: str, own, base, laxer: int) -> None:
    adopted = resolve(parse_policy(_divided(minimal, *base), "base.yaml"))
    document = parse_policy(_divided(minimal, *own), "policy.yaml")
    if not laxer:
        assert resolve(document, [adopted])
        return
    with pytest.raises(CarrelError) as refused:
        resolve(document, [adopted])
    assert [fault.condition.code for fault in refused.value.faults] == ["POL-017"] * laxer


def test_one_rule_for_all_is_compared_with_both_of_a_divided_policy(parsed, minimal: str) -> None:
    adopted = resolve(parse_policy(_divided(minimal, "5 days", "9 days"), "base.yaml"))
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(), [adopted])
    (fault,) = refused.value.faults
    assert fault.wanted.startswith("at most 5 days")


def _notices(channels: str) -> tuple[str, str]:
    return _LOANS_END, (
        "  notices:\n    says: Letters.\n    source: library\n    custodian: the desk\n    class: high\n"
        f"    promised: A while.\n{channels}    fields:\n"
        f"      patron: {{category: institutional id, purpose: lending}}\n{_LOANS_END}"
    )


@pytest.mark.parametrize(
    ("own", "laxer"),
    [
        ("    channels: {pickup: [email]}\n", ""),
        ("    channels: {pickup: [email, mail], overdue: [phone]}\n", ""),
        ("    channels: {pickup: [email, text message]}\n", "text message"),
        ("", "none"),
    ],
)
def test_a_list_of_channels_may_lose_some_and_win_none(parsed, own: str, laxer: str) -> None:
    base = resolve(
        parsed(
            ("policy: minimal", "policy: base"), _notices("    channels: {pickup: [email, mail]}\n"), name="base.yaml"
        )
    )
    if not laxer:
        assert resolve(parsed(_notices(own)), [base])
        return
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(_notices(own)), [base])
    (fault,) = refused.value.faults
    assert (fault.condition.code, fault.found) == ("POL-017", laxer)


_PAYER = "    finance schedule: {{cited: Series 12, requires: {requires}, keep: {keep}}}\n    event detail: second"


def _payer(requires: str, keep: str) -> tuple[str, str]:
    return "    event detail: second", _PAYER.format(requires=requires, keep=keep)


def test_a_finance_schedule_may_only_require_less(parsed, refused) -> None:
    base = [_payer("[name, email address]", "7 years")]
    assert resolve(parsed(_payer("[name]", "6 years")), [resolve(parsed(*base, name="base.yaml"))])
    assert resolve(parsed(_payer("[name]", "6 years")), [resolve(parsed(name="base.yaml"))])
    for own in ((), (_payer("[name]", "8 years"),), (_payer("[birth date]", "7 years"),)):
        [fault] = refused(*own, base=base)
        assert fault.condition.code == "POL-017"
