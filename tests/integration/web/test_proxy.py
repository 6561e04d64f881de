"""The proxy of the docs as a real nginx: what it hands on, what it holds back, and that it keeps nothing."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

from carrel.systems.sample import Sample
from tests.integration.conftest import Koha
from tests.integration.run.library import environment
from tests.integration.web.conftest import PASSWORD, give_password, pages_of

PORTAL = Path(__file__).parents[3] / "docs" / "portal.md"
PAPERS = "/staff/en/cases/c-1/papers"
# As Debian's own file has them around each site: they must not reach it.
AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/start;
{user}
events {{ worker_connections 200; }}
http {{
  access_log {folder}/access; gzip on; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{site}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class Proxy:
    """A running nginx, and its folder."""

    port: int
    plain: int
    folder: Path

    def connection(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        return http.client.HTTPSConnection("localhost", self.port, timeout=30, context=context)

    def asked(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        way = self.connection()
        try:
            way.request(method, path, body or None, {name.replace("_", "-"): said for name, said in headers.items()})
            answer = way.getresponse()
            return answer.status, answer.msg, answer.read()
        finally:
            way.close()

    def wrote(self) -> str:
        """What nginx would have told of requests, also where the docs have it say nothing."""
        return (self.folder / "told").read_text()


@contextmanager
def proxied(folder: Path, behind: int, port: int) -> Iterator[Proxy]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx here")
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
         folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    written = re.search(r"```nginx\n(.*?)```", PORTAL.read_text(encoding="utf-8"), re.DOTALL)
    assert written is not None
    plain, site = free_port(), written[1]
    for said, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"), ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("https://privacy.elm.example", f"https://localhost:{port}"), ("privacy.elm.example;", "localhost;"),
        ("/etc/ssl/privacy.elm.example.pem", f"{folder}/cert.pem"), ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
        ("/etc/ssl/private/privacy.elm.example.key", f"{folder}/key.pem"),
        ("error_log /dev/null;", f"error_log {folder}/told warn;"),
    ):  # fmt: skip
        assert said in site, said
        site = site.replace(said, here)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, site=site, user=user))
    running = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert running.poll() is None, running.stderr and running.stderr.read()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield Proxy(port, plain, folder)
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)


@dataclass
class Upstream:
    """A server that notes what reaches it."""

    port: int = 0
    connections: int = 0
    said: list[tuple[str, int, dict[str, list[str]]]] = field(default_factory=list)


@contextmanager
def upstream(answer: bytes) -> Iterator[Upstream]:
    noted = Upstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            noted.connections += 1
            super().setup()

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            left = size
            while left:
                left -= len(self.rfile.read(min(left, 1 << 16)))
            names = {name.lower() for name in self.headers}
            noted.said.append((self.path, size, {name: self.headers.get_all(name) or [] for name in names}))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(answer)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True  # a test that fails waits for none of them
        noted.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield noted
        finally:
            server.shutdown()


def test_it_holds_slow_ones_and_puts_nothing_on_its_disk(tmp_path: Path) -> None:
    page = b"<p>" + b"what is held " * 700_000
    with upstream(page) as behind, proxied(tmp_path / "nginx", behind.port, free_port()) as proxy:
        slow = [proxy.connection() for _ in range(20)]
        for way in slow:
            way.putrequest("POST", "/en/sign-in")
            way.putheader("Content-Length", "1000")
            way.endheaders(b"name=")
        time.sleep(0.5)
        assert behind.connections == 0, "who sends slowly waits at the proxy"
        for way in slow:
            way.close()
        assert proxy.asked("POST", "/en/sign-in", b"x" * 900_000)[0] == 200
        assert proxy.asked("POST", "/en/sign-in", b"x" * 1_100_000)[0] == 413
        assert proxy.asked("POST", PAPERS, b"x" * (64 << 20))[0] == 200
        assert [size for _, size, _ in behind.said] == [900_000, 64 << 20]
        status, headers, got = proxy.asked(
            "GET", "/me", Accept_Encoding="gzip", X_Forwarded_For="192.0.2.1", X_Forwarded_Proto="http"
        )
        assert (status, headers["Content-Encoding"], got) == (200, None, page)
        told = behind.said[-1][2]
        assert told["x-forwarded-for"] == ["127.0.0.1"]
        assert told["x-forwarded-proto"] == ["https"]
        assert told["host"] == [f"localhost:{proxy.port}"]
        lingering = proxy.connection()
        lingering.request("GET", "/me")
        time.sleep(0.7)  # it takes what the proxy has room for, and reads none of it
        assert len(lingering.getresponse().read()) == len(page)
        lingering.close()
        assert "temporary file" not in proxy.wrote()
        assert not (proxy.folder / "access").read_bytes()


def test_plain_http_leads_to_the_pages_and_is_not_noted(tmp_path: Path) -> None:
    with upstream(b"") as behind, proxied(tmp_path / "nginx", behind.port, free_port()) as proxy:
        way = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=10)
        way.request("GET", "/en/about?x=1", headers={"Host": "evil.example"})
        answer = way.getresponse()
        assert (answer.status, answer.msg["Location"]) == (301, f"https://localhost:{proxy.port}/en/about?x=1")
        way.close()
        assert behind.connections == 0
        assert not (proxy.folder / "access").read_bytes()


def test_the_pages_behind_it_sign_people_in_and_count_tries_by_the_browser(
    _sqlite_template: tuple[Path, Sample], tmp_path: Path
) -> None:
    shutil.copyfile(_sqlite_template[0], tmp_path / "koha.db")
    koha = Koha(f"sqlite:///{tmp_path / 'koha.db'}", "sqlite", _sqlite_template[1])
    card = give_password(koha, 0)
    koha.dispose()
    port, inner = free_port(), free_port()
    with pages_of(tmp_path, koha.url, "koha", address=f"https://localhost:{port}"):
        pass
    process = subprocess.Popen(
        [sys.executable, "-m", "carrel", "serve", "--port", str(inner), "--site", str(tmp_path), "--behind", "127.0.0.1"],
        env={**environment(None), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        with proxied(tmp_path / "nginx", inner, port) as proxy:
            own = {"Origin": f"https://localhost:{port}", "Content_Type": "application/x-www-form-urlencoded"}

            def sign_in(name: str, password: str, **more: str) -> tuple[int, http.client.HTTPMessage]:
                body = urlencode({"name": name, "password": password}).encode()
                return proxy.asked("POST", "/en/sign-in", body, **own, **more)[:2]

            status, said = sign_in(card, PASSWORD)
            cookie = said["Set-Cookie"]
            assert status == 303
            assert cookie.startswith("__Host-carrel=") and "Secure" in cookie and "HttpOnly" in cookie
            status, said, page = proxy.asked("GET", "/en/me", Cookie=cookie.split(";")[0], Accept_Encoding="gzip")
            assert (status, said["Cache-Control"], said["Content-Encoding"]) == (200, "no-store", None)
            assert page.lstrip().lower().startswith(b"<!doctype html")
            for name in ("Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options"):
                assert len(said.get_all(name) or []) == 1, name
            assert proxy.asked("GET", "/en/", Host="evil.example")[0] == 421
            assert proxy.asked("POST", "/en/sign-in", b"name=" + b"x" * 70_000, **own)[0] == 413
            assert proxy.asked("POST", PAPERS, b"x" * 2_000_000, **own)[0] in {303, 401, 403}
            answers = [
                sign_in(f"nobody-{n}", "x", X_Forwarded_For=f"192.0.2.{n}, 198.51.100.{n}", X_Real_IP=f"192.0.2.{n}")[0]
                for n in range(62)
            ]
            assert set(answers[:50]) == {401}
            assert answers[-1] == 429, "no browser is believed about its own address"
            assert not (proxy.folder / "access").read_bytes()
            assert "temporary file" not in proxy.wrote()
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert rest == ""
