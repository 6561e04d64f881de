"""Whether a SAML response proves somebody: what was signed is what is read, and nothing else of it.

Source: SAML 2.0 Core (2.4, 2.5, 2.7, 5.4), Profiles (4.1.4.3), Bindings (3.5); XML Signature 1.1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_TRANSFORMS = {
    f"{SIGNATURE}enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
}
LEEWAY: Final = timedelta(minutes=2)  # clocks differ
_LONGEST = 200_000  # bytes


class NoProofError(ValueError):
    """It proves nothing. It says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a response must answer.

    Attributes:
        issuer: the provider.
        here: these pages, as the provider knows them, and where it sends browsers.
        request: the identifier of the question.
        at: now, an aware time.
    """

    issuer: str
    here: str
    request: str
    at: datetime


def attributes(text: str, certificates: Sequence[Certificate], awaited: Awaited) -> dict[str, tuple[str, ...]]:
    """What the provider says of whoever signed in, by the names of its attributes.

    Args:
        text: of the form that came back.
        certificates: that the provider signs with.
        awaited: what it must answer.

    Raises:
        NoProofError: for whatever reason it proves nothing.

    Guarantees:
        Every value stands in an assertion whose own signature was made with one of these certificates, for this
        audience, this question and this time. It is read from the bytes that the signature was compared with.
    """
    response = _parsed(text)
    assertion = _only_assertion(response, awaited)
    signed = _signed(assertion, certificates, awaited.at)
    _require(_text(signed, "Issuer") == awaited.issuer, "an assertion of another issuer")
    _require(signed.get("Version") == "2.0", "an assertion of another version")
    _subject(signed, awaited)
    _conditions(signed, awaited)
    _require(signed.find(f"{{{ASSERTION}}}AuthnStatement") is not None, "an assertion of nobody who signed in")
    return dict(_attributes(signed))


def _parsed(text: str) -> Any:
    from lxml import etree

    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        _require(0 < len(raw) <= _LONGEST, "a response that is none, or too large")
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
        )
        found = etree.fromstring(raw, parser)
    except (binascii.Error, UnicodeEncodeError, ValueError, etree.XMLSyntaxError) as wrong:
        if isinstance(wrong, NoProofError):
            raise
        raise NoProofError("a response that is no XML") from None
    _require(found.getroottree().docinfo.doctype == "", "a response with a type of document of its own")
    # What a signature passes over, or a reader of texts stops at, has no business here.
    plain = all(isinstance(one.tag, str) for one in found.iter())
    _require(
        plain and not found.getroottree().xpath("//processing-instruction() | //comment()"), "remarks in a response"
    )
    names = [one.get("ID") for one in found.iter() if one.get("ID") is not None]
    _require(len(names) == len(set(names)), "a response with a name that stands twice")
    return found


def _only_assertion(response: Any, awaited: Awaited) -> Any:
    _require(response.tag == f"{{{PROTOCOL}}}Response", "something else than a response")
    _require(response.get("InResponseTo") == awaited.request, "an answer to another question")
    _require(response.get("Destination", awaited.here) == awaited.here, "a response for somebody else")
    issuer = response.find(f"{{{ASSERTION}}}Issuer")
    _require(issuer is None or (issuer.text or "").strip() == awaited.issuer, "a response of another issuer")
    status = response.find(f"{{{PROTOCOL}}}Status/{{{PROTOCOL}}}StatusCode")
    _require(status is not None and status.get("Value") == _SUCCESS, "a no of the provider's")
    found = list(response.iter(f"{{{ASSERTION}}}Assertion"))
    hidden = response.find(f".//{{{ASSERTION}}}EncryptedAssertion") is not None
    _require(not hidden, "an encrypted assertion; have the provider sign and not encrypt")
    _require(len(found) == 1 and found[0].getparent() is response, "another number of assertions than one")
    return found[0]


def _signed(assertion: Any, certificates: Sequence[Certificate], at: datetime) -> Any:
    """The assertion as its signature has it."""
    from lxml import etree
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    signatures = assertion.findall(f"{{{SIGNATURE}}}Signature")
    _require(len(signatures) == 1, "an assertion without a signature of its own")
    _require(len(list(assertion.iter(f"{{{SIGNATURE}}}Signature"))) == 1, "a signature within something else")
    references = list(signatures[0].iter(f"{{{SIGNATURE}}}Reference"))
    name = assertion.get("ID") or ""
    _require(bool(name) and [one.get("URI") for one in references] == [f"#{name}"], "a signature of something else")
    used = {one.get("Algorithm") for one in signatures[0].iter(f"{{{SIGNATURE}}}Transform")}
    _require(used <= _TRANSFORMS, "a signature of something that was made of the assertion")
    settings = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset({
            SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
            SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
        }),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
        verification_time=at,
    )  # fmt: skip
    raw = etree.tostring(assertion)
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(raw, x509_cert=certificate, expect_config=settings, id_attribute="ID")
        except (SignXMLException, ValueError, TypeError, KeyError, AttributeError, etree.LxmlError):
            continue
        signed = None if isinstance(result, list) else result.signed_xml
        if signed is not None and signed.tag == f"{{{ASSERTION}}}Assertion" and signed.get("ID") == name:
            return signed
    raise NoProofError("an assertion that is not signed with a certificate of the provider's")


def _subject(signed: Any, awaited: Awaited) -> None:
    data = [
        one
        for confirmation in signed.findall(f"{{{ASSERTION}}}Subject/{{{ASSERTION}}}SubjectConfirmation")
        if confirmation.get("Method") == _BEARER
        for one in confirmation.findall(f"{{{ASSERTION}}}SubjectConfirmationData")
    ]
    _require(len(data) == 1, "an assertion for nobody who bears it")
    _require(data[0].get("InResponseTo") == awaited.request, "an assertion for another question")
    _require(data[0].get("Recipient") == awaited.here, "an assertion for another recipient")
    _require(data[0].get("NotBefore") is None, "an assertion that is to be borne later")
    _require(awaited.at < _moment(data[0].get("NotOnOrAfter")) + LEEWAY, "an assertion that has expired")


def _conditions(signed: Any, awaited: Awaited) -> None:
    conditions = signed.findall(f"{{{ASSERTION}}}Conditions")
    _require(len(conditions) == 1, "an assertion without conditions")
    known = {f"{{{ASSERTION}}}{one}" for one in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}
    _require({one.tag for one in conditions[0]} <= known, "a condition that is not known")
    if (begins := conditions[0].get("NotBefore")) is not None:
        _require(_moment(begins) - LEEWAY <= awaited.at, "an assertion that is not valid yet")
    if (ends := conditions[0].get("NotOnOrAfter")) is not None:
        _require(awaited.at < _moment(ends) + LEEWAY, "an assertion that has expired")
    restrictions = conditions[0].findall(f"{{{ASSERTION}}}AudienceRestriction")
    for restriction in restrictions:
        named = [(one.text or "").strip() for one in restriction.findall(f"{{{ASSERTION}}}Audience")]
        _require(awaited.here in named, "an assertion for another audience")
    _require(bool(restrictions), "an assertion for whomever it may concern")


def _attributes(signed: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    found: dict[str, list[str]] = {}
    for one in signed.findall(f"{{{ASSERTION}}}AttributeStatement/{{{ASSERTION}}}Attribute"):
        for value in one.findall(f"{{{ASSERTION}}}AttributeValue"):
            if len(value) == 0:
                found.setdefault(one.get("Name") or "", []).append(value.text or "")
    for name, values in found.items():
        yield name, tuple(values)


def _text(element: Any, name: str) -> str:
    found = element.findall(f"{{{ASSERTION}}}{name}")
    return (found[0].text or "").strip() if len(found) == 1 else ""


def _moment(said: str | None) -> datetime:
    try:
        found = datetime.fromisoformat(said or "")
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise NoProofError("a time that is none") from None


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NoProofError(otherwise)
