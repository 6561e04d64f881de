"""``carrel run-due --sites``: many tenants on one host, each night by itself, and one summary."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.tenant_night import TenantNight, label, told_faults
from carrel.cli.tenant_process import Ended, TenantProcesses
from carrel.errors import Exit, Fault

if TYPE_CHECKING:
    from carrel.systems.tenant_files import FoundSite


@dataclass
class _Fleet:
    found: list[FoundSite]
    before: dict[str, list[Fault]] = field(default_factory=dict)

    def note(self, name: str, wrong: Fault) -> None:
        self.before.setdefault(name, []).append(wrong)


def run_sites(places: tuple[Path, ...], limit: timedelta, at_once: int, at: datetime) -> list[TenantNight]:
    """A night of every tenant; what goes wrong with one costs the others nothing.

    Args:
        places: site files and folders.
        limit: of each tenant's night.
        at_once: how many run side by side.
        at: the present.

    Raises:
        CarrelError: TEN-002, there is no tenant at all.

    Guarantees:
        Tenants that share a folder, a store, a key or a database are refused before any tenant runs.
    """
    from carrel.inventory.tenant import clashes
    from carrel.systems import faults
    from carrel.systems.tenant_files import find_sites, tenant_of

    fleet = _Fleet(find_sites(places))
    shared: dict[tuple[str, str], list[str]] = {}
    for clash in clashes(tenant_of(one) for one in fleet.found):
        shared.setdefault((clash.one, clash.other), []).append(clash.what)
    for (one_name, other_name), things in shared.items():
        also = "which is also that of" if len(things) == 1 else "which are also those of"
        for name, other in ((one_name, other_name), (other_name, one_name)):
            fleet.note(
                name,
                Fault(
                    faults.SHARED,
                    at=name,
                    wanted="a folder, store, ledger, key and database of its own",
                    found=f"{', '.join(things)}, {also} {label(other)}",
                    because="what one of them holds, keeps or has approved, the other would not know",
                    fix="give each its own; two policies for one database are one site",
                ),
            )
    missed = {one.name: wrong for one in fleet.found if (wrong := _missed(one, at)) is not None}
    processes = TenantProcesses(os.environ, limit)
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        try:
            waiting = [pool.submit(_night, one, fleet.before.get(one.name, []), processes) for one in fleet.found]
            nights = [one.result() for one in waiting]
        except BaseException:
            processes.end_all()
            raise
    return [_with(night, missed.get(night.tenant)) for night in nights]


def _night(found: FoundSite, before: list[Fault], processes: TenantProcesses) -> TenantNight:
    wrong = (*found.wrong, *before)
    if found.site is None or before:
        exit_code = max((one.condition.exit for one in wrong), key=_rank)
        return TenantNight(found.name, found.place, exit_code, (), _codes(wrong), wrong)
    ended = processes.night(found.place, found.site)
    night = _judged(found, ended)
    if found.wrong:  # such as a site that was named twice: it ran once
        night = _at_least(_told_also(night, found.wrong), Exit.FINDINGS)
    return night


def _judged(found: FoundSite, ended: Ended) -> TenantNight:
    from carrel.systems import faults

    if ended.too_long:
        wrong = Fault(
            faults.TOO_LONG,
            at=found.name,
            wanted="a night within --time-limit",
            found="one that went on",
            changed="what was committed is in its journal; a chunk in flight was rolled back",
            fix="look why it is slow: `carrel doctor`; the next call goes on with it",
        )
        return TenantNight(found.name, found.place, Exit.FAILED, (), (wrong.condition.code,), (wrong,))
    told = ended.told or {}
    errors = tuple(one["code"] for one in told.get("errors", ()))
    if ended.code < 0 or ended.code not in list(Exit) or not (errors or "systems" in told):
        how = f"by signal {-ended.code}" if ended.code < 0 else f"with exit code {ended.code}"
        wrong = Fault(
            faults.NO_WORD,
            at=found.name,
            wanted="a result",
            found=f"an end {how}, without one",
            changed="see `carrel verify` at its site: what was committed is in its journal",
            fix=f"call it by itself: carrel run-due --site {found.place}",
        )
        return TenantNight(found.name, found.place, Exit.FAILED, (), (wrong.condition.code,), (wrong,))
    systems = tuple(told.get("systems", ()))
    codes = (*errors, *(code for one in systems for code in one["codes"]), *told.get("findings", ()))
    wrong_there = told_faults(told.get("errors", []), ended.code)
    return TenantNight(found.name, found.place, Exit(ended.code), systems, tuple(dict.fromkeys(codes)), wrong_there)


def _missed(found: FoundSite, at: datetime) -> Fault | None:
    """Whether the night before this one left no health file; a site that never ran has missed none."""
    from carrel.accountability.health import LATE_AFTER
    from carrel.systems import faults
    from carrel.systems.health_files import JSON_NAME

    if found.site is None:
        return None
    try:
        told = json.loads((found.site.folder / "health" / JSON_NAME).read_text(encoding="utf-8"))
        last = datetime.fromisoformat(told["at"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        last = None
    if last is not None and at - last <= LATE_AFTER:
        return None
    return Fault(
        faults.MISSED,
        at=found.name,
        wanted="a night in the last 36 hours",
        found="no health file that can be read" if last is None else f"the last one at {last:%Y-%m-%d %H:%M} UTC",
        because="what fell due since was still there",
        fix="look at the timer of this host; tonight's run makes up for it",
    )


def _with(night: TenantNight, wrong: Fault | None) -> TenantNight:
    if wrong is None:
        return night
    return _at_least(_told_also(night, (wrong,)), Exit.FINDINGS)


def _told_also(night: TenantNight, wrong: tuple[Fault, ...]) -> TenantNight:
    codes = tuple(dict.fromkeys((*night.codes, *_codes(wrong))))
    return replace(night, codes=codes, faults=tuple(dict.fromkeys((*night.faults, *wrong))))


def _at_least(night: TenantNight, code: Exit) -> TenantNight:
    if night.exit is not Exit.DONE:
        return night
    return replace(night, exit=code)


def _codes(faults: tuple[Fault, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.condition.code for one in faults))


def _rank(code: Exit) -> int:
    from carrel.cli.run_due import WORST

    return -WORST.index(code) if code in WORST else -len(WORST)
