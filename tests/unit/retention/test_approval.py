from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from carrel.errors import CarrelError, Exit
from carrel.ledger.note import Signer, sign_note
from carrel.retention.approval import Kind, of_plan, parse, standing_for
from carrel.retention.clearance import weigh
from carrel.retention.signed_approval import may_approve, sign, verify
from carrel.retention.staleness import Stale, refuse_stale, stale
from tests.unit.retention.signed import ADA, BASIS, BEN, CAL, DAY, NOW, PEOPLE, path, plan


def test_the_text_says_in_words_what_is_approved() -> None:
    text = of_plan(plan(), ADA, NOW, NOW + DAY).text()
    assert text.startswith("carrel approval 1\nkind: plan\nsystem: koha\npolicy: mit-libraries\n")
    assert "counts: old_issues: update 10 rows, bound 100\n" in text
    assert f"plan: {plan().digest}\n" in text
    assert "approver: Ada Example\nrole: privacy officer\n" in text


@pytest.mark.parametrize("kind", [Kind.PLAN, Kind.STANDING, Kind.WAIVER])
def test_a_text_is_read_back_as_it_was_written(kind: Kind) -> None:
    made = {
        Kind.PLAN: of_plan(plan(), ADA, NOW, NOW + DAY),
        Kind.STANDING: standing_for(plan(), ADA, NOW, NOW + 90 * DAY),
        Kind.WAIVER: of_plan(plan(), ADA, NOW, NOW + DAY, waive_rehearsal="no second server:\nnone to be had"),
    }[kind]
    assert made.kind is kind
    assert parse(made.text()) == made
    assert verify(sign(made, ADA.signer), PEOPLE, NOW) == made


def test_an_approval_of_this_plan_clears_it() -> None:
    weighed = weigh(plan(), [sign(of_plan(plan(), ADA, NOW, NOW + DAY), ADA.signer)], PEOPLE, NOW)
    assert (weighed.cleared.by, weighed.cleared.rehearsal_waived_by) == ("Ada Example", None)
    assert weighed.refused == ()


def test_a_waiver_clears_the_rehearsal_and_nothing_else() -> None:
    note = sign(of_plan(plan(), ADA, NOW, NOW + DAY, waive_rehearsal="no copy"), ADA.signer)
    weighed = weigh(plan(), [note], PEOPLE, NOW)
    assert (weighed.cleared.by, weighed.cleared.rehearsal_waived_by) == (None, "Ada Example")


def test_an_approval_of_another_plan_clears_nothing() -> None:
    note = sign(of_plan(plan(states={"due": 9}), ADA, NOW, NOW + DAY), ADA.signer)
    weighed = weigh(plan(), [note], PEOPLE, NOW)
    assert weighed.cleared.by is None
    assert [one.code for one in weighed.refused] == ["APR-006"]


def test_counts_that_are_not_the_plans_are_refused_even_when_signed() -> None:
    lie = replace(of_plan(plan(), ADA, NOW, NOW + DAY), counts=("old_issues: update 1 row, bound 100",))
    assert [one.code for one in weigh(plan(), [sign(lie, ADA.signer)], PEOPLE, NOW).refused] == ["APR-006"]


def test_a_term_longer_than_allowed_is_refused_even_when_signed() -> None:
    for made in (of_plan(plan(), ADA, NOW, NOW + DAY), standing_for(plan(), ADA, NOW, NOW + DAY)):
        long = sign(replace(made, expires_at=NOW + 400 * DAY), ADA.signer)
        assert weigh(plan(), [long], PEOPLE, NOW).standing == ()
        assert weigh(plan(), [long], PEOPLE, NOW).cleared.by is None
        assert len(weigh(plan(), [long], PEOPLE, NOW).refused) == 1


def test_a_role_that_was_renamed_takes_nothing_back() -> None:
    note = sign(of_plan(plan(), ADA, NOW, NOW + DAY), ADA.signer)
    renamed = (replace(ADA, role="data protection officer"), BEN, CAL)
    assert weigh(plan(), [note], renamed, NOW).cleared.by == "Ada Example"


def test_nobody_approves_their_own_plan_under_any_spelling_or_name() -> None:
    for planner in ("Ben Example", " ben  EXAMPLE ", "\u0412en Example", "B\u0435n Exam\u0440le"):
        with pytest.raises(CarrelError) as refused:
            may_approve(BEN, planner)
        assert (refused.value.code, refused.value.exit) == ("APR-002", Exit.REFUSED)
    twin = replace(BEN, name="Night Planner", public_key=Signer("library.example/night", BEN.signer.seed).vkey)
    with pytest.raises(CarrelError) as refused:
        may_approve(BEN, "Night Planner", (*PEOPLE, twin))
    assert refused.value.code == "APR-002"
    own = plan(made_by="Ben Example")
    note = sign(of_plan(own, BEN, NOW, NOW + DAY), BEN.signer)
    with pytest.raises(CarrelError):
        verify(note, PEOPLE, NOW)
    assert weigh(own, [note], PEOPLE, NOW).cleared.by is None


def test_a_standing_approval_does_not_cover_its_signers_own_plan() -> None:
    note = sign(standing_for(plan(), BEN, NOW, NOW + DAY), BEN.signer)
    assert weigh(plan(), [note], PEOPLE, NOW).standing[0].person == "Ben Example"
    own = weigh(plan(made_by="Ben Example"), [note], PEOPLE, NOW)
    assert own.standing == ()
    assert [one.code for one in own.refused] == ["APR-002"]


