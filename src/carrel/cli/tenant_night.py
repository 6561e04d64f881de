"""What became of the nights of many tenants, and the summary in which every line names its tenant."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carrel.amount import amount
from carrel.cli.screen import number, one_line, put_json, put_line, put_table
from carrel.errors import Condition, Exit, Fault, shown

_LONGEST = 40  # signs of a tenant's name on the screen


@dataclass(frozen=True)
class TenantNight:
    """What became of one tenant's night.

    Attributes:
        tenant: its name.
        place: its site file.
        exit: what the shell would learn of it alone.
        systems: each with how it went, as its own call told it.
        codes: of errors and findings.
        faults: that kept it from running, or that the host found.
    """

    tenant: str
    place: Path
    exit: Exit
    systems: tuple[dict[str, Any], ...] = ()
    codes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def went(self) -> str:
        """In a few words."""
        if self.systems:
            return "; ".join(dict.fromkeys(f"{one['system']}: {one['went']}" for one in self.systems))
        return self.faults[0].condition.title if self.faults else "not run"

    def lines(self) -> Iterator[str]:
        """What went wrong or waits for a person, each in a line: with the site, and with each of its systems."""
        yield from map(one_line, self.faults)
        for one in self.systems:
            for wrong in told_faults(one.get("faults", []), int(self.exit)):
                yield f"{one['system']}: {one_line(wrong)}"
            if one.get("pending_file"):
                plan, site = (shlex.quote(str(name)) for name in (one["pending_file"], self.place))
                yield f"`carrel approve {plan} --site {site} --as NAME --key FILE`"

    @property
    def loans(self) -> int:
        """De-identified in all its systems."""
        return sum(run["loans"] for one in self.systems for run in one["runs"])

    def as_dict(self) -> dict[str, Any]:
        """The tenant's night for programs."""
        return {
            "tenant": self.tenant,
            "site": str(self.place),
            "exit": int(self.exit),
            "systems": list(self.systems),
            "codes": list(self.codes),
            "faults": [one.as_dict() for one in self.faults],
        }


def worst(nights: list[TenantNight]) -> Exit:
    """The exit code of the host's call: that of its worst tenant."""
    from carrel.cli.run_due import WORST

    codes = {night.exit for night in nights}
    return next((code for code in WORST if code in codes), Exit.DONE)


def show(nights: list[TenantNight]) -> None:
    """The summary as a person reads it; every line names its tenant."""
    names = _labels([night.tenant for night in nights])
    put_table(
        amount(len(nights), "tenant"),
        ("tenant", "how it went", "loans", "codes", "exit"),
        [
            (name, night.went, number(night.loans), ", ".join(night.codes), str(int(night.exit)))
            for name, night in zip(names, nights, strict=True)
        ],
        right=(2, 4),
    )
    for name, night in zip(names, nights, strict=True):
        for line in dict.fromkeys(night.lines()):
            put_line(line, f"{name}: ", hang=2)


def label(name: str) -> str:
    """The name of a folder as a line can bear it: every sign can be seen, and what is too long is cut in its middle."""
    told = shown(name)
    return told if len(told) <= _LONGEST else f"{told[:20]}…{told[-19:]}"


def _labels(names: list[str]) -> list[str]:
    cut = [label(name) for name in names]
    return [one if cut.count(one) == 1 else f"{one} #{at}" for at, one in enumerate(cut, 1)]


def told_faults(told: list[dict[str, str]], code: int) -> tuple[Fault, ...]:
    """Errors as a tenant's own call told them."""
    exit_code = Exit(code) if code in list(Exit) else Exit.FAILED
    fields = ("at", "wanted", "found", "because", "changed", "fix")
    return tuple(
        Fault(
            Condition(str(one.get("code", "")), str(one.get("title", "")), exit_code),
            **{name: str(one[name]) for name in fields if name in one},
        )
        for one in told
    )


def tell(nights: list[TenantNight], *, as_json: bool) -> int:
    """Print the summary; the exit code."""
    if as_json:
        put_json({"tenants": [night.as_dict() for night in nights]})
    else:
        show(nights)
    return int(worst(nights))
