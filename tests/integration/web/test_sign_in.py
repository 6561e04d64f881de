"""Signing in by the accounts that Koha and Evergreen have, on their real databases."""

from __future__ import annotations

import sqlite3
import statistics
import time
from datetime import timedelta
from pathlib import Path

import bcrypt
import pytest
import sqlalchemy as sa

from carrel.store.store import FILE
from tests.integration.web.conftest import PASSWORD, Pages, give_password, hashed, pages_of, sent


def tried(pages: Pages, name: str, password: str = PASSWORD) -> int:
    answer = pages.browser().post("/en/sign-in", data={"name": name, "password": password})
    assert ("set-cookie" in answer.headers) == (answer.status_code == 303)
    return int(answer.status_code)


def test_by_card_and_by_user_name_on_koha(koha, tmp_path: Path) -> None:
    card = give_password(koha, 0)
    other = give_password(koha, 1, "another")
    ((user,),) = koha.rows(f"SELECT userid FROM borrowers WHERE cardnumber = '{card}'")
    before = koha.rows("SELECT * FROM borrowers ORDER BY borrowernumber")
    with pages_of(tmp_path, koha.url, "koha") as pages:
        assert tried(pages, card) == 303
        assert tried(pages, f"  {user} ") == 303
        assert tried(pages, card, "another") == 401
        assert tried(pages, other) == 401
        assert tried(pages, other, "another") == 303
        assert tried(pages, "' OR 1=1 --") == 401
        assert tried(pages, "%") == 401
    assert koha.rows("SELECT * FROM borrowers ORDER BY borrowernumber") == before


def test_who_is_locked_gone_or_without_a_hash_does_not_get_in(koha_sqlite, pages: Pages) -> None:
    locked, empty, old, broken = (give_password(koha_sqlite, one) for one in range(4))
    with koha_sqlite.engine().begin() as connection:
        for card, column, value in (
            (locked, "login_attempts", -1), (empty, "password", None),
            (old, "password", "ICy5YqxZB1uWSwcVLSNLcA"), (broken, "password", "$2a$08$x"),
        ):  # fmt: skip
            connection.execute(
                sa.text(f"UPDATE borrowers SET {column} = :v WHERE cardnumber = :c"), {"v": value, "c": card}
            )
    assert [tried(pages, card) for card in (locked, empty, old, broken)] == [401] * 4
    assert tried(pages, empty, "") == 401


def test_a_card_that_is_the_user_name_of_another_opens_the_account_whose_password_it_is(
    koha_sqlite, pages: Pages
) -> None:
    one, two = give_password(koha_sqlite, 0, "first"), give_password(koha_sqlite, 1, "second")
    with koha_sqlite.engine().begin() as connection:
        connection.execute(
            sa.text("UPDATE borrowers SET userid = :one WHERE cardnumber = :two"), {"one": one, "two": two}
        )
    numbers = {}
    for password in ("first", "second"):
        browser = pages.signed_in(one, password)
        session = pages.store.portal_sessions.find(browser.cookies["carrel"], pages.clock(), timedelta(hours=1))
        assert session is not None
        numbers[password] = session.said["number"]
    assert numbers["first"] != numbers["second"]
    with koha_sqlite.engine().begin() as connection:
        connection.execute(
            sa.text("UPDATE borrowers SET password = :h WHERE cardnumber = :c"), {"h": hashed("first"), "c": two}
        )
    assert tried(pages, one, "first") == 401, "nobody can tell which of the two it is"


def test_after_some_wrong_passwords_even_the_right_one_waits(pages: Pages, card: str) -> None:
    assert [tried(pages, card, "wrong") for _ in range(8)] == [401] * 8
    assert tried(pages, card) == 429
    assert tried(pages, card.lower()) == 429
    unknown = [tried(pages, "nobody", "wrong") for _ in range(9)]
    assert unknown == [401] * 8 + [429], "a name that nobody has is counted alike"
    pages.clock.go_on(timedelta(minutes=16))
    assert tried(pages, card) == 303


def forget_tries(pages: Pages) -> None:
    with sqlite3.connect(pages.premises.site.folder / FILE) as database:
        database.execute("DELETE FROM portal_attempt")


def timed(pages: Pages, names: dict[str, str], rounds: int = 15) -> tuple[dict[str, float], set[object]]:
    """The median work of an attempt with each name, by turns that change places, and the different answers."""
    took: dict[str, list[float]] = {kind: [] for kind in names}
    texts: set[object] = set()
    for name in names.values():
        tried(pages, name, "warm")
    for turn in range(rounds):
        kinds = list(names)
        for kind in kinds[turn % len(kinds) :] + kinds[: turn % len(kinds)]:
            forget_tries(pages)  # the clock would have the system opened anew, which is more work than a hash
            browser = pages.browser()
            started = time.process_time()
            answer = browser.post("/en/sign-in", data={"name": names[kind], "password": "wrong"})
            took[kind].append(time.process_time() - started)
            texts.add((answer.status_code, answer.text, tuple(sorted(answer.headers.items()))))
    return {kind: statistics.median(times) for kind, times in took.items()}, texts


