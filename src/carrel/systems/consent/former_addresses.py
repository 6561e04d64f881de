"""Email addresses of somebody whose record is gone, by the copies of it that the product keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, column, select

from carrel.inventory.category import Category
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.named_table import table


def former_addresses(
    connection: Connection, schema: LiveSchema, system_map: SystemMap, numbers: Collection[int]
) -> Mapping[int, tuple[str, ...]]:
    """The address that went with each number, in every copy of its record.

    A product that puts two records of one person together keeps the second number and drops the first. What the person
    said under the first one is about the same address.

    Args:
        connection: reads only.
        schema: live.
        system_map: says which tables keep former records, and where an address stands in them.
        numbers: of records that are gone.

    Returns:
        By number, each as it stands there: with several in one field, and spelled in any way. Nothing of whoever left
        no copy.
    """
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    fields = () if system_map.rectify is None else system_map.rectify.fields.values()
    own = next((one for one in fields if one.category is Category.EMAIL_ADDRESS and not one.table and one.main), None)
    if own is None or system_map.person is None:
        return {}
    key, said = system_map.people.key, own.parts[own.main]
    for name in system_map.person.former:
        there = schema.tables.get(name)
        if there is None or there.column(key) is None or there.column(said) is None:
            continue
        rows = table(name, column(key), column(said))
        for some in batches(numbers):
            query = select(rows.c[key], rows.c[said]).where(rows.c[key].in_(some), rows.c[said].is_not(None)).distinct()
            for number, address in connection.execute(query):
                found[int(number)][str(address)] = None
    return {number: tuple(addresses) for number, addresses in found.items()}
