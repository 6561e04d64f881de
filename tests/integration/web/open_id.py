"""OpenID providers for tests: a real one in a process of its own, and one of ours that signs whatever a test wants."""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.integration.web.conftest import ADDRESS, Pages

ROOT = Path(__file__).parents[3]
CLIENT, SECRET = "carrel-pages", "a secret: with / signs + more &"
BACK = f"{ADDRESS}/sign-in/idp"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def rsa_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


@contextmanager
def real_provider(
    port: int, *keys: RSAKey | ECKey, in_token: bool = False, back: str = BACK, issuer: str = ""
) -> Iterator[str]:
    """Node's oidc-provider, until the block ends; its issuer."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "oidc-provider").is_dir():
        if os.environ.get("CI"):
            pytest.fail("oidc-provider is not installed: npm ci")
        pytest.skip("oidc-provider is not installed: npm ci")
    said = {"port": port, "back": back, "keys": [one.as_dict(private=True) for one in keys], "inToken": in_token,
            "client": CLIENT, "secret": SECRET,
            "issuer": issuer or f"http://127.0.0.1:{port}"}  # fmt: skip
    process = subprocess.Popen(
        [node, str(Path(__file__).parent / "provider.mjs"), json.dumps(said)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert any(line.strip() == "ready" for line in process.stdout)
        yield said["issuer"]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def left(pages: Pages, **more: str) -> tuple[Any, str]:
    """A browser that has left for the provider, and where it was sent."""
    browser = pages.browser()
    answer = browser.post("/en/sign-in/away", data={"system": "idp", **more})
    assert answer.status_code == 303, answer.text
    return browser, answer.headers["location"]


def signed_in_there(place: str, account: str) -> str:
    """Sign in on the provider's own pages; the address of ours that they send the browser to."""
    with httpx2.Client(follow_redirects=False, timeout=20) as there:
        answer = there.get(place)
        for _ in range(12):
            if answer.is_redirect:
                place = urljoin(place, answer.headers["location"])
                if place.startswith(ADDRESS):
                    return place.removeprefix(ADDRESS)
                answer = there.get(place)
                continue
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert action is not None, answer.text
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert prompt is not None
            place = urljoin(place, action[1])
            answer = there.post(place, data={"prompt": prompt[1], "login": account, "password": "x"})
    raise AssertionError("it goes on for ever")


@dataclass
class HostileProvider:
    """Whatever a test wants of a provider.

    Attributes:
        claims: changes what a token says.
        sign: makes the token of its claims, in place of a good signature.
        documents: changes what it says of itself.
        userinfo: what it tells of whoever signed in.
        asked: paths that were asked for, with forms and headers.
    """

    port: int = 0
    key: RSAKey = field(default_factory=lambda: rsa_key("first"))
    published: list[dict[str, Any]] | None = None
    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda one: one
    sign: Callable[[dict[str, Any]], str] | None = None
    documents: Callable[[dict[str, Any]], dict[str, Any]] = lambda one: one
    userinfo: dict[str, Any] | None = None
    token: Callable[[dict[str, Any]], tuple[int, Any]] = lambda one: (200, one)
    raw: dict[str, bytes] = field(default_factory=dict)
    nonce: str = ""
    clock: Callable[[], float] = time.time
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def signed(self, claims: dict[str, Any], *, key: Any = None, **head: Any) -> str:
        used = key or self.key
        algorithm = head.pop("alg", "RS256")
        return jws.serialize_compact(
            {name: one for name, one in {"alg": algorithm, "kid": used.kid, **head}.items() if one is not None},
            json.dumps(claims).encode(),
            used,
            algorithms=[algorithm],
        )

    def answer(self, path: str, form: dict[str, str], head: dict[str, str]) -> tuple[int, Any]:
        self.asked.append((path, form, head))
        if path in self.raw:
            return 200, self.raw[path]
        if path == "/.well-known/openid-configuration":
            return 200, self.documents({
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth", "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys", "userinfo_endpoint": f"{self.issuer}/me",
                "end_session_endpoint": f"{self.issuer}/bye",
            })  # fmt: skip
        if path == "/keys":
            return 200, {"keys": self.published if self.published is not None else [self.key.as_dict(private=False)]}
        if path == "/me":
            return (200, self.userinfo) if self.userinfo is not None else (403, {})
        assert path == "/token"
        now = int(self.clock())
        claims = self.claims({
            "iss": self.issuer, "aud": CLIENT, "sub": "s1", "nonce": self.nonce, "iat": now, "exp": now + 300,
            "card_number": "none",
        })  # fmt: skip
        return self.token({
            "id_token": self.sign(claims) if self.sign else self.signed(claims), "access_token": "at", "token_type": "Bearer",
        })  # fmt: skip


@contextmanager
def hostile(provider: HostileProvider) -> Iterator[HostileProvider]:
    """It, listening at a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._tell({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._tell({name: values[0] for name, values in parse_qs(sent).items()})

        def _tell(self, form: dict[str, str]) -> None:
            status, said = provider.answer(urlsplit(self.path).path, form, dict(self.headers))
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield provider
        finally:
            server.shutdown()


def returned(provider: HostileProvider, place: str, **change: str | None) -> str:
    """The address with which such a provider sends a browser back; it remembers the nonce."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
    provider.nonce = asked["nonce"]
    told = {"code": "c0de", "state": asked["state"], "iss": provider.issuer, **change}
    return "/sign-in/idp?" + urlencode({name: value for name, value in told.items() if value is not None})


def unsigned(claims: dict[str, Any], algorithm: str, **head: Any) -> str:
    """A token with no signature at all."""
    parts = (json.dumps({"alg": algorithm, "typ": "JWT", **head}), json.dumps(claims))
    return ".".join(_url64(one.encode()) for one in parts) + "."


def by_secret(claims: dict[str, Any], secret: bytes) -> str:
    """A token by a secret, which names the provider's key."""
    text = unsigned(claims, "HS256", kid="first")[:-1]
    return f"{text}.{_url64(hmac.digest(secret, text.encode(), 'sha256'))}"


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
