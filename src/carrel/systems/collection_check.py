"""Whether a live system collects what no purpose of the policy needs, in one line."""

from __future__ import annotations

from sqlalchemy import Connection

from carrel.accountability.collection import FIX, told
from carrel.accountability.policy_facts import needs
from carrel.amount import amount
from carrel.inventory.collection import names, superfluous
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.policy.resolve import Policy
from carrel.systems.check import Check, finding, ok, unknown
from carrel.systems.sql.collection import collected

_MOST = 3  # named in the line; the audit names all


def collection_check(connection: Connection, system_map: SystemMap, schema: LiveSchema, policy: Policy) -> Check:
    """Hold what a system collects against what the policy needs.

    Args:
        connection: a read-only session.
        system_map: what the product can collect.
        schema: as it is now.
        policy: what is needed, and for what.
    """
    seen = collected(connection, system_map.collects, schema)
    found = superfluous(system_map.collects, needs(policy), seen)
    if found:
        more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
        detail = f"{amount(len(found), 'thing')} that no purpose needs: {told(found[:_MOST])}{more}"
        return finding("collection", detail, f"carrel audit names them; {FIX}")
    if seen.unread:
        detail = f"{amount(len(seen.unread), 'thing')} could not be looked at: {', '.join(seen.unread[:_MOST])}"
        return unknown("collection", detail, "GRANT SELECT on the whole database, for the account to read")
    return ok("collection", f"{amount(len(names(system_map.collects)), 'thing')} looked at, none without a purpose")
