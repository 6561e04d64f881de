"""Notices in one product: where their channels, templates and gateways stand, and what goes against a policy's list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import Field

from carrel.inventory.channel import PAPER, Channel, NoticeKind
from carrel.inventory.map_part import Condition, Lookup, Part


class NoticeLetters(Part):
    """Which notices are of one kind.

    Attributes:
        letters: codes of the product's own templates.
        named_in: tables, with columns, in which a library names templates of its own for it.
        wishes: names of the messages by which a patron chooses a channel for it.
    """

    letters: tuple[str, ...]
    named_in: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    wishes: tuple[str, ...] = ()


class ChannelColumn(Part):
    """A table whose rows send a notice by a way, or would.

    Attributes:
        name: what its rows are, for people.
        channel: column with the product's word for the way.
        code: column with the template's code; None where every row is of one kind.
        kind: of every row, where no column tells it.
        offered: a row sends nothing by itself; it counts where the way is switched on.
        where: of its rows, the ones that count.
    """

    name: str
    table: str
    channel: str
    code: str | None = None
    kind: NoticeKind | None = None
    offered: bool = False
    where: tuple[Condition, ...] = ()


class Templates(Part):
    """The texts of notices: of the library, not of a patron."""

    table: str
    code: str
    channel: str
    texts: tuple[str, ...]


class Wishes(Part):
    """By which way patrons want each message: a row per wish, one key away from the message's name.

    Attributes:
        person: column of ``chosen`` with the patron; empty where patrons cannot be told apart there.
        default_of: column of ``chosen`` that is filled where a row is no patron's, and what new ones begin with.
        offered: ways among which a patron may choose; others are the staff's business, and left as they are.
        fresh: what a new row of ``chosen`` holds beside patron and message.
    """

    table: str
    channel: str
    key: str
    chosen: str
    message: str
    messages: str
    name: str
    person: str = ""
    default_of: str = ""
    offered: tuple[str, ...] = ()
    fresh: dict[str, int] = Field(default_factory=dict)


class NoticeSetting(Part):
    """One setting by which a patron says how she wants to hear of something.

    Attributes:
        offered: ways among which she may choose; empty where the setting is only on or off.
        between: what stands between two ways in its value; the first is written, each is read.
    """

    offered: tuple[str, ...] = ()
    between: str = "|:"


class NoticeSettings(Part):
    """Settings of patrons, each a row with a name and a value in JSON.

    Attributes:
        known, known_name: table and column with the names that a library has.
        settings: by name.
    """

    table: str
    person: str
    name: str
    value: str
    known: str
    known_name: str
    settings: dict[str, NoticeSetting] = Field(min_length=1)


class Waiting(Part):
    """Notices that were not sent yet, and since when they wait."""

    table: str
    since: str
    where: tuple[Condition, ...]


class Gateway(Part):
    """A service outside through which notices go.

    Attributes:
        name: of the setting or table, as the product calls it.
        at: where its address or driver stands; several rows are several gateways.
        called: its name, where what stands there only says that it is on.
        carries: the ways of the product's that work only where it is set up.
    """

    name: str
    at: Lookup
    called: str = ""
    carries: tuple[str, ...] = ()


class Needless(Part):
    """Something that a template of some kind and way need not name.

    Attributes:
        says: what it is.
        kinds: of notices; any where none is named.
        channels: by which ways it is needless; any where none is named.
        names: placeholders, ``table.column`` or ``object.method``, as the product spells them.
    """

    says: str
    kinds: tuple[NoticeKind, ...] = ()
    channels: tuple[Channel, ...] = ()
    names: tuple[str, ...]


class Notices(Part):
    """Where notices stand in one product; a map without them says nothing of channels."""

    transports: dict[str, tuple[Channel, ...]] = Field(default_factory=dict)
    kinds: dict[NoticeKind, NoticeLetters] = Field(default_factory=dict)
    ways: tuple[ChannelColumn, ...] = ()
    templates: Templates | None = None
    wishes: Wishes | None = None
    settings: NoticeSettings | None = None
    waiting: Waiting | None = None
    gateways: tuple[Gateway, ...] = ()
    needless: tuple[Needless, ...] = ()


Allowed = Mapping[NoticeKind, tuple[Channel, ...]]


@dataclass(frozen=True, slots=True)
class Way:
    """Rows that send a kind of notice by one way of the product's, such as ``print``."""

    kind: NoticeKind
    transport: str
    where: str
    rows: int
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One template: its code, the way it is for, and which needless things it names; never its text."""

    code: str
    transport: str
    kind: NoticeKind | None
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenNotices:
    """What a live database shows of notices.

    Attributes:
        ways: rows by kind and way.
        templates: those that name something needless somewhere.
        gateways: names of the services that are set up, by the gateway of the map.
        begun: messages that new patrons get without having switched them on, by kind.
        waiting: notices in the queue that wait for longer than they may.
        unread: what the account may not look at.
        looked_at: whether there was a map to look by.
    """

    ways: tuple[Way, ...] = ()
    templates: tuple[Template, ...] = ()
    gateways: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: int = 0
    unread: tuple[str, ...] = ()
    begun: Mapping[NoticeKind, tuple[str, ...]] = field(default_factory=dict)
    looked_at: bool = False


def channels_of(notices: Notices, transport: str) -> frozenset[Channel]:
    """What a way of the product's can be; one that the map does not know is none of them."""
    return frozenset(notices.transports.get(transport, ()))


