"""The cards of the system that is open, where its policy has a rule for lapsed ones."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from carrel.retention.lapsed_card import CardCount, due_when, horizons
from carrel.retention.legal_hold import shields
from carrel.systems.sql.cards import Judgement, SqlCards

if TYPE_CHECKING:
    from carrel.cli.premises import Premises


def cards_of(here: Premises, as_of: datetime) -> SqlCards | None:
    """The cards, with payers as of a moment; None where no rule speaks of cards."""
    if here.system_map.lapsing is None:
        return None
    return SqlCards(
        here.schema,
        here.system_map,
        here.stand_in,
        payer=here.payer(as_of),
        reduced_to=here.store.erasures.reduced_to(here.system.name, here.system_map.people.table),
        at=here.system.name,
    )


def judgement(here: Premises, cards: SqlCards, as_of: datetime, at: datetime) -> Judgement:
    """What cards are judged by at ``as_of``, with legal holds and exceptions as of ``at``."""
    kept = here.store.keepings.current(here.original.name, at)
    told = tuple(one for one in kept.legal_holds if not one.sealed)
    life = here.life(as_of, at)
    return Judgement(
        due=due_when(cards.cards, life.records),
        now=as_of.astimezone(here.zone).replace(tzinfo=None),
        shields=shields((*told, *kept.exceptions), at),
        sealed=shields(tuple(one for one in kept.legal_holds if one.sealed), at),
        horizons=horizons(here.system_map, life, here.schedule.charges),
    )


def counted(here: Premises, as_of: datetime, at: datetime) -> CardCount | None:
    """Cards by what becomes of them; None where no rule speaks of them."""
    cards = cards_of(here, as_of)
    if cards is None:
        return None
    with here.engine.connect() as connection:
        return cards.count(connection, judgement(here, cards, as_of, at))


def people(here: Premises, at: datetime) -> dict[str, int]:
    """The size of the people's table, by which the bound of lapsed cards is set; nothing without a rule for them."""
    cards = cards_of(here, at)
    if cards is None:
        return {}
    with here.engine.connect() as connection:
        return {here.system_map.people.table: cards.people(connection)}


def due_now(here: Premises, as_of: datetime, at: datetime) -> dict[str, int]:
    """Lapsed cards that are due, by the name that the map gives them; nothing where no rule speaks of them."""
    count = counted(here, as_of, at)
    lapsing = here.system_map.lapsing
    return {} if count is None or lapsing is None else {lapsing.name: count.due}
