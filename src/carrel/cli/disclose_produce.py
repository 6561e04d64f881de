"""``carrel disclose produce``: exactly the records that an order asks for, or a statement that none were found."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import ANY_FILE, NEW_FILE, WORDS


@click.command(
    epilog="Example: carrel disclose produce scope.yaml --case dsc-abcdefghijkl --out release.zip.age "
    '--age-passphrase-file words.txt --as "Ben Example"'
)
@click.argument("scope", metavar="SCOPE", type=ANY_FILE)
@click.option("--case", required=True, metavar="ID", type=WORDS, help="The case that asks for it; it must let you.")
@click.option("--out", required=True, type=NEW_FILE, help="Where the package goes.")
@click.option(
    "--age-passphrase-file", "passphrase_file", required=True, type=ANY_FILE, help="Its first line opens the package."
)
@click.option("--system", "system_names", multiple=True, help="Only this system; can be given again.  [default: all]")
@click.option("--order-names-title", is_flag=True, help="The order itself names the title whose borrowers it asks for.")
@as_option
@site_option
@json_option
def produce(
    scope: Path,
    case: str,
    out: Path,
    passphrase_file: Path,
    system_names: tuple[str, ...],
    order_names_title: bool,
    name: str,
    site_path: Path,
    as_json: bool,
) -> int:
    """What an order asks for, as one package, signed and encrypted.

    SCOPE is a YAML file: whose records, of which kind, of which days and which fields, each with the order's words.
    Nothing else is in the package, and nobody else. Where nothing is found it holds a statement of that, with what was
    searched and by which rule such records go, for the custodian and counsel to sign. The screen tells counts alone.
    The case lets you where every step before is taken, and the scope stays within what it asks for.
    Exit code 3 when something in scope could not be read.
    """
    from carrel.cli.at_site import open_site
    from carrel.cli.disclose_clearing import CaseGate
    from carrel.cli.disclose_production import Wish, carry_out

    wish = Wish(scope, case, out, passphrase_file, system_names, order_names_title)
    return carry_out(wish, site_path, name, as_json=as_json, gate=CaseGate.of(open_site(site_path), name, case))
