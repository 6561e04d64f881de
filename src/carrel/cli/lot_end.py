"""How lots of lapsed cards end: what became of their people is told to the ledger, and who they were is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.case_leaf import leaf_of_case
from carrel.retention.outcome import Outcome
from carrel.systems.sql.erasure_sweep import Found

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.premises import Premises
    from carrel.retention.plan import Plan


@dataclass
class CardsDone:
    """What became of lapsed cards in one run.

    Attributes:
        people: whose record is gone.
        reduced: people of whose record the part stays that the financial record needs, and nothing else.
        ground: on which that part stays; empty where nobody's does.
        rows: dealt with per step, of every lot that was carried on.
        found: by the sweeps, of every lot.
        spared: begun, and then not due any more: somebody borrowed, owes, or must be kept.
        unknown: a process died inside a piece; the counts may be too low.
        lost: lots with which nobody could go on, or look for whoever was in them: their key, or their rule, is gone.
        planned: cards that were due when the plan was made.
        drawn: people who were begun by this plan, in whichever attempt.
    """

    people: int = 0
    reduced: int = 0
    ground: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    found: Found = field(default_factory=Found)
    spared: int = 0
    unknown: bool = False
    lost: int = 0
    planned: int = 0
    drawn: int = 0

    @property
    def unplanned(self) -> int:
        """People beyond the count that the plan showed: they became due since it was made, and are within its bound."""
        return max(0, self.drawn - self.planned)


def end_unseen(here: Premises, plan: Plan, case: str, done: CardsDone) -> None:
    """End a lot with which nobody goes on: its people were not looked for, and it says so.

    Its key is gone, so that nobody can tell who was in it; or the policy has had no rule for it for too long.
    """
    done.unknown |= here.store.erasures.go_on(case, now()).unknown
    done.lost += 1
    end(here, plan, case, Outcome.UNVERIFIED, Found(), (), done)


def end(
    here: Premises, plan: Plan, case: str, outcome: Outcome, found: Found, places: tuple[Place, ...], done: CardsDone
) -> None:
    """End an attempt at a lot; who was in it is forgotten where nobody was found."""
    ended = here.store.erasures.finish(
        case,
        outcome,
        now(),
        lambda whole: [leaf_of_case(plan, whole, found, places)],
        over=not found.hits,
    )
    for name, rows in ended.rows.items():
        done.rows[name] = done.rows.get(name, 0) + rows
    done.found.add(found)
