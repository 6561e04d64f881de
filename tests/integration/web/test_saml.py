"""Signing in by SAML: assertions with real signatures, and every way to slip another past them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner

from carrel.errors import CarrelError
from carrel.inventory.sign_in_way import Saml
from carrel.systems.sign_in.saml_provider import SamlProvider
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.saml import (
    BACK,
    CARD,
    HERE,
    ISSUER,
    NAMES,
    SIGNATURE,
    SSO,
    Certified,
    assertion,
    form,
    question,
    response,
    signed,
    signed_by_xmlsec,
)

WAY = "[ils, {{name: idp, system: ils, by: saml, issuer: '{issuer}', sign_in_at: '{sso}', certificates: [{files}], attribute: '{card}'}}]"
ELSEWHERE = {"Origin": "https://idp.elm.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return Certified(tmp_path_factory.mktemp("idp"), "idp")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return Certified(tmp_path_factory.mktemp("other"), "other")


@contextmanager
def opened(koha, folder: Path, *certificates: Certified) -> Iterator[Pages]:
    files = ", ".join(str(one.place) for one in certificates)
    way = WAY.format(issuer=ISSUER, sso=SSO, files=files, card=CARD)
    with pages_of(folder, koha.url, "koha", sign_in=way, address=HERE) as pages:
        yield pages


class Visitor:
    """A browser that has left for the provider."""

    def __init__(self, pages: Pages) -> None:
        self.browser = pages.browser()
        answer = self.browser.post("/en/sign-in/away", data={"system": "idp"})
        assert answer.status_code == 303
        assert "SameSite=none" in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"]
        self.place = answer.headers["location"]
        self.asked, self.state = question(self.place)
        self.request = str(self.asked.get("ID"))

    def back(self, text: str, headers: dict[str, str] | None = None) -> Any:
        """The answer to the form with which the browser comes back from the other site."""
        return self.browser.post("/sign-in/idp", data=form(text, self.state), headers=headers or ELSEWHERE)


def outcome(pages: Pages, visitor: Visitor, answer: Any) -> str:
    """Whose card it opened, or the status."""
    if answer.status_code != 303:
        assert "__Host-carrel" not in visitor.browser.cookies
        return str(answer.status_code)
    assert answer.headers["location"] == "/en/me"
    found = pages.store.portal_sessions.find(
        visitor.browser.cookies["__Host-carrel"], pages.clock(), timedelta(hours=1)
    )
    assert found is not None
    return str(found.said["number"])


def number_of(koha, card: str) -> str:
    ((found,),) = koha.rows(f"SELECT borrowernumber FROM borrowers WHERE cardnumber = '{card}'")
    return str(found)


def test_whom_the_provider_names_comes_in_once(koha_sqlite, tmp_path: Path, idp: Certified) -> None:
    card = give_password(koha_sqlite, 0)
    with opened(koha_sqlite, tmp_path, idp) as pages:
        visitor = Visitor(pages)
        assert visitor.place.startswith(SSO + "?SAMLRequest=")
        assert visitor.asked.tag == f"{{{NAMES['samlp']}}}AuthnRequest"
        assert visitor.asked.get("AssertionConsumerServiceURL") == BACK
        assert visitor.asked.findtext(f"{{{NAMES['saml']}}}Issuer") == BACK
        text = response(signed(assertion(visitor.request, card), idp), visitor.request)
        assert outcome(pages, visitor, visitor.back(text)) == number_of(koha_sqlite, card)
        assert visitor.browser.get("/en/me/data").status_code == 200
        assert "__Host-carrel-away" not in visitor.browser.cookies
        assert visitor.back(text).status_code == 401, "the same form"
        again = Visitor(pages)
        assert again.back(text).status_code == 401, "an assertion of another visit"
        twin = Visitor(pages)
        cookie = twin.browser.cookies["__Host-carrel-away"]
        text = response(signed(assertion(twin.request, card), idp), twin.request)
        stranger = pages.browser()
        assert stranger.post("/sign-in/idp", data=form(text, twin.state)).status_code == 401, (
            "a browser that never left"
        )
        assert twin.back(text).status_code == 303
        stranger.cookies.set("__Host-carrel-away", cookie, domain="privacy.elm.example")
        assert stranger.post("/sign-in/idp", data=form(text, twin.state)).status_code == 401, (
            "even with the same cookie"
        )


def test_a_signature_of_another_maker_counts_and_so_does_the_next_certificate(
    koha_sqlite, tmp_path: Path, idp: Certified, other: Certified
) -> None:
    card = give_password(koha_sqlite, 0)
    with opened(koha_sqlite, tmp_path, other, idp) as pages:
        for signer in (idp, other):
            visitor = Visitor(pages)
            inner = signed_by_xmlsec(assertion(visitor.request, card), signer, tmp_path)
            assert outcome(pages, visitor, visitor.back(response(inner, visitor.request))) == number_of(
                koha_sqlite, card
            )
        for origin in ({"Origin": "null"}, {"Origin": "https://evil.example"}):  # what proves is in the form
            visitor = Visitor(pages)
            text = response(
                signed(assertion(visitor.request, card), idp, method=SignatureMethod.RSA_SHA512), visitor.request
            )
            assert visitor.back(text, origin).status_code == 303


def test_no_assertion_that_is_not_for_this_visit_opens_anything(koha_sqlite, tmp_path: Path, idp: Certified) -> None:
    card = give_password(koha_sqlite, 0)
    ago, soon = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    changes: dict[str, dict[str, Any]] = {
        "another issuer": {"issuer": "https://idp.evil.example"},
        "another audience": {"audience": "https://sp.evil.example"},
        "no audience": {"audience": ""},
        "a second audience that is not ours": {"conditions": "<saml:AudienceRestriction><saml:Audience>https://x.example</saml:Audience></saml:AudienceRestriction>"},
        "another recipient": {"recipient": f"{HERE}/sign-in/other"},
        "another question": {"answers": "_another"},
        "expired": {"now": ago},
        "of the future": {"now": soon},
        "no end": {"after": ""},
        "an end that is none": {"after": "tomorrow"},
        "to be borne later": {"confirm": f' NotBefore="{soon:%Y-%m-%dT%H:%M:%SZ}"'},
        "a condition that is not known": {"conditions": "<saml:Condition/>"},
        "another version": {"version": "1.1"},
        "another confirmation": {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"},
        "nobody signed in": {"statement": ""},
        "another attribute": {"attribute": "mail"},
    }  # fmt: skip
    with opened(koha_sqlite, tmp_path, idp) as pages:
        texts = set()
        for name, change in changes.items():
            visitor = Visitor(pages)
            answer = visitor.back(response(signed(assertion(visitor.request, card, **change), idp), visitor.request))
            assert outcome(pages, visitor, answer) == "401", name
            if name != "another attribute":
                texts.add(answer.text)
        assert len(texts) == 1
        for change in ({"request": "_another"}, {"destination": f"{HERE}/sign-in/other"}, {"issuer": "https://idp.evil.example"},
                       {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}):  # fmt: skip
            visitor = Visitor(pages)
            answer = visitor.back(
                response(signed(assertion(visitor.request, card), idp), **{"request": visitor.request, **change})
            )
            assert outcome(pages, visitor, answer) == "401", change
        for values in (
            ["", card],
            [card, card],
            [],
            "x" * 300,
            "%",
            f"{card}<saml:x/>",
            "<saml:x>" + card + "</saml:x>",
        ):
            visitor = Visitor(pages)
            answer = visitor.back(response(signed(assertion(visitor.request, values), idp), visitor.request))
            assert outcome(pages, visitor, answer) == "401", values
        visitor = Visitor(pages)
        pages.clock.go_on(timedelta(minutes=11))
        assert visitor.back(response(signed(assertion(visitor.request, card), idp), visitor.request)).status_code == 401


def sha1(self: Any, *_: Any, **__: Any) -> None:
    """Lets a test sign by what nobody should."""


class Weak(XMLSigner):
    check_deprecated_methods = sha1


def test_no_signature_but_the_providers_counts(koha_sqlite, tmp_path: Path, idp: Certified, other: Certified) -> None:
    card = give_password(koha_sqlite, 0)

    def without(text: str, path: str) -> str:
        element = etree.fromstring(text)
        for one in element.findall(path):
            one.getparent().remove(one)
        return etree.tostring(element).decode()

    with opened(koha_sqlite, tmp_path, idp) as pages:
        ways = {
            "none": lambda text: text,
            "another key, whose certificate it brings along": lambda text: signed(text, other),
            "an empty value": lambda text: without(signed(text, idp), f"{SIGNATURE}Signature/{SIGNATURE}SignatureValue"),
            "changed afterwards": lambda text: signed(text, idp).replace(card, "x" + card),
            "an attribute added": lambda text: signed(text, idp).replace(
                "</saml:AttributeStatement>", "<saml:Attribute Name='x'/></saml:AttributeStatement>"
            ),
            "SHA-1": lambda text: signed(text, idp, signer=Weak, method=SignatureMethod.RSA_SHA1),
            "of nothing": lambda text: signed(text, idp).replace('URI="#_a1"', 'URI=""'),
            "of another name": lambda text: signed(text, idp).replace('ID="_a1"', 'ID="_a2"'),
            "a transform": lambda text: signed(text, idp).replace(
                "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"
            ),
        }  # fmt: skip
        for name, sign in ways.items():
            visitor = Visitor(pages)
            answer = visitor.back(response(sign(assertion(visitor.request, card)), visitor.request))
            assert outcome(pages, visitor, answer) == "401", name
        visitor = Visitor(pages)
        whole = signed(response(assertion(visitor.request, card), visitor.request), idp)
        assert outcome(pages, visitor, visitor.back(whole)) == "401", "of the response alone"


def test_wrapping_a_signed_assertion_opens_nobody_elses_account(koha_sqlite, tmp_path: Path, idp: Certified) -> None:
    """Whoever has an account of her own has a signed assertion too, and may move it about as she likes."""
    own, victim = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    extensions = "<samlp:Extensions>{}</samlp:Extensions>"
    with opened(koha_sqlite, tmp_path, idp) as pages:

        def documents(request: str) -> Iterator[tuple[str, str]]:
            good = signed(assertion(request, own), idp)
            bad = assertion(request, victim, id="_evil")
            same = assertion(request, victim)
            signature = etree.tostring(etree.fromstring(good).find(f"{SIGNATURE}Signature")).decode()
            bare = assertion(request, own)
            yield "two beside each other", response(bad + good, request)
            yield "the other way round", response(good + bad, request)
            yield "two with one name", response(same + good, request)
            yield "the signed one within extensions", response(extensions.format(good) + bad, request)
            yield "the forged one within extensions", response(extensions.format(bad) + good, request)
            yield "within the forged one", response(bad.replace("</saml:Issuer>", f"</saml:Issuer>{good}", 1), request)
            yield (
                "the forged one around its subject",
                response(
                    bad.replace("<saml:AuthnStatement", f"<saml:Advice>{good}</saml:Advice><saml:AuthnStatement"),
                    request,
                ),
            )
            moved = signature.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>")
            yield (
                "within the signature of the forged one",
                response(same.replace("</saml:Issuer>", f"</saml:Issuer>{moved}", 1), request),
            )
            yield (
                "the same with another name",
                response(bad.replace("</saml:Issuer>", f"</saml:Issuer>{moved}", 1), request),
            )
            yield (
                "the signature alone moved",
                response(bad.replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1), request),
            )
            yield "in another response", response(response(good, request) + bad, request)
            yield "as its own root", good
            yield "another root around", f'<x xmlns:samlp="{NAMES["samlp"]}">{response(good, request)}</x>'
            yield (
                "a second signature",
                response(good.replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1), request),
            )
            yield "hidden encryption", response(good + "<saml:EncryptedAssertion/>", request)

        count = len(list(documents("_x")))
        for index in range(count):
            visitor = Visitor(pages)
            name, text = list(documents(visitor.request))[index]
            assert outcome(pages, visitor, visitor.back(text)) == "401", name


def test_nothing_outside_a_document_is_read_and_no_remark_parts_a_value(
    koha_sqlite, tmp_path: Path, idp: Certified
) -> None:
    own, victim = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    secret = tmp_path / "secret.txt"
    secret.write_text(victim)
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    with opened(koha_sqlite, tmp_path, idp) as pages:

        def good(visitor: Visitor, card: str = own) -> str:
            return signed(assertion(visitor.request, card), idp)

        heads = {
            "a file": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>',
            "a host": '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">',
            "a public one": '<!DOCTYPE x PUBLIC "-//A//B" "http://evil.example/x.dtd">',
            "laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{bomb}]>',
            "nothing": "<!DOCTYPE x>",
            "a remark": "<!-- x -->",
            "an instruction": "<?x y?>",
        }
        for name, head in heads.items():
            visitor = Visitor(pages)
            answer = visitor.back(response(good(visitor), visitor.request, head=head))
            assert outcome(pages, visitor, answer) == "401", name
        for between in ("<!---->", "<?x?>", "<![CDATA[x]]>"):
            visitor = Visitor(pages)
            # As if the provider had signed a value that begins with the victim's: "VICTIM" + remark + "anything".
            inner = good(visitor, f"{victim}.evil").replace(f"{victim}.evil", f"{victim}{between}.evil")
            assert outcome(pages, visitor, visitor.back(response(inner, visitor.request))) == "401", between
        visitor = Visitor(pages)
        assert visitor.back(response(good(visitor), visitor.request)).status_code == 303
        for raw in ("", "!", "AAAA", base64.b64encode(b"<x/>").decode(), base64.b64encode(b"\0").decode(), "\u00e9",
                    base64.b64encode(b"<x>" * 10_000).decode(), base64.b64encode(b"<x " + b"a" * 40_000 + b"/>").decode()):  # fmt: skip
            visitor = Visitor(pages)
            data = {"SAMLResponse": raw, "RelayState": visitor.state}
            assert visitor.browser.post("/sign-in/idp", data=data, headers=ELSEWHERE).status_code in {401, 413, 422}, (
                raw[:20]
            )
        for state in ("", "x", visitor.request):
            visitor = Visitor(pages)
            visitor.state = state
            assert visitor.back(response(good(visitor), visitor.request)).status_code == 401, "another visit's"
        visitor = Visitor(pages)
        twice = f"SAMLResponse={'A' * 8}&" + "&".join(
            f"{k}={v}" for k, v in {"RelayState": visitor.state, "SAMLResponse": "A"}.items()
        )
        head = {**ELSEWHERE, "Content-Type": "application/x-www-form-urlencoded"}
        assert visitor.browser.post("/sign-in/idp", content=twice, headers=head).status_code == 401
        assert visitor.browser.post(
            "/sign-in/idp", content="x", headers={**ELSEWHERE, "Content-Type": "text/xml"}
        ).status_code in {401, 422}
        assert visitor.browser.post("/en/sign-in/away", data={"system": "idp"}, headers=ELSEWHERE).status_code == 403


def test_what_the_providers_staff_are_given_asks_for_one_attribute(koha_sqlite, tmp_path: Path, idp: Certified) -> None:
    with opened(koha_sqlite, tmp_path, idp) as pages:
        answer = pages.browser().get("/sign-in/idp")
        assert answer.headers["content-type"].startswith("application/samlmetadata+xml")
        said = etree.fromstring(answer.content)
        md = "{urn:oasis:names:tc:SAML:2.0:metadata}"
        assert said.get("entityID") == BACK
        (service,) = said.iter(f"{md}AssertionConsumerService")
        assert (service.get("Location"), service.get("Binding")[-9:]) == (BACK, "HTTP-POST")
        assert [one.get("Name") for one in said.iter(f"{md}RequestedAttribute")] == [CARD]
        assert said.findtext(f".//{{{NAMES['saml']}}}AttributeValue") == "none", "no identifier of its own"
        assert said.find(f"{md}SPSSODescriptor").get("WantAssertionsSigned") == "true"
        page = pages.browser().get("/en/sign-in")
        assert "form-action 'self' https://idp.elm.example;" in page.headers["content-security-policy"]
        assert "Sign in with idp.elm.example" in page.text


def test_a_certificate_that_cannot_be_used_has_a_code(koha_sqlite, tmp_path: Path, idp: Certified) -> None:
    ended = Certified(tmp_path, "ended", days=-1)
    (tmp_path / "junk.pem").write_text("junk")
    for places in ((ended.place,), (tmp_path / "junk.pem",), (tmp_path / "nothing.pem",)):
        way = Saml(system="ils", by="saml", issuer=ISSUER, sign_in_at=SSO, certificates=places, attribute=CARD)
        with pytest.raises(CarrelError) as wrong:
            SamlProvider(way, BACK, lambda: datetime.now(UTC)).look()
        assert wrong.value.code == "SGN-008"
    provider = SamlProvider(
        Saml(system="ils", by="saml", issuer=ISSUER, sign_in_at=SSO + "?a=b", certificates=(ended.place, idp.place), attribute=CARD),
        BACK, lambda: datetime.now(UTC),
    )  # fmt: skip
    assert len(provider.look()) == 1
    place, carried = provider.depart()
    assert place.startswith(SSO + "?a=b&SAMLRequest=")
    with pytest.raises(CarrelError) as wrong:
        provider.arrive(carried, {"RelayState": carried["state"], "SAMLResponse": "x"})
    assert wrong.value.code == "SGN-009"
    with opened(koha_sqlite, tmp_path, ended) as pages:
        card = give_password(koha_sqlite, 0)
        visitor = Visitor(pages)
        text = response(signed(assertion(visitor.request, card), idp), visitor.request)
        assert outcome(pages, visitor, visitor.back(text)) == "503"


def test_without_the_extra_it_is_said_which(
    koha_sqlite, tmp_path: Path, idp: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carrel.systems.sign_in import saml_provider

    monkeypatch.setattr(saml_provider, "find_spec", lambda _: None)
    with pytest.raises(CarrelError) as wrong, opened(koha_sqlite, tmp_path, idp):
        pass
    assert wrong.value.code == "SGN-007"
