"""`carrel serve` as it is started, and what stands in its way."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.cli.serving import at_address, proxies
from carrel.errors import CarrelError
from carrel.systems.site_file import load_site, parse_site
from tests.integration.run.library import environment
from tests.integration.run.warm_start import called
from tests.integration.web.conftest import pages_of


@pytest.fixture
def folder(koha_sqlite, tmp_path: Path) -> Path:
    with pages_of(tmp_path, koha_sqlite.url, "koha"):
        return tmp_path


def refused(folder: Path, *more: str) -> tuple[int, list[str]]:
    code, out, err = called(["serve", "--site", str(folder), *more], folder, environment(None))
    assert out == ""
    return code, re.findall(r"^error\[([A-Z]+-[0-9]+)\]", err, re.MULTILINE)


@pytest.mark.parametrize("workers", [1, 2])
def test_pages_are_served_until_it_is_stopped(folder: Path, koha_sqlite, workers: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (folder / "carrel.yaml").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    (folder / "carrel.yaml").write_text(text)
    process = subprocess.Popen(
        [sys.executable, "-m", "carrel", "serve", "--port", str(port), "--site", str(folder),
         *(["--workers", str(workers)] if workers > 1 else [])],
        env={**environment(None), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert (
            process.stderr.readline()
            == f"http://127.0.0.1:{port}, listening at 127.0.0.1 port {port} (Ctrl-C to stop)\n"
        )
        told = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/policy", timeout=30))
        assert told["library"] == "Elm Library"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) >= (workers if workers > 1 else 0)
        assert refused(folder, "--port", str(port)) == (1, ["WEB-003"])
        if workers == 1:
            own_account_is_measured(folder, koha_sqlite)
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert rest == "", "nothing is told of who asked for what"
    assert process.returncode in {0, -signal.SIGTERM}
    end = time.monotonic() + 20
    while left := [one for one in children if Path(f"/proc/{one}").exists()]:
        assert time.monotonic() < end, f"left behind: {left}"
        time.sleep(0.1)
    with socket.create_server(("127.0.0.1", port)):
        pass
    if workers == 1:
        assert own_account(folder) == "cannot tell", "nobody reaches pages that do not answer"


def own_account(folder: Path) -> str:
    """What an audit says of a patron's own account (MPL-11)."""
    _, out, _ = called(["audit", "--json", "--site", str(folder)], folder, environment(None))
    [found] = [one for one in json.loads(out)["clauses"] if one["clause"] == "MPL-11"]
    return str(found["evidence"]["state"])


def own_account_is_measured(folder: Path, koha) -> None:
    """It holds while the pages answer, and turns with the setting of the product that takes the switch away."""
    text = (folder / "carrel.yaml").read_text()
    (folder / "carrel.yaml").write_text(text.replace("policy: worcester", "policy: manhattan"))

    def set_privacy(value: str) -> None:
        with koha.engine().begin() as connection:
            connection.execute(
                sa.text("UPDATE systempreferences SET value = :value WHERE variable = 'OPACPrivacy'"), {"value": value}
            )

    set_privacy("1")
    assert own_account(folder) == "holds"
    set_privacy("0")
    assert own_account(folder) == "finding"
    set_privacy("1")


@pytest.mark.parametrize(
    "behind", ["*", "0.0.0.0/0", "128.0.0.0/1", "::/0", "proxy.example", "10.0.0.1,*", "", "/run/x"]
)
def test_nobody_who_could_be_anybody_is_believed_about_an_address(folder: Path, behind: str) -> None:
    assert refused(folder, "--behind", "127.0.0.1", "--behind", behind) == (2, ["WEB-004"])


def test_addresses_and_networks_of_proxies_are_taken() -> None:
    assert proxies(["127.0.0.1", "10.1.2.3/8", "::1", "fd00::/16"]) == ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/16"]


def test_what_stands_in_its_way_has_a_code(folder: Path) -> None:
    text = (folder / "carrel.yaml").read_text()
    (folder / "carrel.yaml").write_text(text.partition("portal:")[0])
    assert refused(folder) == (2, ["WEB-001"])
    for wrong in ("{address: 'http://privacy.elm.example'}", "{address: 'https://x.example/path'}", "{address: nothing}",
                  "{address: 'https://u:p@x.example'}", "{address: 'https://x.example', sign_in: [nowhere]}",
                  "{address: 'https://x.example', languages: []}", "{address: 'https://x.example', languages: [tlh]}",
                  "{address: 'https://x.example', idle: 5 hours}", "{address: 'https://x.example:99999'}"):  # fmt: skip
        (folder / "carrel.yaml").write_text(text.partition("portal:")[0] + f"portal: {wrong}\n")
        code, codes = refused(folder)
        assert code == 2, wrong
        assert codes, wrong
        assert all(one.startswith("SIT-") for one in codes), (wrong, codes)


