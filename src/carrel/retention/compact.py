"""Conditions said in fewer words: the same truth, with what repeats or nests taken out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from carrel.retention.predicate import AllOf, Always, AnyOf, AtOrBefore, Fact, Not, Predicate


def compact(of: Predicate) -> Predicate:
    """The same condition in fewer words.

    Guarantees:
        It holds of exactly the same records (a law).
    """
    match of:
        case Not(inner):
            said = compact(inner)
            return Always(value=not said.value) if isinstance(said, Always) else Not(said)
        case AllOf(parts):
            return all_of(parts)
        case AnyOf(parts):
            return any_of(parts)
        case _:
            return of


def any_of(parts: Iterable[Predicate]) -> Predicate:
    """At least one of these, compact: of several bounds on one time the latest decides."""
    return _joined(parts, AnyOf, later=True)


def all_of(parts: Iterable[Predicate]) -> Predicate:
    """Every one of these, compact: of several bounds on one time the earliest decides."""
    return _joined(parts, AllOf, later=False)


def _joined(parts: Iterable[Predicate], kind: type[AnyOf | AllOf], *, later: bool) -> Predicate:
    settles = later  # any true part settles an AnyOf, any false one an AllOf
    flat: dict[Predicate, None] = {}
    for one in map(compact, parts):
        flat.update(dict.fromkeys(one.of if isinstance(one, kind) else (one,)))
    if Always(value=settles) in flat:
        return Always(value=settles)
    flat.pop(Always(value=not settles), None)
    bounds: dict[Fact, datetime] = {}
    for one in flat:
        if isinstance(one, AtOrBefore):
            known = bounds.get(one.fact, one.moment)
            bounds[one.fact] = max(known, one.moment) if later else min(known, one.moment)
    told = dict.fromkeys(AtOrBefore(one.fact, bounds[one.fact]) if isinstance(one, AtOrBefore) else one for one in flat)
    if not told:
        return Always(value=not settles)
    return next(iter(told)) if len(told) == 1 else kind(tuple(told))
