"""Who is to be on a mailing list: held against who is on it, each address judged by what the library knows of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

_LONGEST = 254  # RFC 5321, 4.5.3.1.3, without its brackets
_BESIDE = frozenset(' ,;:<>"\\()[]')


class Standing(enum.StrEnum):
    """How a member of a list stands, by the library's records."""

    RIGHTFUL = "may be written to"
    REFUSED = "on a record that the gate leaves out"
    SILENT = "asked for silence, or erased"
    FORMER = "on no record any more"
    STRANGER = "on no record, and not put there by Carrel"


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What the library knows when a list is judged; every address in the one spelling in which they are compared.

    Attributes:
        wanted: addresses whose people may be written to, each as the record writes it; empty of one that may be there,
            and need not, because messages go to another of the same person.
        refused: addresses on records that the gate leaves out.
        silent: of the members, those on the list of silence.
        ours: of the members, those that Carrel saw there before on a record, or put there.
        departed: addresses that were read back on the list and are not there any more, though nobody here took them
            off, and whose people have not said yes since: they left at the tool. Among them are some that are not
            wanted for a time, such as by a card that ran out.
    """

    wanted: Mapping[str, str]
    refused: AbstractSet[str]
    silent: AbstractSet[str]
    ours: AbstractSet[str]
    departed: AbstractSet[str] = frozenset()

    def standing(self, member: str) -> Standing:
        """How one member stands.

        Guarantees:
            Only an address whose person may be written to is rightful. Silence is of the address: it holds for whoever
            has it, and one that is silent is never wanted.
        """
        if member in self.silent:
            return Standing.SILENT
        if member in self.wanted:
            return Standing.RIGHTFUL
        if member in self.refused:
            return Standing.REFUSED
        return Standing.FORMER if member in self.ours else Standing.STRANGER


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """What a list has that it should not have, and what it lacks.

    Attributes:
        off: members that are to go, in the spelling of comparison.
        on: addresses that are to come, as the records write them.
        unusable: how many addresses may be written to and are none that a tool can be given.
        strangers: members whom no record knows and who stay.
        members: how many there are.
        counts: of the members, by how they stand.
        departed: how many left at the tool, and stay off.
    """

    off: tuple[str, ...]
    on: tuple[str, ...]
    unusable: int
    strangers: int
    members: int
    counts: Mapping[Standing, int] = field(default_factory=dict)
    departed: int = 0

    @property
    def is_none(self) -> bool:
        """Whether the list holds what consents say."""
        return not (self.off or self.on)


def difference(members: Iterable[str], known: Known, *, strangers_go: bool, put_back: bool = False) -> Difference:
    """What has to be done for a list to hold what consents say.

    Args:
        members: of the list, in the spelling of comparison.
        known: of the library.
        strangers_go: whether members whom no record knows go too.
        put_back: whether those come on again who left at the tool.

    Returns:
        Both sides in order, so that the same state is the same difference.

    Guarantees:
        Nobody comes onto a list who is not wanted, and nobody goes whose address is. Whoever left at the tool comes on
        again by `put_back` alone: to leave there is a no, too.
    """
    there = frozenset(members)
    departed = frozenset() if put_back else known.departed - there
    goes = {Standing.REFUSED, Standing.SILENT, Standing.FORMER, *((Standing.STRANGER,) if strangers_go else ())}
    standings = {one: known.standing(one) for one in there}
    off = tuple(sorted(one for one, how in standings.items() if how in goes))
    lacking = sorted(known.wanted.keys() - there - known.silent - departed)
    missing = [address for one in lacking if (address := known.wanted[one])]
    on = tuple(filter(usable, missing))
    counts = {how: sum(one is how for one in standings.values()) for how in Standing}
    stay = 0 if strangers_go else counts[Standing.STRANGER]
    return Difference(off, on, len(missing) - len(on), stay, len(there), counts, len(departed))


def usable(address: str) -> bool:
    """Whether a mailing tool can be given an address as the record writes it: one, on one line, nothing around it."""
    local, at, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and _BESIDE.isdisjoint(address)
    return bool(local and at and "." in domain and "@" not in local and plain and len(address) <= _LONGEST)
