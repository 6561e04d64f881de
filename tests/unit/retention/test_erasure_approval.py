"""Approvals of an erasure: of exactly this plan, by somebody else, never standing; and its plan as a file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from carrel.errors import CarrelError
from carrel.retention.approval import of_plan, parse, standing_for
from carrel.retention.clearance import weigh
from carrel.retention.erasure import HELD, STAND_IN, ErasurePlan, Going, Staying, refuse
from carrel.retention.erasure_approval import approver, of_erasure, refuse_unapproved
from carrel.retention.signed_approval import sign, verify
from tests.unit.retention.test_approval import ADA, DAY, NOW, PEOPLE, plan


def erasure(**changes) -> ErasurePlan:
    loans = plan()
    going = Going("messages", "delete", "borrowernumber", {}, 3, "it is the person's")
    made = ErasurePlan(
        "case-abcdefghijkl",
        loans.system,
        loans.policy,
        loans.made_at,
        loans.made_by,
        loans.basis,
        (going,),
        (),
        (),
        (),
        (),
    )
    return replace(made, **changes)


def test_its_text_says_what_goes_and_is_read_back_as_it_was_written() -> None:
    made = of_erasure(erasure(), ADA, NOW, NOW + DAY)
    assert "kind: erasure\n" in made.text()
    assert "counts: case case-abcdefghijkl: one person\ncounts: messages: delete 3 rows\n" in made.text()
    assert parse(made.text()) == made
    assert verify(sign(made, ADA.signer), PEOPLE, NOW) == made


def test_only_an_approval_of_exactly_this_plan_counts() -> None:
    note = sign(of_erasure(erasure(), ADA, NOW, NOW + DAY), ADA.signer)
    assert approver(erasure(), [note], PEOPLE, NOW) == "Ada Example"
    assert approver(erasure(case="case-mnopqrstuvwx"), [note], PEOPLE, NOW) is None
    assert approver(erasure(made_by="Ada Example"), [note], PEOPLE, NOW) is None
    assert approver(erasure(), [note], PEOPLE, NOW + DAY) is None
    assert approver(erasure(), [note.replace("3 rows", "1 row")], PEOPLE, NOW) is None
    others = [
        sign(of_plan(plan(), ADA, NOW, NOW + DAY), ADA.signer),
        sign(standing_for(plan(), ADA, NOW, NOW + DAY), ADA.signer),
    ]
    assert approver(erasure(), others, PEOPLE, NOW) is None
    with pytest.raises(CarrelError) as told:
        refuse_unapproved(erasure(), None)
    assert told.value.code == "APR-008"


def test_an_erasure_clears_no_plan_over_loans() -> None:
    note = sign(of_erasure(erasure(), ADA, NOW, NOW + DAY), ADA.signer)
    weighed = weigh(plan(), [note], PEOPLE, NOW)
    assert (weighed.cleared.by, weighed.standing, len(weighed.refused)) == (None, (), 1)


def test_a_term_longer_than_a_week_is_refused() -> None:
    with pytest.raises(CarrelError) as told:
        of_erasure(erasure(), ADA, NOW, NOW + timedelta(days=8))
    assert told.value.code == "APR-011"


def test_a_plan_comes_back_from_its_file_and_any_change_is_seen() -> None:
    body = json.loads(json.dumps(erasure().as_dict()))
    assert ErasurePlan.from_dict(body) == erasure()
    for wrong in ({"case": "case-x"}, {"kind": "loans"}, {"more": 1}, {"goes": [{"rows": 1}]}, {"format_version": 2}):
        with pytest.raises(ValueError, match="plan"):
            ErasurePlan.from_dict({**body, **wrong})


def test_each_ground_is_told_once() -> None:
    refuse("koha", ())
    with pytest.raises(CarrelError) as told:
        refuse("koha", (Staying("issues", "borrowernumber", 2, "open loan"),) * 2 + (Staying("", "", 0, "kept"),))
    assert [one.found for one in told.value.faults] == ["open loan", "kept"]
    assert told.value.code == "ERA-002"


def test_before_anything_is_begun_nothing_is_changed_and_it_is_planned_again() -> None:
    with pytest.raises(CarrelError) as told:
        refuse("koha", (Staying("issues", "borrowernumber", 2, "open loan"), Staying("", "", 0, HELD)), begun=False)
    loan, held = told.value.faults
    assert (loan.changed, held.changed) == ("nothing", "nothing")
    assert "plan the erasure again; until then" in loan.fix
    assert "carrel plan --restrict" in loan.fix
    assert "plan the erasure again" in held.fix
    assert "restrict" not in held.fix  # once is enough


def test_in_the_midst_it_is_told_that_pieces_stay_out_and_the_same_plan_goes_on() -> None:
    with pytest.raises(CarrelError) as told:
        refuse(
            "koha", (Staying("tills", "opened_by", 1, STAND_IN), Staying("issues", "borrowernumber", 2, "open loan"))
        )
    till, loan = told.value.faults
    assert "restrict" not in till.fix  # waiting does not help there
    assert loan.fix.startswith("end that first, then apply the same plan again; until then")
