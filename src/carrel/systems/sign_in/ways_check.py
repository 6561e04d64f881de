"""Whether whoever is asked about patrons who sign in can be asked, as ``carrel doctor`` tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from carrel.errors import CarrelError
from carrel.inventory.portal import Portal
from carrel.inventory.sign_in_way import OpenId, Saml, Sip2
from carrel.systems.check import Check, finding, ok
from carrel.systems.sign_in.open_id_provider import OpenIdProvider
from carrel.systems.sign_in.saml_provider import SamlProvider
from carrel.systems.sign_in.sip2_server import Sip2Server


def ways_checks(portal: Portal, environment: Mapping[str, str], now: Callable[[], datetime]) -> Iterator[Check]:
    """One check for each SIP2 server and each provider. Nobody is signed in for it.

    A SAML provider is not asked: its certificates are looked at.

    Args:
        portal: of the site file.
        environment: for secrets.
        now: the clock.
    """
    for way in portal.sign_in:
        name = f"sign in: {way.key}"
        try:
            match way:
                case Sip2():
                    yield ok(name, f"the SIP2 server answers, and knows {Sip2Server(way, environment, now).look()}")
                case OpenId():
                    OpenIdProvider(way, portal.back(way), environment, now).look()
                    yield ok(name, f"the provider answers; it sends browsers back to {portal.back(way)}")
                case Saml():
                    until = max(one.not_valid_after_utc for one in SamlProvider(way, portal.back(way), now).look())
                    detail = (
                        f"the provider's certificate is valid until {until:%Y-%m-%d}; metadata at {portal.back(way)}"
                    )
                    yield ok(name, detail)
                case _:
                    continue
        except CarrelError as error:
            first = error.faults[0]
            said = ": ".join(one for one in (first.condition.code, first.condition.title, first.found) if one)
            yield finding(name, said, first.fix)
