"""Contact details that people correct by themselves: the engine's own way, one transaction, read back, refusals untold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.ledger.leaf import OpenLeaf, decode_leaf
from carrel.retention.legal_hold import Scope
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.placement import Kind, Order
from tests.integration.web.conftest import PASSWORD, Pages, give_password, pages_of, sent
from tests.integration.web.test_choices import number_of

NEW = "new.mail@oak.example"
WAITING = "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE '%%FOR UPDATE'"
LATIN = "Zo\u00eb Stra\u00dfe 5"


def seen(browser) -> str:
    return browser.get("/en/me/correct").text.split('name="seen" value="')[1].split('"')[0]


def correct(browser, password: str = PASSWORD, **values: str):
    named = {key.replace("__", ": ").replace("_", " "): value for key, value in values.items()}
    return sent(browser, "correct", {"password": password, "seen": seen(browser), **named})


def leaves(folder: Path) -> list[OpenLeaf]:
    """Of the ledger, the newest first."""
    told = [decode_leaf(one) for _, one in LedgerFolder(folder / "ledger").backwards()]
    return [one for one in told if isinstance(one, OpenLeaf)]


def test_contact_details_are_written_at_once_and_read_back(koha, tmp_path: Path) -> None:
    card, other = give_password(koha, 0), give_password(koha, 1)
    others = koha.rows(f"SELECT * FROM borrowers WHERE cardnumber = '{other}'")
    with pages_of(tmp_path, koha.url, "koha") as pages:
        browser = pages.signed_in(card)
        answer = correct(browser, email_address__main=NEW, postal_address__street=LATIN, telephone_number__fax="")
        assert answer.status_code == 200, answer.text
        assert "That is changed." in answer.text
        assert f'value="{NEW}"' in answer.text
        assert koha.rows(f"SELECT email, address FROM borrowers WHERE cardnumber = '{card}'") == [(NEW, LATIN)]
        assert koha.rows(f"SELECT * FROM borrowers WHERE cardnumber = '{other}'") == others
        told = [one for one in leaves(tmp_path) if one.kind == "rectification"]
        assert [(one.fields["approval"], one.fields["fields"]) for one in told] == [("the-person", "1-9")]
        assert not list((tmp_path / "cases").glob("*.key")), "what was sealed is forgotten"
        assert correct(browser, email_address__main=NEW).status_code == 422, "nothing to do"
    stored = b"".join(place.read_bytes() for place in tmp_path.glob("carrel.sqlite3*"))
    assert stored
    assert NEW.encode() not in stored


def test_the_password_is_asked_for_and_only_contact_details_are_taken(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    before = koha_sqlite.rows("SELECT * FROM borrowers")
    answer = correct(browser, "guess", email_address__main=NEW)
    assert answer.status_code == 422
    assert "That is not your password." in answer.text
    assert f'value="{NEW}"' in answer.text, "what was typed is still there"
    assert correct(browser, name__family="Else", library_card_number__number="1", note__staff="x").status_code == 422
    assert koha_sqlite.rows("SELECT * FROM borrowers") == before


ODD = ("no mail", "a@b", "x" * 900, "a\u202e@oak.example", "two@oak.example three@oak.example")


def test_what_does_not_fit_changes_nothing(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    before = koha_sqlite.rows("SELECT * FROM borrowers")
    for value in ODD:
        answer = correct(browser, email_address__main=value, telephone_number__main="617 555 0100")
        assert answer.status_code == 422
        assert "Nothing was changed." in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert koha_sqlite.rows("SELECT * FROM borrowers") == before


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    old = seen(browser)
    with koha_sqlite.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE borrowers SET email = 'desk@oak.example' WHERE cardnumber = '{card}'")
    answer = sent(browser, "correct", {"password": PASSWORD, "seen": old, "email address: main": NEW})
    assert answer.status_code == 409
    assert "desk@oak.example" in answer.text, "it shows what is there now"
    assert koha_sqlite.rows(f"SELECT email FROM borrowers WHERE cardnumber = '{card}'") == [("desk@oak.example",)]


def test_a_record_that_must_stay_is_refused_without_saying_why(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    scope = Scope(persons=(number_of(koha_sqlite, card),))
    order = Order(Kind.LEGAL_HOLD, "ils", scope, "preservation letter", "county court", "Ada Example", sealed=True)
    placed = pages.store.keepings.place(order, lambda: datetime.now(UTC))
    browser = pages.signed_in(card)
    answer = correct(browser, email_address__main=NEW)
    assert answer.status_code == 409
    assert "cannot be changed here right now" in answer.text
    told = answer.text.split("<main")[1].lower()
    assert not [
        word for word in ("legal", "court", "preservation", "exception", "sealed", "must be kept") if word in told
    ]
    assert koha_sqlite.rows(f"SELECT count(*) FROM borrowers WHERE email = '{NEW}'") == [(0,)]
    pages.store.keepings.release(placed.id, "Ada Example", datetime.now(UTC), Kind.LEGAL_HOLD)
    assert correct(browser, email_address__main=NEW).status_code == 200


def test_a_stop_and_another_run_are_told_as_busy(koha_sqlite, pages: Pages, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    pages.store.leases.acquire("ils", "somebody/else/1/x", timedelta(minutes=5), pages.clock())
    answer = correct(browser, email_address__main=NEW)
    assert answer.status_code == 503
    assert "busy" in answer.text
    assert koha_sqlite.rows(f"SELECT count(*) FROM borrowers WHERE email = '{NEW}'") == [(0,)]


KILL = """
import os, signal, sys
from pathlib import Path
from carrel.cli import premises, self_correction
from carrel.retention.person_request import Wanted
from carrel.store.person_cases import PersonCases
PersonCases.finish = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
with premises.enter(Path(sys.argv[1]), "ils", read_only=False) as here:
    self_correction.correct(here, int(sys.argv[2]), (Wanted("email address", "main", "email", sys.argv[3]),))
