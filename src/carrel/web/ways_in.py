"""The ways in which patrons sign in: one that takes a password here, and one that sends away and has them come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from carrel.inventory.portal import Portal
from carrel.inventory.sign_in_way import OpenId, OwnPassword, Saml, Sip2, Way
from carrel.systems.sign_in.open_id_provider import Departure, OpenIdProvider
from carrel.systems.sign_in.saml_provider import SamlProvider
from carrel.systems.sign_in.sip2_server import Sip2Server
from carrel.systems.sql.account_holder import Holds

if TYPE_CHECKING:
    from carrel.web.premises import Door

_LONGEST = 200


class Leading(Protocol):
    """What every way has."""

    @property
    def key(self) -> str:
        """By which forms and addresses call it."""
        ...

    @property
    def title(self) -> str:
        """For people."""
        ...

    @property
    def door(self) -> Door:
        """To whose people it leads."""
        ...


class PasswordWay(Leading, Protocol):
    """A way that takes a name and a password on a page of ours."""

    def person(self, numbers: Sequence[int], name: str, password: str) -> int | None:
        """Whose password it is; None for whatever reason it is nobody's.

        Args:
            numbers: the accounts that the name names.
            name: as typed.
            password: as typed.

        Raises:
            CarrelError: whoever must be asked is away.
        """
        ...


class AwayWay(Leading, Protocol):
    """A way that sends the browser to another host, from which it comes back with a proof."""

    @property
    def origin(self) -> str:
        """Where browsers are sent."""
        ...

    @property
    def back_by_form(self) -> bool:
        """Whether browsers come back with a form, which the other host makes, and not with an address."""
        ...

    def depart(self, language: str) -> tuple[str, dict[str, str]]:
        """Where the browser is sent, and what it must come back with: a ``state``, and what else belongs to it."""
        ...

    def arrive(self, carried: Mapping[str, str], told: Mapping[str, str]) -> int | None:
        """Who came back; None of somebody whom the library does not know by it.

        Args:
            carried: with which this very browser was sent away, used for the first time.
            told: what it came back with, each once.

        Raises:
            CarrelError: SGN-006 or SGN-009, it proves nobody; others, whoever must be asked is away.
        """
        ...

    def farewell(self) -> str:
        """Where somebody signs out over there; empty where that is not known."""
        ...

    def metadata(self) -> str:
        """What the other side wants to know of these pages, as XML; empty where it wants none."""
        ...


@dataclass(frozen=True)
class ByOwnPassword:
    """By the hash that the system keeps."""

    key: str
    title: str
    door: Door

    def person(self, numbers: Sequence[int], name: str, password: str) -> int | None:  # noqa: ARG002  (the protocol's)
        """As `PasswordWay.person`."""
        return self.door.person(numbers, password)


@dataclass(frozen=True)
class BySip2:
    """By a SIP2 server. It is asked for a name that nobody has as well."""

    key: str
    title: str
    door: Door
    server: Sip2Server

    def person(self, numbers: Sequence[int], name: str, password: str) -> int | None:  # noqa: ARG002  (the protocol's)
        """As `PasswordWay.person`."""
        card = self.server.knows(name.strip(), password)
        return None if card is None or len(card) > _LONGEST else self.door.holder(card, "card", alone=True)


class ByOpenId:
    """By an OpenID provider.

    Args:
        way: of the site file.
        door: to which it leads.
        back: the address of ours to which browsers come back.
        environment: for the secret.
        now: the clock.

    Raises:
        CarrelError: SGN-007.
    """

    back_by_form = False

    def __init__(
        self, way: OpenId, door: Door, back: str, environment: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        self.key, self.title, self.door, self.origin = way.key, way.shown, door, way.origin
        self._way, self._provider = way, OpenIdProvider(way, back, environment, now)

    def depart(self, language: str) -> tuple[str, dict[str, str]]:
        """As `AwayWay.depart`."""
        place, departure = self._provider.depart(language)
        return place, departure.as_dict()

    def arrive(self, carried: Mapping[str, str], told: Mapping[str, str]) -> int | None:
        """As `AwayWay.arrive`."""
        said = self._provider.arrive(Departure(**carried), told).get(self._way.claim)
        if isinstance(said, int) and not isinstance(said, bool):
            said = str(said)
        return _holder(self.door, said, self._way.holds)

    def farewell(self) -> str:
        """As `AwayWay.farewell`."""
        return self._provider.farewell()

    def metadata(self) -> str:
        """As `AwayWay.metadata`."""
        return ""


class BySaml:
    """By a SAML identity provider.

    Args:
        way: of the site file.
        door: to which it leads.
        back: the address of ours to which browsers come back.
        now: the clock.

    Raises:
        CarrelError: SGN-007.
    """

    back_by_form = True

    def __init__(self, way: Saml, door: Door, back: str, now: Callable[[], datetime]) -> None:
        self.key, self.title, self.door, self.origin = way.key, way.shown, door, way.origin
        self._way, self._provider = way, SamlProvider(way, back, now)

    def depart(self, language: str) -> tuple[str, dict[str, str]]:  # noqa: ARG002  (the protocol's)
        """As `AwayWay.depart`."""
        return self._provider.depart()

    def arrive(self, carried: Mapping[str, str], told: Mapping[str, str]) -> int | None:
        """As `AwayWay.arrive`."""
        values = self._provider.arrive(carried, told).get(self._way.attribute, ())
        return _holder(self.door, values[0], self._way.holds) if len(values) == 1 else None

    def farewell(self) -> str:
        """As `AwayWay.farewell`: such providers have no page for it that needs no form."""
        return ""

    def metadata(self) -> str:
        """As `AwayWay.metadata`."""
        return self._provider.metadata()


def _holder(door: Door, said: object, holds: Holds) -> int | None:
    """The person whom a word of a provider's names; None of anything that is no word."""
    if not isinstance(said, str) or not 0 < len(word := said.strip()) <= _LONGEST:
        return None
    return door.holder(word, holds, alone=False)


@dataclass(frozen=True)
class Ways:
    """The ways of a site, by key, in the order of its file.

    Attributes:
        taking: those that take a password here.
        leading_away: those that send the browser away.
    """

    taking: dict[str, PasswordWay] = field(default_factory=dict)
    leading_away: dict[str, AwayWay] = field(default_factory=dict)

    def open(
        self, way: Way, door: Door, portal: Portal, environment: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        """Add a way of the site file; nobody is asked yet.

        Args:
            way: as declared.
            door: of its system.
            portal: of the site file.
            environment: for secrets.
            now: the clock.

        Raises:
            CarrelError: SGN-007.
        """
        title = way.title or door.name
        match way:
            case OwnPassword():
                self.taking[way.key] = ByOwnPassword(way.key, title, door)
            case Sip2():
                self.taking[way.key] = BySip2(way.key, title, door, Sip2Server(way, environment, now))
            case OpenId():
                self.leading_away[way.key] = ByOpenId(way, door, portal.back(way), environment, now)
            case Saml():
                self.leading_away[way.key] = BySaml(way, door, portal.back(way), now)
