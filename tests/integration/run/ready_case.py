"""A case of legal process in which every step was taken, so that a test can begin with the package."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import insert

from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules
from carrel.cli.scope_option import Said
from carrel.cli.store_place import open_store
from carrel.disclosure.event import Act, Event
from carrel.disclosure.process import Does, Instrument
from carrel.store import tables
from carrel.store.placement import Kind, Order
from carrel.store.recorded_disclosures import disclosure_key

if TYPE_CHECKING:
    from tests.integration.run.library import Library

KOHA = ("SELECT borrowernumber FROM borrowers", "SELECT itemnumber FROM items WHERE barcode LIKE 'T-%'")
EVERGREEN = ("SELECT id FROM actor.usr WHERE id > 1", "SELECT id FROM asset.copy WHERE id > 0")
LONG_AGO = timedelta(days=60)


def custodian(elm: Library) -> None:
    """Cal Example gathers: she plans, and holds the office."""
    place = elm.folder / "carrel.yaml"
    text = place.read_text()
    place.write_text(text.replace("may: [plan, run]", "may: [plan, run, custodian]"))


def ready_case(elm: Library, text: str, *, days: tuple[str, str] = ("2000-01-01", "2030-12-31")) -> str:
    """A case for the scope in this text, of everybody whom the systems know; its steps were taken sixty days ago."""
    custodian(elm)
    site = open_site(elm.folder)
    rules, at = process_rules(site), datetime.now(UTC) - LONG_AGO
    said = re.search(r"^instrument: (.+)$", text, re.MULTILINE)
    process = rules.processes.of(Instrument(said[1] if said else "subpoena"))
    terms = {"instrument": str(process.instrument), "served on": "the library", "from": "a court"}
    terms |= {"from day": days[0], "until day": days[1]}
    terms |= {"title": "named by the order"} if "items:" in text or "titles:" in text else {}
    with open_store(site) as store:
        hold = " ".join(_hold(elm, store, one.name) for one in site.originals)
        events = [Event(Act.RECEIVED, at, "Cal Example", terms)]
        steps = [one.id for one in process.steps] + (["counsel on the list of readers"] if "title" in terms else [])
        if Does.PRESERVE not in {one.does for one in process.steps}:
            events[0] = Event(Act.RECEIVED, at, "Cal Example", {**terms, "hold": hold})
        for step in steps:
            more = {"step": step, "hold": hold, "cite": "c", "finding": "f"}
            known = process.step(step)
            if known is None or known.does is not Does.PRESERVE:
                del more["hold"]
            events.append(Event(Act.TAKEN, at, "Cal Example", more))
        events += [Event(Act.FILED, at, "Cal Example", {"document": "doc-1", "paper": one}) for one in process.papers]
        name = "dsc-" + "".join(secrets.choice("abcdefghij") for _ in range(12))
        disclosure_key(site.folder, name).create()
        with store._database.writing() as connection:
            connection.execute(insert(tables.disclosure_case).values(id=name))
            for n, event in enumerate(events):
                store.disclosures._write(connection, name, n, event, "", at)
    return name


def _hold(elm: Library, store, system: str) -> str:
    people, items = EVERGREEN if system == "evergreen" else KOHA
    engine = sa.create_engine((elm.folder / f"{system}.dsn").read_text().strip())
    with engine.connect() as connection:
        persons, things = (tuple(str(one) for (one,) in connection.execute(sa.text(each))) for each in (people, items))
    engine.dispose()
    scope = Said(persons, None, things, (), (), None, None, everything=False).scope()
    order = Order(Kind.LEGAL_HOLD, system, scope, "a case", "legal process", "Cal Example", None, sealed=True)
    return store.keepings.place(order, lambda: datetime.now(UTC)).id
