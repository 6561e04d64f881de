"""Laws of consent: the last word decides, whoever withdrew never goes, and what the policy does not name is refused."""

from __future__ import annotations

import hmac
import inspect
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.consent.event import Act, Channel, ConsentEvent, commitment, in_order
from carrel.consent.gate import Known, LeftOut, gate
from carrel.consent.state import State, Texts, state_of
from carrel.consent.subject import SubjectTags
from carrel.consent.text import ConsentText, lint_texts
from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.store import consents
from carrel.systems.policy_files import load, shipped_names

START = datetime(2026, 1, 1, tzinfo=UTC)
PURPOSE, OTHER = "library campaign", "library news"


def text(version: int, *, again: bool = False, name: str = "campaign") -> ConsentText:
    return ConsentText(name, version, "en", PURPOSE, again, "Title", f"Words {version}")


TEXTS = st.lists(st.booleans(), min_size=1, max_size=4).map(
    lambda again: Texts(tuple(text(n, again=one) for n, one in enumerate(again, 1)))
)


@st.composite
def histories(draw):
    """Texts, and events for two purposes at few different moments, so that many meet."""
    texts = draw(TEXTS)
    found = []
    for _ in range(draw(st.integers(0, 8))):
        at = START + timedelta(hours=draw(st.integers(0, 4)))
        entered = at + timedelta(hours=draw(st.integers(0, 3)))
        act, purpose = draw(st.sampled_from(Act)), draw(st.sampled_from((PURPOSE, OTHER)))
        one = draw(st.sampled_from(texts.all))
        said = (one.text, one.version, one.language, one.digest) if act is Act.GIVEN else ("", 0, "", "")
        found.append(ConsentEvent(act, purpose, Channel.DESK, "Dee", at, entered, *said))
    return texts, found


