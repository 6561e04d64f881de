"""Checks of declared logs: none is raw for too long, whoever scrubs goes on, keys are destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from carrel.amount import amount
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.systems.check import Check, State, finding, ok
from carrel.systems.logs.log_looking import look

FIX = "carrel scrub --check tells it log by log; carrel scrub --log NAME scrubs them"


def log_checks(site: Site, policy: Policy, at: datetime) -> Iterator[Check]:
    """How each entry under ``logs:`` stands, for ``carrel check`` and ``doctor``; it stands in the way of no run.

    The end and the first lines of each log are looked at; ``carrel scrub --check`` and the audit read every line.
    """
    for one in look(site, policy, at):
        told = [line.removeprefix(f"{one.place}: ") for line in one.findings()]
        if one.wrong:
            yield Check(one.place, State.UNKNOWN, "; ".join([*one.wrong, *told]), FIX)
        elif told:
            yield finding(one.place, "; ".join(told), FIX)
        else:
            yield ok(one.place, f"{amount(one.files, 'log')}, {one.scrubbed} of them scrubbed, none raw past its time")
