"""MITL-9.8 on a real library: who somebody is, is known by what the policy accepts, before anything leaves."""

from __future__ import annotations

import pytest

from tests.integration.run import library
from tests.integration.run.test_consent import policy
from tests.integration.run.test_erasure import given, subject
from tests.integration.run.test_requests import DEE, clauses, no, opened, ruled

LINE, CHOSEN = "  identity: [photo id, card at the desk]\n", "chosen: [kept, identity]"


@pytest.fixture
def elm(small_sqlite, tmp_path):
    made = ruled(library.make(tmp_path / "site", small_sqlite))
    policy(made, "mit-libraries")
    subject(made)
    return made


def says(elm, accepts: bool) -> None:
    place = elm.folder / "policy.yaml"
    policy(elm, "mit-libraries")
    if not accepts:
        place.write_text(place.read_text().replace(LINE, "").replace(CHOSEN, "chosen: [kept]"))


def access(elm, how: str):
    return ("access", given(elm), "--identity", how, "--plain", "--out", elm.folder.parent / f"{how[0]}.zip", *DEE)


def test_what_the_policy_does_not_accept_is_refused_at_every_door(elm) -> None:
    known = "known to the staff"
    no(elm, "request", "open", "access", "--card", given(elm), "--channel", "desk", "--identity", known, *DEE, code=2,
       error="RGT-014")  # fmt: skip
    name = opened(elm, "access")
    no(elm, "request", "identify", name, given(elm), "--identity", known, *DEE, code=2, error="RGT-014")
    no(elm, *access(elm, known), code=2, error="RGT-014")
    assert not list(elm.folder.parent.glob("*.zip")), "nothing left"
    elm.ok("request", "identify", name, given(elm), "--identity", "photo id", *DEE)


def test_what_was_handed_out_before_is_found_from_the_ledger(elm) -> None:
    """A package without a request, and an identification: both from a time in which the file said nothing of it."""
    assert elm.run(*access(elm, "photo id")).code in {0, 3}
    found = clauses(elm)["MITL-9.8"]
    assert (found["state"], found["measured"]["accepted by the policy"]) == (
        "holds",
        "card at the desk, photo id, signed in",
    )
    says(elm, accepts=False)
    opened(elm, "access", "--identity", "known to the staff")
    assert clauses(elm)["MITL-9.8"]["state"] == "cannot tell"
    assert elm.run(*access(elm, "known to the staff")).code in {0, 3}
    says(elm, accepts=True)
    found = clauses(elm)["MITL-9.8"]
    assert found["state"] == "finding"
    assert found["measured"]["identified by something else"] == 1
    assert found["measured"]["packages for somebody who was identified by something else"] == 1
