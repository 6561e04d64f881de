"""``carrel disclose verify``: whether a release package is what the library signed; offline, with its key alone."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option
from carrel.cli.option_values import ANY_FILE, FILE_OR_FOLDER, TEXT_OR_FILE


@click.command(
    epilog="Example: carrel disclose verify release.zip.age --age-passphrase-file words.txt --key ledger.vkey"
)
@click.argument("place", metavar="PACKAGE", type=ANY_FILE)
@click.option("--age-passphrase-file", "passphrase_file", type=ANY_FILE, help="Where it is still encrypted.")
@click.option(
    "--key", "said", type=TEXT_OR_FILE, metavar="KEY", help="The library's public key.  [default: the site's]"
)
@click.option(
    "--site",
    "site_path",
    default="carrel.yaml",
    show_default=True,
    type=FILE_OR_FOLDER,
    help="The site file, or its folder; not read where a key is given.",
)
@json_option
def verify(place: Path, passphrase_file: Path | None, said: str | None, site_path: Path, as_json: bool) -> None:
    """Check a release package that somebody brings.

    Its signature, its files and its ledger receipts. Nothing is asked over a network, and nothing is written. Exit code
    5 when a byte of it is not what was signed.
    """
    from carrel.amount import amount
    from carrel.cli import record
    from carrel.cli.at_site import open_site
    from carrel.cli.screen import put_json, say
    from carrel.store.key_file import public_file, read_verifier
    from carrel.systems import production_package, secret

    key = read_verifier(said if said is not None else str(public_file(record.key_place(open_site(site_path)))))
    passphrase = None if passphrase_file is None else secret.from_file(passphrase_file).reveal()
    found = production_package.check(place, passphrase, key)
    told = found.told
    if as_json:
        put_json(
            {
                "holds": True, "kind": told["kind"], "case": told["case"], "library": told["library"],
                "made_at": told["made_at"], "records": told["records"], "files": found.files,
                "receipts": found.receipts, "manifest": found.manifest, "key": key.vkey,
            }
        )  # fmt: skip
        return
    say(f"It holds: {told['kind']} of {told['library']}, case {told['case']}, {told['made_at']}.")
    say(
        f"{amount(found.files, 'file')}, {amount(told['records'], 'record')}, "
        f"{amount(found.receipts, 'receipt')} of the ledger; signed by {key.name}."
    )
    say(f"manifest {found.manifest}: the case tells the same of the package that was made for it last.")
