"""What an attempt to give a password counts against: the account or the word, and where it comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from fastapi import Request

SPAN = timedelta(minutes=15)
OF_NAME, OF_PLACE, OF_NETWORK = 8, 60, 300  # attempts in the span; a whole branch can share a place


def word(system: str, name: str) -> tuple[str, str, int]:
    """The word that was typed, whoever has it: by this alone, and by the place, an answer tells of too many tries."""
    return ("word", f"{system}\0{unicodedata.normalize('NFKC', name).strip().casefold()}", OF_NAME)


def accounts(system: str, numbers: Sequence[int], name: str) -> list[tuple[str, str, int]]:
    """The accounts that it names, however it is spelled; where there is none, the word stands in, for the same work.

    That an account is at its end is never told: another spelling of its name would show that it exists.
    """
    if numbers:
        return [("account", f"{system}\0{one}", OF_NAME) for one in numbers]
    return [("nobody", word(system, name)[1], OF_NAME)]


def places(request: Request) -> list[tuple[str, str, int]]:
    """And where it comes from; of IPv6 a household's network, and the one that a provider gives out."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return [("place", "unknown", OF_PLACE)]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return [("place", str(int(address) >> 64), OF_PLACE), ("network", str(int(address) >> 80), OF_NETWORK)]
        address = address.ipv4_mapped
    return [("place", str(address), OF_PLACE)]
