"""``carrel custodian check``: the library, or anybody, checks a bundle of evidence; nothing but two keys is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, now, open_site
from carrel.cli.option_values import FILE, FILE_OR_FOLDER, TEXT_OR_FILE
from carrel.cli.screen import figure, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from carrel.accountability.bundle_units import UnitsTold
    from carrel.accountability.evidence_bundle import Bundle
    from carrel.accountability.evidenced_systems import SystemsShown
    from carrel.inventory.site import Site


@click.command(epilog="Example: carrel custodian check evidence.tar")
@click.argument("place", metavar="BUNDLE", type=FILE)
@click.option(
    "--site",
    "site_path",
    default="carrel.yaml",
    show_default=True,
    type=FILE_OR_FOLDER,
    help="The library's site file, or its folder; not read where both keys are given.",
)
@click.option("--library-key", type=TEXT_OR_FILE, metavar="KEY", help="Without a site: the library's public key.")
@click.option(
    "--host-key", type=TEXT_OR_FILE, metavar="KEY", help="Without a site: the public key of the host's ledger."
)
@json_option
def check(place: Path, site_path: Path, library_key: str | None, host_key: str | None, as_json: bool) -> int:
    """Check every signature, proof and figure of a bundle, offline.

    At the library's site it must also follow the bundle before it; then it is kept, and `carrel audit` tells what it
    shows. With two public keys instead of a site it is checked by itself, and nothing is kept. Exit code 5 when a byte
    of it does not hold, 3 when it holds and a run in it is not as it was asked for.
    """
    from carrel.accountability.evidenced_systems import systems_shown
    from carrel.errors import Exit

    if (library_key is None) != (host_key is None):
        raise click.UsageError("Give both --library-key and --host-key, or neither.")
    if library_key is not None and host_key is not None:
        found, kept = _alone(place, library_key, host_key), None
        told = [found]
    else:
        found, kept = _at_site(place, open_site(site_path))
        told = kept
    shown = systems_shown(told)
    if as_json:
        newest = None if kept is None else kept[-1].digest == found.digest
        put_json({**as_dict(found, shown), "kept": kept is not None, "newest": newest})
    else:
        show(found, shown)
        if kept is not None:
            put_line(_of_keeping(found, kept[-1]))
    return int(Exit.FINDINGS if shown.wrong else Exit.DONE)


def as_dict(bundle: Bundle, shown: SystemsShown) -> dict[str, object]:
    """What a bundle shows, for programs."""
    done = shown.carried_out
    return {
        "holds": True,
        "digest": bundle.digest,
        "library": bundle.manifest.library,
        "host": bundle.manifest.host,
        "request": bundle.manifest.request,
        "policy": bundle.request.policy,
        "policy_digest": bundle.request.policy_digest,
        "made_at": bundle.manifest.made_at.isoformat(),
        "leaves": {"since": bundle.manifest.since, "size": bundle.checkpoint.size, "kinds": dict(bundle.kinds)},
        "runs": [one.as_dict() for one in bundle.runs],
        "carried_out": None if done is None else done.isoformat(),
        "no_whole_run_of": list(shown.waiting),
        "not_as_asked": len(shown.wrong),
        "residues": bundle.residues,
        "not_covered": bundle.not_covered,
        "carrel_version": bundle.manifest.carrel_version,
        "product_versions": bundle.manifest.product_versions,
        "map_digests": bundle.manifest.map_digests,
    }


def show(bundle: Bundle, shown: SystemsShown) -> None:
    """What a bundle shows, for a person; of the systems what it shows together with those that were kept before."""
    told = bundle.manifest
    say(f"{told.host} for {told.library}, made {told.made_at:%Y-%m-%d %H:%M} UTC: every byte holds.")
    say(f"Request {told.request[:16]}, policy {bundle.request.policy}, digest {bundle.request.policy_digest[:16]}.")
    say(f"Leaves {told.since} to {told.size - 1} of its ledger, each proved.")
    put_table(
        amount(len(bundle.runs), "run"),
        ("system", "ended", "stage", "loans cut", "still due", "led back", "what the leaves show"),
        [
            (
                one.system,
                f"{one.finished:%Y-%m-%d %H:%M}",
                one.stage,
                figure(one.applied),
                figure(one.still_due),
                figure(one.hits),
                one.state.value,
            )
            for one in bundle.runs
        ],
        right=(3, 4, 5),
    )
    for run in bundle.runs:
        if run.units is not None:
            put_line(_of_units(run.system, run.units), hang=2)
    for system, places in sorted(bundle.residues.items()):
        for one in places:
            until = f"until {one['until']}" if one["until"] else "and nobody can tell until when"
            put_line(f"Old values also stand in: {one['place']} of {system}, {until}.", hang=2)
    for system, tables in sorted(bundle.not_covered.items()):
        if tables:
            put_line(f"Not covered on {system}: {', '.join(sorted(tables))}.", hang=2)
    _show_standing(bundle, shown)


def _show_standing(bundle: Bundle, shown: SystemsShown) -> None:
    host = bundle.manifest.host
    if shown.waiting:
        put_line(f"Not shown, a whole run that was asked for and verified there: {', '.join(shown.waiting)}.", hang=2)
    if shown.wrong:
        say(f"Not as it was asked for: {amount(len(shown.wrong), 'run')}. Ask {host}.")
        here = {run.leaf for run in bundle.runs}
        for run in (one for one in shown.wrong if one.leaf not in here):
            put_line(f"In an earlier bundle: {run.system}, {run.finished:%Y-%m-%d %H:%M}, {run.state.value}.", hang=2)
    elif (done := shown.carried_out) is not None:
        say(f"Carried out by {host} on {done:%Y-%m-%d}, and verified there.")
    elif not shown.waiting:
        say("No whole run yet that was asked for and verified there.")


def _of_units(system: str, told: UnitsTold) -> str:
    return (
        f"{system}, {', '.join(told.units)}: {figure(told.due)} loans were due when it was planned, "
        f"{figure(told.sooner)} of them by another unit's policy. Other figures are of the whole database."
    )


def _alone(place: Path, library_key: str, host_key: str) -> Bundle:
    """A bundle by itself: the names of the parties are those that it tells."""
    from carrel.accountability.bundle_archive import MOST_BYTES, unpack
    from carrel.accountability.bundle_contents import MANIFEST, text_of
    from carrel.accountability.evidence_bundle import open_bundle, parties_told
    from carrel.store.custodian_folder import read_file
    from carrel.store.key_file import read_verifier

    raw = read_file(place, MOST_BYTES)
    keys = (read_verifier(library_key).vkey, read_verifier(host_key).vkey)
    return open_bundle(raw, parties_told(text_of(unpack(raw), MANIFEST), *keys))


def _of_keeping(bundle: Bundle, newest: Bundle) -> str:
    if bundle.digest == newest.digest:
        return "Kept. `carrel audit` tells it, and turns red when the next one is overdue."
    at = f"{newest.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    return f"Kept before, and not the newest: that one was made {at}. This one says nothing of what was done since."


def _at_site(place: Path, site: Site) -> tuple[Bundle, list[Bundle]]:
    """The bundle, and all that are kept then, the newest last."""
    from carrel.accountability.bundle_archive import MOST_BYTES
    from carrel.accountability.bundle_place import require_next
    from carrel.accountability.evidence_bundle import open_bundle
    from carrel.cli.custody_record import custodian_of, parties_of, settle
    from carrel.cli.custody_told import in_order
    from carrel.store.custodian_folder import CustodianFolder, read_file

    parties = parties_of(custodian_of(site, "library"))
    folder = CustodianFolder(site.folder)
    raw = read_file(place, MOST_BYTES)
    found = open_bundle(raw, parties)
    with open_store(site) as store, folder.alone():
        kept = in_order(folder.bundles().values(), parties)
        if found.digest not in {one.digest for one in kept}:
            require_next(found, kept[-1] if kept else None)
            folder.keep({f"bundles/{found.digest}.tar": raw})
            kept.append(found)
        settle(site, store, now())
    return found, kept
