"""``carrel ledger``: check it, read it, prove one leaf of it, carry its checkpoint outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.ledger_check import cosign, verify
from carrel.cli.ledger_words import (
    checkpoint_told,
    file_text,
    folder_option,
    json_option,
    leaf_row,
    leaf_told,
    read_leaf,
    tell,
)
from carrel.cli.option_values import ANY_FILE, ANY_FOLDER, FILE, FILE_OR_FOLDER, NEW_FILE, TEXT_OR_FILE, writing
from carrel.errors import shown as legible

if TYPE_CHECKING:
    from carrel.ledger.leaf import OpenLeaf

_key = click.option(
    "--key", "key_said", type=TEXT_OR_FILE, metavar="KEY", help="The ledger's public key: its text or its .vkey file."
)


@click.group()
def ledger() -> None:
    """Check, show and prove what the ledger recorded."""


@ledger.command(epilog="Example: carrel ledger begin --folder ledger --key keys/ledger.key")
@folder_option
@click.option("--key", "key_file", required=True, type=ANY_FILE, help="The ledger's private key file.")
@click.option("--passphrase-file", type=ANY_FILE, help="File with the key's passphrase.")
@json_option
def begin(folder: Path, key_file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Begin a ledger in an empty folder.

    Its name is the name of the key.
    """
    from datetime import UTC, datetime

    from carrel import __version__
    from carrel.store.key_file import read_passphrase, read_signer
    from carrel.store.ledger_folder import LedgerFolder

    signer = read_signer(key_file, read_passphrase(passphrase_file))
    checkpoint = LedgerFolder(folder).create(signer.name, signer, datetime.now(UTC), carrel_version=__version__)
    told = {"folder": str(folder), **checkpoint_told(checkpoint), "vkey": signer.vkey}
    tell(
        told,
        f"{checkpoint.origin}: begun with {amount(checkpoint.size, 'leaf', 'leaves')} in {folder}\n{signer.vkey}",
        as_json,
    )


@ledger.command(epilog="Example: carrel ledger show --last 5 --kind run")
@folder_option
@click.option("--last", default=20, show_default=True, type=click.IntRange(min=1), help="How many leaves, newest last.")
@click.option("--kind", help="Only leaves of this kind. Without it, all but padding.")
@click.option(
    "--site", "site_path", type=FILE_OR_FOLDER, help="Also say by this site's store what leaves on who may act tell."
)
@json_option
def show(folder: Path, last: int, kind: str | None, site_path: Path | None, as_json: bool) -> None:
    """Print leaves of the ledger. This reads; `carrel ledger verify` checks."""
    from carrel.ledger.leaf_fields import FIELDS
    from carrel.store.ledger_folder import LedgerFolder

    if kind is not None and kind not in FIELDS:
        raise click.BadParameter(f"one of {', '.join(sorted(FIELDS))}", param_hint="--kind")
    rows: list[tuple[int, OpenLeaf | None]] = []
    for index, entry in LedgerFolder(folder).backwards():
        leaf = read_leaf(entry)
        shown = "other" if leaf is None else leaf.kind
        if shown == kind or (kind is None and shown != "padding"):
            rows.append((index, leaf))
        if len(rows) == last:
            break
    rows.reverse()
    behind = {} if site_path is None else _behind(site_path)
    known = {index: behind.get(str(leaf.fields.get("commitment", "")), "") for index, leaf in rows if leaf is not None}
    told = {
        "leaves": [
            {"index": index, **leaf_told(leaf), **({"says": known[index]} if known.get(index) else {})}
            for index, leaf in rows
        ]
    }
    said = "\n".join(leaf_row(index, leaf, legible(known.get(index, ""))) for index, leaf in rows)
    tell(told, said or "no such leaf", as_json)


@ledger.command(epilog="Example: carrel ledger prove 70 --out run.tlog-proof")
@click.argument("index", required=False, type=click.IntRange(min=0))
@folder_option
@click.option("--out", "-o", type=NEW_FILE, help="Write the receipt to this file.")
@click.option(
    "--check",
    type=FILE,
    help="Check this receipt.",
)
@_key
@json_option
def prove(
    *, index: int | None, folder: Path, out: Path | None, check: Path | None, key_said: str | None, as_json: bool
) -> None:
    """Make a receipt for the leaf at INDEX, or check one.

    A receipt is one text file that holds the leaf, the way to the root and the signed checkpoint. Checking it needs the
    receipt and the public key, and neither the ledger nor a network.
    """
    if check is not None:
        if index is not None or out is not None or key_said is None:
            raise click.UsageError("--check takes a receipt and --key, and neither INDEX nor --out")
        _check(check, key_said, as_json)
        return
    if index is None:
        raise click.UsageError("name the INDEX of a leaf, or --check RECEIPT")
    from carrel.store.ledger_folder import LedgerFolder

    receipt = LedgerFolder(folder).receipt(index)
    if out is not None:
        with writing(out):
            out.write_text(receipt, encoding="utf-8")
    told = {"index": index, "file": None if out is None else str(out), "receipt": receipt}
    tell(told, receipt.rstrip("\n") if out is None else f"receipt for leaf {index} in {out}", as_json)


@ledger.command(epilog="Example: carrel ledger copy /mnt/second-host")
@click.argument("target", type=ANY_FOLDER)
@folder_option
@json_option
def copy(target: Path, folder: Path, as_json: bool) -> None:
    """Lay the checkpoint where it is kept outside.

    It becomes a file in TARGET/checkpoints and is never written over. Refused if the ledger does not continue the
    newest checkpoint that lies there.
    """
    from datetime import UTC, datetime

    from carrel.store.ledger_folder import LedgerFolder
    from carrel.store.outside_copy import copy_outward

    place = copy_outward(LedgerFolder(folder), target, datetime.now(UTC))
    tell({"file": str(place)}, str(place), as_json)


def _behind(site_path: Path) -> dict[str, str]:
    """What stands behind each commitment on who may act, by the store of a site."""
    from carrel.cli.at_site import open_site
    from carrel.cli.store_place import open_store

    with open_store(open_site(site_path)) as store:
        return {one.commitment(): one.words() for one in store.authority.entries()}


def _check(receipt: Path, key_said: str, as_json: bool) -> None:
    from carrel.ledger.proof import verify_receipt
    from carrel.store.key_file import read_verifier

    proved = verify_receipt(file_text(receipt), read_verifier(key_said))
    leaf = read_leaf(proved.entry)
    told = {"proved": True, "index": proved.index, **checkpoint_told(proved.checkpoint), "leaf": leaf_told(leaf)}
    leaves = amount(proved.checkpoint.size, "leaf", "leaves")
    said = f"leaf {proved.index} stands in {proved.checkpoint.origin} at {leaves}"
    tell(told, f"{said}\n{leaf_row(proved.index, leaf)}", as_json)


ledger.add_command(verify)
ledger.add_command(cosign)
