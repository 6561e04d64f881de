"""Addresses of services that a site file names: where they are, and that no secret travels to them in the clear."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

PORTS = {"https": 443, "http": 80}


def require_service(url: str, example: str, secret: str) -> None:
    """Refuse an address at which no secret may be shown.

    Args:
        url: as the site file writes it.
        example: of one that may stand there, for the error.
        secret: what would travel, for the error.

    Raises:
        ValueError: it is no address of a service, or encrypts nothing and is not this machine.
    """
    way = _parts(url)
    if way is None or way.scheme not in PORTS or way.query or way.fragment or way.username or way.password:
        raise ValueError(f"write 'url:' such as '{example}', without account, '?' and '#'")
    if way.scheme == "http" and not _here(str(way.hostname)):
        raise ValueError(f"write 'https://': the {secret} would travel in the clear")


def _parts(url: str) -> SplitResult | None:
    try:
        way = urlsplit(url)
        fit = bool(way.hostname) and way.port != 0
    except ValueError:
        return None
    return way if fit else None


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
