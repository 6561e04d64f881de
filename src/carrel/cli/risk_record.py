"""Measurements of risk as a site keeps them: who measured, what followed, and what has to be measured again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.record import deliver
from carrel.cli.risk_screen import figures
from carrel.cli.screen import put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.deidentification.releases.standing import measured_again
from carrel.deidentification.risk.record import Recorded, latest
from carrel.errors import Exit
from carrel.inventory.site import May
from carrel.ledger.leaf import OpenLeaf, banded

if TYPE_CHECKING:
    from carrel.deidentification.risk.assessment import Assessment, Measurement
    from carrel.deidentification.risk.question import RiskQuestion
    from carrel.inventory.site import Person, Site


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps a measurement, and where."""

    site: Site
    person: Person


def person_who_may(site_path: Path, by: str | None) -> Keeper:
    """Whoever measures for a site.

    Raises:
        CarrelError: SIT codes; HLD-006, APR-013.
    """
    if by is None:
        raise click.UsageError("--record needs --as NAME: who measured")
    site = open_site(site_path)
    return Keeper(site, allowed(site, by, May.PLAN))


def keep(keeper: Keeper, question: RiskQuestion, measured: Measurement, found: Assessment) -> Recorded:
    """Keep a measurement with its figures, and tell the ledger its digest and class."""
    at = now()
    body = {"at": at.isoformat(), "by": keeper.person.name, **figures(measured, found)}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    joined = tuple(one.name for one in question.against)
    columns = tuple(dict.fromkeys((*measured.columns, *question.sensitive)))
    made = Recorded(measured.name, at, keeper.person.name, found.risk, columns, joined, digest)
    leaf = OpenLeaf(
        "risk",
        at,
        {
            "action": "measured",
            "measurement_digest": digest,
            "risk": found.risk.value,
            "records": banded(measured.records),
            "joined": len(joined),
        },
    )
    with open_store(keeper.site) as store:
        store.risks.record(made, body, [leaf])
        deliver(keeper.site, store, at)
    return made


def tell_all(site_path: Path, *, as_json: bool) -> int:
    """The last measurement of each name."""
    site = open_site(site_path)
    with open_store(site) as store:
        recorded, releases = store.risks.all(), store.releases.all()
    last, again = latest(recorded), measured_again(recorded, releases, now())
    if as_json:
        put_json({"measurements": [_as_dict(one, again.get(one.name)) for one in last]})
    elif not last:
        say("Nothing was measured and recorded: carrel risk measure RECORDS --record --as NAME")
    else:
        rows = [
            (one.name, one.risk.value, f"{one.at:%Y-%m-%d}", one.by, "again" if one.name in again else "stands")
            for one in last
        ]
        put_table("Risk, as measured", ("records", "class", "measured", "by", ""), rows)
        for name, why in again.items():
            put_line(f"{name}: {why}.", "  - ")
    return int(Exit.FINDINGS if again else Exit.DONE)


def _as_dict(one: Recorded, again: str | None) -> dict[str, object]:
    return {
        "name": one.name,
        "class": one.risk.value,
        "at": one.at.isoformat(),
        "by": one.by,
        "columns": list(one.columns),
        "joined": list(one.joined),
        "digest": one.digest,
        "measure_again": again,
    }
