"""``carrel map show`` as a person reads it: every path with its cut, other records, and what erasing a person does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.map_versions import versions_page
from carrel.cli.screen import WIDTH

if TYPE_CHECKING:
    from carrel.inventory import map_path
    from carrel.inventory import system_map as maps
    from carrel.inventory.described_loan import Described
    from carrel.inventory.person_map import Through


def page(found: maps.SystemMap) -> Iterator[str]:
    """A map, line by line."""
    from carrel.cli import map_record

    yield from textwrap.wrap(f"{found.title}, {found.versions.told}", WIDTH)
    yield f"{amount(len(found.loans.paths) + 1, 'path')} to a reader"
    yield ""
    yield from _loan(found.loans.closed, found.loans.described)
    for path in found.loans.paths:
        yield ""
        yield f"{path.name}: {path.table}{' (a site may lack it)' if path.optional else ''}"
        yield from _field("holds", path.says)
        yield from _field(
            "person", f"{path.person} ({path.role})" if path.person else "named without a column of its own"
        )
        yield from _field("link", _link(path.link))
        if path.only or path.among:
            yield from _field("only", "; ".join(_tests(path.only, path.among)))
        yield from _field("cut", _cut(path.cut))
        yield from _field("why", path.cut.why)
        if path.lose_card is not None:
            yield from _field("or", f"{_cut(path.lose_card)}, where the policy lets settled charges lose the card")
    yield from _records(found)
    yield ""
    yield from _person_page(found)
    for heading, entries in map_record.sections(found):
        yield heading
        for name, said in entries:
            yield from entry(name, said)
        yield ""
    yield f"settings that can contradict a policy: {len(found.settings)}"
    for setting in found.settings:
        yield from entry(setting.name, setting.finding)
    yield ""
    yield f"what reads the columns that change: {len(found.consumers)}"
    for consumer in found.consumers:
        yield from entry(consumer.name, ("DESTRUCTIVE: " if consumer.destructive else "") + consumer.afterwards)
    yield ""
    yield f"columns that no rule cuts, on a ground of their own: {sum(len(one.columns) for one in found.kept)}"
    for one in found.kept:
        yield from entry(f"{one.table}.{', '.join(one.columns)}", f"{one.ground}; {one.why}")
    yield ""
    yield f"tables with patron data that are not yet covered: {len(found.not_yet_covered)}"
    for name, says in sorted(found.not_yet_covered.items()):
        yield from entry(name, says)
    yield ""
    yield from versions_page(found)


def _loan(closed: maps.Anchor, described: Described | None) -> Iterator[str]:
    yield f"loan: {closed.table}"
    yield from _field("person", f"{closed.person}, the last that names the reader")
    if closed.only:
        yield from _field("past", "; ".join(_condition(one) for one in closed.only))
    if closed.chain is not None:
        yield from _field("chain", f"{closed.chain} names the loan that this one renews; the chain goes whole")
    yield from _field("cut", _cut(closed.cut))
    yield from _moved(closed.cut)
    if described is not None:
        may = (f"{told.column} ({trait})" for trait, told in described.traits.items())
        yield from _field("may stay", f"{', '.join(may)}, where a policy gives a level and enough patrons share it")
    yield from _field("why", closed.cut.why)


def _person_page(found: maps.SystemMap) -> Iterator[str]:
    if found.person is None:
        return
    yield f"erasing one person: {amount(len(found.person.tables), 'table')}, in this order"
    for name, told in found.person.tables.items():
        yield from entry(name, told.why)
        for trace in told.traces:
            by = trace.column or _by(trace.through)
            only = "".join(f", {one}" for one in _tests(trace.only, trace.among))
            changes = {**trace.set, **trace.told, **dict.fromkeys(trace.own_key, "the row's own key")}
            sets = "".join(f", {column} -> {_value(value)}" for column, value in changes.items())
            ground = f" ({trace.ground})" if trace.ground else ""
            yield from entry(f"  {trace.act} {by}", f"{trace.why}{ground}{only}{sets}")
        if told.texts or told.gone:
            yield from entry("  identifiers are taken out of", ", ".join((*told.texts, *told.gone)))
    yield ""


def _by(through: Through | None) -> str:
    return "" if through is None else f"by {', '.join(one.table for one in through.way)}"


def _records(found: maps.SystemMap) -> Iterator[str]:
    if found.records:
        yield ""
        yield f"other records, each in force where the policy has a rule for its kind: {len(found.records)}"
    for one in found.records:
        yield ""
        yield f"{one.name}: {one.table}{' (a site may lack it)' if one.optional else ''}"
        yield from _field("holds", one.says)
        named = f"{one.person} ({one.role})" if one.person else "named without a column of its own"
        yield from _field("person", f"{named}, about {one.about}" if one.about else named)
        yield from _field("rule", f"records.{one.record}.retention, active until: {one.event}")
        elsewhere = [f"{one.ends.table}.{one.ends.at}{_which(one.ends)}"] if one.ends else []
        yield from _field("ends", ", else ".join((*one.dated, *elsewhere)))
        if one.unless:
            yield from _field("unless", f"{one.unless.table} has a row of it{_which(one.unless)}")
        if one.only or one.among:
            yield from _field("only", "; ".join(_tests(one.only, one.among)))
        for asked, cut in one.cuts.items():
            yield from _field("then", f"{asked}: {_cut(cut)}")
            yield from _moved(cut)
            yield from _field("why", cut.why)


def _which(other: map_path.Beside) -> str:
    return f", where {' and '.join(map(_condition, other.where))}" if other.where else ""


def _cut(cut: map_path.Cut) -> str:
    parts = [f"{column} -> {method}" for column, method in cut.set.items()]
    parts += [f"{column} -> {method} where it is the reader" for column, method in cut.if_reader.items()]
    if cut.aged is not None:
        parts.append(f"the row moves to {cut.aged.table} without its person")
    elif cut.delete:
        parts.append("the row is deleted")
    parts += [f"rows of {child} go first" for child in cut.children]
    parts += [f"its rows of {name} go first" for name in cut.attached]
    parts += [f"{column} is emptied in {name}" for name, column in cut.frees.items()]
    for other in cut.further:
        parts += [f"{column} -> {method} in {other.table}" for column, method in other.set.items()]
    return ", ".join(parts) or "nothing"


def _moved(cut: map_path.Cut) -> Iterator[str]:
    if (aged := cut.aged) is None:
        return
    if aged.number is not None:
        yield from _field("number", f"a new {aged.number.column}, of those of {aged.number.numbers}")
    if aged.empty:
        yield from _field("empty", ", ".join(aged.empty))
    if (ledger := aged.ledger) is not None:
        yield from _field("ledger", f"where it was charged, {ledger.table} keeps the old key: {ledger.why}")


def _tests(only: Iterable[maps.Condition], among: Iterable[maps.Step]) -> list[str]:
    way = [
        f"by {step.equals} to a row of {step.table}" + "".join(f" whose {_condition(one)}" for one in step.where)
        for step in among
    ]
    return [*(_condition(one) for one in only), *way]


def _value(value: maps.Value) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _link(link: map_path.Link) -> str:
    said = ""
    match link.by:
        case "key":
            said = f"{link.column} names the loan"
        case "visit":
            said = f"person, {link.item} and {link.at} within the loan"
        case "second":
            said = f"{link.item} and the second of an event of the loan in {link.at}"
        case "item":
            said = f"person and {link.item}, whatever the time"
        case "text":
            near = " or near one of its events" if link.moments else ""
            when = "from the loan's beginning on" if link.any_time else f"{link.at} within the loan{near}"
            said = f"{', '.join(link.texts)} tells {', '.join(link.needles)}; {when}"
        case "moment":
            said = f"{link.at} is the second of an event of the loan"
        case "clock":
            orphan = f" once {link.nobody} names nobody" if link.nobody else ""
            said = f"none: each row is due by its own {link.at}{orphan}"
        case "own":
            said = f"none: {link.record}, by the policy's rule for those that are {link.event}"
    return said


def _condition(one: maps.Condition) -> str:
    parts = []
    if one.equals is not None:
        parts.append(f"is {_value(one.equals)}")
    if one.differs is not None:
        parts.append(f"is not {_value(one.differs) or 'empty'}")
    if one.one_of is not None:
        parts.append(f"is one of {', '.join(str(value) for value in one.one_of)}")
    if one.none_of is not None:
        parts.append(f"is none of {', '.join(str(value) for value in one.none_of)}")
    if one.above is not None:
        parts.append(f"is above {one.above}")
    if one.contains is not None:
        parts.append(f"has {one.contains} in it")
    if one.empty is not None:
        parts.append("is empty" if one.empty else "is not empty")
    return f"{one.column} {' and '.join(parts)}"


def _field(name: str, text: str) -> list[str]:
    lead = f"  {name:<7} "
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)


def entry(name: str, text: str) -> list[str]:
    """A name, and what is said of it."""
    lead = f"  {name}: "
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent="      ", break_on_hyphens=False)
