"""Where a site's own records are: a file of its folder, or the database that its site file names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carrel.amount import amount

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.store.store import Store
    from carrel.systems.check import Check


def open_store(site: Site) -> Store:
    """The site's store, made when it is not there yet.

    Raises:
        CarrelError: of the STO codes; SIT-004 or SIT-005, its address cannot be read or others can read it.
    """
    from carrel.store.store import FILE, Store
    from carrel.systems.site_file import store_address

    if site.store is None:
        return Store.open(site.folder / FILE)
    site.folder.mkdir(parents=True, exist_ok=True)
    address = store_address(site.store, os.environ)
    _require_own(site, address.reveal())
    return Store.open(address.reveal(), site.folder, schema=site.store.tenant, now=lambda: datetime.now(UTC))


def _require_own(site: Site, address: str) -> None:
    """Refuse an address of anything but a PostgreSQL database, and that of a system's own database.

    Nothing of the address is told: it can hold a password.

    Raises:
        CarrelError: STO-001.
    """
    from carrel.errors import fault
    from carrel.store import faults
    from carrel.store.database import url_of
    from carrel.systems.real_place import database_at
    from carrel.systems.sql import accounts

    url = url_of(address)
    if url.get_backend_name() != "postgresql":
        raise fault(
            faults.UNREADABLE,
            at="carrel.yaml: store",
            wanted="postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE",
            found="the address of something else",
            because="a store is a schema of a PostgreSQL database, or a file in the site's folder",
            fix="write the address in this form, or take 'store:' out of the site file",
        )
    for system in site.systems:
        # Hosts are looked up only where the databases bear one name.
        named = [one for one in accounts.addresses(system) if one.database == url.database]
        if any(database_at(one) & database_at(url) for one in named):
            raise fault(
                faults.UNREADABLE,
                at="carrel.yaml: store",
                wanted="a database of Carrel's own",
                found=f"the database of the system {system.name}",
                because="a restored or copied library would take Carrel's legal holds and runs with it",
                fix="make a database for Carrel, and name it under 'store:'",
            )


def begun(site: Site) -> bool:
    """Whether anything was recorded yet; where nobody can tell without opening a store, yes."""
    from carrel.store.store import FILE

    return site.store is not None or (site.folder / FILE).exists()


def store_checks(site: Site, store: Store) -> Iterator[Check]:
    """What `carrel doctor` says of an open store."""
    from carrel.systems.check import finding, ok

    here = store.condition()
    if here is None:
        yield ok("store", f"{store.place}, one writer at a time; deleted rows are overwritten")
        return
    yield ok("store", f"PostgreSQL {here.version} at {store.place}, as {here.account}")
    if here.readers:
        others = amount(here.readers, "other account has", "other accounts have")
        fix = "REVOKE ALL ON ALL TABLES IN SCHEMA {0} FROM each of them; its owner needs no grant"
        assert site.store is not None  # noqa: S101  (only then is there a server)
        yield finding("store: rights", f"{others} rights on its tables", fix.format(site.store.tenant))
    else:
        yield ok("store: rights", "its tables are the account's alone; administrators of the server can read them too")
    if here.dead_plain:
        rows = amount(here.dead_plain, "deleted row", "deleted rows")
        held = f"; {amount(here.held_by, 'transaction', 'transactions')} older than ten minutes" if here.held_by else ""
        fix = "end old transactions in that database; the next run tidies up, or VACUUM FULL its keeping_subject"
        yield finding("store: forgetting", f"{rows} that named somebody or a loan lie in its files still{held}", fix)
    else:
        sealed = amount(here.dead_sealed, "sealed row", "sealed rows")
        lies = f", and {sealed} whose key is shredded" if here.dead_sealed else ""
        yield ok("store: forgetting", f"no deleted row that named anybody lies in its files{lies}")
    yield _log(archived=here.archived, slots=here.slots)


def _log(*, archived: bool, slots: int) -> Check:
    from carrel.systems.check import finding, ok

    kept = [*(["an archive"] if archived else []), *([amount(slots, "replication slot")] if slots else [])]
    if not kept:
        return ok("store: log", "its server's write-ahead log keeps old rows until a segment is used again")
    return finding(
        "store: log",
        f"the write-ahead log of its server, with old rows, goes to {' and '.join(kept)}",
        "keep archive and backups of that server no longer than the policy keeps backups",
    )
