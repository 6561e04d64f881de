"""What the pages of a person say, as a newcomer reads them: plain words, nothing promised that is not so."""

from __future__ import annotations

import re

import sqlalchemy as sa

from tests.integration.web.conftest import Pages
from tests.integration.web.test_choices import number_of


def lines(text: str) -> str:
    """A page as it is read, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_what_is_held_is_told_in_plain_words_in_both_languages(pages: Pages, card: str, koha_sqlite) -> None:
    number = number_of(koha_sqlite, card)
    old = {"borrowernumber": number, "returndate": "2015-01-10 10:00:00", "issuedate": "2015-01-02 10:00:00"}
    with koha_sqlite.engine().begin() as connection:
        columns = ", ".join(old)
        values = ", ".join(f":{one}" for one in old)
        connection.execute(sa.text(f"INSERT INTO old_issues ({columns}) VALUES ({values})"), old)
    browser = pages.signed_in(card)
    english, spanish = (browser.get(f"/{one}/me/data").text for one in ("en", "es"))
    told = lines(english)
    for word in (
        "Borrowernumber",
        "Categorycode",
        "Checkprevcheckout",
        "RGT-",
        "(renewer_id)",
        "Until until",
        "you stand",
    ):
        assert word not in told, word
    assert "Your number in the system" in told
    assert "These take too long to look up on this page:" in told
    assert 'href="/en/me/see-all"' in english
    assert "was due on January" in told
    assert "Some of this is still here after its day." in told
    dias = lines(spanish)
    for word in ("Your record", "Loans", "days", "Past loans", "until ", "entries"):
        assert word not in dias, word
    assert "Tu número en el sistema" in dias
    assert "Donde mostramos las palabras de la política, están en inglés." in dias
