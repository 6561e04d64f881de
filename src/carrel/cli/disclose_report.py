"""The transparency report on the screen: who asked for records in a year, in bands."""

from __future__ import annotations

from pathlib import Path

from carrel.cli.at_site import now, open_site
from carrel.cli.disclose_rules import everybody, process_rules
from carrel.cli.screen import put_json, put_line, put_table
from carrel.cli.store_place import open_store
from carrel.disclosure.report import ENDS, transparency


def print_report(*, year: int | None, site_path: Path, as_json: bool) -> None:
    """The transparency report of a year."""
    site = open_site(site_path)
    rules, at = process_rules(site), now()
    wanted = year or at.astimezone(rules.zone).year
    with open_store(site) as store:
        cases, past = store.disclosures.reported(everybody(rules, at), wanted), store.disclosures.past()
    lines = transparency(cases, wanted, rules.processes.band, rules.zone, past)
    if as_json:
        told = [
            {"instrument": str(one.instrument), "received": one.received,
             **{str(state): band for state, band in zip(ENDS, one.ended, strict=True)}}
            for one in lines
        ]  # fmt: skip
        since = None if site.cases_since is None else site.cases_since.isoformat()
        put_json({"report": {"year": wanted, "band": rules.processes.band, "since": since, "lines": told}})
        return
    put_table(
        f"Who asked for records in {wanted}",
        ("came with", "received", *map(str, ENDS)),
        [(str(one.instrument), one.received, *one.ended) for one in lines],
    )
    put_line("Every figure is a band that begins at nothing. What the library may not speak of is in none of them.")
    if site.cases_since is None:
        put_line("Since when every paper is written down, the site file does not say: `cases_since:` would. The page "
                 "/en/transparency shows no year without it.")  # fmt: skip
    elif site.cases_since.year >= wanted:
        put_line(f"Papers were written down from {site.cases_since} on. What came before is in no figure.")
