"""``carrel disclose``: what leaves the library on legal process, and the evidence of it."""

from __future__ import annotations

import click

from carrel.cli.disclose_produce import produce
from carrel.cli.disclose_verify import verify


@click.group()
def disclose() -> None:
    """Legal process: what an order asks for as one package, or that nothing of it is there."""


disclose.add_command(produce)
disclose.add_command(verify)
