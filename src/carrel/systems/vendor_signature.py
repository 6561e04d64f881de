"""Whether a vendor's answer bears the vendor's own signature: X-OpenDSR-Signature over the body, by the key on file."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from carrel.errors import CarrelError, fault
from carrel.rights import faults

_SHORTEST_RSA = 2048


def require_signed(key_file: Path, domain: str, said_domain: str, signature: str, body: bytes, at: datetime) -> None:
    """Refuse a body that the vendor did not sign.

    Args:
        key_file: the vendor's certificate or public key, PEM, as the site file names it.
        domain: of the vendor, as the site file names it; empty to let any pass that the key fits.
        said_domain: of the header X-OpenDSR-Processor-Domain.
        signature: of the header X-OpenDSR-Signature, base64.
        body: as it came, to the byte.
        at: aware time, for the certificate's days.

    Raises:
        CarrelError: RGT-023.

    Source:
        OpenDSR 2.0: the signature of the processor over the SHA-256 of the body.
    """
    key = _key(key_file, at)
    if domain and said_domain.strip().lower() != domain.lower():
        raise _not_signed("X-OpenDSR-Processor-Domain", f"the domain {domain}", "another, or none")
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if not given:
        raise _not_signed("X-OpenDSR-Signature", "a signature in base64", "none")
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(given, body, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(given, body, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(given, body)
    except InvalidSignature:
        raise _not_signed("X-OpenDSR-Signature", "a signature that fits the body", "one that does not") from None


def _key(place: Path, at: datetime) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey:
    try:
        raw = place.read_bytes()
        if b"BEGIN CERTIFICATE" in raw:
            certificate = x509.load_pem_x509_certificate(raw)
            if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
                raise _not_signed(str(place), "a certificate that is valid today", "one that is not")
            key: object = certificate.public_key()
        else:
            key = load_pem_public_key(raw)
    except (OSError, ValueError):
        raise _not_signed(str(place), "a certificate or public key, PEM", "something else, or no file") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SHORTEST_RSA:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey | Ed25519PublicKey):
        return key
    raise _not_signed(str(place), "RSA of 2048 bits or more, an elliptic curve, or Ed25519", "another key")


def _not_signed(at: str, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.NOT_SIGNED,
        at=at,
        wanted=wanted,
        found=found,
        because="anybody can write that something was erased",
        fix="ask the vendor for the answer as it was sent, with its headers; compare the key in the site file with "
        "that of the vendor, by another way",
    )