def test_a_map_without_accounts_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from carrel.store.store import Store
    from carrel.systems import map_files, policy_files
    from carrel.web.premises import enter

    without = map_files.load("koha").model_copy(update={"sign_in": None})
    monkeypatch.setattr(map_files, "load", lambda _: without)  # no map that ships lacks them
    site = load_site(folder)
    with Store.open(folder) as store, pytest.raises(CarrelError) as wrong:
        enter(site, policy_files.load("worcester"), store, lambda: None, None, None)  # type: ignore[arg-type, return-value]
    assert wrong.value.code == "WEB-002"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{system: ils, by: sip2}", "'host:'"),
        ("{system: ils, by: sip2, host: sip.example, tls: none}", "in the clear"),
        ("{system: ils, by: sip2, host: sip.example, user: x}", "password_file"),
        ("{system: ils, by: sip2, host: sip.example, password_env: X}", "password_file"),
        ("{system: ils, by: sip2, host: sip.example, institution: 'a|b'}", "without '|'"),
        ("{system: ils, by: sip2, host: sip.example, prot: 6001}", "did you mean 'port'"),
        ("{system: ils, by: sip2, host: sip.example, port: 70000}", "up to 65535"),
        ("{system: ils, by: saml3}", "password, sip2, oidc, saml"),
        ("{system: nowhere, by: sip2, host: sip.example}", "one of the site's systems"),
        ("{by: sip2, host: sip.example}", "'system:'"),
        ("[ils]", "a block"),
        ("{system: ils, by: oidc, issuer: 'http://idp.example', client: c, claim: card}", "https://"),
        ("{system: ils, by: oidc, issuer: 'https://u:p@idp.example', client: c, claim: card}", "https://"),
        ("{system: ils, by: oidc, issuer: \"https://idp.example'; script-src *\", client: c, claim: card}", "https://"),
        ("{system: ils, by: oidc, issuer: 'https://idp.example', pages: 'https://x.example/y', client: c, claim: card}", "pages"),
        ("{system: ils, by: oidc, issuer: 'https://idp.example', client: c, claim: email}", "e-mail"),
        ("{system: ils, by: oidc, issuer: 'https://idp.example', client: c, claim: 'https://x.example/verified_email'}", "e-mail"),
        ("{system: ils, by: oidc, issuer: 'https://idp.example', client: c, claim: card, holds: email}", "card"),
        ("{system: ils, by: oidc, issuer: 'https://idp.example', client: c, claim: card, scopes: ['a b']}", "another text"),
        ("{system: ils, by: oidc, issuer: 'https://idp.example', client: c, claim: card, client_secret_env: A, client_secret_file: b}",
         "client_secret_file"),
        ("ils, {system: ils, by: sip2, host: sip.example}", "a second way"),
        ("{system: ils, by: saml, issuer: i, sign_in_at: 'https://x.example', certificates: [a.pem], attribute: a}", "with https"),
        ("{system: ils, by: saml, issuer: i, sign_in_at: 'https://x.example', certificates: [], attribute: a}", "a list with"),
        ("{system: ils, by: saml, issuer: i, sign_in_at: 'http://x.example', certificates: [a.pem], attribute: a}", "sign_in_at"),
        ("{system: ils, by: saml, issuer: i, sign_in_at: 'https://x.example', certificates: [a.pem], attribute: mail}", "e-mail"),
    ],
)  # fmt: skip
def test_a_way_to_sign_in_that_cannot_be_is_told_with_its_place(entry: str, said: str) -> None:
    systems = "library: Elm\npolicy: worcester\nsystems: [{name: ils, map: koha, dsn_env: X, time_zone: UTC}]\n"
    portal = f"portal: {{address: 'http://127.0.0.1:8000', sign_in: [{entry}]}}\n"
    with pytest.raises(CarrelError) as wrong:
        parse_site(systems + portal, "carrel.yaml")
    told = [one for one in wrong.value.faults if said in f"{one.wanted} {one.found} {one.fix}"]
    assert told, [one.lines() for one in wrong.value.faults]
    assert {one.condition.code for one in wrong.value.faults} == {"SIT-001"}
    assert all(one.at.startswith("carrel.yaml:4:") for one in told)


def test_doctor_asks_whom_the_pages_would_ask(folder: Path) -> None:
    from tests.integration.web.open_id import HostileProvider, hostile
    from tests.integration.web.sip2_library import SipLibrary, served

    text = (folder / "carrel.yaml").read_text().partition("portal:")[0]
    (folder / "sip.secret").write_text("pa55word\n")
    (folder / "sip.secret").chmod(0o600)

    def told(user: str, issuer: str) -> dict[str, tuple[str, str]]:
        (folder / "carrel.yaml").write_text(
            text
            + f"""\
portal:
  address: https://x.example
  sign_in:
    - ils
    - {{name: desk, system: ils, by: sip2, host: 127.0.0.1, port: {library.port}, tls: none, user: {user}, password_file: sip.secret}}
    - {{name: campus, system: ils, by: oidc, issuer: '{issuer}', client: c, claim: card}}
"""
        )
        _, out, err = called(["doctor", "--json", "--site", str(folder)], folder, environment(None))
        assert err == ""
        assert "pa55word" not in out
        return {
            one["name"]: (one["state"], one["detail"]) for one in json.loads(out)["checks"] if "sign in" in one["name"]
        }

    with served(SipLibrary({}, login=("carrel", "pa55word"))) as library, hostile(HostileProvider()) as provider:
        fine = told("carrel", provider.issuer)
        assert {name: state for name, (state, _) in fine.items()} == {"sign in: desk": "ok", "sign in: campus": "ok"}
        assert "https://x.example/sign-in/campus" in fine["sign in: campus"][1]
        wrong = told("somebody", provider.issuer + "/")
        assert {name: (state, detail[:7]) for name, (state, detail) in wrong.items()} == {
            "sign in: desk": ("finding", "SGN-003"), "sign in: campus": ("finding", "SGN-005"),
        }  # fmt: skip
        (folder / "sip.secret").chmod(0o644)
        assert told("carrel", provider.issuer)["sign in: desk"][1].startswith("SIT-005")


def test_a_proxy_has_an_address_and_another_port_is_told(folder: Path) -> None:
    assert called(["serve", "--site", str(folder), "--behind", "*"], folder, environment(None))[0] == 2
    assert at_address("https://privacy.elm.example", 443)
    assert at_address("http://127.0.0.1:8000", 8000)
    assert not at_address("http://127.0.0.1:8000", 8917)
    assert not at_address("https://privacy.elm.example", 8000)