"""


def test_killed_after_the_commit_the_next_correction_ends_the_case(koha_sqlite, pages: Pages, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    number = number_of(koha_sqlite, card)
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(tmp_path), str(number), NEW], env={**os.environ}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert koha_sqlite.rows(f"SELECT email FROM borrowers WHERE cardnumber = '{card}'") == [(NEW,)]
    assert len(list((tmp_path / "cases").glob("*.key"))) == 1
    assert correct(pages.signed_in(card), telephone_number__main="617 555 0100").status_code == 200
    told = [one for one in leaves(tmp_path) if one.kind == "rectification"]
    assert [one.fields["approval"] for one in told] == ["the-person"] * 2, "the ledger has both"
    assert not list((tmp_path / "cases").glob("*.key"))


@pytest.mark.mariadb
def test_where_the_system_dies_in_the_middle_nothing_is_changed_and_the_next_one_is_written(
    koha_mariadb, tmp_path: Path
) -> None:
    """The connection is ended by the server between two steps of the correction; the page does not say what it cannot know."""
    card = give_password(koha_mariadb, 0)
    record = f"borrowernumber = {number_of(koha_mariadb, card)}"
    before = koha_mariadb.rows(f"SELECT * FROM borrowers WHERE {record}")
    engine = koha_mariadb.engine()
    with pages_of(tmp_path, koha_mariadb.url, "koha") as pages, ThreadPoolExecutor(1) as beside:
        browser = pages.signed_in(card)
        with engine.connect() as desk, engine.connect() as server:
            desk.exec_driver_sql(f"SELECT 1 FROM borrowers WHERE {record} FOR UPDATE")
            answer = beside.submit(correct, browser, email_address__main=NEW)
            while not (waits := server.exec_driver_sql(WAITING).scalars().all()):
                assert not answer.done()
                time.sleep(0.05)
            for one in waits:
                server.exec_driver_sql(f"KILL {one}")
            assert answer.result().status_code == 503
            assert "Nothing was changed" not in answer.result().text
        assert koha_mariadb.rows(f"SELECT * FROM borrowers WHERE {record}") == before
        assert not list((tmp_path / "cases").glob("*.key")), "nothing of what was not written is kept"
        assert "That is changed." in correct(browser, email_address__main=NEW).text
    assert koha_mariadb.rows(f"SELECT email FROM borrowers WHERE {record}") == [(NEW,)]
    assert not list((tmp_path / "cases").glob("*.key"))
