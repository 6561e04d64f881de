"""Open joins tried again, on loans that name nobody and came back in the same days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from random import Random

from carrel.inventory.schema import LiveSchema
from carrel.retention.open_join import Days, OpenJoin, key_of
from carrel.retention.sweep import Attack, Loan, Pairs
from carrel.systems.sql.sweep import LoanSweep
from carrel.systems.sql.sweep_discovery import reaches
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_pairs import cut_loans_of_days, pairs_of
from carrel.systems.sql.sweep_suspects import sweep_loans
from carrel.systems.sql.sweep_witnesses import Witnesses


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying again found.

    Attributes:
        tried: loans.
        whole: these were all that came back in those days.
        attacks: every join; the open ones also with people whom only a closer look names.
    """

    tried: int
    whole: bool
    attacks: tuple[Attack, ...]

    @property
    def failing(self) -> tuple[Attack, ...]:
        """The joins that led to a person."""
        return tuple(one for one in self.attacks if one.hits and one.fails)


def try_again(
    library: Library, live: LiveSchema, sweep: LoanSweep, joins: Collection[OpenJoin], days: Days | None, count: int,
    rng: Random,
) -> Trial:  # fmt: skip
    """Try open joins on loans that name nobody.

    Args:
        library: on a connection that may be read-only.
        live: the schema as it is now.
        sweep: tries every join on a pair.
        joins: the open ones that were found among loans of these days.
        days: local days in which the loans came back; None for any.
        count: loans wanted.
        rng: where the randomness comes from.
    """
    loans, whole = cut_loans_of_days(library, sweep.due, days, count, rng)
    plain = sweep_loans(library, live, sweep, loans)
    close = _closely(library, live, sweep, joins, loans)
    # A pair that both found counts once: what matters is how many loans a join leads from.
    best = {(key_of(one), one.severity, one.why): replace(one, tried=len(loans)) for one in plain.attacks}
    for one in close:
        key = (key_of(one), one.severity, one.why)
        if key not in best or best[key].hits < one.hits:
            best[key] = one
    return Trial(len(loans), whole, tuple(best.values()))


def _closely(
    library: Library, live: LiveSchema, sweep: LoanSweep, joins: Collection[OpenJoin], loans: Sequence[Loan]
) -> list[Attack]:
    by_table: dict[str, list[OpenJoin]] = defaultdict(list)
    for join in joins:
        by_table[join.table].append(join)
    wanted = {join.key for join in joins}
    known = {loan.loan: loan for loan in loans}
    witnesses = Witnesses(library, loans)
    out: list[Attack] = []
    for reach in reaches(live, library.map):
        if reach.name not in by_table:
            continue
        named = witnesses.people(reach, by_table[reach.name])
        pairs: Pairs = pairs_of(library, live, [(known[loan], person, True) for loan, person in named.items()], None)
        attacks = sweep.look(pairs, frozenset({reach.name})).attacks
        out.extend(replace(one, tried=len(loans)) for one in attacks if one.hits and key_of(one) in wanted)
        pairs.forget()
    return out
