"""Pages of people are judged as each person alone would be: columns, sieves and kinds leave nobody out and let nobody in."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.cli.contact_judging import Judge
from carrel.consent.event import Act, Channel, ConsentEvent
from carrel.consent.gate import Known, LeftOut, gate
from carrel.consent.sieve import TagSieve
from carrel.consent.state import Texts, state_of
from carrel.consent.subject import addresses_in
from carrel.consent.text import ConsentText
from carrel.store.store import Store
from carrel.systems.consent.contact_rows import ContactPage
from carrel.systems.policy_files import load

PURPOSE = "library campaign"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
TODAY = date(2026, 11, 27)
ASKED = ConsentText("campaign", 1, "en", PURPOSE, False, "Title", "Words 1")
TEXTS = Texts((ASKED, ConsentText("campaign", 2, "en", PURPOSE, True, "Title", "Words 2")))
HASHES = st.lists(st.binary(max_size=3).map(lambda one: hashlib.sha256(one).hexdigest()), unique=True)


@given(HASHES, HASHES, st.integers(0, 10))
def test_nobody_who_is_looked_for_falls_through(sought: list[str], others: list[str], count: int) -> None:
    sieve = TagSieve([sought[:2], sought[2:]], count)
    asked = [*others, *sought]
    held = {asked[place] for place in sieve.held([bytes.fromhex(one) for one in asked])}
    assert held >= set(sought)
    assert sieve.is_empty == (not sought)


def test_most_of_those_who_are_not_looked_for_do() -> None:
    def some(kind: str, many: int) -> list[str]:
        return [hashlib.sha256(f"{kind}{n}".encode()).hexdigest() for n in range(many)]

    sieve = TagSieve([some("sought", 20_000)], 20_000)
    assert len(sieve.held([bytes.fromhex(one) for one in some("other", 20_000)])) < 20_000 / 8


@pytest.mark.parametrize("wrong", ["", "ab", "x" * 64, "0" * 63 + "\u0661"])
def test_what_is_no_hash_is_refused(wrong: str) -> None:
    for tags in ([wrong], ["0" * 64, wrong]):
        with pytest.raises(ValueError, match=r"hash|hex"):
            TagSieve([tags], 2)


@pytest.mark.parametrize("wrong", [b"", b"ab", b"x" * 31, b"x" * 64])
def test_what_is_no_digest_is_refused(wrong: bytes) -> None:
    for digests in ([wrong], [bytes(32), wrong]):
        with pytest.raises(ValueError, match="hash"):
            TagSieve([["1" * 64]], 2).held(digests)


def said(dice: Random) -> list[ConsentEvent]:
    """What one person said; most said nothing."""
    found = []
    for _ in range(dice.choice((0, 0, 0, 1, 2, 3))):
        at = NOW - timedelta(days=dice.randrange(3))
        if dice.random() < 0.6:
            asked = dice.choice(TEXTS.own)
            found.append(
                ConsentEvent(
                    Act.GIVEN, PURPOSE, Channel.DESK, "Dee", at, NOW, asked.text, asked.version, "en", asked.digest
                )
            )
        else:
            purpose = PURPOSE if dice.random() < 0.7 else "library news"
            found.append(ConsentEvent(Act.WITHDRAWN, purpose, Channel.DESK, "Dee", at, NOW))
    return found


def page_of(dice: Random, numbers: list[int]) -> ContactPage:
    def some(*values: object) -> list:
        return [dice.choice(values) for _ in numbers]

    emails = [dice.choice((f"r{n}@oak.example", f"R{n}@Oak.Example ; second{n}@oak.example", "", f" r{n % 7}@oak.example,"))
              for n in numbers]  # fmt: skip
    expires = some("", "0000-00-00", "2026-11-26", "2026-11-27", "2027-01-01 00:00:00", "2025-12-31T00:00:00")
    return ContactPage(numbers, some(True, False, False), expires, emails, [emails], some(True, True, False))


@pytest.mark.parametrize("policy", ["worcester", "owwl"])
def test_a_page_is_judged_as_each_of_its_people_alone(policy: str, tmp_path: Path) -> None:
    dice, let = Random(7), gate([load(policy)], PURPOSE, "the library")
    numbers = list(range(1, 161))
    events = {n: said(dice) for n in numbers}
    silenced = {f"r{n}@oak.example" for n in numbers[::11]} | {f"second{n}@oak.example" for n in numbers[::13]}
    seen: set[LeftOut | None] = set()
    with Store.open(tmp_path) as store:
        for n in numbers[::17]:
            withdrawn = ConsentEvent(Act.WITHDRAWN, "library news", Channel.DESK, "Dee", NOW, NOW)
            store.consents.add(
                "ils", n, [withdrawn], None, lambda *_: [], silence=[one for one in silenced if f"r{n}@" in one]
            )
        for n in numbers:
            for event in events[n]:
                store.consents.add("ils", n, [event], None, lambda *_: [])
        first = ConsentEvent(Act.WITHDRAWN, "library news", Channel.DESK, "Dee", NOW, NOW)
        store.consents.add("ils", 9_999, [first], None, lambda *_: [], silence=silenced)
        consents = store.consents
        restricted = frozenset(dice.sample(numbers, 9))
        tags = consents.tags("ils")
        judge = Judge(
            consents, let, restricted, TEXTS, TODAY, tags, consents.sieve(PURPOSE), consents.suppressions.sieve(),
            frozenset({"r3@oak.example", "second5@oak.example"}),
        )  # fmt: skip
        for _ in range(6):
            page = page_of(dice, numbers)
            reasons = judge.judged(page)
            for place, n in enumerate(numbers):
                day = page.expires[place][:10]
                mine = {one.strip().casefold() for one in addresses_in(page.emails[place])}
                known = Known(
                    state_of(events[n], PURPOSE, TEXTS).state, page.deleted[place], n in restricted,
                    n in numbers[::17] or bool(mine & silenced),
                    day not in {"", "0000-00-00"} and day < TODAY.isoformat(), page.reachable[place],
                    bool(mine & {"r3@oak.example", "second5@oak.example"}),
                )  # fmt: skip
                assert reasons[place] is let.left_out(known), (n, known)
                seen.add(reasons[place])
        assert judge.judged(page_of(dice, [])) == []
        nobody = Judge(consents, let, frozenset(), TEXTS, TODAY, None)
        assert LeftOut.SUPPRESSED not in nobody.judged(page_of(dice, numbers))
    assert seen >= {None, LeftOut.SUPPRESSED, LeftOut.RESTRICTED, LeftOut.WITHDRAWN, LeftOut.DELETED, LeftOut.EXPIRED,
                    LeftOut.SHARED}  # fmt: skip
    assert (LeftOut.ASK_AGAIN in seen) == let.needs_consent
