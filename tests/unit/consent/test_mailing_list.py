"""Who goes off a list and who comes on: nobody comes on who is not wanted, and nobody stays who said no."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carrel.consent.mailing_list import Known, Standing, difference, usable

NAMES = st.sets(st.sampled_from([f"{one}@oak.example" for one in "abcdefgh"]))


@given(NAMES, NAMES, NAMES, NAMES, NAMES, st.booleans())
def test_what_is_done_leaves_a_list_on_which_nothing_is_left_to_do(members, wanted, refused, silent, ours, go):
    known = Known({one: one for one in wanted}, refused, silent, ours)
    found = difference(members, known, strangers_go=go)
    after = (members - set(found.off)) | set(found.on)
    assert set(found.on) <= wanted - silent
    assert not after & silent
    assert not (after & refused) - wanted
    assert wanted - silent <= after, "whoever may be written to is there"
    assert not (after & ours) - wanted, "whoever stands on no record any more is gone"
    again = difference(after, known, strangers_go=go)
    assert again.is_none
    assert again.strangers == len(members - wanted - refused - silent - ours) * (not go)
    assert sum(found.counts.values()) == len(members)


@given(NAMES, NAMES, NAMES, NAMES, st.booleans())
def test_whoever_left_at_the_tool_comes_on_again_where_somebody_says_so_alone(members, wanted, silent, gone, back):
    departed = gone & wanted
    known = Known({one: one for one in wanted}, set(), silent, set(), departed)
    found = difference(members, known, strangers_go=False, put_back=back)
    stays_off = frozenset() if back else departed - members
    assert set(found.on) == wanted - members - silent - stays_off
    assert found.departed == len(stays_off)


def test_a_second_address_may_stay_and_needs_not_come():
    known = Known({"a@oak.example": "A@oak.example", "b@oak.example": ""}, set(), set(), set())
    assert difference((), known, strangers_go=True).on == ("A@oak.example",)
    assert difference(("a@oak.example", "b@oak.example"), known, strangers_go=True).is_none
    assert known.standing("b@oak.example") is Standing.RIGHTFUL


def test_an_address_that_no_tool_can_be_given_is_counted():
    odd = ("a", "a@", "@oak.example", "a@oak", "a b@oak.example", "a@b@oak.example", "ä@oak.example", "a@oak.example\n",
           "<a@oak.example>", "a@oak.example,b@oak.example", f"{'a' * 250}@oak.example")  # fmt: skip
    assert not any(map(usable, odd))
    assert all(map(usable, ("a@oak.example", "O'Neil+x@sub.oak.example", "a_b.c%d@oak.example")))
    known = Known(dict(zip(odd, odd, strict=True)), set(), set(), set())
    found = difference((), known, strangers_go=False)
    assert (found.on, found.unusable) == ((), len(odd))
