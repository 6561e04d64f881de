"""``carrel stats noise``: counts with noise, paid for from a budget."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import now, open_site
from carrel.cli.option_values import require_folders, writing
from carrel.cli.progress import phase
from carrel.cli.screen import put_json, put_line
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted
    from carrel.deidentification.statistics.cube_spec import CubeSpec
    from carrel.deidentification.statistics.dimension import Dimension
    from carrel.deidentification.statistics.noise import Promise
    from carrel.deidentification.statistics.release import ToldCube
    from carrel.inventory.site import Site
    from carrel.systems.analytics.budget_account import BudgetAccount


@dataclass(frozen=True, slots=True)
class Paid:
    """From which account, where the figures go, and which site knows the account."""

    account: Path
    budget: Decimal | None
    budget_delta: Decimal
    out: Path | None
    table: Path | None
    force: bool
    site: Path | None


def release(
    place: Path, mechanism: str, epsilon: Decimal, delta: Decimal, cap: int, paid: Paid, wanted: Wanted | None, *,
    as_json: bool,
) -> int:  # fmt: skip
    """Count, pay, draw, tell.

    Raises:
        CarrelError: STC-001, STC-010, STC-015 to STC-018; of the SRC and SQL codes; with a site of the SIT, HLD, STO
            and LED codes.
    """
    from carrel.cli import release_record
    from carrel.cli.stats_screen import tell_totals
    from carrel.deidentification.releases.measured import of_noise
    from carrel.deidentification.statistics.budget import Spending
    from carrel.deidentification.statistics.cube_spec import CubeSpec
    from carrel.deidentification.statistics.noise import Mechanism, Promise, noisy
    from carrel.systems.analytics import document
    from carrel.systems.analytics.bounded_counting import bounded_counts, declared
    from carrel.systems.analytics.engine import opened
    from carrel.systems.analytics.release_files import require_free

    spec = document.load(place, CubeSpec).relative_to(place.absolute().parent)
    if spec.told != ("rows",) or spec.cubes:
        raise click.UsageError("noise takes one cube of records alone: leave out 'measures:', 'sums:' and 'cubes:'")
    require_free(paid.out, paid.table, force=paid.force)
    require_folders(paid.out, paid.table, paid.account)
    keeper = release_record.recorder(wanted, paid.out, paid.table)
    site = keeper.site if keeper is not None else None if paid.site is None else open_site(paid.site)
    dimensions = declared(spec)
    promise = Promise(Mechanism(mechanism), float(epsilon), float(delta), cap)
    noisy([0], promise)  # before anything is paid: whether it can be drawn at all
    with phase(f"counting {spec.name}"), opened() as engine:
        counts = bounded_counts(engine, spec, dimensions, cap)
    budget = None if paid.budget is None else Spending(paid.budget, paid.budget_delta)
    stands = _account(paid.account, site).spend(spec.name, budget, Spending(epsilon, delta), now())
    drawn, scale = noisy([int(one) for one in counts.ravel()], promise)
    cube = _told(spec, dimensions, drawn, counts.shape)
    body: dict[str, object] = {
        "kind": "carrel statistics with noise",
        "release": spec.name,
        "promise": {**promise.as_dict(), "scale": round(scale, 6)},
        "spent": stands.spent.as_dict(),
        "cube": cube.as_dict(),
    }
    _written(cube, body, paid)
    found = of_noise(epsilon, delta, cap, stands.spent.epsilon)
    kept = release_record.put_on_record(keeper, spec.name, (paid.out, paid.table), found)
    rest = stands.left
    if as_json:
        put_json({**body, "left": rest.as_dict(), **release_record.as_json(kept)})
        return int(Exit.DONE)
    tell_totals(cube)
    _tell(promise, scale)
    put_line(f"Left in {paid.account.name}: epsilon {rest.epsilon:f}" + (f", delta {rest.delta:f}." if delta else "."))
    for one in (paid.out, paid.table):
        if one is not None:
            put_line(f"Written to {one}.")
    release_record.tell_record(kept)
    return int(Exit.DONE)


def _account(place: Path, site: Site | None) -> BudgetAccount:
    from carrel.systems.analytics.budget_account import BudgetAccount

    if site is None:
        return BudgetAccount(place)
    from carrel.cli.account_witness import SiteWitness

    return BudgetAccount(place, SiteWitness(site))


def _told(spec: CubeSpec, dimensions: tuple[Dimension, ...], drawn: list[int], shape: tuple[int, ...]) -> ToldCube:
    import numpy as np

    from carrel.deidentification.statistics.release import ToldCube
    from carrel.deidentification.statistics.rounding import folded

    figures = folded(
        dimensions, np.array(drawn, dtype=np.int64).reshape(shape)
    )  # totals of what has noise tell no more
    return ToldCube("-".join(spec.dimensions), spec.name, dimensions, {"rows": tuple(map(int, figures.flat))})


def _tell(promise: Promise, scale: float) -> None:
    put_line(
        f"Each count of the finest values has noise of scale {scale:.3g} (discrete {promise.mechanism.value}), and can "
        f"be below zero; totals are their sums. Epsilon {promise.epsilon:g}"
        + (f", delta {promise.delta:g}" if promise.delta else "")
        + f" for each person, of whom {promise.cap} records count at most."
    )


def _written(cube: ToldCube, body: dict[str, object], paid: Paid) -> None:
    from carrel.deidentification.statistics.release import Release
    from carrel.deidentification.statistics.small_cells import CellRule
    from carrel.systems.analytics.release_files import write_table
    from carrel.systems.durable_file import replace_file

    if paid.out is not None:
        with writing(paid.out):
            replace_file(paid.out, json.dumps({"format_version": 1, **body}, ensure_ascii=False) + "\n", mode=0o644)
    if paid.table is not None:
        with writing(paid.table):
            write_table(paid.table, Release(cube.name, CellRule(), (cube,)))
