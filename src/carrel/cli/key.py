"""``carrel key``: keys of the ledger and of the persons who approve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.cli.option_values import FILE, FOLDER, NEW_FILE, TEXT_OR_FILE
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.ledger.cosignature import Witness
    from carrel.ledger.note import Verifier


@click.group()
def key() -> None:
    """Keys for the ledger and for the people who approve."""


@key.command(epilog="Example: carrel key new library.example/ledger --out keys/ledger.key")
@click.argument("name")
@click.option("--out", "-o", required=True, type=NEW_FILE, help="Private key file to write.")
@click.option(
    "--passphrase-file",
    type=FILE,
    help="File (mode 0600) whose first line encrypts the private key.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def new(name: str, out: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Make an Ed25519 key pair called NAME.

    NAME is what stands beside its signatures: library.example/ledger for the ledger, library.example/staff/ada for a
    person. The private half is written with mode 0600, the public half beside it with the ending .vkey.
    """
    import os

    from carrel.ledger.note import Signer
    from carrel.store.key_file import read_passphrase, write_key

    signer = Signer.generate(name, os.urandom(32))
    public = write_key(out, signer, read_passphrase(passphrase_file))
    if as_json:
        _print({"name": name, "vkey": signer.vkey, "private_file": str(out), "public_file": str(public)})
    else:
        say(signer.vkey)


@key.command(epilog="Example: carrel key show keys/ledger.key")
@click.argument("said", metavar="FILE", type=TEXT_OR_FILE)
@click.option("--witness", is_flag=True, help="As the key of a witness, who cosigns the ledger of others.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(said: str, witness: bool, as_json: bool) -> None:
    """Print the public text of a key.

    It is what an outsider needs to check the signatures of that key.

    FILE is the private file, the .vkey file, or the public text itself (which is then checked).
    """
    from carrel.ledger.cosignature import Witness
    from carrel.store.key_file import read_verifier

    verifier: Verifier | Witness = read_verifier(said)
    if witness:
        verifier = Witness(verifier.name, verifier.public)
    if as_json:
        _print({"name": verifier.name, "key_id": verifier.id.hex(), "vkey": verifier.vkey})
    else:
        say(verifier.vkey)


@key.command(name="list", epilog="Example: carrel key list keys")
@click.argument("folder", default=".", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(folder: Path, as_json: bool) -> None:
    """List the keys in a folder.

    By their public halves, and whether the private half lies beside them.
    """
    from carrel.store.key_file import PUBLIC, read_verifier

    rows = []
    for public in sorted(folder.glob(f"*{PUBLIC}")):
        verifier = read_verifier(str(public))
        private = public.with_suffix(".key").is_file()
        rows.append({"file": public.name, "name": verifier.name, "key_id": verifier.id.hex(), "private_here": private})
    if as_json:
        _print({"keys": rows})
        return
    for row in rows:
        half = "both halves" if row["private_here"] else "public half"
        say(f"{row['key_id']}  {half}  {row['file']:<24}  {row['name']}")
    if not rows:
        say("no keys in this folder")


def _print(told: dict[str, Any]) -> None:
    say(json.dumps({"format_version": 1, **told}, indent=2))
