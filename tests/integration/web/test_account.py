"""Notices and the password: written into the product as the product does it, read back, and kept nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import bcrypt
import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.systems import map_files
from carrel.systems.sample.signing_in import offer_notices
from carrel.systems.sql.account_password import write_password
from carrel.systems.sql.notice_choices import NoticeChoices
from tests.integration.web.conftest import PASSWORD, Pages, give_password, pages_of, sent
from tests.integration.web.test_choices import number_of
from tests.integration.web.test_sign_in import tried

NEW = "four words in a r\u00f6w"
WISHES = """SELECT m.message_name, t.message_transport_type FROM message_attributes m
JOIN borrower_message_preferences p ON p.message_attribute_id = m.message_attribute_id
JOIN borrower_message_transport_preferences t ON t.borrower_message_preference_id = p.borrower_message_preference_id
JOIN borrowers b ON b.borrowernumber = p.borrowernumber WHERE b.cardnumber = '{card}' ORDER BY 1, 2"""


def set_to(browser, new: str, *, password: str = PASSWORD, again: str | None = None):
    return sent(browser, "password", {"password": password, "new": new, "again": new if again is None else again})


def test_a_new_password_opens_and_the_old_one_does_not(koha, tmp_path: Path) -> None:
    card, other = give_password(koha, 0), give_password(koha, 1)
    ((others,),) = koha.rows(f"SELECT password FROM borrowers WHERE cardnumber = '{other}'")
    with koha.engine().begin() as connection:
        connection.execute(sa.text("UPDATE categories SET password_expiry_days = 90"))
    with pages_of(tmp_path, koha.url, "koha") as pages:
        here, there = pages.signed_in(card), pages.signed_in(card)
        answer = set_to(here, NEW)
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/me/password/done")
        assert "Your new password works." in here.get("/en/me/password/done").text
        assert here.get("/en/me").status_code == 200, "who changed it stays signed in"
        assert there.get("/en/me/data").headers["location"] == "/en/sign-in", "whoever else was in is out"
        assert tried(pages, card, PASSWORD) == 401
        assert tried(pages, card, NEW) == 303
        assert tried(pages, other) == 303
    ((hashed, attempts, ends),) = koha.rows(
        f"SELECT password, login_attempts, password_expiration_date FROM borrowers WHERE cardnumber = '{card}'"
    )
    assert str(ends) == str(datetime.now(UTC).date() + timedelta(days=90)), "as the patron's category has it"
    assert hashed.startswith("$2a$08$"), "what Koha's own library reads"
    assert bcrypt.checkpw(NEW.encode(), hashed.encode())
    assert attempts == 0
    assert koha.rows(f"SELECT password FROM borrowers WHERE cardnumber = '{other}'") == [(others,)]
    kept = [place for place in tmp_path.rglob("*") if place.is_file() and place.name != "koha.db"]
    assert not any(NEW.encode() in place.read_bytes() or PASSWORD.encode() in place.read_bytes() for place in kept)


def test_whom_the_product_gives_a_new_password_is_signed_out_here(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    assert browser.get("/en/me/choices").status_code == 200
    give_password(koha_sqlite, 0, "of the desk")
    assert browser.get("/en/me/choices").headers["location"] == "/en/sign-in"
    assert browser.get("/en/me").headers["location"] == "/en/sign-in"


ODD = [
    ("1234567", None, "Please use 8 letters or more."), ("", None, "Please use 8 letters or more."),
    ("x" * 73, None, "That is too long."), ("\u00e9" * 37, None, "That is too long."),
    ("x" * 2000, None, "That is too long."), ("long enough", "another one", "are not the same"),
    (PASSWORD, None, "That is your old password."), ("tab\tin the middle", None, "There is a sign in it"),
    ("nul\0in the middle", None, "There is a sign in it"),
]  # fmt: skip


def test_what_is_no_new_password(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    for new, again, says in ODD:
        answer = set_to(browser, new, again=again)
        assert answer.status_code == 422
        assert says in answer.text
    assert tried(pages, card) == 303


def test_no_composition_is_asked_for(koha_sqlite, pages: Pages) -> None:
    for offset, new in enumerate(("aaaaaaaa", "12345678", "a       b", "\u263a" * 24)):
        card = give_password(koha_sqlite, offset)
        assert set_to(pages.signed_in(card), new).status_code == 303, new
        assert tried(pages, card, new) == 303


def test_what_koha_asks_of_a_password_is_asked_here_too(koha_sqlite, pages: Pages) -> None:
    """Koha's own rules: the library's, then those of the category, which may be milder; read with each page."""
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)

    def do(text: str, **values: object) -> None:
        with koha_sqlite.engine().begin() as connection:
            connection.execute(sa.text(text), values)

    ((number,),) = koha_sqlite.rows(f"SELECT categorycode FROM borrowers WHERE cardnumber = '{card}'")
    for name, value in (("minPasswordLength", "12"), ("RequireStrongPassword", "1")):
        do("INSERT INTO systempreferences (variable, value) VALUES (:n, :v)", n=name, v=value)
    text = browser.get("/en/me/password").text
    assert "Use 12 letters or more." in text
    assert "at least one capital letter" in text
    assert "no space at the start or at the end" in text
    for new, says in (
        ("Short 1 ok?", "12 letters or more"), ("all small 1 here", "at least one capital letter"),
        ("No Digit In This", "at least one digit"), (" Space 1 at start", "no space at the start"),
    ):  # fmt: skip
        answer = set_to(browser, new)
        assert answer.status_code == 422, new
        problem = answer.text.partition('id="problem"')[2].partition("</div>")[0]
        assert says in problem, new
        assert problem.count("<li>") == 1, new
    assert tried(pages, card) == 303, "nothing was written"
    assert set_to(browser, "Fine 1 for Koha").status_code == 303
    do("UPDATE categories SET min_password_length = 9, require_strong_password = 0 WHERE categorycode = :c", c=number)
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    text = browser.get("/es/me/password").text
    assert "Usa 9 letras o m\u00e1s." in text
    assert "may\u00fascula" not in text
    assert set_to(browser, "nine long").status_code == 303


def test_the_old_password_is_asked_for_and_guessing_ends(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    assert [set_to(browser, NEW, password="guess").status_code for _ in range(9)] == [422] * 8 + [429]
    assert set_to(browser, NEW).status_code == 429, "not even the right one, for a while"
    assert tried(pages, card) == 401, "and not at the door either, which does not tell that there is such an account"


def test_notices_are_set_in_koha_and_of_nobody_else(koha, tmp_path: Path) -> None:
    card, other = give_password(koha, 0), give_password(koha, 1)
    with koha.engine().begin() as connection:
        for number, name in ((901, "Item_Due"), (902, "Hold_Filled")):
            connection.execute(
                sa.text(
                    "INSERT INTO message_attributes (message_attribute_id, message_name, takes_days) VALUES (:i, :n, 0)"
                ),
                {"i": number, "n": name},
            )
        connection.execute(
            sa.text(
                "INSERT INTO borrower_message_preferences (borrower_message_preference_id, borrowernumber, "
                "message_attribute_id, wants_digest, days_in_advance) SELECT 77, borrowernumber, 901, 1, 3 FROM borrowers "
                "WHERE cardnumber = :c"
            ),
            {"c": card},
        )
        for way in ("print", "sms"):
            connection.execute(
                sa.text("INSERT INTO borrower_message_transport_preferences VALUES (77, :w)"), {"w": way}
            )
    with pages_of(tmp_path, koha.url, "koha") as pages:
        browser = pages.signed_in(card)
        text = browser.get("/en/me/notices").text
        assert text.count(" checked") == 1
        answer = sent(browser, "notices", {
            "notice": ["Item_Due", "Hold_Filled", "Nothing"], "way": ["Item_Due email", "Hold_Filled email", "Hold_Filled print", "x y"],
        })  # fmt: skip
        assert "was read back" in answer.text
        assert answer.text.count(" checked") == 2
        wanted = [("Hold_Filled", "email"), ("Item_Due", "email"), ("Item_Due", "print")]
        assert koha.rows(WISHES.format(card=card)) == wanted, "print is the staff's business"
        assert koha.rows(WISHES.format(card=other)) == []
        assert koha.rows(
            "SELECT wants_digest, days_in_advance FROM borrower_message_preferences WHERE borrower_message_preference_id = 77"
        ) == [(1, 3)]
        sent(browser, "notices", {"notice": ["Hold_Filled"], "way": []})
        assert koha.rows(WISHES.format(card=card)) == wanted[1:], "what the page did not show is left alone"


def test_where_the_site_does_not_let_people_change_anything_nothing_is_changed(koha_sqlite, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    with pages_of(tmp_path, koha_sqlite.url, "koha", may_change="") as pages:
        browser = pages.signed_in(card)
        token = browser.get("/en/me").text.split('name="form" value="')[1].split('"')[0]
        before = koha_sqlite.rows("SELECT * FROM borrowers")
        for path in ("password", "notices", "correct"):
            assert browser.get(f"/en/me/{path}").status_code == 200
            data = {"form": token, "password": PASSWORD, "new": NEW, "again": NEW, "notice": "Item_Due"}
            assert browser.post(f"/en/me/{path}", data=data).status_code == 404, path
        assert koha_sqlite.rows("SELECT * FROM borrowers") == before


REVERTS = {
    "password": "CREATE TRIGGER back AFTER UPDATE OF password ON borrowers WHEN NEW.password <> OLD.password BEGIN "
    "UPDATE borrowers SET password = OLD.password WHERE borrowernumber = OLD.borrowernumber; END",
    "notices": "CREATE TRIGGER back AFTER INSERT ON borrower_message_transport_preferences BEGIN "
    "DELETE FROM borrower_message_transport_preferences "
    "WHERE borrower_message_preference_id = NEW.borrower_message_preference_id; END",
}  # fmt: skip


def test_what_the_product_does_not_take_is_not_told_as_set(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    engine = koha_sqlite.engine()
    offer_notices(engine)
    number, koha = number_of(koha_sqlite, card), map_files.load("koha")
    assert koha.sign_in is not None
    with pages.premises.doors["ils"].reading() as (system, _):
        schema = system.schema
    before = koha_sqlite.rows("SELECT password FROM borrowers")
    for what, trigger in REVERTS.items():
        with engine.begin() as connection:
            connection.exec_driver_sql(trigger)
        with pytest.raises(CarrelError) as wrong, engine.begin() as connection:
            if what == "password":
                write_password(connection, schema, koha.sign_in, number, NEW, today=datetime.now(UTC).date(), at="ils")
            else:
                NoticeChoices(koha).write(connection, number, {"Hold_Filled": ["email"]})
        assert wrong.value.code == "SQL-023"
        if what == "password":
            with pytest.raises(CarrelError) as refused:
                pages.premises.desk.set_password("ils", number, NEW)
            assert refused.value.code == "MAP-003", "the desk does not even begin while there is such a trigger"
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER back")
    with pytest.raises(CarrelError) as wrong:
        pages.premises.desk.set_password("ils", 99_999_999, NEW)
    assert wrong.value.code == "SQL-023"
    assert koha_sqlite.rows("SELECT password FROM borrowers") == before
    assert koha_sqlite.rows(WISHES.format(card=card)) == []
