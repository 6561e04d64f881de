"""``carrel audit``: every clause of the adopted policy, measured again on the live system."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.option_values import FILE_OR_FOLDER, NEW_FILE, writing
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.cli.audited import Audited


@click.command(epilog="Example: carrel audit --html audit.html")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--html", type=NEW_FILE, help="Write the report as a page.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def audit(site: Path, system_name: str | None, html: Path | None, as_json: bool) -> int:
    """Measure every clause of the policy on the live systems.

    Read-only. A clause that is measured holds, is a finding, or cannot be told; a clause that nothing measures yet is
    listed as a promise. What a custodian carries out is told by the evidence that came back, or as attested. Exit code
    3 with findings or where something cannot be told, 5 if the ledger does not verify.
    """
    from carrel.cli import premises
    from carrel.cli.audit_measure import measure
    from carrel.cli.audited import Subject
    from carrel.cli.store_place import open_store
    from carrel.systems import branch_policies, site_file, site_systems

    here = site_file.load_site(site)
    if not here.originals and here.custodian is not None:
        from carrel.cli.custody_audit import audit_custody
        from carrel.systems import policy_files

        policy = policy_files.load(here.policy)
        return _tell(audit_custody(here, policy, premises.now()), html, as_json=as_json)
    system = site_systems.system_of(here, system_name)
    policies = branch_policies.load(here, system)
    system_map = site_file.map_in_force(system, policies.way.records, policies.way.schedule)
    with open_store(here) as store:
        done = measure(Subject(here, system, policies, system_map, store), premises.now())
    return _tell(done, html, as_json=as_json)


def _tell(done: Audited, html: Path | None, *, as_json: bool) -> int:
    from carrel.cli import audit_screen, screen

    if html is not None:
        from carrel.systems.report_files import write_report

        with writing(html):
            write_report(html, done.page)
    if as_json:
        screen.put_json({key: value for key, value in done.report.as_dict().items() if key != "format_version"})
    else:
        audit_screen.show(done.report)
        if html is not None:
            say(f"The page is in {html}.")
    return int(done.report.exit)
