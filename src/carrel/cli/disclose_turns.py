"""``carrel disclose delegate`` and ``absence``: who stands in for whom."""

from __future__ import annotations

from typing import Any

import click

from carrel.cli.disclose_options import written
from carrel.cli.option_values import DAY, WORDS

_OFFICES = (
    "custodian", "counsel", "authorised officer", "senior officer", "unit head", "provost", "archivist",
)  # fmt: skip


@click.command(
    epilog='Example: carrel disclose delegate custodian --to "Ben Example" --until 2027-01-10 --as "Ada Example"'
)
@click.argument("office", type=click.Choice(_OFFICES))
@click.option("--to", "other", required=True, type=WORDS, help="Who stands in while you are recorded absent.")
@click.option("--until", "until", type=DAY, metavar="DATE", help="Last day.")
@click.option("--revoke", is_flag=True, help="Take it back.")
@written
def delegate(**said: Any) -> None:
    """Name an alternate for your own office.

    Where every policy in force knows alternates for it.
    """
    from carrel.cli.disclose_offices import delegate_one

    delegate_one(**said)


@click.command(
    epilog='Example: carrel disclose absence custodian --of "Ada Example" --until 2026-12-01 --as "Mo Example"'
)
@click.argument("office", type=click.Choice(_OFFICES))
@click.option("--of", "holder", type=WORDS, metavar="NAME", help="Who holds it.  [default: you]")
@click.option("--until", "until", type=DAY, metavar="DATE", help="Last day, where it is known.")
@click.option("--over", is_flag=True, help="She is back.")
@written
def absence(**said: Any) -> None:
    """Record that whoever holds an office is away.

    An alternate may act then; no alternate records it herself.
    """
    from carrel.cli.disclose_offices import absent_one

    absent_one(**said)


VERBS = (delegate, absence)