def test_the_answer_and_its_work_tell_nothing_of_who_is_a_patron(
    koha_sqlite, pages: Pages, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card, a user name, a name that nobody has, one that staff have locked, and accounts without a hash."""
    locked, empty, other = (give_password(koha_sqlite, one) for one in (3, 5, 7))
    strong = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode()
    with koha_sqlite.engine().begin() as connection:
        change = connection.exec_driver_sql
        change("UPDATE borrowers SET password = ?", (strong,))
        change("UPDATE borrowers SET login_attempts = -1 WHERE cardnumber = ?", (locked,))
        change("UPDATE borrowers SET password = NULL WHERE cardnumber = ?", (empty,))
        change("UPDATE borrowers SET password = '!' WHERE cardnumber = ?", (other,))
    ((user,),) = koha_sqlite.rows(f"SELECT userid FROM borrowers WHERE cardnumber = '{card}'")
    names = {
        "card": card,
        "user": str(user),
        "unknown": "29999999999999",
        "locked": locked,
        "no hash": empty,
        "odd": other,
    }
    medians, texts = timed(pages, names)
    assert len(texts) == 1
    # Each attempt tries two hashes of some 15 ms: a path that leaves one out would be half of the others.
    assert max(medians.values()) < 1.25 * min(medians.values()), medians
    # That it can fail: accounts without a hash of their own are tried against a weaker one.
    monkeypatch.setattr(pages.premises.doors["ils"]._sign_in, "_stand_in", hashed("nothing"))
    medians, _ = timed(pages, {"card": card, "unknown": "29999999999999"}, 5)
    assert max(medians.values()) > 1.25 * min(medians.values()), medians


def test_a_system_that_is_away_is_told_and_comes_back(koha_sqlite, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    away = tmp_path / "away.db"
    with pages_of(tmp_path, f"sqlite:///{away}", "koha") as pages:
        answer = pages.browser().post("/en/sign-in", data={"name": card, "password": PASSWORD})
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert pages.browser().get("/en/").status_code == 200
        away.write_bytes(Path(koha_sqlite.url.removeprefix("sqlite:///")).read_bytes())
        assert tried(pages, card) == 303


@pytest.mark.parametrize(
    "name", ["", " ", "\0", "a\0b", "x" * 201, "\u202e", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_odd_names_and_passwords_are_wrong_and_no_more(pages: Pages, card: str, name: str | bytes) -> None:
    browser = pages.browser()
    for data in ({"name": name, "password": "x"}, {"name": card, "password": name}):
        assert browser.post("/en/sign-in", data=data).status_code in {401, 422}


def test_no_spelling_of_a_name_gives_more_tries_and_no_account_of_ones_own_gives_new_ones(koha, tmp_path: Path) -> None:
    victim, own = give_password(koha, 3, "the right one"), give_password(koha, 5, "mine")
    with koha.engine().begin() as connection:
        connection.execute(sa.text("UPDATE borrowers SET userid = 'jreader' WHERE cardnumber = :c"), {"c": victim})
        connection.execute(sa.text("UPDATE borrowers SET userid = :v WHERE cardnumber = :c"), {"v": victim, "c": own})
    spellings = ["jreader", " jreader ", victim, "jreader", f" {victim}", "jreader"]
    if koha.dialect == "mariadb":  # whose comparison takes all of these for one
        spellings[:4] = ["JREADER", "jr\u00e9ader", "\uff4areader", "j\u200breader"]
    with pages_of(tmp_path, koha.url, "koha") as pages:
        for _ in range(2):
            assert tried(pages, victim, "mine") == 303, "the other account that this word names"
        assert [tried(pages, name, "wrong") for name in spellings] == [401] * 6
        assert tried(pages, victim, "mine") == 401, "what the other account gave back is not the victim's"
        assert tried(pages, "jreader", "the right one") == 401
        assert tried(pages, "jReader", "the right one") == 401, "not even by a spelling that was not tried yet"


def test_nobody_signs_in_as_the_anonymous_patron(koha_sqlite, pages: Pages) -> None:
    with koha_sqlite.engine().begin() as connection:
        anonymous = "(SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron') + 0"
        changed = connection.execute(
            sa.text(f"UPDATE borrowers SET password = :h, userid = 'anon' WHERE borrowernumber = {anonymous}"),
            {"h": hashed(PASSWORD)},
        )
        assert changed.rowcount == 1
    assert [tried(pages, "anon") for _ in range(9)] == [401] * 8 + [429], "as a name that nobody has"
    assert pages.premises.doors["ils"].may(2) is False


def test_too_many_tries_do_not_show_which_names_there_are(koha_sqlite, pages: Pages) -> None:
    known = give_password(koha_sqlite, 0)
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text("UPDATE borrowers SET userid = 'jose' WHERE cardnumber = :c"), {"c": known})
    answers = {}
    for one, other in (("jose", known), ("zzqe", "1029384756")):
        answers[one] = [tried(pages, one, "wrong") for _ in range(8)] + [
            tried(pages, other, "wrong"),
            tried(pages, one),
        ]
    assert answers["jose"] == answers["zzqe"] == [401] * 9 + [429]
    assert tried(pages, known) == 401, "though by its other name, eight tries are all that an account has"
    pages.clock.go_on(timedelta(minutes=16))
    assert tried(pages, known) == 303


def test_readers_behind_a_proxy_that_speaks_ipv6_do_not_share_their_tries() -> None:
    from types import SimpleNamespace

    from carrel.web.tries import places

    def of(host: str) -> list[tuple[str, str, int]]:
        return places(SimpleNamespace(client=SimpleNamespace(host=host)))  # type: ignore[arg-type]

    assert of("::ffff:192.0.2.7") == of("192.0.2.7") != of("::ffff:192.0.2.8")
    assert of("2001:db8:1:2::1") == of("2001:db8:1:2:ffff::9")
    assert of("2001:db8:1:2::1")[0] != of("2001:db8:1:3::1")[0]
    assert of("2001:db8:1:2::1")[1] == of("2001:db8:1:3::1")[1]
    assert of("nonsense") == of("")


def test_whom_the_library_locks_is_signed_out(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 3)
    browser = pages.signed_in(card)
    assert browser.get("/en/me").status_code == 200
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text("UPDATE borrowers SET login_attempts = -1 WHERE cardnumber = :c"), {"c": card})
    assert browser.get("/en/me").headers["location"] == "/en/sign-in"
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text("UPDATE borrowers SET login_attempts = 0 WHERE cardnumber = :c"), {"c": card})
    assert browser.get("/en/me/data").headers["location"] == "/en/sign-in", "the session itself has ended"


@pytest.mark.parametrize(
    "state", ["dateexpiry = '2001-01-01'", "debarred = '9999-12-31'", "lost = 1", "gonenoaddress = 1"]
)
def test_rights_do_not_end_with_a_card_or_a_debarment(koha_sqlite, pages: Pages, state: str) -> None:
    card = give_password(koha_sqlite, 3)
    browser = pages.signed_in(card)
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text(f"UPDATE borrowers SET {state} WHERE cardnumber = :c"), {"c": card})
    assert browser.get("/en/me/data").status_code == 200
    assert sent(browser, "question", {"words": "Why am I kept out?"}).status_code == 303
    assert tried(pages, card) == 303


def test_the_products_anonymous_patron_is_nobody(koha_sqlite, pages: Pages) -> None:
    browser, who = pages.browser(), "borrowernumber = 2"
    assert koha_sqlite.rows("SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron'") == [("2",)]
    with koha_sqlite.engine().begin() as connection:
        connection.execute(
            sa.text(f"UPDATE borrowers SET password = :hashed WHERE {who}"), {"hashed": hashed(PASSWORD)}
        )
    ((card,),) = koha_sqlite.rows(f"SELECT cardnumber FROM borrowers WHERE {who}")
    assert browser.post("/en/sign-in", data={"name": card, "password": PASSWORD}).status_code == 401
    assert not pages.premises.doors["ils"].may(2)


def test_a_word_of_a_provider_is_the_name_itself_and_not_one_that_the_database_takes_for_it(
    koha, tmp_path: Path
) -> None:
    """MariaDB finds 'jose' by 'josé': for whoever chooses names over there, that would be a way into the account."""
    card = give_password(koha, 0)
    with koha.engine().begin() as connection:
        connection.execute(
            sa.text("UPDATE borrowers SET userid = 'jose.elm', cardnumber = 'Jose-1' WHERE cardnumber = :card"),
            {"card": card},
        )
    ((number,),) = koha.rows("SELECT borrowernumber FROM borrowers WHERE userid = 'jose.elm'")
    with pages_of(tmp_path, koha.url, "koha") as pages:
        door = pages.premises.doors["ils"]
        for holds, right, wrong in (("user name", "jose.elm", "josé.elm"), ("card", "Jose-1", "José-1")):
            assert door.holder(right, holds, alone=False) == number
            assert door.holder(wrong, holds, alone=False) is None
            assert door.holder(wrong.upper(), holds, alone=True) is None
        if koha.url.startswith("mysql"):
            assert door.named("josé.elm") == (number,), "the database itself takes the one for the other"
            assert door.holder("JOSE.ELM", "user name", alone=False) == number
