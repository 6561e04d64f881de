"""``carrel mailing-list``: lists at mailing tools, held against consents, and brought to hold what these say."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import as_option, json_option, site_option


@click.group(name="mailing-list")
def mailing_list() -> None:
    """Lists at mailing tools: who should not be on them and who is missing, and both mended."""


@mailing_list.command(epilog="Example: carrel mailing-list plan news")
@click.argument("name", metavar="[LIST]", required=False)
@site_option
@json_option
def plan(name: str | None, site_path: Path, *, as_json: bool) -> int:
    """Count what a list has that it should not have, and what it lacks: all lists, or the one that is named.

    Only reads. Each member is held against consents, the list of silence, restrictions and the records as they stand
    now. Counts are told, and never an address. Exit code 3 when a list differs.
    """
    from carrel.cli.mailing_screen import tell_plan

    return tell_plan(name, site_path, as_json=as_json)


@mailing_list.command(epilog='Example: carrel mailing-list apply news --as "Dee Example"')
@click.argument("list_name", metavar="[LIST]", required=False)
@click.option("--put-back", is_flag=True, help="Also put on again who left at the tool: where it lost them.")
@as_option
@site_option
@json_option
def apply(list_name: str | None, put_back: bool, name: str, site_path: Path, *, as_json: bool) -> int:
    """Take off whoever should not be on a list, put on whoever may be written to, and read the list back.

    No plan is approved: what people said by now decides, and not what they had said when a plan was made. Needs
    `may: export`. Whoever left at the tool stays off until their next yes. Killed at any moment, the same command goes
    on. Exit code 5 when the list does not hold afterwards what consents say.
    """
    from carrel.cli.mailing_screen import tell_apply

    return tell_apply(name, list_name, site_path, put_back=put_back, as_json=as_json)
