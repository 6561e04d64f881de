"""A child's pages and those of the guardian: nobody finds another person's record on any of them (MPL-14)."""

from __future__ import annotations

import sqlalchemy as sa

from tests.integration.web.conftest import Pages, give_password
from tests.integration.web.test_choices import number_of

PATHS = (
    "me", "me/data", "me/choices", "me/notices", "me/correct", "me/take-along", "me/ask", "me/erase", "me/object", "me/requests",
)  # fmt: skip
WORDS = {"child": ("Mirabelle", "Quickfoot"), "guardian": ("Thaddeus", "Ironbark")}


def test_neither_shows_the_other(koha_sqlite, pages: Pages) -> None:
    cards = {"child": give_password(koha_sqlite, 2), "guardian": give_password(koha_sqlite, 3)}
    numbers = {who: number_of(koha_sqlite, card) for who, card in cards.items()}
    with koha_sqlite.engine().begin() as connection:
        for who, (first, last) in WORDS.items():
            connection.execute(
                sa.text("UPDATE borrowers SET firstname = :f, surname = :s, email = :m WHERE borrowernumber = :n"),
                {"f": first, "s": last, "m": f"{first.lower()}@oak.example", "n": numbers[who]},
            )
        connection.execute(
            sa.text(
                "UPDATE borrowers SET contactname = :s, contactfirstname = :f, relationship = 'father', "
                "borrowernotes = 'brought by Thaddeus Ironbark' WHERE borrowernumber = :n"
            ),
            {"f": WORDS["guardian"][0], "s": WORDS["guardian"][1], "n": numbers["child"]},
        )
        connection.execute(
            sa.text(
                "INSERT INTO borrower_relationships (guarantor_id, guarantee_id, relationship) VALUES (:g, :c, 'father')"
            ),
            {"g": numbers["guardian"], "c": numbers["child"]},
        )
    for who, other in (("child", "guardian"), ("guardian", "child")):
        browser = pages.signed_in(cards[who])
        own = ""
        for path in PATHS:
            text = browser.get(f"/en/{path}").text
            own += text
            for word in (*WORDS[other], cards[other], f"{WORDS[other][0].lower()}@oak.example"):
                assert word not in text, (who, path, word)
        assert WORDS[who][1] in own, "and each sees what is her or his own"
