"""``carrel undo``: the before-images of a run, sealed to a key that two people hold, and put back by both together."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, now, open_site, site_option
from carrel.cli.option_values import ANY_FILE, NEW_FILE
from carrel.cli.screen import number, put_json, put_table, say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError

if TYPE_CHECKING:
    from carrel.cli.record import Receipt
    from carrel.inventory.site import Site
    from carrel.store.store import Store
    from carrel.store.undo_folder import Capsule
    from carrel.systems.sql.put_back import PutBack


@click.group()
def undo() -> None:
    """Undo capsules: before-images of a run, that only two people can open."""


@undo.command(epilog="Example: carrel undo key --out-a ada.share --out-b ben.share")
@click.option("--out-a", "out_a", required=True, type=NEW_FILE, help="File for the first person's share.")
@click.option("--out-b", "out_b", required=True, type=NEW_FILE, help="File for the second person's share.")
@json_option
def key(out_a: Path, out_b: Path, as_json: bool) -> None:
    """Make the offline key of the capsules, as two shares, and print its public half.

    Give each person one file and keep neither on this machine: one share alone is nothing but random bytes, and
    without both no capsule opens. The public half goes into the site file, as `undo_key:` of a system.
    """
    import secrets

    from carrel.inventory.undo_key import key_text
    from carrel.retention import undo as capsule

    private = secrets.token_bytes(capsule.KEY_BYTES)
    shares = capsule.split(private, secrets.token_bytes(capsule.KEY_BYTES))
    _write_shares(dict(zip((out_a, out_b), shares, strict=True)), (out_a, out_b))
    line = key_text(capsule.public_of(private))
    if as_json:
        put_json({"undo_key": line, "share_files": [str(out_a), str(out_b)]})
    else:
        say(line)


@undo.command(name="list", epilog="Example: carrel undo list")
@site_option
@json_option
def list_capsules(site_path: Path, as_json: bool) -> None:
    """List the capsules that are not shredded: of which run, and until when."""
    from carrel.cli.capsules import folder_of

    site, at = open_site(site_path), now()
    with open_store(site) as store:
        listed = [(one, _chunks(store, one.run)) for one in folder_of(site).capsules()]
    if as_json:
        put_json(
            {
                "capsules": [
                    {
                        "run": one.run,
                        "system": one.system,
                        "chunks": chunks,
                        "bytes": one.size,
                        "made_at": one.made_at.isoformat(),
                        "expires": one.expires.isoformat(),
                        "due": one.expires <= at,
                    }
                    for one, chunks in listed
                ]
            }
        )
        return
    put_table(
        amount(len(listed), "capsule"),
        ("run", "system", "chunks", "kilobytes", "expires"),
        [
            (
                one.run,
                one.system,
                "?" if chunks is None else number(chunks),
                number(one.size // 1000),
                _when(one.expires, at),
            )
            for one, chunks in listed
        ],
        right=(2, 3),
    )


@undo.command(
    epilog="Example: carrel undo restore 20261122030000-3f09a1c2d4 --share-a /media/a/ada.share "
    "--share-b /media/b/ben.share"
)
@click.argument("run")
@click.option("--share-a", "share_a", required=True, type=ANY_FILE, help="The first person's share.")
@click.option("--share-b", "share_b", required=True, type=ANY_FILE, help="The second person's share.")
@site_option
@json_option
def restore(run: str, share_a: Path, share_b: Path, site_path: Path, as_json: bool) -> int:
    """Put back what a run cut, with both shares.

    A row is put back only if it is still exactly as the cut left it, and its reader is still there; what the desk has
    changed since is left alone and counted. What was put back is due again: the next night cuts it, unless the policy,
    a legal hold or an exception keeps it. Exit code 3 if something was left alone.
    """
    from carrel.cli import capsules, premises, record
    from carrel.cli.put_back import put_back
    from carrel.errors import Exit
    from carrel.ledger.leaf import banded, cell, utc_seconds
    from carrel.ledger.word import slug
    from carrel.retention import undo as capsule_key
    from carrel.systems.site_systems import system_or_copy

    site = open_site(site_path)
    capsule = _capsule(site, run)
    _refuse_expired(capsule)
    private = capsule_key.join(_share(share_a), _share(share_b))
    began = now()
    with premises.enter(site_path, capsule.system, read_only=False, find=system_or_copy) as here:
        # Owed before anything is put back: what a kill cuts short is in the ledger all the same.
        begun = capsules.leaf_of(here.store, capsule.system, run, "begun", began)
        done = put_back(here, capsule, private, lambda: here.store.owed.add([begun], began))
        cells = [cell(slug(f"{table}.put-back", "._"), count) for table, count in sorted(done.back.items())]
        told = {"cells": cells, "failed": banded(done.left.total()), "started": utc_seconds(began)}
        leaf = capsules.leaf_of(here.store, capsule.system, run, "undone", now(), **told)
        receipt = record.record(here.site, here.store, [leaf], now())
    if as_json:
        put_json(
            {
                "restored": {
                    "run": run,
                    "system": capsule.system,
                    "put_back": dict(done.back),
                    "as_before": dict(done.as_before),
                    "not_restored": dict(done.left),
                    "ledger": {"size": receipt.size, "root": receipt.root},
                }
            }
        )
    else:
        _show(run, done, receipt)
    return int(Exit.FINDINGS if done.left else Exit.DONE)


@undo.command(epilog="Example: carrel undo shred --due")
@click.argument("run", required=False)
@click.option("--due", is_flag=True, help="Every capsule whose time is over; `carrel run-due` does so each night.")
@site_option
@json_option
def shred(run: str | None, due: bool, site_path: Path, as_json: bool) -> int:
    """Destroy a capsule now: what its run cut is disposed of for good.

    First the wrapped keys are overwritten, so that no copy of the rows opens any more, then everything is deleted.
    """
    from carrel.cli import capsules, record
    from carrel.errors import Exit

    if (run is None) is not due:
        raise click.UsageError("name a run, or give --due")
    site = open_site(site_path)
    with open_store(site) as store:
        if run is not None:
            codes: tuple[str, ...] = ()
            settled = capsules.settle(site, store, now())
            done = settled if run in settled else capsules.shred(site, store, (_capsule(site, run),))
        else:
            done, codes = capsules.shred_due(site, store, now())
        if store.owed.count():
            record.deliver(site, store, now())
    if as_json:
        put_json({"shredded": list(done), "findings": list(codes)})
    else:
        say(f"shredded: {', '.join(done) or 'none'}")
        for code in codes:
            say(f"  - {code}")
    return int(Exit.FINDINGS if codes else Exit.DONE)


def _capsule(site: Site, run: str) -> Capsule:
    from carrel.cli import capsules
    from carrel.store.undo_folder import gone

    found = next((one for one in capsules.folder_of(site).capsules() if one.run == run), None)
    if found is None:
        raise gone(run)
    return found


def _refuse_expired(capsule: Capsule) -> None:
    """A capsule whose time is over waits to be shredded, and for nothing else."""
    from carrel.errors import fault
    from carrel.retention import faults

    if capsule.expires <= now():
        raise fault(
            faults.CAPSULE_GONE,
            at=f"run {capsule.run}",
            wanted="a capsule whose time is not over",
            found=f"one that was to be shredded at {capsule.expires:%Y-%m-%d %H:%M} UTC",
            because="the policy's ceiling is counted up to then",
            fix="carrel undo shred --due",
        )


def _share(place: Path) -> str:
    from carrel.store.key_file import read_private

    return read_private(place).decode("ascii", "replace")


def _chunks(store: Store, run: str) -> int | None:
    with suppress(CarrelError):
        return store.runs.get(run).chunks
    return None


def _when(expires: datetime, at: datetime) -> str:
    told = f"{expires:%Y-%m-%d %H:%M} UTC"
    return told if expires > at else f"{told}, due"


def _show(run: str, done: PutBack, receipt: Receipt) -> None:
    names = sorted({*done.back, *done.left, *done.as_before})
    put_table(
        f"Run {run}",
        ("table", "put back", "as before already", "left alone"),
        [(name, number(done.back[name]), number(done.as_before[name]), number(done.left[name])) for name in names],
        right=(1, 2, 3),
    )
    if done.left:
        left = amount(done.left.total(), "row was", "rows were")
        say(f"{left} not restored: changed or gone since the cut, or the reader is.")
    say("What was put back is due again: the next night cuts it, unless something keeps it.")
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…")


def _write_shares(shares: dict[Path, str], places: tuple[Path, Path]) -> None:
    """Both files or neither, each for its owner only."""
    import os

    from carrel.errors import fault
    from carrel.retention import faults

    written: list[Path] = []
    try:
        if len(shares) < len(places):
            raise FileExistsError(17, "")
        for place, line in shares.items():
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            written.append(place)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"{line}\n")
    except OSError as wrong:
        for place in written:
            place.unlink(missing_ok=True)
        raise fault(
            faults.SHARE_FILE,
            at=" and ".join(str(place) for place in places),
            wanted="two names that no file has yet, in folders that can be written",
            found=os.strerror(wrong.errno or 0),
            fix="name other files",
        ) from None
