"""The whole walk of a patron on Koha's own database."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample.signing_in import offer_notices
from tests.integration.web.conftest import PASSWORD, give_password, pages_of
from tests.integration.web.test_account import WISHES
from tests.integration.web.test_choices import number_of
from tests.integration.web.walk import MAIL, walk


@pytest.mark.mariadb
def test_a_patron_walks_through_all_of_it_on_mariadb(koha_mariadb, tmp_path: Path) -> None:
    card = give_password(koha_mariadb, 0)
    number = number_of(koha_mariadb, card)
    offer_notices(koha_mariadb.engine())
    others = sa.text("SELECT * FROM borrowers WHERE borrowernumber <> :n ORDER BY borrowernumber")
    with koha_mariadb.engine().connect() as connection:
        before = connection.execute(others, {"n": number}).all()
    with pages_of(tmp_path, koha_mariadb.url, "koha", policy="owwl") as pages:
        walk(pages, card, number, PASSWORD, "Hold_Filled", "email")
    assert koha_mariadb.rows(WISHES.format(card=card)) == [("Hold_Filled", "email")]
    assert koha_mariadb.rows(f"SELECT email FROM borrowers WHERE borrowernumber = {number}") == [(MAIL,)]
    with koha_mariadb.engine().connect() as connection:
        assert connection.execute(others, {"n": number}).all() == before, "nobody else's record"
