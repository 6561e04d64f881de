"""The pages on Evergreen: signing in, and the whole walk of a patron, as the product keeps passwords and settings."""

from __future__ import annotations

import hashlib
import json
import re

import bcrypt
import pytest

from carrel.inventory.contradiction import Promise, contradictions
from carrel.systems import map_files
from carrel.systems.sample.evergreen import habits
from carrel.systems.sql import live
from tests.integration.web.conftest import PASSWORD, pages_of, sent
from tests.integration.web.test_grants_for_patrons import rights
from tests.integration.web.walk import MAIL, NEW_WORDS, walk

NOTHING = Promise((), keeps_last_borrower=False)


def as_the_product(password: str, salt: str) -> str:
    """What Evergreen's own functions would store: crypt() of the salted md5 (actor.change_password)."""
    inner = hashlib.md5(password.encode()).hexdigest()
    return bcrypt.hashpw(hashlib.md5((salt + inner).encode()).hexdigest().encode(), salt.encode()).decode()


def in_plain_words(page: str) -> None:
    """What is left out is told once and without the work of the staff; yes and no are words; the record's own fields too."""
    left_out = re.findall(r"<li>(.*?)</li>", page.rpartition("tarda demasiado")[2].partition("me/see-all")[0])
    assert len(left_out) == len(set(left_out)) > 3, left_out
    assert not [one for one in left_out if "Who " in one or "Former states" in one], left_out
    assert "el trabajo de nuestro personal" in page
    assert not re.findall(r"<(?:dd|td)[^>]*>(?:True|False)<", page)
    record = page.partition('<dl class="entry">')[2].partition("</dl>")[0]
    assert not re.findall(r'<dt>[^<]*<small lang="en">', record), record


@pytest.fixture
def patron(small) -> tuple[str, int]:
    """Card and number of a patron who can sign in."""
    small.do("CREATE TABLE IF NOT EXISTS config.upgrade_log (version text PRIMARY KEY, install_date timestamptz)")
    small.do("INSERT INTO config.upgrade_log VALUES ('3.17.4', now()) ON CONFLICT DO NOTHING")
    card, number = small.rows(
        "SELECT c.barcode, u.id FROM actor.usr u JOIN actor.card c ON c.id = u.card JOIN actor.passwd p ON p.usr = u.id "
        "WHERE u.active AND NOT u.deleted AND c.active AND p.passwd_type = 'main' AND u.email IS NOT NULL "
        "ORDER BY u.id DESC LIMIT 1"
    )[0]
    salt = bcrypt.gensalt(4, prefix=b"2a").decode()
    small.do(
        "UPDATE actor.passwd SET passwd = :p, salt = :s WHERE usr = :n",
        p=as_the_product(PASSWORD, salt),
        s=salt,
        n=number,
    )
    return str(card), int(number)


def test_a_patron_walks_through_all_of_it(small, patron, tmp_path) -> None:
    card, number = patron
    before = small.rows("SELECT * FROM actor.usr WHERE id <> :n ORDER BY id", n=number)
    with pages_of(tmp_path, small.url, "evergreen", policy="owwl") as pages:
        walk(pages, card, number, PASSWORD, "opac.hold_notify", "sms")
        browser = pages.signed_in(card, NEW_WORDS)
        in_plain_words(browser.get("/es/me/data?whole=yes").text)
        in_plain_words(browser.get("/es/me/take-along").text)
        name = "circ.send_email_checkout_receipts"
        assert sent(browser, "notices", {"notice": name, "way": f"{name} on"}).status_code == 200
        sent(
            browser,
            "notices",
            {"notice": "opac.hold_notify", "way": ["opac.hold_notify email", "opac.hold_notify sms"]},
        )
    settings = dict(small.rows("SELECT name, value FROM actor.usr_setting WHERE usr = :n", n=number))
    assert json.loads(settings["opac.hold_notify"]) == "email|sms"
    assert json.loads(settings[name]) is True
    assert small.one("SELECT email FROM actor.usr WHERE id = :n", n=number) == MAIL
    stored, salt = small.rows(
        "SELECT passwd, salt FROM actor.passwd WHERE usr = :n AND passwd_type = 'main'", n=number
    )[0]
    assert salt.startswith("$2a$10$")
    assert stored == as_the_product(NEW_WORDS, salt)
    assert small.rows("SELECT * FROM actor.usr WHERE id <> :n ORDER BY id", n=number) == before, "nobody else's record"


def test_what_the_nearest_unit_asks_of_a_password_is_asked_here_too(small, patron, tmp_path) -> None:
    """The catalogue's own rule where nobody wrote one; that of a unit above; and the nearest one."""
    card, number = patron
    home, above = small.rows(
        "SELECT o.id, o.parent_ou FROM actor.usr u JOIN actor.org_unit o ON o.id = u.home_ou WHERE u.id = :n", n=number
    )[0]
    setting = "global.password_regex"
    put = "INSERT INTO actor.org_unit_setting (org_unit, name, value) VALUES (:o, :n, :v)"

    def asked(browser, new: str) -> str:
        answer = sent(browser, "password", {"password": PASSWORD, "new": new, "again": new})
        return "" if answer.status_code == 303 else answer.text.partition('id="problem"')[2].partition("</div>")[0]

    small.do("INSERT INTO config.org_unit_setting_type (name, label, datatype) VALUES (:n, :n, 'string')", n=setting)
    with pages_of(tmp_path, small.url, "evergreen", policy="owwl") as pages:
        browser = pages.signed_in(card)
        assert "at least one digit" in asked(browser, "words without any")
        small.do(put, o=above, n=setting, v=json.dumps("^(?=.*[A-Z]).{10,}$"))
        assert "at least one capital letter" in asked(browser, "all small 1 here")
        small.do(put, o=home, n=setting, v=json.dumps("^[a-z ]+$"))
        assert "cannot put in plain words" in asked(browser, "Not Small")
        assert asked(browser, "only small words") == ""


