"""What a map says of one person's record: fields that can be corrected, and switches that restrict its use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carrel.amount import amount

if TYPE_CHECKING:
    from carrel.inventory.system_map import SystemMap


def sections(found: SystemMap) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each section by its heading, with its entries as name and text."""
    if (rectify := found.rectify) is not None:
        fields = [
            (name, ", ".join(f"{part} ({column})" for part, column in one.parts.items()))
            for name, one in rectify.fields.items()
        ]
        copies = [(f"copy in {one.table}", one.why) for one in rectify.copies]
        remains = [(f"old value stays in {one.table}", one.why) for one in rectify.remains]
        yield f"correcting one person's record: {amount(len(fields), 'field')}", [*fields, *copies, *remains]
    if (restrict := found.restrict) is not None:
        switches = [
            (one.name, f"{one.why} ({one.table}{': ' if one.set else ', row goes'}{', '.join(one.set)})")
            for one in restrict.switches
        ]
        tasks = [(f"no switch: {name}", what) for name, what in restrict.no_switch.items()]
        yield (
            f"restricting the use of one person's data: {amount(len(switches), 'switch', 'switches')}",
            [*switches, *tasks],
        )
