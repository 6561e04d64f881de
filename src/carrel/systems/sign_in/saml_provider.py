"""A SAML identity provider: where a browser is sent, what is believed when it comes back, and what it knows of us.

Nothing is asked of it but by the browser, and nothing of a visit is kept here.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

from carrel.errors import CarrelError, fault
from carrel.inventory.sign_in_way import Saml
from carrel.systems.sign_in import faults, saml_response
from carrel.systems.sign_in.saml_response import ASSERTION, PROTOCOL, Awaited, NoProofError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_DRAWN = 32
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
_NO_SUBJECT = "urn:oasis:names:tc:SAML:profiles:subject-id:req"


class SamlProvider:
    """The provider of one way to sign in.

    Args:
        way: of the site file.
        here: what these pages call themselves there, and the address to which browsers come back.
        now: the clock.

    Raises:
        CarrelError: SGN-007, the extra is not installed.
    """

    def __init__(self, way: Saml, here: str, now: Callable[[], datetime]) -> None:
        if find_spec("signxml") is None:
            raise fault(
                faults.NO_EXTRA,
                at=f"sign_in {way.key}",
                wanted="the package that checks signatures of XML",
                fix="pip install 'carrel[saml]'",
            )
        self.way, self._here, self._now = way, here, now

    def depart(self) -> tuple[str, dict[str, str]]:
        """Where to send a browser, and what it must come back with."""
        carried = {"state": secrets.token_urlsafe(_DRAWN), "request": f"_{secrets.token_hex(_DRAWN)}"}
        text = (
            f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="{carried["request"]}" '
            f'Version="2.0" IssueInstant="{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" '
            f"Destination={quoteattr(self.way.sign_in_at)} AssertionConsumerServiceURL={quoteattr(self._here)} "
            f'ProtocolBinding="{_POST}"><saml:Issuer>{escape(self._here)}</saml:Issuer></samlp:AuthnRequest>'
        )
        packer = zlib.compressobj(wbits=-15)
        packed = base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()
        query = urlencode({"SAMLRequest": packed, "RelayState": carried["state"]})
        return self.way.sign_in_at + ("&" if urlsplit(self.way.sign_in_at).query else "?") + query, carried

    def arrive(self, carried: Mapping[str, str], told: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """What the provider says of whoever came back.

        Args:
            carried: with which this very browser was sent away, used for the first time.
            told: the fields it came back with, each once.

        Raises:
            CarrelError: SGN-008; SGN-009, whatever came back proves nobody.
        """
        if not hmac.compare_digest(told.get("RelayState", "").encode(), carried["state"].encode()):
            raise self._unproven("a visit that did not begin here")
        awaited = Awaited(self.way.issuer, self._here, carried["request"], self._now())
        certificates = self.look()
        try:
            return saml_response.attributes(told.get("SAMLResponse", ""), certificates, awaited)
        except NoProofError as wrong:
            raise self._unproven(str(wrong)) from None

    def look(self) -> tuple[Certificate, ...]:
        """The certificates that are valid now.

        Raises:
            CarrelError: SGN-008, a file cannot be read, or none of them is valid.
        """
        from cryptography.x509 import load_pem_x509_certificates

        found: list[Certificate] = []
        for place in self.way.certificates:
            try:
                found.extend(load_pem_x509_certificates(place.read_bytes()))
            except (OSError, ValueError):
                raise self._certificate(f"{place.name}, which cannot be read or holds none") from None
        at = self._now()
        valid = tuple(one for one in found if one.not_valid_before_utc <= at <= one.not_valid_after_utc)
        if not valid:
            raise self._certificate("none that is valid now")
        return valid

    def metadata(self) -> str:
        """What the provider's staff put into its register: SAML metadata of these pages.

        It asks for the one attribute that is needed, and for no identifier besides.
        """
        name, here, title = quoteattr(self.way.attribute), quoteattr(self._here), escape("Carrel")
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="{ASSERTION}" '
            f'xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" entityID={here}>'
            f'<md:Extensions><mdattr:EntityAttributes><saml:Attribute Name="{_NO_SUBJECT}" NameFormat="{_URI}">'
            "<saml:AttributeValue>none</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions>"
            f'<md:SPSSODescriptor protocolSupportEnumeration="{PROTOCOL}" AuthnRequestsSigned="false" '
            'WantAssertionsSigned="true">'
            "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>"
            f'<md:AssertionConsumerService index="0" isDefault="true" Binding="{_POST}" Location={here}/>'
            '<md:AttributeConsumingService index="0" isDefault="true">'
            f'<md:ServiceName xml:lang="en">{title}</md:ServiceName>'
            f'<md:RequestedAttribute Name={name} NameFormat="{_URI}" isRequired="true"/>'
            "</md:AttributeConsumingService></md:SPSSODescriptor></md:EntityDescriptor>\n"
        )

    def _certificate(self, found: str) -> CarrelError:
        return fault(
            faults.CERTIFICATE,
            at=f"sign_in {self.way.key}",
            wanted="certificates in PEM, one of them valid now",
            found=found,
            fix="write the provider's signing certificate into the file that 'certificates' names",
        )

    def _unproven(self, found: str) -> CarrelError:
        fix = "begin again on the page for signing in"
        return fault(faults.NO_PROOF, at=f"sign_in {self.way.key}", found=found, fix=fix)
