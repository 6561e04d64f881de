"""Signing in on the pages by an account of Evergreen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bcrypt

from tests.integration.web.conftest import PASSWORD, pages_of
from tests.integration.web.test_sign_in import tried


def test_by_card_and_by_user_name_on_evergreen(evergreen, tmp_path: Path) -> None:
    ((number,), *_) = evergreen.rows(
        "SELECT u.id FROM actor.usr u JOIN actor.card c ON c.usr = u.id AND c.active "
        "WHERE u.active AND NOT u.deleted ORDER BY u.id LIMIT 1 OFFSET 5"
    )
    user = f"reader.{number}"  # in the sample it is the card's number
    evergreen.do("UPDATE actor.usr SET usrname = :user WHERE id = :n", user=user, n=number)
    card = evergreen.one("SELECT min(barcode) FROM actor.card WHERE usr = :n AND active", n=number)
    salt = bcrypt.gensalt(4, prefix=b"2a").decode()
    inner = hashlib.md5(PASSWORD.encode()).hexdigest()
    kept = bcrypt.hashpw(hashlib.md5((salt + inner).encode()).hexdigest().encode(), salt.encode()).decode()
    evergreen.do("DELETE FROM actor.passwd WHERE usr = :n", n=number)
    evergreen.do(
        "INSERT INTO actor.passwd (usr, salt, passwd, passwd_type) VALUES (:n, :salt, :kept, 'main')",
        n=number, salt=salt, kept=kept,
    )  # fmt: skip
    with pages_of(tmp_path, evergreen.url, "evergreen") as pages:
        assert tried(pages, card) == 303
        assert tried(pages, user) == 303
        assert tried(pages, card, "wrong") == 401
        evergreen.do("UPDATE actor.card SET active = false WHERE usr = :n", n=number)
        assert tried(pages, card) == 401
        assert tried(pages, user) == 303
        evergreen.do("UPDATE actor.usr SET active = false WHERE id = :n", n=number)
        assert tried(pages, user) == 401


def test_whose_card_another_server_tells_on_evergreen(evergreen, tmp_path: Path) -> None:
    """Cards have a table of their own there; one that is out of use opens nothing, whoever vouches for it."""
    rows = evergreen.rows(
        "SELECT u.id FROM actor.usr u JOIN actor.card c ON c.usr = u.id AND c.active WHERE u.active AND NOT u.deleted "
        "AND u.id > 1 GROUP BY u.id ORDER BY u.id LIMIT 2"  # the first stands in for whom loans have lost
    )
    one, two = (int(row[0]) for row in rows)
    cards = [evergreen.one("SELECT min(barcode) FROM actor.card WHERE usr = :n AND active", n=n) for n in (one, two)]
    evergreen.do("UPDATE actor.usr SET usrname = :user WHERE id = :n", user="jreader", n=one)
    with pages_of(tmp_path, evergreen.url, "evergreen") as pages:
        holder = pages.premises.doors["ils"].holder
        assert [holder(card, "card", alone=True) for card in cards] == [one, two]
        assert holder("jreader", "user name", alone=False) == one
        assert holder("jreader", "card", alone=False) is None
        assert holder(cards[0], "user name", alone=False) is None
        evergreen.do("UPDATE actor.usr SET usrname = :user WHERE id = :n", user=cards[0], n=two)
        assert holder(cards[0], "card", alone=True) is None, "the card of one and the user name of another"
        assert holder(cards[0], "card", alone=False) == one
        assert holder(cards[0], "user name", alone=False) == two
        evergreen.do("UPDATE actor.card SET active = false WHERE usr = :n", n=one)
        assert holder(cards[0], "card", alone=False) is None
        evergreen.do("UPDATE actor.usr SET active = false WHERE id = :n", n=two)
        assert holder(cards[1], "card", alone=True) is None


def test_odd_names_and_passwords_are_wrong_and_no_more_on_evergreen(evergreen, tmp_path: Path) -> None:
    """PostgreSQL has no text with NUL: whoever types one is told what everybody is, and the journal nothing."""
    ((card,), *_) = evergreen.rows("SELECT min(barcode) FROM actor.card WHERE active")
    odd = ("\0", f"{card}\0", "\ufffe", "😀" * 50, "a\u0301" * 60, "%s", "\\", "\x1b[2J", "1e9", "9" * 200)
    with pages_of(tmp_path, evergreen.url, "evergreen") as pages:
        assert [tried(pages, name) for name in odd if name] == [401] * len(odd)
        door = pages.premises.doors["ils"]
        assert [
            door.holder(name, holds, alone=False) for name in (*odd, "\ud800") for holds in ("card", "user name")
        ] == ([None] * 2 * (len(odd) + 1))
