"""The tenants of one host: several libraries, each with a folder, a key, a ledger and a lease of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Held:
    """One database that a tenant works on.

    Attributes:
        system: name in the tenant's site file.
        where: a text for each place that one of its addresses, of either account or of a replica, may lead to; the
            same text for the same database, whatever the address says. None where nobody can tell.
    """

    system: str
    where: frozenset[str]

    def overlaps(self, other: Held) -> bool:
        """Whether the two could work on one record.

        Whatever units each is for: a loan touches up to four of them, and some records tell none.
        """
        return not self.where.isdisjoint(other.where)


@dataclass(frozen=True, slots=True)
class Tenant:
    """What of a tenant must be nobody else's.

    Attributes:
        name: by which the host's summary calls it.
        belongings: kind of thing and the thing itself: the folder, the store, the ledger's key, folders outside.
        databases: that it works on.
        folder: of the site, as a path whose links are followed; empty where there is none.
        writes: folders outside that it writes into, likewise.
    """

    name: str
    belongings: frozenset[tuple[str, str]] = frozenset()
    databases: tuple[Held, ...] = ()
    folder: str = ""
    writes: tuple[str, ...] = ()

    def reaches_into(self, other: Tenant) -> bool:
        """Whether its folder, or one that it writes into, lies inside the other's."""
        inside = f"{other.folder.rstrip('/')}/"
        return bool(other.folder) and any(f"{one}/".startswith(inside) for one in (self.folder, *self.writes) if one)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two tenants that share what each needs for itself."""

    one: str
    other: str
    what: str


def clashes(tenants: Iterable[Tenant]) -> tuple[Clash, ...]:
    """Every pair of tenants that may not run, with what they share, in the order of the tenants.

    Guarantees:
        A tenant that shares nothing with another is in no pair; who of a pair comes first makes no difference.
    """
    return tuple(
        Clash(one.name, other.name, what)
        for one, other in combinations(tuple(tenants), 2)
        for what in dict.fromkeys(_shared(one, other))
    )


def _shared(one: Tenant, other: Tenant) -> Iterator[str]:
    shared = sorted(kind for kind, _ in one.belongings & other.belongings)
    yield from shared
    if not shared and (one.reaches_into(other) or other.reaches_into(one)):
        yield "a folder that lies inside the other's"
    for mine in one.databases:
        for theirs in other.databases:
            if mine.overlaps(theirs):
                yield f"the database of {mine.system}"