@pytest.mark.deep
def test_an_audit_sees_what_the_account_may_not_write_and_a_history_without_a_switch(small, patron, tmp_path) -> None:
    """MPL-11 on PostgreSQL: missing rights are counted by the account that carries out, the setting is read live."""
    names = [
        name for (name,) in small.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'")
    ]
    poor = small.limited_user(
        [right for name in names for right in (f"USAGE ON SCHEMA {name}", f"SELECT ON ALL TABLES IN SCHEMA {name}")]
    )
    for url, some in ((small.url, False), (poor, True)):
        with pages_of(tmp_path, url, "evergreen", policy="owwl"):
            needed, missing = rights(tmp_path, "evergreen")
            assert (needed > 0, 0 < missing <= needed) == (True, some)
    system_map = map_files.load("evergreen")

    def against() -> list[str]:
        found = contradictions(system_map, live.settings(small.connection, system_map), NOTHING)
        return [one.setting for one in found if "MPL-11" in one.speaks and one.severity == "finding"]

    assert against() == []
    hidden = "UPDATE config.usr_setting_type SET opac_visible = false WHERE name = 'history.circ.retention_start'"
    assert small.do(hidden) == 1
    assert against() == ["history.circ.retention_start is not shown"]


def test_an_account_with_too_few_rights_changes_nothing(small, patron, tmp_path) -> None:
    card, _ = patron
    names = [
        name for (name,) in small.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'")
    ]
    url = small.limited_user(
        [right for name in names for right in (f"USAGE ON SCHEMA {name}", f"SELECT ON ALL TABLES IN SCHEMA {name}")]
    )
    before = small.rows("SELECT * FROM actor.passwd ORDER BY id")
    with pages_of(tmp_path, small.url, "evergreen", policy="owwl") as pages:
        browser = pages.signed_in(card)
        (tmp_path / "ils.dsn").write_text(url)
        words = {"password": PASSWORD, "new": NEW_WORDS, "again": NEW_WORDS}
        answer = sent(browser, "password", words)
        assert answer.status_code == 503
        assert "Look first whether what you sent was done." in answer.text
    assert small.rows("SELECT * FROM actor.passwd ORDER BY id") == before


def test_in_the_middle_of_a_session_the_product_decides_who_goes_on(small, patron, tmp_path) -> None:
    """Rights do not expire with a card, nor end with a bar; a new password, a closed or a merged account ends all of it."""
    card, number = patron
    into = small.one("SELECT max(id) FROM actor.usr WHERE id <> :n AND active AND NOT deleted AND id > 1", n=number)
    with pages_of(tmp_path, small.url, "evergreen", policy="owwl") as pages:
        browser = pages.signed_in(card)
        asked = sent(browser, "question", {"words": "Who reads my record?"}).headers["location"]
        for goes_on in ("expire_date = '2001-01-01'", "barred = true"):
            small.do(f"UPDATE actor.usr SET {goes_on} WHERE id = :n", n=number)
            assert browser.get("/en/me/data").status_code == 200, goes_on
            assert pages.signed_in(card).get("/en/me").status_code == 200, goes_on
        small.do("UPDATE actor.passwd SET passwd = 'x' || passwd WHERE usr = :n AND passwd_type = 'main'", n=number)
        assert browser.get("/en/me").headers["location"] == "/en/sign-in", "whoever had the old password is out"
        small.do("UPDATE actor.passwd SET passwd = substr(passwd, 2) WHERE usr = :n AND passwd_type = 'main'", n=number)
        for closed, opened in (("active = false", "active = true"), ("deleted = true", "deleted = false")):
            browser = pages.signed_in(card)
            small.do(f"UPDATE actor.usr SET {closed} WHERE id = :n", n=number)
            assert sent_to_sign_in(browser), closed
            small.do(f"UPDATE actor.usr SET {opened} WHERE id = :n", n=number)
            assert sent_to_sign_in(browser), "the session itself has ended"
        browser = pages.signed_in(card)
        habits.merges_patrons(small.connection, number, into)
        assert sent_to_sign_in(browser)
        answer = pages.browser().post("/en/sign-in", data={"name": card, "password": PASSWORD})
        assert answer.status_code == 401, "a card that the merge put out of use opens nothing"
        assert pages.store.requests.of_person("ils", into) == (), "nobody's request changes hands"
        assert asked.rpartition("/")[2] in {one.id for one in pages.store.requests.all(open_only=True)}


def sent_to_sign_in(browser) -> bool:
    """Whether a page is not given any more, nor a form taken."""
    return browser.get("/en/me/data").headers.get("location") == "/en/sign-in"