KNOWN = st.builds(
    Known, st.sampled_from(State), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
GATES = [gate([load(name)], PURPOSE, "the library") for name in ("worcester", "owwl")]


@given(histories(), st.randoms())
def test_it_does_not_matter_in_which_order_events_were_entered(history, dice: Random) -> None:
    texts, events = history
    mixed = list(events)
    dice.shuffle(mixed)
    assert state_of(events, PURPOSE, texts).state == state_of(mixed, PURPOSE, texts).state


@given(histories())
def test_the_last_word_decides_and_of_one_moment_the_withdrawal(history) -> None:
    texts, events = history
    mine = [one for one in events if one.purpose == PURPOSE]
    found = state_of(events, PURPOSE, texts).state
    if not mine:
        assert found is State.NEVER_ASKED
        return
    latest = max(one.at for one in mine)
    last = {one.act for one in mine if one.at == latest}
    assert (found is State.WITHDRAWN) == (Act.WITHDRAWN in last)


@given(histories(), st.integers(1, 5))
def test_a_withdrawal_after_everything_withdraws_and_nothing_else_comes_of_time(history, hours: int) -> None:
    texts, events = history
    after = max((one.at for one in events), default=START) + timedelta(hours=hours)
    gone = ConsentEvent(Act.WITHDRAWN, PURPOSE, Channel.PHONE, "Dee", after, after)
    assert state_of([*events, gone], PURPOSE, texts).state is State.WITHDRAWN
    assert state_of([*events, replace(gone, purpose=OTHER)], PURPOSE, texts) == state_of(events, PURPOSE, texts)


@given(histories(), st.booleans())
def test_a_later_text_asks_again_exactly_when_its_author_says_so(history, again: bool) -> None:
    texts, events = history
    newest = max(one.version for one in texts.all)
    more = Texts((*texts.all, text(newest + 1, again=again)))
    before, after = state_of(events, PURPOSE, texts).state, state_of(events, PURPOSE, more).state
    assert after is (State.ASK_AGAIN if again and before is State.GIVEN else before)


@given(histories())
def test_who_agreed_to_words_that_nobody_has_any_more_has_not_agreed(history) -> None:
    texts, events = history
    other = Texts(tuple(replace(one, says=f"{one.says}.") for one in texts.all))
    assert state_of(events, PURPOSE, other).state is not State.GIVEN
    moved = Texts((*texts.all, text(1, name="another")))  # the purpose has another text by now
    assert state_of(events, PURPOSE, moved).state is not State.GIVEN


@given(KNOWN)
@pytest.mark.parametrize("let", GATES, ids=["worcester", "owwl"])
def test_nobody_goes_who_withdrew_is_silent_restricted_or_gone(let, one: Known) -> None:
    if let.left_out(one) is None:
        assert one.state is not State.WITHDRAWN
        assert not (one.suppressed or one.restricted or one.deleted)
        assert one.reachable
        assert let.expired_cards or not one.expired
        assert not let.needs_consent or one.state is State.GIVEN


@given(KNOWN)
def test_under_the_stricter_policy_nobody_goes_who_stays_under_the_other(one: Known) -> None:
    """And whoever never agreed goes under worcester's, and not under owwl's, from the same call."""
    worcester, owwl = (let.left_out(one) for let in GATES)
    assert owwl is not None or worcester is None
    plain = Known(State.NEVER_ASKED)
    assert [let.left_out(plain) for let in GATES] == [None, LeftOut.NO_CONSENT]


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_a_policy_does_not_name_is_never_let_through(purpose: str, recipient: str) -> None:
    for name in shipped_names():
        policy = load(name)
        known = policy.body.purposes.get(purpose)
        if known is None or known.contacts is None or recipient not in known.contacts.to:
            with pytest.raises(CarrelError):
                gate([policy], purpose, recipient)


@given(st.sampled_from(Category))
def test_a_field_that_the_policy_does_not_give_is_refused(field: Category) -> None:
    policy = load("worcester")
    if field in {Category.EMAIL_ADDRESS, Category.POSTAL_ADDRESS}:
        assert gate([policy], PURPOSE, "the library", [field]).fields == (field,)
    else:
        with pytest.raises(CarrelError) as refused:
            gate([policy], PURPOSE, "the library", [field])
        assert "WPL-3.7" in refused.value.faults[0].because


def test_of_several_policies_in_force_the_strictest_decides() -> None:
    both = gate([load("worcester"), load("owwl")], PURPOSE, "the library")
    assert (both.needs_consent, both.fields) == (True, (Category.EMAIL_ADDRESS,))
    with pytest.raises(CarrelError) as refused:
        gate([load("worcester"), load("owwl")], PURPOSE, "friends group")
    assert refused.value.code == "CNS-011"


@given(st.integers(1, 10**9), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_hash_tells_nobody_without_the_key(number: int, key: bytes, other: bytes) -> None:
    tags = SubjectTags(key, "koha")
    assert key.hex() not in repr(tags)
    assert repr(key) not in repr(tags)
    assert tags.number(number) == hmac.digest(key, f"number\x1fkoha\x1f{number}".encode(), "sha256").hex()
    assert tags.number(number) != SubjectTags(key, "evergreen").number(number)
    assert (tags.mark == SubjectTags(other, "koha").mark) == (key == other)
    assert tags.address(" A@b.example") == tags.address("a@B.example ")
    assert tags.address("  ") == ""


@given(histories(), st.binary(min_size=32, max_size=32))
def test_a_commitment_changes_with_every_part_of_an_event(history, salt: bytes) -> None:
    for one in in_order(history[1]):
        mine = commitment(one, "tag", salt)
        others = (
            replace(one, taker="Eve"), replace(one, at=one.at + timedelta(seconds=1)), replace(one, purpose="else"),
            replace(one, channel=Channel.WEB), replace(one, digest="0" * 64),
        )  # fmt: skip
        assert mine not in {commitment(other, "tag", salt) for other in others}
        assert mine != commitment(one, "other", salt)
        assert mine != commitment(one, "tag", bytes(reversed(salt)) + b"x")


def test_events_are_only_ever_added() -> None:
    """No statement of the store updates or deletes an event: there is no trigger, and none is needed."""
    source = inspect.getsource(consents)
    assert "update(" not in source
    deleted = {line.split("delete(")[1].split(")")[0] for line in source.splitlines() if "delete(" in line}
    assert deleted == {"tables.consent_subject"}


@given(st.lists(st.booleans(), min_size=1, max_size=3), st.text(min_size=1, max_size=5))
def test_a_used_text_with_other_words_is_always_found(again, more: str) -> None:
    used = [text(n, again=one) for n, one in enumerate(again, 1)]
    assert not lint_texts(used, used, [PURPOSE], [PURPOSE])
    for n, one in enumerate(used):
        changed = [*used[:n], replace(one, says=one.says + more), *used[n + 1 :]]
        assert any(found.serious for found in lint_texts(changed, used, [PURPOSE], [PURPOSE]))
        turned = [*used[:n], replace(one, asks_again=not one.asks_again), *used[n + 1 :]]
        assert any(found.serious for found in lint_texts(turned, used, [PURPOSE], [PURPOSE]))
