"""``carrel custodian bundle``: the custodian gives evidence of what it did for the library."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, now, open_site, site_option
from carrel.cli.option_values import NEW_FILE
from carrel.cli.screen import number, put_json, put_line, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from carrel.accountability.bundle_manifest import Manifest
    from carrel.accountability.bundle_runs import RunFigures
    from carrel.accountability.evidence_bundle import Evidence
    from carrel.accountability.plan_request import PlanRequest
    from carrel.inventory.site import Site
    from carrel.retention.plan import Plan
    from carrel.store.custodian_folder import Made
    from carrel.store.run import Run
    from carrel.store.store import Store

_MOST_RUNS = 10_000
_TRIES = 5


@click.command(epilog="Example: carrel custodian bundle --out evidence.tar")
@site_option
@click.option("--out", required=True, type=NEW_FILE, help="Where the bundle goes.")
@click.option(
    "--since",
    type=click.IntRange(0),
    help="First leaf of the ledger that it tells of.  [default: the first after the bundle before]",
)
@json_option
def bundle(site_path: Path, out: Path, since: int | None, as_json: bool) -> None:
    """As the custodian, write the evidence for the library into one file.

    Plans, runs, sweeps and residues as figures, every leaf of the ledger since the bundle before with its proof, the
    signed checkpoint, and what was not covered. Nothing in it names a patron. The bundle is checked before it is
    written. What it says is what the ledger says: a run that was not verified is told as that.
    """
    from carrel.accountability.evidence_bundle import make_bundle, open_bundle
    from carrel.cli import given_bundle, record
    from carrel.cli.custody_record import custodian_of, parties_of, settle
    from carrel.store import key_file
    from carrel.store.custodian_folder import CustodianFolder, Made, write_file

    site = open_site(site_path)
    said = custodian_of(site, "host")
    folder = CustodianFolder(site.folder)
    with open_store(site) as store, folder.alone():
        settle(site, store, now())
        record.deliver(site, store, now())
        evidence, manifest = _at_rest(site, store, folder.made(), since)
        given = {one.digest for one in folder.made()}
        raw = given_bundle.there(site, out, given_bundle.Wanted(manifest, since), given, parties_of(said))
        if raw is None:
            raw = make_bundle(evidence, parties_of(said), manifest, key_file.read_signer(record.key_place(site)))
            write_file(out, raw)
            made = open_bundle(raw, parties_of(said))
            folder.give(Made(made.digest, manifest.request, manifest.size, len(made.runs)))
            settle(site, store, now())
        done = open_bundle(raw, parties_of(said))
        manifest = done.manifest
    if as_json:
        put_json(
            {
                "file": str(out),
                "digest": done.digest,
                "request": manifest.request,
                "since": manifest.since,
                "size": manifest.size,
                "bytes": len(raw),
                "runs": [one.as_dict() for one in done.runs],
            }
        )
        return
    say(f"{out}: {number(len(raw))} bytes, SHA-256 {hashlib.sha256(raw).hexdigest()[:16]}…")
    say(f"Leaves {manifest.since} to {manifest.size - 1} of the ledger, {amount(len(done.runs), 'run')}.")
    for one in done.runs:
        put_line(f"{one.system}, {one.finished:%Y-%m-%d %H:%M} UTC, {one.stage}: {one.state.value}", "  - ")
    put_line(f"Send it to {said.library}, who gives: carrel custodian check {out.name}", hang=2)


def _at_rest(site: Site, store: Store, made: list[Made], since: int | None) -> tuple[Evidence, Manifest]:
    """The evidence at one checkpoint: a ledger that a night has grown meanwhile is read again."""
    from carrel.cli import record
    from carrel.errors import fault
    from carrel.ledger import faults

    ledger = record.ledger_folder(site)
    for _ in range(_TRIES):
        before = ledger.checkpoint_text()
        found = _evidence(site, store, made, since, now())
        if ledger.checkpoint_text() == before:
            return found
    raise fault(
        faults.LOCKED,
        at=str(ledger.path),
        wanted="a ledger that rests while it is read",
        found="one that grew each time",
        fix="repeat when no night is under way",
    )


def _evidence(site: Site, store: Store, made: list[Made], since: int | None, at: datetime) -> tuple[Evidence, Manifest]:
    from carrel import __version__
    from carrel.accountability.bundle_manifest import Manifest
    from carrel.accountability.evidence_bundle import Evidence
    from carrel.cli import custodian_gate, record
    from carrel.ledger.batch import BATCH
    from carrel.ledger.leaf import decode_leaf
    from carrel.store.custodian_folder import CustodianFolder

    folder, ledger = CustodianFolder(site.folder), record.ledger_folder(site)
    note, request = folder.current() or "", custodian_gate.in_force(site)
    if request is None:
        raise ValueError("a custodian's site has a request")
    size = ledger.size
    first = (made[-1].size if made else 0) if since is None else since
    first = min(first, size - 1)
    told = [decode_leaf(entry) for entry in ledger.entries(first, size)]
    keys = {(str(one.fields["plan_digest"]), str(one.fields["finished"])) for one in told if one.kind == "run"}
    runs = _runs(site, store, keys)
    plans = tuple(store.plans.get(digest) for digest in sorted({digest for digest, _ in keys}))
    sizes = {
        *range(BATCH * max(1, first // BATCH), size, BATCH),
        *(one.size for one in made if first <= one.size < size),
    }
    return Evidence(
        request=note,
        earlier_requests=tuple(_earlier(folder.accepted(), plans, request)),
        checkpoint=ledger.checkpoint_text(),
        receipts={index: ledger.receipt(index) for index in range(first, size)},
        consistency={one: ledger.consistency(one) for one in sorted(sizes)},
        plans=plans,
        runs=runs,
        residues=_residues(site, store, at),
        not_covered=_not_covered(site),
    ), Manifest(
        library=request.library,
        host=request.host,
        request=request.digest,
        since=first,
        size=size,
        made_at=at.replace(microsecond=0),
        carrel_version=__version__,
        product_versions={plan.system: plan.basis.product_version for plan in plans},
        map_digests=_map_digests(site),
        files={},
    )


def _earlier(accepted: dict[str, str], plans: tuple[Plan, ...], request: PlanRequest) -> list[str]:
    used = {plan.request for plan in plans} - {request.digest, ""}
    return [accepted[digest] for digest in sorted(used) if digest in accepted]


def _runs(site: Site, store: Store, wanted: set[tuple[str, str]]) -> tuple[RunFigures, ...]:
    """The figures of the runs that the leaves tell of."""
    from carrel.ledger.leaf import utc_seconds

    known = (run for system in site.systems for run in store.runs.newest(system.name, _MOST_RUNS) if run.finished_at)
    found = [
        _figures(store, run)
        for run in known
        if (run.plan_digest, utc_seconds(run.finished_at or run.started_at)) in wanted
    ]
    return tuple(sorted(found, key=lambda one: (one.finished_at, one.id)))


def _figures(store: Store, run: Run) -> RunFigures:
    from carrel.accountability.bundle_runs import RunFigures
    from carrel.ledger.leaf import utc_seconds

    swept = next((one for one in store.sweeps.of_run(run.id) if one.kind == "loan"), None)
    outcome = "unverified" if run.state == "abandoned" or run.outcome is None else run.outcome.name
    return RunFigures(
        id=run.id,
        system=run.system,
        plan_digest=run.plan_digest,
        stage=run.stage.name,
        outcome=outcome,
        loans=run.loans,
        rows=dict(run.rows),
        drawn=None if swept is None else swept.drawn,
        swept=None if swept is None else swept.swept,
        hits=None if swept is None else swept.hits,
        started_at=utc_seconds(run.started_at),
        finished_at=utc_seconds(run.finished_at or run.started_at),
    )


def _residues(site: Site, store: Store, at: datetime) -> dict[str, list[dict[str, Any]]]:
    from carrel.cli.audit_record import residues

    return {one.name: [place.as_dict() for place in residues(store, one.name, at)] for one in site.originals}


def _not_covered(site: Site) -> dict[str, dict[str, str]]:
    """What no rule reaches: tables with patron data, and kinds of record that stand in no table of the map."""
    from carrel.retention.records import out_of_reach
    from carrel.systems import branch_policies, site_file

    found = {}
    for system in site.originals:
        records = branch_policies.load(site, system).way.records
        system_map = site_file.map_in_force(system, records)
        beyond = out_of_reach(system_map, records)
        found[system.name] = {
            **{name: str(why) for name, why in system_map.not_yet_covered.items()},
            **{f"rule: {rule}": "no table of the map holds what this rule speaks of" for rule in beyond},
        }
    return found


def _map_digests(site: Site) -> dict[str, str]:
    from carrel.systems import branch_policies, map_files, site_file

    ways = {one.name: branch_policies.load(site, one).way for one in site.originals}
    return {
        name: map_files.digest(site_file.map_in_force(one, ways[name].records, ways[name].schedule))
        for name, one in ((one.name, one) for one in site.originals)
    }
