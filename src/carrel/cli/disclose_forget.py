"""``carrel disclose forget``: cases that are over for as long as policies keep them; one approves, another applies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.disclosure.forgetting import Due
    from carrel.disclosure.viewer import Viewer


@click.command(epilog='Example: carrel disclose forget --as "Ann Example"')
@click.option("--approve", "digest", type=WORDS, metavar="PLAN", help="Approve the plan that was shown, by its sign.")
@click.option("--apply", "applied", is_flag=True, help="Forget what somebody else approved; every night does, too.")
@as_option
@site_option
@json_option
def forget(digest: str | None, name: str, site_path: Path, *, applied: bool, as_json: bool) -> None:
    """Forget cases that are over and were kept long enough.

    It shows which are due by the policies, and who approved that they go. With --approve the custodian, counsel or
    whoever signs agrees to what was shown. The next night then forgets them: words, papers and key. The number of
    them stays in the report, and their leaves in the ledger.
    """
    carry_out(digest, name, site_path, applied=applied, as_json=as_json)


def carry_out(digest: str | None, name: str, site_path: Path, *, applied: bool, as_json: bool) -> None:
    """Show, approve or apply.

    Raises:
        CarrelError: DSC-003, DSC-009, DSC-018, DSC-023.
    """
    from carrel.cli import disclose_forgetting
    from carrel.cli.at_site import open_site
    from carrel.cli.disclose_rules import process_rules, viewer_of
    from carrel.cli.store_place import open_store
    from carrel.disclosure.forgetting import plan_digest

    site = open_site(site_path)
    rules = process_rules(site)
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        if digest is not None:
            disclose_forgetting.approve(store, viewer, digest)
        gone = disclose_forgetting.apply(store, viewer) if applied else 0
        left = disclose_forgetting.due_of(store, viewer)
    _tell(left, plan_digest(one.case for one in left), gone, viewer, as_json=as_json)


def _tell(found: Sequence[Due], plan: str, gone: int, viewer: Viewer, *, as_json: bool) -> None:
    from carrel.amount import amount
    from carrel.cli.screen import put_json, put_line, put_table, say

    kept = viewer.processes.kept
    if as_json:
        told = [
            {"id": one.case.id, "instrument": str(one.case.instrument), "state": str(one.here.state),
             "over_since": one.closed.isoformat(), "approved_by": one.by or None, "keeps_on": one.case.keeps_on}
            for one in found
        ]  # fmt: skip
        days = None if kept is None else kept.days
        put_json({"forget": {"plan": plan if found else None, "kept_days": days, "due": told, "forgotten": gone}})
        return
    if gone:
        say(f"{amount(gone, 'case is', 'cases are')} forgotten.")
    if kept is None:
        put_line("No policy in force says how long cases are kept ('keep cases:'): none is forgotten.")
        return
    if not found:
        put_line(f"No case is due: each is kept for {amount(kept.days, 'day')} once it is over.")
        return
    zone = viewer.zone
    rows = [
        (one.case.id, str(one.case.instrument), str(one.here.state), f"{one.closed.astimezone(zone):%Y-%m-%d}",
         "its hold stays" if one.case.keeps_on else one.by or "nobody yet")
        for one in found
    ]  # fmt: skip
    put_table("Due to be forgotten", ("case", "came with", "state", "over since", "approved by"), rows)
    put_line(f"Plan {plan}. Approve it with --approve {plan}; the next night, or somebody else with --apply, "
             "then forgets what is approved.", hang=2)  # fmt: skip