@pytest.mark.parametrize(
    "person",
    [None, CAL, replace(ADA, public_key=None), replace(ADA, may=())],
    ids=["unknown", "without the right", "without a key", "right taken away"],
)
def test_who_may_not_approve(person: object) -> None:
    with pytest.raises(CarrelError) as refused:
        may_approve(person, "Cal Example", PEOPLE)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.exit) == ("APR-003", Exit.REFUSED)


def test_a_person_who_left_the_site_approves_nothing_any_more() -> None:
    note = sign(of_plan(plan(), ADA, NOW, NOW + DAY), ADA.signer)
    with pytest.raises(CarrelError) as refused:
        verify(note, (BEN, CAL), NOW)
    assert refused.value.code == "APR-003"


def test_the_signature_must_be_of_the_person_whom_the_text_names() -> None:
    text = of_plan(plan(), ADA, NOW, NOW + DAY).text()
    for note in (sign_note(text, BEN.signer), sign_note(text, Signer("library.example/ada", bytes(32)))):
        with pytest.raises(CarrelError) as refused:
            verify(note, PEOPLE, NOW)
        assert (refused.value.code, refused.value.exit) == ("APR-004", Exit.REFUSED)


def test_a_changed_text_is_refused() -> None:
    note = sign(of_plan(plan(), ADA, NOW, NOW + DAY), ADA.signer)
    longer = note.replace((NOW + DAY).isoformat(), (NOW + 2 * DAY).isoformat())
    assert longer != note
    with pytest.raises(CarrelError) as refused:
        verify(longer, PEOPLE, NOW)
    assert refused.value.code == "APR-004"


def test_an_approval_is_in_force_from_its_signing_until_its_end() -> None:
    note = sign(of_plan(plan(), ADA, NOW, NOW + DAY), ADA.signer)
    verify(note, PEOPLE, NOW + DAY - timedelta(microseconds=1))
    for moment in (NOW + DAY, NOW - timedelta(microseconds=1)):
        with pytest.raises(CarrelError) as refused:
            verify(note, PEOPLE, moment)
        assert refused.value.code == "APR-005"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("approval 1", "approval 2"),
        lambda text: text.replace("kind: plan", "kind: everything"),
        lambda text: text.replace("role: privacy officer\n", ""),
        lambda text: text.replace("role: ", "role: x\nrole: "),
        lambda text: text + "note: also everything else\n",
        lambda text: text.replace("+00:00", ""),
        lambda text: "",
    ],
)
def test_a_text_that_carrel_would_not_write_is_no_approval(damage: object) -> None:
    text = damage(of_plan(plan(), ADA, NOW, NOW + DAY).text())  # type: ignore[operator]
    with pytest.raises(CarrelError) as refused:
        parse(text)
    assert refused.value.code == "APR-010"
    with pytest.raises(CarrelError) as refused:
        verify(text, PEOPLE, NOW)
    assert refused.value.code == "APR-010"


def test_an_approval_lasts_neither_for_ever_nor_not_at_all() -> None:
    for end in (NOW, NOW - DAY, NOW + 8 * DAY):
        with pytest.raises(CarrelError) as refused:
            of_plan(plan(), ADA, NOW, end)
        assert (refused.value.code, refused.value.exit) == ("APR-011", Exit.USAGE)
    with pytest.raises(CarrelError):
        standing_for(plan(), ADA, NOW, NOW + 367 * DAY)


def test_a_fresh_plan_is_not_stale() -> None:
    assert stale(plan(), BASIS, NOW + DAY) == ()
    refuse_stale(plan(), BASIS, NOW + DAY)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("policy_digest", Stale.POLICY),
        ("map_digest", Stale.MAP),
        ("schema_digest", Stale.SCHEMA),
        ("product_version", Stale.PRODUCT),
        ("carrel_version", Stale.CARREL),
    ],
)
def test_a_plan_is_stale_when_what_it_was_made_from_has_changed(field: str, reason: Stale) -> None:
    with pytest.raises(CarrelError) as refused:
        refuse_stale(plan(), replace(BASIS, **{field: "other"}), NOW)
    assert (refused.value.code, refused.value.exit) == ("APR-007", Exit.REFUSED)
    assert stale(plan(), replace(BASIS, **{field: "other"}), NOW) == (reason,)


def test_a_plan_is_stale_when_it_is_old_or_from_the_future() -> None:
    assert stale(plan(), BASIS, NOW + DAY + timedelta(seconds=1)) == (Stale.TOO_OLD,)
    assert stale(plan(), BASIS, NOW + timedelta(hours=2), timedelta(hours=1)) == (Stale.TOO_OLD,)
    assert stale(plan(), BASIS, NOW - timedelta(minutes=6)) == (Stale.FUTURE,)


def test_paths_named_like_fields_do_not_confuse_the_text() -> None:
    odd = plan(paths=(path("kind: plan\nrole"), path("x")))
    made = of_plan(odd, ADA, NOW, NOW + DAY)
    assert parse(made.text()) == made


def test_keys_that_end_alike_after_a_plus_are_two_keys() -> None:
    """A plus is a letter of the key's own alphabet."""
    planner = replace(CAL, public_key="elm/cal+0a1b2c3d+AaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaAA+A=")
    other = replace(ADA, public_key="elm/ada+4e5f6a7b+AbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbBB+A=")
    assert may_approve(other, planner.name, (planner, other)) == other
    same = replace(other, public_key=planner.public_key.replace("elm/cal", "elm/ada"))
    with pytest.raises(CarrelError) as told:
        may_approve(same, planner.name, (planner, same))
    assert told.value.code == "APR-002"
