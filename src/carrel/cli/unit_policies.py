"""``carrel policy show --site``: the policies in force in one database, unit by unit."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import number, put_json, put_line, put_table, say

if TYPE_CHECKING:
    from carrel.inventory.unit_tree import Unit
    from carrel.policy.resolve import Policy
    from carrel.retention.consortium import Consortium

_MOST = 12  # codes of units that a line of the screen names


def show(site: Path, system_name: str | None, unit: str | None, *, as_json: bool) -> None:
    """Tell which policies govern the units of a system; with a unit, which govern that one.

    Raises:
        CarrelError: UNT-002, there is no such unit; UNT-004, the map does not tell of units; and as `premises.enter`.
    """
    from carrel.cli import premises
    from carrel.retention.consortium import consortium
    from carrel.systems.site_systems import system_or_copy
    from carrel.systems.sql.unit_rows import read_tree

    with premises.enter(site, system_name, read_only=True, find=system_or_copy) as here:
        several = here.consortium
        if several is None:
            with here.engine.connect() as connection:
                tree = read_tree(connection, here.system_map, here.schema, at=here.system.name)
            several = consortium(here.in_force, tree)
        name = here.system.name
    if unit is not None:
        _one(several, several.tree.find(unit, "--unit"), as_json=as_json)
    else:
        _all(several, name, as_json=as_json)


def _one(several: Consortium, unit: Unit, *, as_json: bool) -> None:
    governing = several.policies_of(unit)
    if as_json:
        put_json({"unit": _unit(unit), "policies": [_policy(one) for one in governing]})
        return
    say(f"{unit.code} ({unit.name})")
    put_table("Governed by", ("policy", "version", "loans"), [(p.name, p.version, _periods(p)) for p in governing])
    if len(governing) > 1:
        put_line("It stands in several groups that are equally near: the most protective of these policies decides.")
    names = {one.name for one in governing}
    for one in several.stricter:
        if one.policy in names:
            put_line(f"More strictly than written: {one.line()}.", hang=2)


def _all(several: Consortium, system: str, *, as_json: bool) -> None:
    policies = several.in_force.policies
    of: dict[int, list[Unit]] = defaultdict(list)
    for key, zone in several.territory.zoning.units:
        for at in several.territory.governing[zone]:
            of[at].append(several.tree.units[key])
    if as_json:
        put_json(
            {
                "system": system,
                "digest": several.in_force.digest,
                "units_digest": several.units_digest,
                "policies": [
                    {**_policy(one), "units": [_unit(unit) for unit in of[at]]} for at, one in enumerate(policies)
                ],
                "stricter": [one.line() for one in several.stricter],
            }
        )
        return
    put_table(
        f"Policies in force in {system}",
        ("policy", "version", "units", "which"),
        [
            (f"{one.name} (the rest)" if not at else one.name, one.version, number(len(of[at])), _codes(of[at]))
            for at, one in enumerate(policies)
        ],
        right=(2,),
    )
    if several.stricter:
        say(f"More strictly than written, in {amount(len(several.stricter), 'point')}:")
        for line in several.stricter:
            put_line(line.line(), "  - ")


def _codes(units: list[Unit]) -> str:
    told = sorted(one.code for one in units)
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ", ".join(told[:_MOST]) + more


def _periods(policy: Policy) -> str:
    return "; ".join(f"{rule.id}: {rule.periods[-1].keep}" for rule in policy.loan_schedule().rules)


def _policy(policy: Policy) -> dict[str, Any]:
    return {"policy": policy.name, "version": policy.version, "digest": policy.digest}


def _unit(unit: Unit) -> dict[str, Any]:
    return {"code": unit.code, "name": unit.name, "key": unit.key}
