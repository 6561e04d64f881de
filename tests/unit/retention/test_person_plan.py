"""Plans that change one person's record: as a file, as a signed text, and never taken for an erasure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from carrel.errors import CarrelError
from carrel.retention.approval import Kind, parse
from carrel.retention.clearance import weigh
from carrel.retention.erasure_approval import approver, of_erasure
from carrel.retention.person_plan import KINDS, Change, PersonPlan, Remaining, refuse_held, refuse_triggers
from carrel.retention.signed_approval import sign
from tests.unit.retention.test_approval import ADA, DAY, NOW, PEOPLE, plan


def correction(**changes) -> PersonPlan:
    loans = plan()
    made = PersonPlan(
        Kind.RECTIFICATION,
        "case-abcdefghijkl",
        loans.system,
        loans.policy,
        loans.made_at,
        loans.made_by,
        loans.basis,
        (Change("email address: main", "borrowers", "email", "changed", 1),),
        (Remaining("old values", "action_logs", 2, "the audit log"),),
        ("a note",),
    )
    return replace(made, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_signed_as_what_it_is(kind: Kind) -> None:
    made = correction(kind=kind, terms={"keep": "yes"})
    signed = of_erasure(made, ADA, NOW, NOW + DAY, kind)
    assert parse(signed.text()) == signed
    assert "counts: keep: yes\ncounts: borrowers.email: changed, 1 row\n" in signed.text()
    note = sign(signed, ADA.signer)
    assert approver(made, [note], PEOPLE, NOW, kind) == "Ada Example"
    assert approver(made, [note], PEOPLE, NOW) is None  # as an erasure
    assert approver(replace(made, terms={"keep": "no"}), [note], PEOPLE, NOW, kind) is None
    assert weigh(plan(), [note], PEOPLE, NOW).cleared.by is None


def test_a_plan_comes_back_from_its_file_and_any_change_is_seen() -> None:
    body = json.loads(json.dumps(correction().as_dict()))
    assert PersonPlan.from_dict(body) == correction()
    for wrong in (
        {"case": "case-x"},
        {"kind": "erasure"},
        {"more": 1},
        {"changes": [{"rows": 1}]},
        {"format_version": 2},
    ):
        with pytest.raises(ValueError, match=r"plan|Kind"):
            PersonPlan.from_dict({**body, **wrong})


def test_what_refuses_it_is_told() -> None:
    refuse_held("koha", held=False)
    refuse_triggers("koha", ())
    with pytest.raises(CarrelError) as told:
        refuse_held("koha", held=True)
    assert told.value.code == "REQ-004"
    with pytest.raises(CarrelError) as told:
        refuse_triggers("koha", ("a: b", "c: d"))
    assert [one.at for one in told.value.faults] == ["koha: a: b", "koha: c: d"]
