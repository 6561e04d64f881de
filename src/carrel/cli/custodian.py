"""``carrel custodian``: a library and the custodian of its data, each at its own site."""

from __future__ import annotations

import click

from carrel.cli.custodian_accept import accept
from carrel.cli.custodian_attest import attest
from carrel.cli.custodian_bundle import bundle
from carrel.cli.custodian_check import check
from carrel.cli.custodian_request import request
from carrel.cli.custodian_show import show


@click.group()
def custodian() -> None:
    """Data that lie with a custodian: what the library asks for, and the evidence that comes back."""


for _verb in (request, accept, bundle, check, attest, show):
    custodian.add_command(_verb)
