"""``carrel map``: which products Carrel knows, where their records are, and whether a map is complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.map_page import entry, page
from carrel.cli.option_values import FILE
from carrel.cli.screen import say
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.inventory import system_map as maps
    from carrel.inventory.mapping_gap import MapCheck

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_local = click.option(
    "--local",
    type=FILE,
    help="The site's own additions, such as maps/local.yaml.",
)


@click.group("map")
def map_group() -> None:
    """System maps: where the records are, and every path to a person."""


@map_group.command("list", epilog="Example: carrel map list")
@_json
def list_maps(as_json: bool) -> None:
    """List the products that Carrel has a map of."""
    from carrel.cli.screen import put_json, put_line, put_table
    from carrel.systems import map_files

    found = [map_files.load(name, unproved=True) for name in map_files.names()]
    if as_json:
        put_json({"maps": [_summary(one) for one in found]})
        return
    rows = [
        (
            one.system,
            one.title,
            ", ".join(one.versions.proved) or "none yet",
            str(len(one.columns)),
            str(len(one.loans.paths) + 1),
            str(len(one.not_yet_covered)),
        )
        for one in found
    ]
    heads = ("map", "product", "proved on", "tables covered", "paths to a reader", "not yet covered")
    put_table("System maps", heads, rows, right=(3, 4, 5))
    put_line(
        "Tables are counted as if a policy had a rule for every record. A policy reaches some of these, and a rule for "
        "lapsed cards others: `carrel map show NAME --policy POLICY`. A database has more tables, with nothing of a "
        "person."
    )


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

    found = map_files.load(name, local=local, unproved=True)
    if policy is not None:
        found = in_force(found, policy_files.load(policy).record_schedules())
    if as_json:
        put_json({"map": found.model_dump(mode="json", exclude_none=True), "digest": map_files.digest(found)})
        return
    for line in page(found):
        say(line)


@map_group.command(epilog="Example: carrel map check koha --facts koha-schema.json")
@click.argument("name")
@click.option(
    "--facts",
    type=FILE,
    help="Schema-facts file: tables, columns and keys of the product, as JSON. Must be given.",
)
@_local
@_json
@click.pass_context
def check(ctx: click.Context, name: str, facts: Path | None, local: Path | None, as_json: bool) -> None:
    """Compare a map with a schema-facts file.

    Ends with 3 if a table or column with patron data is not mapped, or is mapped as not yet covered by any rule.
    No database is asked: `carrel doctor` compares a map with a live one.
    """
    from carrel.cli import map_versions
    from carrel.cli.screen import put_json
    from carrel.errors import fault
    from carrel.inventory import faults, mapping_gap
    from carrel.retention.records import in_every_way
    from carrel.systems import map_files

    if facts is None:
        raise click.UsageError(
            "A map is compared with a description of the product's tables: give --facts FILE (docs/map.md tells its "
            "form). With a live database `carrel doctor` compares it."
        )
    system_map = map_files.load(name, local=local, unproved=True)
    try:
        document = json.loads(facts.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise fault(
            faults.FACTS,
            at=str(facts),
            found="no JSON that can be read",
            fix="see `docs/map.md`: the form of a facts file",
        ) from None
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
        "checked": found.versions.checked,
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
        "views": list(found.views),
        "kept": dict(found.kept),
        "go_with_the_card": list(found.with_card),
        "words_of_others": dict(found.words),
        "not_yet_covered": dict(found.not_yet_covered),
        "not_mapped": [{"at": gap.at, "because": gap.because} for gap in found.gaps],
        "complete": found.complete,
    }


def _check_page(title: str, found: MapCheck) -> Iterator[str]:
    yield f"{title}: {amount(found.tables, 'table')} with {amount(found.columns, 'column')} in the facts"
    yield f"  covered by rules     {len(found.covered):>4}"
    yield f"  nothing of a person  {len(found.no_person):>4}"
    yield f"  views                {len(found.views):>4}"
    yield f"  kept on a ground     {len({at.rpartition('.')[0] for at in found.kept}):>4}"
    yield f"  go with the card     {len(found.with_card):>4}"
    yield f"  words of others      {len(found.words):>4}"
    yield f"  not yet covered      {len(found.not_yet_covered):>4}"
    yield f"  not mapped           {len(found.gaps):>4}"
    if found.gaps:
        yield ""
        yield "not mapped:"
        for gap in found.gaps:
            yield from entry(gap.at, gap.because)
    if found.kept:
        yield ""
        yield "kept on a ground:"
        for at, ground in found.kept.items():
            yield from entry(at, ground)
    if found.words:
        yield ""
        yield "words of others: an erasure takes identifiers out, and no rule reaches the rest; each run tells them:"
        for name, says in found.words.items():
            yield from entry(name, says)
    if found.not_yet_covered:
        yield ""
        yield "not yet covered:"
        for name, says in found.not_yet_covered.items():
            yield from entry(name, says)
