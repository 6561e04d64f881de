"""Signing in on another host with a real browser: what its security policy and its rules for cookies make of it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
import uvicorn

from tests.integration.conftest import _sqlite_template, koha_sqlite, shared_folder  # noqa: F401  (fixtures)
from tests.integration.web.conftest import give_password, pages_of
from tests.integration.web.open_id import CLIENT, SECRET, free_port, real_provider, rsa_key
from tests.integration.web.saml import CARD, ISSUER, Certified, assertion, form, question, response, signed

pytestmark = pytest.mark.browser


@contextmanager
def served(koha, folder, sign_in, **tls):
    """The pages, served for real at an address that the way to sign in may name."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http{'s' if tls else ''}://127.0.0.1:{listening.getsockname()[1]}"
        way, environment = sign_in(address)
        with pages_of(folder, koha.url, "koha", address=address, sign_in=way, environment=environment) as pages:
            server = uvicorn.Server(uvicorn.Config(pages._app, log_level="error", access_log=False, **tls))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)  # uvicorn tells it in no other way
            yield address
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def browse(chromium):
    """A page of a browser without script; what it complains of is kept."""
    contexts, complaints = [], []

    def open_page(**options):
        context = chromium.new_context(java_script_enabled=False, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda one: complaints.append(one.text))
        return page, complaints

    yield open_page
    for context in contexts:
        context.close()


def test_by_an_openid_provider_and_back(browse, koha_sqlite, tmp_path):  # noqa: F811  (the fixture)
    card, port = give_password(koha_sqlite, 0), free_port()
    issuer = f"http://localhost:{port}"  # another site than 127.0.0.1, as a real provider is

    def sign_in(_):
        keys = f"issuer: '{issuer}', client: {CLIENT}, client_secret_env: OIDC, claim: card_number, scopes: [library]"
        way = f"[ils, {{name: idp, system: ils, by: oidc, {keys}, title: Elm University}}]"
        return way, {"OIDC": SECRET}

    with served(koha_sqlite, tmp_path, sign_in) as address, \
            real_provider(port, rsa_key("k"), back=f"{address}/sign-in/idp", issuer=issuer):  # fmt: skip
        page, complaints = browse()
        page.goto(f"{address}/en/sign-in")
        assert page.context.cookies() == []
        page.get_by_role("button", name="Sign in with Elm University").click()
        assert page.url.startswith(issuer), complaints
        page.fill("[name=login]", card)
        page.fill("[name=password]", "x")
        page.get_by_role("button").first.click()
        page.get_by_role("button").first.click()  # consent
        assert page.url == f"{address}/en/me", complaints
        assert {one["name"] for one in page.context.cookies(address)} == {"carrel"}
        page.get_by_role("button", name="Sign out").click()
        assert "You may still be signed in with Elm University" in page.inner_text("main")
        page.goto(f"{address}/en/me")
        assert page.url == f"{address}/en/sign-in"


def test_by_a_saml_provider_and_back_with_a_form_of_another_site(browse, koha_sqlite, tmp_path):  # noqa: F811  (the fixture)
    card, idp = give_password(koha_sqlite, 0), Certified(tmp_path, "idp")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    back: list[str] = []

    class Provider(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if urlsplit(self.path).path != "/sso":
                self.send_error(404)
                return
            asked, state = question(self.path)
            inner = signed(assertion(asked.get("ID"), card, audience=back[0], recipient=back[0]), idp)
            fields = form(response(inner, asked.get("ID"), destination=back[0]), state)
            hidden = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
            body = f'<form method="post" action="{back[0]}">{hidden}<button>Go on</button></form>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Referrer-Policy", "no-referrer")  # as Keycloak: its forms then come from nowhere
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("localhost", 0), Provider) as provider:
        threading.Thread(target=provider.serve_forever, args=(0.05,), daemon=True).start()
        sso = f"http://localhost:{provider.server_address[1]}/sso"

        def sign_in(address):
            back.append(f"{address}/sign-in/idp")
            keys = f"issuer: '{ISSUER}', sign_in_at: '{sso}', certificates: ['{idp.place}'], attribute: '{CARD}'"
            return f"[{{name: idp, system: ils, by: saml, {keys}}}]", {}

        keys = {"ssl_keyfile": str(tmp_path / "key.pem"), "ssl_certfile": str(tmp_path / "cert.pem")}
        with served(koha_sqlite, tmp_path, sign_in, **keys) as address:
            page, complaints = browse(ignore_https_errors=True)
            page.goto(f"{address}/en/sign-in")
            page.get_by_role("button", name="Sign in with localhost").click()
            assert page.url.startswith(sso), complaints
            page.get_by_role("button", name="Go on").click()
            assert page.url == f"{address}/en/me", complaints
            assert {one["name"] for one in page.context.cookies(address)} == {"__Host-carrel"}
        provider.shutdown()


def test_the_page_leads_to_no_other_host(browse, koha_sqlite, tmp_path):  # noqa: F811  (the fixture)
    """The security policy is what holds it: a form that leads elsewhere goes nowhere."""
    issuer = f"http://localhost:{free_port()}"
    way = f"[ils, {{name: idp, system: ils, by: oidc, issuer: '{issuer}', client: c, claim: card_number}}]"
    with served(koha_sqlite, tmp_path, lambda _: (way, {})) as address:
        page, _ = browse()

        def elsewhere(route):
            answer = route.fetch()
            text = answer.text().replace('action="/en/sign-in/away"', 'action="http://evil.localhost/"')
            route.fulfill(response=answer, body=text)

        page.route(f"{address}/en/sign-in", elsewhere)
        page.goto(f"{address}/en/sign-in")
        page.get_by_role("button", name="Sign in with localhost").dispatch_event("click")
        with page.expect_event("console", predicate=lambda one: "form-action" in one.text):
            page.get_by_role("button", name="Sign in with localhost").dispatch_event("click")
        assert page.url == f"{address}/en/sign-in"
