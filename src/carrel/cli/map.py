"""``carrel map``: which products Carrel knows, where their records are, and whether a map is complete."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.cli import map_record
from carrel.cli.option_values import FILE
from carrel.cli.screen import say
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.inventory import map_path
    from carrel.inventory import system_map as maps
    from carrel.inventory.mapping_gap import MapCheck

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_local = click.option(
    "--local",
    type=FILE,
    help="The site's own additions, such as maps/local.yaml.",
)
WIDTH = 100


@click.group("map")
def map_group() -> None:
    """System maps: where the records are, and every path to a person."""


@map_group.command("list", epilog="Example: carrel map list")
@_json
def list_maps(as_json: bool) -> None:
    """List the products that Carrel has a map of."""
    from carrel.cli.screen import put_json, put_table
    from carrel.systems import map_files

    found = [map_files.load(name) for name in map_files.names()]
    if as_json:
        put_json({"maps": [_summary(one) for one in found]})
        return
    rows = [
        (
            one.system,
            one.title,
            ", ".join(one.versions.proved),
            str(len(one.columns)),
            str(len(one.loans.paths) + 1),
            str(len(one.not_yet_covered)),
        )
        for one in found
    ]
    heads = ("map", "product", "proved on", "tables covered", "paths to a reader", "tables not yet")
    put_table("System maps", heads, rows, right=(3, 4, 5))


@map_group.command(epilog="Example: carrel map show koha")
@click.argument("name")
@_local
@click.option("--policy", help="Show what this policy leaves uncovered: the name of a shipped one, or a file.")
@_json
def show(name: str, local: Path | None, policy: str | None, as_json: bool) -> None:
    """Show a map: each path from a loan to its reader, how it is cut and why.

    NAME is one that 'carrel map list' shows. Records of other kinds than loans are in force where a policy has a rule
    for them; without --policy the map is shown with all that a rule can reach.
    """
    from carrel.cli.screen import put_json
    from carrel.retention.records import in_force
    from carrel.systems import map_files, policy_files

    found = map_files.load(name, local=local)
    if policy is not None:
        found = in_force(found, policy_files.load(policy).record_schedules())
    if as_json:
        put_json({"map": found.model_dump(mode="json", exclude_none=True), "digest": map_files.digest(found)})
        return
    for line in _page(found):
        say(line)


@map_group.command(epilog="Example: carrel map check koha --facts koha-schema.json")
@click.argument("name")
@click.option(
    "--facts",
    required=True,
    type=FILE,
    help="Schema-facts file: tables, columns and keys of the product, as JSON.",
)
@_local
@_json
@click.pass_context
def check(ctx: click.Context, name: str, facts: Path, local: Path | None, as_json: bool) -> None:
    """Compare a map with a schema-facts file.

    Ends with 3 if a table or column with patron data is not mapped, or is mapped as not yet covered by any rule.
    """
    from carrel.cli import map_versions
    from carrel.cli.screen import put_json
    from carrel.errors import fault
    from carrel.inventory import faults, mapping_gap
    from carrel.retention.records import in_every_way
    from carrel.systems import map_files

    system_map = map_files.load(name, local=local)
    try:
        document = json.loads(facts.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise fault(faults.FACTS, at=str(facts), found="no JSON that can be read") from None
    system_map = map_versions.as_described(system_map, document)
    found = mapping_gap.check(in_every_way(system_map), document)
    if as_json:
        put_json(_check_data(system_map.system, found))
    else:
        for line in _check_page(system_map.title, found):
            say(line)
    ctx.exit(int(Exit.DONE if found.complete else Exit.FINDINGS))


def _summary(found: maps.SystemMap) -> dict[str, Any]:
    return {
        "map": found.system,
        "title": found.title,
        "proved": list(found.versions.proved),
        "tables_covered": len(found.columns),
        "paths": len(found.loans.paths) + 1,
        "other_records": len(found.records),
        "kept_columns": sum(len(one.columns) for one in found.kept),
        "tables_not_yet_covered": len(found.not_yet_covered),
    }


def _check_data(name: str, found: MapCheck) -> dict[str, Any]:
    return {
        "map": name,
        "tables": found.tables,
        "columns": found.columns,
        "covered": list(found.covered),
        "no_person": list(found.no_person),
        "kept": dict(found.kept),
        "go_with_the_card": list(found.with_card),
        "not_yet_covered": dict(found.not_yet_covered),
        "not_mapped": [{"at": gap.at, "because": gap.because} for gap in found.gaps],
        "complete": found.complete,
    }


def _check_page(title: str, found: MapCheck) -> Iterator[str]:
    yield f"{title}: {found.tables} tables with {found.columns} columns in the facts"
    yield f"  covered by rules     {len(found.covered):>4}"
    yield f"  nothing of a person  {len(found.no_person):>4}"
    yield f"  kept on a ground     {len({at.split('.')[0] for at in found.kept}):>4}"
    yield f"  go with the card     {len(found.with_card):>4}"
    yield f"  not yet covered      {len(found.not_yet_covered):>4}"
    yield f"  not mapped           {len(found.gaps):>4}"
    if found.gaps:
        yield ""
        yield "not mapped:"
        for gap in found.gaps:
            yield from _entry(gap.at, gap.because)
    if found.kept:
        yield ""
        yield "kept on a ground:"
        for at, ground in found.kept.items():
            yield from _entry(at, ground)
    if found.not_yet_covered:
        yield ""
        yield "not yet covered:"
        for name, says in found.not_yet_covered.items():
            yield from _entry(name, says)


def _page(found: maps.SystemMap) -> Iterator[str]:
    from carrel.cli.map_versions import versions_page

    closed = found.loans.closed
    yield f"{found.title}, proved on {', '.join(found.versions.proved)}: {len(found.loans.paths) + 1} paths to a reader"
    yield ""
    yield f"loan: {closed.table}"
    yield from _field("person", f"{closed.person}, the last that names the reader")
    yield from _field("cut", _cut(closed.cut))
    yield from _field("why", closed.cut.why)
    for path in found.loans.paths:
        yield ""
        yield f"{path.name}: {path.table}{' (a site may lack it)' if path.optional else ''}"
        yield from _field("holds", path.says)
        yield from _field(
            "person", f"{path.person} ({path.role})" if path.person else "named without a column of its own"
        )
        yield from _field("link", _link(path.link))
        if path.only:
            yield from _field("only", "; ".join(_condition(one) for one in path.only))
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
            yield from _entry(name, said)
        yield ""
    yield f"settings that can contradict a policy: {len(found.settings)}"
    for setting in found.settings:
        yield from _entry(setting.name, setting.finding)
    yield ""
    yield f"what reads the columns that change: {len(found.consumers)}"
    for consumer in found.consumers:
        yield from _entry(consumer.name, ("DESTRUCTIVE: " if consumer.destructive else "") + consumer.afterwards)
    yield ""
    yield f"columns that no rule cuts, on a ground of their own: {sum(len(one.columns) for one in found.kept)}"
    for one in found.kept:
        yield from _entry(f"{one.table}.{', '.join(one.columns)}", f"{one.ground}; {one.why}")
    yield ""
    yield f"tables with patron data that are not yet covered: {len(found.not_yet_covered)}"
    for name, says in sorted(found.not_yet_covered.items()):
        yield from _entry(name, says)
    yield ""
    yield from versions_page(found)


def _person_page(found: maps.SystemMap) -> Iterator[str]:
    if found.person is None:
        return
    yield f"erasing one person: {len(found.person.tables)} tables, in this order"
    for name, told in found.person.tables.items():
        yield from _entry(name, told.why)
        for trace in told.traces:
            by = trace.column or (f"by {trace.through.table}" if trace.through else "")
            only = "".join(f", {_condition(one)}" for one in trace.only)
            sets = "".join(f", {column} -> {method}" for column, method in trace.set.items())
            ground = f" ({trace.ground})" if trace.ground else ""
            yield from _entry(f"  {trace.act} {by}", f"{trace.why}{ground}{only}{sets}")
        if told.texts or told.gone:
            yield from _entry("  identifiers are taken out of", ", ".join((*told.texts, *told.gone)))
    yield ""


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
        elsewhere = [f"{one.ends.table}.{one.ends.at}"] if one.ends else []
        yield from _field("ends", ", else ".join((*one.dated, *elsewhere)))
        if one.unless:
            yield from _field("unless", f"{one.unless.table} has a row of it")
        if one.only:
            yield from _field("only", "; ".join(_condition(test) for test in one.only))
        for asked, cut in one.cuts.items():
            yield from _field("then", f"{asked}: {_cut(cut)}")
            yield from _field("why", cut.why)


def _cut(cut: map_path.Cut) -> str:
    parts = [f"{column} -> {method}" for column, method in cut.set.items()]
    parts += [f"{column} -> {method} where it is the reader" for column, method in cut.if_reader.items()]
    if cut.delete:
        parts.append("the row is deleted")
    parts += [f"rows of {child} go first" for child in cut.children]
    return ", ".join(parts) or "nothing"


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
        parts.append(f"is {one.equals}")
    if one.differs is not None:
        parts.append(f"is not {one.differs or 'empty'}")
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


def _entry(name: str, text: str) -> list[str]:
    lead = f"  {name}: "
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent="      ", break_on_hyphens=False)
