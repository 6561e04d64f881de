"""A SAML identity provider of the library's, in the test process: it signs real assertions, with what a test wants in them."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.signer import XMLSigner

HERE = "https://privacy.elm.example"
BACK = f"{HERE}/sign-in/idp"
ISSUER, SSO = "https://idp.elm.example/idp/shibboleth", "https://idp.elm.example/idp/profile/SAML2/Redirect/SSO"
CARD = "urn:oid:1.3.6.1.4.1.99999.1"
NAMES = {"samlp": "urn:oasis:names:tc:SAML:2.0:protocol", "saml": "urn:oasis:names:tc:SAML:2.0:assertion"}
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"


@dataclass
class Certified:
    """A key and its certificate, in files."""

    folder: Path
    name: str
    days: int = 30
    key: Any = field(init=False)
    pem: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)])
        began = datetime.now(UTC) - timedelta(days=60)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(self.key.public_key())
        made = (
            made.serial_number(7).not_valid_before(began).not_valid_after(datetime.now(UTC) + timedelta(days=self.days))
        )
        self.pem = made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.place.write_bytes(self.pem)

    @property
    def place(self) -> Path:
        return self.folder / f"{self.name}.pem"

    @property
    def private(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def question(place: str) -> tuple[Any, str]:
    """What a browser was sent with: the request, and the state."""
    query = parse_qs(urlsplit(place).query)
    return etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15)), query["RelayState"][0]


def assertion(request: str, card: str | list[str], **change: Any) -> str:
    """An assertion that a provider would sign, unless something is changed."""
    now = change.get("now", datetime.now(UTC))
    said = {
        "id": "_a1", "issuer": ISSUER, "audience": BACK, "recipient": BACK, "answers": request,
        "before": _at(now - timedelta(seconds=30)), "after": _at(now + timedelta(minutes=5)), "attribute": CARD,
        "confirm": "", "conditions": "", "version": "2.0", "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer",
        "statement": f'<saml:AuthnStatement AuthnInstant="{_at(now)}"/>', **change,
    }  # fmt: skip
    values = "".join(
        f'<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string">{one}</saml:AttributeValue>'
        for one in ([card] if isinstance(card, str) else card)
    )
    audience = f"<saml:AudienceRestriction><saml:Audience>{said['audience']}</saml:Audience></saml:AudienceRestriction>"
    return (
        f'<saml:Assertion xmlns:saml="{NAMES["saml"]}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="{said["id"]}" '
        f'Version="{said["version"]}" IssueInstant="{_at(now)}"><saml:Issuer>{said["issuer"]}</saml:Issuer>'
        f'<saml:Subject><saml:NameID>x</saml:NameID><saml:SubjectConfirmation Method="{said["method"]}">'
        f'<saml:SubjectConfirmationData InResponseTo="{said["answers"]}" Recipient="{said["recipient"]}" '
        f'NotOnOrAfter="{said["after"]}"{said["confirm"]}/></saml:SubjectConfirmation></saml:Subject>'
        f'<saml:Conditions NotBefore="{said["before"]}" NotOnOrAfter="{said["after"]}">'
        f"{audience if said['audience'] else ''}{said['conditions']}</saml:Conditions>{said['statement']}"
        f'<saml:AttributeStatement><saml:Attribute Name="{said["attribute"]}">{values}</saml:Attribute>'
        "</saml:AttributeStatement></saml:Assertion>"
    )


def signed(text: str, by: Certified, **how: Any) -> str:
    """An assertion with the signature of a provider, where SAML wants it: behind the issuer."""
    element = etree.fromstring(text)
    placeholder = etree.SubElement(
        element, f"{SIGNATURE}Signature", {"Id": "placeholder"}, nsmap={"ds": SIGNATURE[1:-1]}
    )
    element.insert(1, placeholder)
    method = how.pop("method", SignatureMethod.RSA_SHA256)
    signer = how.pop("signer", XMLSigner)(
        signature_algorithm=method, c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0, **how
    )
    found = signer.sign(
        element, key=by.private, cert=by.pem.decode(), reference_uri=f"#{element.get('ID')}", id_attribute="ID"
    )
    return etree.tostring(found).decode()


def signed_by_xmlsec(text: str, by: Certified, folder: Path) -> str:
    """The same by xmlsec1, which shares no line with what checks it here."""
    if shutil.which("xmlsec1") is None:
        if os.environ.get("CI"):
            pytest.fail("xmlsec1 is not installed")
        pytest.skip("xmlsec1 is not installed")
    name = etree.fromstring(text).get("ID")
    frame = (
        f'<ds:Signature xmlns:ds="{SIGNATURE[1:-1]}"><ds:SignedInfo>'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{SIGNATURE[1:-1]}enveloped-signature"/>'
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><ec:InclusiveNamespaces '
        'xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs"/></ds:Transform></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>'
        "<ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"
    )
    (folder / "unsigned.xml").write_text(text.replace("</saml:Issuer>", f"</saml:Issuer>{frame}", 1))
    (folder / "idp.key").write_bytes(by.private)
    subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", f"idp.key,{by.place}", "--id-attr:ID", f"{NAMES['saml']}:Assertion",
         "--output", "signed.xml", "unsigned.xml"], check=True, cwd=folder, capture_output=True,
    )  # fmt: skip
    return etree.tostring(etree.parse(folder / "signed.xml").getroot()).decode()


def response(inner: str, request: str, **change: Any) -> str:
    """What a form brings, with an assertion in it."""
    said = {
        "issuer": ISSUER, "destination": BACK, "request": request, "status": "urn:oasis:names:tc:SAML:2.0:status:Success",
        "head": "", "tail": "", **change,
    }  # fmt: skip
    return (
        f'{said["head"]}<samlp:Response xmlns:samlp="{NAMES["samlp"]}" xmlns:saml="{NAMES["saml"]}" ID="_r1" Version="2.0" '
        f'InResponseTo="{said["request"]}" Destination="{said["destination"]}"><saml:Issuer>{said["issuer"]}</saml:Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="{said["status"]}"/></samlp:Status>{inner}{said["tail"]}</samlp:Response>'
    )


def form(text: str, state: str) -> dict[str, str]:
    return {"SAMLResponse": base64.b64encode(text.encode()).decode(), "RelayState": state}


Wrapped = Callable[[str, str], str]  # of a signed assertion and a forged one, a document


def _at(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
