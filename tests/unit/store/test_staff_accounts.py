"""Accounts, passkeys and sessions of the staff in the store, on a file and on a server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from carrel.errors import CarrelError
from carrel.store import staff_hash
from carrel.store.staff_accounts import CODE_LASTS, EVENTS_LAST
from carrel.store.staff_sessions import BEGINNING
from carrel.store.store import Store

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SEED = bytes(range(20))


def set_up(store: Store, name: str = "Dee") -> str:
    code = store.staff_accounts.invite(name, "Ada", NOW)
    store.staff_accounts.choose(name, "a hash", SEED, NOW)
    assert store.staff_accounts.finish(name, 7, NOW)
    return code


def refused(call, *said) -> str:
    with pytest.raises(CarrelError) as wrong:
        call(*said)
    return wrong.value.code


def test_a_code_is_said_once_and_for_one_account(store: Store) -> None:
    accounts = store.staff_accounts
    first = accounts.invite("Dee", "Ada", NOW)
    code = accounts.invite("Dee", "Ada", NOW)
    assert not accounts.is_code("Dee", first, NOW), "a new code takes the place of the old one"
    assert accounts.is_code("Dee", code, NOW)
    assert accounts.is_code("Dee", code.lower().replace("-", " "), NOW)
    for name, said in (("Flo", code), ("Dee", ""), ("Dee", code[:-1]), ("Dee", "\0"), ("Dee", "x" * 10_000)):
        assert not accounts.is_code(name, said, NOW)
    assert not accounts.is_code("Dee", code, NOW + CODE_LASTS)
    assert not accounts.finish("Dee", 1, NOW), "nothing was chosen yet"
    accounts.choose("Dee", "another's hash", SEED, NOW)
    half = store.staff_sessions.begin("Dee", BEGINNING, NOW).token
    code = accounts.invite("Dee", "Ada", NOW)
    assert store.staff_sessions.find(half, NOW) is None, "whoever set out with the code of before goes no further"
    assert not accounts.finish("Dee", 1, NOW)
    accounts.choose("Dee", "a hash", SEED, NOW)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: accounts.finish("Dee", 1, NOW), range(4))) == 1
    assert not accounts.is_code("Dee", code, NOW)
    assert refused(accounts.invite, "Dee", "Ada", NOW) == "STF-002"


def test_a_reset_takes_all_away_and_nobody_resets_oneself(store: Store) -> None:
    set_up(store)
    accounts = store.staff_accounts
    store.staff_passkeys.add("Dee", b"one", b"key", 0, "desk", NOW)
    token = store.staff_sessions.begin("Dee", "passkey", NOW).token
    assert refused(accounts.reset, "Dee", "Dee", NOW) == "STF-003"
    assert refused(accounts.reset, "nobody", "Ada", NOW) == "STF-001"
    assert store.staff_sessions.find(token, NOW) is not None
    code = accounts.reset("Dee", "Ada", NOW)
    after = accounts.get("Dee")
    assert after is not None
    assert (after.password, after.has_seed, after.is_open) == (None, False, False)
    assert store.staff_passkeys.of("Dee") == ()
    assert store.staff_sessions.find(token, NOW) is None
    assert accounts.is_code("Dee", code, NOW)


def test_a_disabled_account_is_shut_and_its_code_with_it(store: Store) -> None:
    set_up(store)
    accounts = store.staff_accounts
    token = store.staff_sessions.begin("Dee", "passkey", NOW).token
    accounts.disable("Dee", "Ada", NOW)
    assert store.staff_sessions.find(token, NOW) is None
    assert not accounts.get("Dee").is_open  # type: ignore[union-attr]
    code = accounts.reset("Dee", "Ada", NOW)
    assert not accounts.is_code("Dee", code, NOW)
    accounts.enable("Dee", "Ada", NOW)
    assert accounts.is_code("Dee", code, NOW)
    for verb in (accounts.disable, accounts.enable):
        assert refused(verb, "nobody", "Ada", NOW) == "STF-001"


def test_a_step_is_spent_by_one_of_any_number(store: Store) -> None:
    set_up(store)
    assert not store.staff_accounts.spend("Dee", 7)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: store.staff_accounts.spend("Dee", 8), range(4))) == 1


def test_without_the_key_no_seed_is_read(store: Store) -> None:
    set_up(store)
    accounts = store.staff_accounts
    assert accounts.seed("Dee") == SEED
    assert accounts.seed("nobody") is None
    assert accounts.key_file.stat().st_mode & 0o777 == 0o600
    accounts.key_file.write_bytes(bytes(32))
    assert refused(accounts.seed, "Dee") == "STF-004"
    accounts.key_file.unlink()
    assert refused(accounts.seed, "Dee") == "STF-004"


def test_what_was_done_is_kept_for_half_a_year(store: Store) -> None:
    set_up(store)
    accounts = store.staff_accounts
    assert [(one.act, one.by) for one in accounts.events("Dee", 9)] == [
        ("set up", "Dee"), ("password chosen", "Dee"), ("invited", "Ada"),
    ]  # fmt: skip
    accounts.note("Dee", "signed in", "Dee", NOW + EVENTS_LAST)
    assert [one.act for one in accounts.events("Dee", 9)] == ["signed in", "set up", "invited"], (
        "of who may act, for good"
    )


def test_what_was_done_to_accounts_is_told_of_half_a_year_and_tells_no_rights(store: Store) -> None:
    set_up(store)
    store.authority.see_rights({"Dee": "role staff; may nothing"}, "", NOW)
    accounts, later = store.staff_accounts, NOW + EVENTS_LAST
    accounts.disable("Dee", "Ada", NOW + timedelta(days=1))
    for name in ("Dee", None):
        whole = [one.act for one in accounts.changes(name, NOW)]
        assert whole == ["disabled", "set up", "password chosen", "invited"]
        assert [one.act for one in accounts.changes(name, later)] == ["disabled"]
        assert accounts.changes(name, later + timedelta(days=1)) == ()
    assert len(store.authority.entries()) == 4, "on record for good"


def test_a_passkey_is_one_persons_and_its_uses_only_grow(store: Store) -> None:
    keys = store.staff_passkeys
    assert keys.add("Dee", b"one", b"public", 3, "desk", NOW)
    assert not keys.add("Flo", b"one", b"other", 3, "mine", NOW), "the same device key cannot be two people's"
    known = keys.find(b"one")
    assert known is not None
    assert (known.name, known.public_key, known.uses) == ("Dee", b"public", 3)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: keys.used(known, 4, NOW), range(4))) == 1
    assert not keys.remove("Flo", known.id)
    assert keys.remove("Dee", known.id)
    assert not keys.used(known, 5, NOW)
    assert keys.find(b"two") is None


def test_a_session_is_found_by_its_token_and_ended_by_its_person(store: Store) -> None:
    sessions = store.staff_sessions
    one, two = sessions.begin("Dee", "passkey", NOW), sessions.begin("Dee", "passkey", NOW)
    assert sessions.find(one.token, NOW) == one
    for wrong in ("", "x", one.token[:-1], one.id, "\x00" * 43, "é" * 43, "a" * 100_000):
        assert sessions.find(wrong, NOW) is None
    assert one.token not in repr(one)
    assert {each.id for each in sessions.of("Dee", NOW)} == {one.id, two.id}
    assert all(each.token == "" for each in sessions.of(None, NOW))
    assert not sessions.end(one.id, "Flo")
    assert sessions.end_all("Dee", but=two.id) == 1
    assert sessions.find(one.token, NOW) is None
    assert sessions.find(two.token, NOW - timedelta(hours=1)) is None, "a clock that was set back"
    assert sessions.find(two.token, NOW + timedelta(minutes=15)) is None
    sessions.prove(two, NOW + timedelta(minutes=5))
    found = sessions.find(two.token, NOW + timedelta(minutes=5))
    assert found is not None
    assert found.proved == NOW + timedelta(minutes=5)


def test_twelve_hours_after_its_end_nothing_is_kept_of_a_session(store: Store) -> None:
    sessions = store.staff_sessions
    left, used = sessions.begin("Dee", "passkey", NOW), sessions.begin("Flo", "passkey", NOW)
    assert sessions.find(used.token, NOW + timedelta(minutes=14))
    end = NOW + timedelta(minutes=15) + timedelta(hours=12)
    sessions.begin("Ada", "passkey", end - timedelta(seconds=1))
    assert sessions.over(left.token) is not None
    sessions.begin("Ada", "passkey", end)
    assert sessions.over(left.token) is None
    assert sessions.over(used.token) is not None


def test_hashes_are_argon2id_with_the_second_choice_of_rfc_9106() -> None:
    known = staff_hash.hashed("four words nobody guesses")
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert staff_hash.fits(known, "four words nobody guesses")
    assert not staff_hash.is_old(known)
    for wrong, said in ((known, "other"), (None, "four words nobody guesses"), ("no hash", "x"), (known[:-1], "x")):
        assert not staff_hash.fits(wrong, said)
    # Of RFC 9106 and of the reference program: a hash that another program made.
    other = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    assert staff_hash.fits(other, "password")
    assert staff_hash.is_old(other)
