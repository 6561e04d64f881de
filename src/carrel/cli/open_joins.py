"""Open joins around a sweep: written down when they lead back, tried again while they stand. Composition only."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.at_site import now
from carrel.retention.cutoff import local_cutoff
from carrel.retention.open_join import MEND, Look, OpenJoin, Side, led_nowhere, opened
from carrel.retention.stage import Stage
from carrel.systems.sql.sweep import LoanSweep
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_trial import try_again

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.retention.sweep import Attack, SweepReport
    from carrel.store.run import Run

__all__ = ["MEND", "after_run", "after_sweep", "lines", "loan_sweep"]


def after_run(
    here: Premises, run: Run, connection: Connection, as_of: datetime, swept: SweepReport, failing: Iterable[Attack]
) -> tuple[OpenJoin, ...]:
    """Write down what led the sweep of a run back, and try every open join again.

    Args:
        here: the premises.
        run: going on; nothing of this waits for its end, so that a kill loses no finding.
        connection: to the system.
        as_of: of the plan.
        swept: the run's own sweep.
        failing: of it, the joins that fail the run.

    Returns:
        The joins that stand open. Before the last stage of a first run they are not tried again: strays that only the
        last stage reaches would answer for them.
    """
    system, sample = here.system.name, here.system.sweep_sample
    look = Look(run.id, now(), Side.PAIRS, swept.swept, whole=False, days=swept.days, sample=sample)
    standing = here.store.open_joins.change(system, lambda joins: opened(joins, failing, look))
    if not standing or run.stage is not Stage.REST:
        return standing
    _try_again(here, connection, as_of, run.id, sample)
    return here.store.open_joins.change(system, lambda joins: led_nowhere(joins, swept.attacks, look))


def after_sweep(
    here: Premises, connection: Connection, as_of: datetime, report: SweepReport, count: int
) -> tuple[OpenJoin, ...]:
    """What `carrel sweep` makes of the open joins: tries them again, and opens what it was led back by.

    Before a run came to its end it does neither: what it finds then is what that run is for. Nor does it where a
    replica was read: `carrel verify` rests on what stands open, and a replica may show what was true.

    Returns:
        The joins that stand open.
    """
    system = here.system.name
    runs = here.store.runs.newest(system) if here.engine is here.primary else ()
    if not any(run.stage is Stage.REST and run.state == "finished" for run in runs):
        return here.store.open_joins.standing(system)
    _try_again(here, connection, as_of, "", count)
    look = Look("", now(), Side.LOANS, report.swept, whole=False, days=None, sample=here.system.sweep_sample)
    return here.store.open_joins.change(system, lambda joins: opened(joins, report.failing, look))


def _try_again(here: Premises, connection: Connection, as_of: datetime, run: str, count: int) -> None:
    """Joins that were found among the loans of the same days are tried together."""
    system, sample = here.system.name, here.system.sweep_sample
    standing = here.store.open_joins.standing(system)
    library = Library(connection, here.system_map, here.stand_in)
    for days in dict.fromkeys(one.days for one in standing):
        mine = [one for one in standing if one.days == days]
        sweep = loan_sweep(here, connection, as_of)
        trial = try_again(library, here.schema, sweep, mine, days, count, SystemRandom())
        connection.rollback()
        look = Look(run, now(), Side.LOANS, trial.tried, trial.whole, days, sample)
        keys = {one.key for one in mine}

        def judged(joins: tuple[OpenJoin, ...]) -> list[OpenJoin]:
            tried = [one for one in joins if one.key in keys]  # noqa: B023  (called before the next turn)
            found = opened(joins, trial.failing, look)  # noqa: B023
            return [*found, *led_nowhere(tried, trial.attacks, look)]  # noqa: B023

        here.store.open_joins.change(system, judged)


def loan_sweep(here: Premises, connection: Connection, as_of: datetime) -> LoanSweep:
    """The sweep of loans that were due at an instant, under the holds and exceptions of now."""
    limit = here.schedule.last_borrower.at_most
    last = local_cutoff(limit.before(as_of), here.zone) if limit else None
    life = here.life(as_of, now())
    return LoanSweep(connection, here.system_map, here.schema, here.stand_in, life, last)


def lines(joins: Iterable[OpenJoin]) -> list[str]:
    """Each open join as a person reads it."""
    return [
        f"{one.says}: {one.hits:,} of {amount(one.tried, 'loan')} led back, "
        f"open since {one.first_seen:%Y-%m-%d %H:%M} UTC, last seen {one.last_seen:%Y-%m-%d %H:%M} UTC"
        for one in joins
    ]
