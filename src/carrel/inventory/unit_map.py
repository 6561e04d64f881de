"""Where a product keeps its branches and what they stand under, and which units a loan touches."""

from __future__ import annotations

from carrel.inventory.map_part import Part, Step


class UnitGroups(Part):
    """Groups of units, where a product has no tree but lets a library put its branches in groups.

    Attributes:
        table, key, parent: of the groups; one can stand in another.
        member: column that names a unit; a row with it says that the unit belongs to the group of ``parent``.
        code: column with a group's title, by which a site file names it.
    """

    table: str
    key: str
    parent: str
    member: str
    code: str


class UnitTable(Part):
    """The table of units.

    Attributes:
        table, key: a unit's row, and the value by which other tables name it.
        parent: column that names the unit above; None where the product's units are flat.
        code, name: by which a site file names a unit, and its name for people.
        groups: groups of units.
    """

    table: str
    key: str
    parent: str | None = None
    code: str
    name: str
    groups: UnitGroups | None = None


class UnitTold(Part):
    """A column that names a unit: of the row itself, or of the last table on a way of steps."""

    by: tuple[Step, ...] = ()
    column: str


class Touches(Part):
    """Which units a loan touches beside the one where it was made and its reader's own.

    Attributes:
        returned: where it came back, if the product tells.
        owner: whose item it is.
    """

    returned: UnitTold | None = None
    owner: UnitTold | None = None
