"""What `carrel map` tells of the versions of a product, and the map for a version that no database stands behind."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from carrel.cli.screen import WIDTH
from carrel.inventory.map_version import as_found
from carrel.inventory.schema import LiveSchema, from_facts
from carrel.inventory.system_map import SystemMap
from carrel.inventory.version_change import VersionChange


def as_described(system_map: SystemMap, facts: Mapping[str, Any]) -> SystemMap:
    """The map for the version that a facts file describes; what is no facts file is left to the comparison to tell."""
    try:
        return as_found(system_map, from_facts(facts))
    except (KeyError, TypeError, AttributeError, ValueError):
        return system_map


def of_version(system_map: SystemMap, version: str) -> SystemMap:
    """The map for a version that is known by its number only."""
    return as_found(system_map, LiveSchema("facts", "", version, "", "utf8mb4"))


def versions_page(found: SystemMap) -> Iterator[str]:
    """Which version a map is written for, where it was proved, and each change with its source."""
    versions = found.versions
    yield from textwrap.wrap(f"versions: written for {versions.written_for}, {versions.told}", WIDTH)
    for name, what in versions.not_in_facts.items():
        yield from _entry(f"  not among what it was compared with: {name}", what)
    for change in versions.changes:
        yield from _entry(f"  {_when(change)}, {change.name}", f"{change.says} ({change.source})")
        if change.names:
            yield from _entry("      it is told by", ", ".join(change.names))
        for name, how in change.altered.items():
            yield from _entry(f"      {name}", how)


def _when(change: VersionChange) -> str:
    return f"since {change.since}" if change.since is not None else f"until {change.until}"


def _entry(lead: str, text: str) -> list[str]:
    indent = " " * (len(lead) - len(lead.lstrip()) + 4)
    return textwrap.wrap(f"{lead}: {text}", WIDTH, subsequent_indent=indent, break_on_hyphens=False)