def beyond(notices: Notices, seen: SeenNotices, allowed: Allowed) -> tuple[Way, ...]:
    """The rows by which a notice goes, or would go, by a channel that the policy does not list for it.

    Args:
        notices: of the map.
        seen: on the live database.
        allowed: of the policy; a kind that it does not list may go by any channel.
    """
    return tuple(
        way
        for way in seen.ways
        if way.rows
        and way.kind in allowed
        and not channels_of(notices, way.transport) & set(allowed[way.kind])
        and (not way.offered or _switched_on(notices, seen, way.transport))
    )


def _switched_on(notices: Notices, seen: SeenNotices, transport: str) -> bool:
    """Whether a way works: it needs no gateway, or one of those that carry it is set up."""
    carriers = [one.name for one in notices.gateways if transport in one.carries]
    return not carriers or any(seen.gateways.get(name) for name in carriers)


def unregistered(seen: SeenNotices, registered: tuple[str, ...]) -> tuple[str, ...]:
    """The gateways that the site file does not name; case does not matter."""
    known = {name.casefold() for name in registered}
    found = {name for names in seen.gateways.values() for name in names}
    return tuple(sorted(name for name in found if name.casefold() not in known))


def needless(
    notices: Notices, kind: NoticeKind | None, transport: str, texts: list[str], allowed: Allowed
) -> Iterator[str]:
    """What a template names and need not.

    Args:
        notices: of the map.
        kind: of the template, where it is of one.
        transport: the product's word for its way.
        texts: of the template.
        allowed: of the policy: where a kind goes by postcard and not in an envelope, paper is a postcard.
    """
    possible = channels_of(notices, transport)
    if kind is not None and possible & PAPER and kind in allowed:
        possible = possible & set(allowed[kind]) or possible
    for one in notices.needless:
        fits = (not one.kinds or kind in one.kinds) and (not one.channels or bool(possible & set(one.channels)))
        if fits and any(_names(text, name) for text in texts for name in one.names):
            yield one.says


_SLOT = re.compile(r"<<(.*?)>>|\[%(.*?)%\]", re.DOTALL)


def _names(text: str, name: str) -> bool:
    """Whether a slot of a template, of the older or the newer kind, names something."""
    wanted = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
    return any(wanted.search(found[1] or found[2] or "") for found in _SLOT.finditer(text))
