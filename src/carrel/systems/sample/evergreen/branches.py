"""The consortium: a tree of systems and branches, their workstations, copy locations and settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carrel.systems.sample import names

if TYPE_CHECKING:
    from carrel.systems.sample.rows import Rows

CONSORTIUM, FIRST_SYSTEM, SECOND_SYSTEM = 1, 2, 3
_FIRST_BRANCH = 4
# Numbers of branches, the first five in the first system; the last three in the second.
BRANCHES = tuple(range(_FIRST_BRANCH, _FIRST_BRANCH + len(names.BRANCHES)))
WEIGHTS = [branch[2] for branch in names.BRANCHES]
_IN_FIRST_SYSTEM = 5
_DAYS_KEPT = "60 days"


def system_of(branch: int) -> int:
    """The system that a branch belongs to."""
    return FIRST_SYSTEM if branch < _FIRST_BRANCH + _IN_FIRST_SYSTEM else SECOND_SYSTEM


def short_name(branch: int) -> str:
    """The short name of a branch."""
    return names.BRANCHES[branch - _FIRST_BRANCH][0]


def desk(branch: int) -> int:
    """The workstation at the desk of a branch; it has the branch's number."""
    return branch


def write_branches(rows: Rows, zone: str) -> None:
    """The tree, with a workstation and a copy location for each branch."""
    for number, name, depth, parent in ((1, "Consortium", 0, None), (2, "System", 1, 1), (3, "Branch", 2, 2)):
        rows.add("actor.org_unit_type", number, name, name, depth, parent, True, depth > 0)
    rows.add("actor.org_unit", CONSORTIUM, None, 1, "CONS", "Eastmere Consortium", "office@cons.example", None)
    for number, short, name in ((FIRST_SYSTEM, "SYS1", "Eastmere"), (SECOND_SYSTEM, "SYS2", "Upper Valley")):
        rows.add("actor.org_unit", number, CONSORTIUM, 2, short, f"{name} System", None, None)
    for branch, (short, name, _) in zip(BRANCHES, names.BRANCHES, strict=True):
        parent = system_of(branch)
        rows.add(
            "actor.org_unit", branch, parent, 3, short, f"{name} Library", f"desk@{short.lower()}.example",
            f"617-555-0{branch:03}",
        )  # fmt: skip
        rows.numbered("actor.org_address", branch, f"{branch} Library Square", "Eastmere", "MA", "US", "02139")
        rows.add("actor.workstation", desk(branch), f"{short}-desk", branch)
    rows.add("asset.copy_location", 1, "Stacks", CONSORTIUM)
    for place, location in enumerate(names.LOCATIONS, 2):
        rows.add("asset.copy_location", place, location.title(), CONSORTIUM)
    _write_settings(rows, zone)


def _write_settings(rows: Rows, zone: str) -> None:
    """What the second system chose, and what nobody did: only its branches leave details out of aged rows."""
    kinds = (
        ("lib.timezone", "Library time zone", "string"),
        ("circ.do_not_retain_post_code_on_aged", "Aged circulations without post code", "bool"),
        ("circ.do_not_retain_year_of_birth_on_aged", "Aged circulations without year of birth", "bool"),
        ("holds.do_not_retain_post_code_on_aged", "Aged holds without post code", "bool"),
        ("holds.do_not_retain_year_of_birth_on_aged", "Aged holds without year of birth", "bool"),
        ("circ.privacy_waiver", "Others may use the account", "bool"),
        ("opac.allow_pending_user", "Self-registration", "bool"),
        ("opac.pending_user_expire_interval", "How long a self-registration waits", "interval"),
    )
    for kind in kinds:
        rows.add("config.org_unit_setting_type", *kind)
    rows.numbered("actor.org_unit_setting", CONSORTIUM, "lib.timezone", json.dumps(zone))
    rows.numbered("actor.org_unit_setting", CONSORTIUM, "circ.privacy_waiver", "true")
    rows.numbered("actor.org_unit_setting", CONSORTIUM, "opac.allow_pending_user", "true")
    rows.numbered("actor.org_unit_setting", CONSORTIUM, "opac.pending_user_expire_interval", json.dumps(_DAYS_KEPT))
    for name, *_ in kinds[1:5]:
        rows.numbered("actor.org_unit_setting", SECOND_SYSTEM, name, "true")
