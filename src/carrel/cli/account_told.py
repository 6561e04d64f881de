"""The pages for patrons, for the audit: whether they answer, and whether what they offer can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carrel.accountability.own_account import AccountFacts
    from carrel.inventory.site import Site, System
    from carrel.inventory.system_map import SystemMap


def account_facts(site: Site, system: System, system_map: SystemMap) -> AccountFacts | None:
    """One look at the pages, and at the rights of the account that writes for them; nothing is written.

    Returns:
        None where the site has no pages, or none on which patrons of this system sign in.
    """
    if site.portal is None or system.name not in site.portal.systems:
        return None
    from carrel.accountability.own_account import AccountFacts
    from carrel.errors import CarrelError
    from carrel.systems.sql import live, portal_grants
    from carrel.systems.sql.database import access, connect
    from carrel.systems.sql.failure import told
    from carrel.systems.web_pages.own_pages import away

    offers, absent = tuple(map(str, site.portal.may_change)), away(site.portal.address)
    try:
        engine = connect(access(system, apply=True), read_only=True)
        try:
            with engine.connect() as connection, told(system.name):
                schema = live.read(connection, system_map, at=system.name)
                wanted, missing = portal_grants.lacking(connection, system_map, schema, offers)
        finally:
            engine.dispose()
    except CarrelError as wrong:
        return AccountFacts(absent, offers, unread=f"{wrong.code}: {wrong.faults[0].condition.title}")
    return AccountFacts(absent, offers, len(wanted), len(missing))
