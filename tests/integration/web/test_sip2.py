"""Signing in by a SIP2 server, over real TCP and TLS: what opens an account, and everything that does not."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.inventory.sign_in_way import Sip2
from carrel.systems.sign_in.sip2_message import checksum
from carrel.systems.sign_in.sip2_server import Sip2Server
from tests.integration.web.conftest import PASSWORD, Pages, pages_of
from tests.integration.web.sip2_library import SipLibrary, served

ENVIRONMENT = {"SIP": "s3cret ü"}
WAY = "[{{system: ils, by: sip2, host: 127.0.0.1, port: {port}, tls: none, user: carrel, password_env: SIP}}]"


def account(koha, offset: int) -> tuple[int, str, str]:
    """Number, card and user name of a patron."""
    with koha.engine().connect() as connection:
        row = connection.execute(
            sa.text(
                "SELECT borrowernumber, cardnumber, userid FROM borrowers WHERE cardnumber IS NOT NULL AND userid IS "
                "NOT NULL AND borrowernumber <> COALESCE((SELECT MAX(value) FROM systempreferences "
                "WHERE variable = 'AnonymousPatron'), '0') + 0 ORDER BY borrowernumber LIMIT 1 OFFSET :offset"
            ),
            {"offset": offset},
        ).one()
    return int(row[0]), str(row[1]), str(row[2])


@contextmanager
def opened(koha, folder: Path, library: SipLibrary, way: str = WAY) -> Iterator[Pages]:
    with (
        served(library),
        pages_of(folder, koha.url, "koha", sign_in=way.format(port=library.port), environment=ENVIRONMENT) as pages,
    ):
        yield pages


def tried(pages: Pages, name: str, password: str = PASSWORD, **more: str) -> int:
    answer = pages.browser().post("/en/sign-in", data={"name": name, "password": password, **more})
    assert ("set-cookie" in answer.headers) == (answer.status_code == 303)
    return int(answer.status_code)


def number(pages: Pages, name: str, password: str = PASSWORD) -> str:
    browser = pages.signed_in(name, password)
    session = pages.store.portal_sessions.find(browser.cookies["carrel"], pages.clock(), timedelta(hours=1))
    assert session is not None
    return session.said["number"]


@pytest.mark.parametrize(
    "message",
    [  # as other clients' and servers' public logs and tests show them
        "9300CNuu|COpp|AY1AZF9E9", "941AY1AZFDFC", "9900302.00AY2AZFCA4",
        "98YYYYYN60000320130424    1135112.00AOEPLMNA|AMEPLMNA|BXYYYYYYYYYYYNNYYY|ANSIPCHK|AY1AZE80C",
        "98YYYYNN01000320130808    1509002.00AOst|AMSt. Albert Public Library|BXYYYYYYYYYYYYYYYY|ANUnassigned|VNSIP 2.00.106 SirsiDynix Inc. 7.5.074.40|AY1AZD3FA",
    ],
)  # fmt: skip
def test_checksums_are_those_that_others_reckon(message: str) -> None:
    assert checksum(message[:-4].encode()).decode() == message[-4:]


@pytest.mark.parametrize("known", ["YYYYYYYYYYYYYYYY", "YYYYYYYNYYYYYYYY", ""])
def test_whose_password_the_server_knows_comes_in_and_sees_her_own(koha_sqlite, tmp_path: Path, known: str) -> None:
    ada, ben = account(koha_sqlite, 0), account(koha_sqlite, 1)
    library = SipLibrary({ada[1]: PASSWORD, ben[1]: "another"}, names={ada[2]: ada[1]}, known=known)
    with koha_sqlite.engine().begin() as connection:  # the database has no hash that could be tried
        connection.execute(sa.text("UPDATE borrowers SET password = '!', login_attempts = 0"))
    with opened(koha_sqlite, tmp_path, library) as pages:
        assert number(pages, ada[1]) == str(ada[0])
        assert number(pages, f" {ada[2]} ") == str(ada[0]), "the server told the card of this user name"
        assert number(pages, ben[1], "another") == str(ben[0])
        assert [tried(pages, ada[1], "another"), tried(pages, ben[1]), tried(pages, "nobody")] == [401] * 3
        browser = pages.signed_in(ada[1])
        assert browser.get("/en/me/data").status_code == 200
        kept = b"".join(
            place.read_bytes() for place in tmp_path.rglob("*") if place.is_file() and place.suffix != ".db"
        )
    assert not library.broken
    kinds = {kind for kind, _ in library.asked}
    assert kinds == {"93", "99", "23" if known[7:8] == "N" else "63"}
    assert ("63" if known[7:8] != "N" else "23", "nobody") in library.asked, "an unknown name is asked for alike"
    assert PASSWORD.encode() not in kept
    assert ENVIRONMENT["SIP"].encode() not in kept


WRONG = ["no CQ", "empty CQ", "BL no", "a name with fields", "another card"]
AWAY = {
    "checksum": "SGN-002", "sequence": "SGN-002", "ended early": "SGN-002", "a megabyte": "SGN-002",
    "bytes": "SGN-002", "noise": "SGN-002", "another kind": "SGN-002", "again for ever": "SGN-002",
    "cut": "SGN-001", "offline": "SGN-001", "silent": "SGN-001", "drips": "SGN-001",
}  # fmt: skip


def test_no_other_answer_opens_anything_and_each_looks_like_a_wrong_password_or_a_server_away(
    koha_sqlite, tmp_path: Path
) -> None:
    _, card, _ = account(koha_sqlite, 0)
    library = SipLibrary({card: PASSWORD})
    with opened(koha_sqlite, tmp_path, library) as pages:
        pages.premises.ways.taking["ils"].server._seconds = 0.8
        texts: dict[int, set[str]] = {401: set(), 503: set()}
        for fault in (*WRONG, *AWAY):
            pages.clock.go_on(timedelta(minutes=16))
            library.fault = fault
            started = time.monotonic()
            answer = pages.browser().post(
                "/en/sign-in", data={"name": card, "password": "x" if fault == WRONG[3] else PASSWORD}
            )
            assert time.monotonic() - started < 3, fault
            assert answer.status_code == (401 if fault in WRONG else 503), fault
            assert "set-cookie" not in answer.headers
            texts[answer.status_code].add(answer.text)
        assert [len(one) for one in texts.values()] == [1, 1]
        for fault in ("no checksum", "again once", "line feeds", ""):
            pages.clock.go_on(timedelta(minutes=16))
            library.fault = fault
            assert tried(pages, card) == 303, fault


@pytest.mark.parametrize(("fault", "code"), AWAY.items())
def test_each_fault_of_a_server_has_a_code_that_repeats_nothing(fault: str, code: str) -> None:
    library = SipLibrary({"21868000000001": PASSWORD}, login=None, fault=fault)
    with served(library):
        way = Sip2(system="ils", by="sip2", host="127.0.0.1", port=library.port, tls="none")
        from datetime import UTC, datetime

        server = Sip2Server(way, {}, lambda: datetime.now(UTC), 0.5)
        with pytest.raises(CarrelError) as wrong:
            server.knows("21868000000001", PASSWORD)
    assert wrong.value.code == code
    assert "21868" not in str(wrong.value)
    assert PASSWORD not in repr(wrong.value.faults)


def asking(**more: object) -> Sip2Server:
    from datetime import UTC, datetime

    way = Sip2.model_validate({"system": "ils", "by": "sip2", "host": "127.0.0.1", "tls": "none", **more})
    return Sip2Server(way, {"SIP": "wrong", "BAR": "a|b", "FAR": "\u4e2d"}, lambda: datetime.now(UTC), 2)


def test_a_login_that_is_refused_and_an_answer_without_a_checksum_where_one_is_wanted() -> None:
    with served(SipLibrary({"c": "p"})) as library:
        for variable in ("SIP", "BAR"):
            with pytest.raises(CarrelError) as wrong:
                asking(port=library.port, user="carrel", password_env=variable).knows("c", "p")
            assert wrong.value.code == "SGN-003"
            assert "wrong" not in str(wrong.value)
        with pytest.raises(CarrelError) as wrong:
            asking(port=library.port, user="carrel", password_env="FAR", encoding="latin-1").look()
        assert wrong.value.code == "SGN-002"
        library.login, library.fault = None, "no checksum"
        assert asking(port=library.port).knows("c", "p") == "c"
        assert asking(port=library.port).look() == "patron information"
        with pytest.raises(CarrelError) as wrong:
            asking(port=library.port, checksums=True).knows("c", "p")
        assert wrong.value.code == "SGN-002"
    with pytest.raises(CarrelError) as wrong:
        asking(port=library.port).knows("c", "p")
    assert wrong.value.code == "SGN-001"


def test_nothing_typed_can_be_read_as_a_field_of_its_own(koha_sqlite, tmp_path: Path) -> None:
    _, card, _ = account(koha_sqlite, 0)
    library = SipLibrary({card: PASSWORD, "x": ""})
    with opened(koha_sqlite, tmp_path, library) as pages:
        for name, password in ((f"x|AA{card}", PASSWORD), (card, f"x|AD{PASSWORD}"), (f"{card}\r63", PASSWORD),
                               (card, "x\n"), (card, "\0"), (card, ""), ("x", "")):  # fmt: skip
            assert tried(pages, name, password) in {401, 422}
    assert {one for _, one in library.asked} <= {""}, "no server was asked for any of these"


def test_a_word_with_two_meanings_opens_nobody(koha_sqlite, tmp_path: Path) -> None:
    """The server may have meant the user name, and this system would take it for a card."""
    ada, ben = account(koha_sqlite, 0), account(koha_sqlite, 1)
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text("UPDATE borrowers SET login_attempts = 0"))
        connection.execute(
            sa.text("UPDATE borrowers SET userid = :c WHERE borrowernumber = :n"), {"c": ada[1], "n": ben[0]}
        )
    library = SipLibrary({ada[1]: PASSWORD})
    with opened(koha_sqlite, tmp_path, library) as pages:
        assert tried(pages, ada[1]) == 401


def test_whom_the_library_has_locked_does_not_come_in_by_another_door(koha_sqlite, tmp_path: Path) -> None:
    who, card, _ = account(koha_sqlite, 0)
    with opened(koha_sqlite, tmp_path, SipLibrary({card: PASSWORD})) as pages:
        browser = pages.signed_in(card)
        with koha_sqlite.engine().begin() as connection:
            connection.execute(
                sa.text("UPDATE borrowers SET login_attempts = -1 WHERE borrowernumber = :n"), {"n": who}
            )
        assert tried(pages, card) == 401
        assert browser.get("/en/me").status_code == 303


def test_tries_are_counted_for_the_account_whichever_door_is_tried(koha_sqlite, tmp_path: Path) -> None:
    from tests.integration.web.conftest import give_password

    card = give_password(koha_sqlite, 0, "in the database")
    library = SipLibrary({card: PASSWORD})
    way = f"[ils, {WAY[1:-1].replace('{{', '{{name: desk, title: By the desk, ')}]"
    with opened(koha_sqlite, tmp_path, library, way) as pages:
        page = pages.browser().get("/en/sign-in").text
        assert re.findall(r'name="system" value="(\w+)"', page) == ["ils", "desk"]
        assert "By the desk" in page
        assert tried(pages, card, "in the database", system="ils") == 303
        assert tried(pages, card, PASSWORD, system="desk") == 303
        assert tried(pages, card, PASSWORD, system="ils") == 401
        assert tried(pages, card, "in the database", system="desk") == 401
        assert tried(pages, card, PASSWORD) == 401, "which door was not said"
        wrong = [tried(pages, card, "wrong", system=("ils", "desk")[turn % 2]) for turn in range(7)]
        assert wrong == [401] * 6 + [429]
        assert tried(pages, card, PASSWORD, system="desk") == 429


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_over_tls_the_server_must_be_the_one_that_is_named(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    trusted = str(certificate / "cert.pem")
    with served(SipLibrary({"c": "p"}, login=None), context) as library:
        assert asking(host="localhost", port=library.port, tls="tls", ca_file=trusted).knows("c", "p") == "c"
        for way in (
            {"host": "127.0.0.1", "ca_file": trusted},
            {"host": "localhost"},
            {"host": "localhost", "tls": "none"},
        ):
            with pytest.raises(CarrelError) as wrong:
                asking(**{"port": library.port, "tls": "tls", **way}).knows("c", "p")
            assert wrong.value.code in {"SGN-001", "SGN-002"}, way
    with served(SipLibrary({"c": "p"}, login=None)) as plain, pytest.raises(CarrelError) as wrong:
        asking(host="localhost", port=plain.port, tls="tls", ca_file=trusted).knows("c", "p")
    assert wrong.value.code == "SGN-001"
    assert not plain.asked


def test_no_more_are_asked_at_once_than_such_a_server_bears() -> None:
    library = SipLibrary({"c": "p"}, login=None, fault="silent")
    with served(library):
        server = asking(port=library.port)
        server._seconds = 0.6
        failed: list[str] = []

        def one() -> None:
            try:
                server.knows("c", "p")
            except CarrelError as wrong:
                failed.append(wrong.code)

        many = [threading.Thread(target=one) for _ in range(12)]
        for thread in many:
            thread.start()
        time.sleep(0.4)
        assert sum(kind == "63" for kind, _ in library.asked) <= 8
        for thread in many:
            thread.join()
    assert failed == ["SGN-001"] * 12


def test_of_a_server_that_stands_still_some_wait_and_more_are_told_at_once() -> None:
    library = SipLibrary({"c": "p"}, login=None, fault="silent")
    with served(library):
        server = asking(port=library.port)
        server._seconds = 2.0
        took: list[float] = []

        def one() -> None:
            began = time.monotonic()
            with pytest.raises(CarrelError) as wrong:
                server.knows("c", "p")
            assert wrong.value.code == "SGN-001"
            took.append(time.monotonic() - began)

        many = [threading.Thread(target=one) for _ in range(70)]
        for thread in many:
            thread.start()
        for thread in many:
            thread.join()
        assert len(took) == 70
        assert sum(seconds < 1.0 for seconds in took) == 10  # beyond sixty, nobody waits
        library.fault = None
        assert server.knows("c", "p") == "c"  # each place was given back


def test_whoever_waited_for_a_place_waits_for_the_line_only_as_long_as_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never speaks TLS
        server = asking(host="localhost", port=mute.getsockname()[1], tls="tls")
        server._seconds = 1.0
        for _ in range(8):
            server._places.acquire()
        threading.Timer(0.8, server._places.release).start()
        began = time.monotonic()
        with pytest.raises(CarrelError) as wrong:
            server.knows("c", "p")
        assert wrong.value.code == "SGN-001"
        assert time.monotonic() - began < 1.5
