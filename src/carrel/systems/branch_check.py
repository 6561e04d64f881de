"""Checks of a site's policies for units against the tree that a live database holds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from carrel.amount import amount
from carrel.errors import CarrelError
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention.consortium import InForce
from carrel.systems.check import Check, ok
from carrel.systems.site_check import said
from carrel.systems.sql.unit_rows import consortium_of


def branch_checks(
    connection: Connection, policies: InForce, system_map: SystemMap, schema: LiveSchema, *, at: str
) -> Iterator[Check]:
    """Whether every unit that the site names is there; nothing where it names none."""
    try:
        several = consortium_of(connection, policies, system_map, schema, at=at)
    except CarrelError as error:
        yield said(error, "branches")
        return
    if several is not None:
        units = amount(len(several.territory.zoning.units), "unit")
        count = amount(len(policies.policies), "policy", "policies")
        yield ok("branches", f"{units} under {count}; `carrel policy show --site .` lists them")
