"""``carrel work``: take part in a run that another process leads."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER, WORDS
from carrel.cli.screen import put_json, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.job_work import JobWork
    from carrel.cli.premises import Premises
    from carrel.retention.walk import End
    from carrel.store.run import Run

_POLL_SECONDS = 0.5


@click.command(epilog="Example: carrel work --site /srv/carrel --wait 60")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", type=WORDS, help="The system; may be left out where the site has one.")
@click.option(
    "--run", "identity", type=WORDS, metavar="RUN", help="Only this run; one that is over already is no error."
)
@click.option(
    "--wait",
    metavar="MINUTES",
    default=0,
    show_default=True,
    type=click.IntRange(0, 24 * 60),
    help="How long to wait for a run to begin.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def work(site: Path, system_name: str | None, identity: str | None, wait: int, as_json: bool) -> int:
    """Take part in a run that another process leads, here or on another host.

    The run must have been begun with --workers of two or more, by `carrel apply` or `carrel run-due`, at a store that
    this host reaches as well; policy, map and version must be the same here. Ends when all jobs of the run are done, by
    whomever; whoever leads verifies and records. Killed at any moment, it loses nothing: others go on with its job.
    """
    from carrel.cli import premises
    from carrel.retention.walk import End

    with premises.enter(site, system_name, read_only=False) as here:
        here.store.jobs.forget_keys()
        until = time.monotonic() + 60 * wait
        run = _joined(here, identity, until)
        done = None if run is None else _work(here, run, until)
        here.store.jobs.forget_keys()
    jobs, cut, end = (0, 0, End.FINISHED) if done is None else done
    if as_json:
        told = {"run": identity if run is None else run.id, "jobs": jobs, "loans": cut, "ended": end.name.lower()}
        put_json({"work": told})
    else:
        say(f"{amount(jobs, 'job')} done, {amount(cut, 'loan')} de-identified by this process")
        if end is End.STOPPED:
            say("Halted: somebody asked to stop, or nobody leads the run any more.")
    return 0


def _joined(here: Premises, identity: str | None, until: float) -> Run | None:
    """The run to take part in, or one that was named and is about to be parted; None where that one is over."""
    from carrel.errors import fault
    from carrel.retention import faults

    while True:
        run = here.store.runs.unfinished(here.system.name)
        if identity is not None and (run is None or run.id != identity):
            here.store.runs.get(identity)
            return None
        so_far = None if run is None else here.store.jobs.progress(run.id)
        if run is not None and so_far is not None and so_far.left and so_far.goes_on:
            return run
        if run is not None and identity is not None and _is_awaited(here, run, until):
            return run
        if run is not None and identity is not None:
            return None  # its last job was done while this process came to work
        if time.monotonic() >= until:
            raise fault(
                faults.NOTHING_TO_JOIN,
                at=f"system {here.system.name}",
                wanted="a run that goes on, begun with --workers of two or more",
                found="none" if run is None else f"run {run.id}, which one worker does alone, or which nobody leads",
                fix="begin one with `carrel apply PLAN --workers 2`, or give --wait",
            )
        time.sleep(_POLL_SECONDS)


def _is_awaited(here: Premises, run: Run, until: float) -> bool:
    """Whether whoever leads the run may still part it, and there is time left to wait for that."""
    jobs = here.store.jobs
    return time.monotonic() < until and jobs.progress(run.id).goes_on and not jobs.parted(run.id)


def _require_same_terms(here: Premises, run: Run) -> None:
    from carrel.cli.run_course import terms_of
    from carrel.errors import fault
    from carrel.retention import faults

    led_on = here.store.jobs.terms(run.id)
    if led_on is not None and led_on != terms_of(here):
        raise fault(
            faults.NOTHING_TO_JOIN,
            at=f"system {here.system.name}",
            wanted="mode, counts and undo as whoever leads the run has them",
            found="another line in this host's site file",
            because="what goes beside a chunk would be missing from this worker's",
            fix="make both site files alike",
        )


def _require_same_server(here: Premises, run: Run, connection: Connection) -> None:
    from carrel.errors import fault
    from carrel.retention import faults
    from carrel.systems.sql.whereabouts import server_mark

    if server_mark(connection) != here.store.runs.server(run.id):
        raise fault(
            faults.NOTHING_TO_JOIN,
            at=f"system {here.system.name}",
            wanted="the database and the server on which whoever leads the run works",
            found="another one, under the address of the account that carries out on this host",
            because="rows would be cut where nobody planned it, and its jobs would count as done",
            fix="write the same server and database into both hosts' address files",
        )


def _work(here: Premises, run: Run, until: float) -> tuple[int, int, End]:
    from carrel.cli.circulation import NightCounts
    from carrel.cli.job_work import POLL_SECONDS, JobWork
    from carrel.cli.premises import now
    from carrel.cli.run_course import alone_because
    from carrel.cli.schema_watch import SchemaWatch
    from carrel.errors import fault
    from carrel.retention import faults
    from carrel.retention.ports import Busy
    from carrel.retention.staleness import refuse_stale
    from carrel.retention.walk import End
    from carrel.store.owner import new_owner

    plan = here.store.plans.get(run.plan_digest)
    _require_same_terms(here, run)
    refuse_stale(plan, here.basis, now(), here.original.max_plan_age + (now() - run.started_at))
    counts = NightCounts(here)
    with here.loans().session() as loans:
        if _is_awaited(here, run, until):  # the time is used: which loans are kept, every worker has to know
            with suppress(Busy):  # then it learns that with its first job
                loans.prepare(here.life(plan.as_of, now()))
        while _is_awaited(here, run, until):
            time.sleep(POLL_SECONDS)
        _require_same_terms(here, run)  # written down with the jobs
        if why := alone_because(here, run):
            raise fault(
                faults.NOTHING_TO_JOIN,
                at=f"run {run.id}",
                wanted="a run that several workers may share",
                found=why,
                fix="let whoever leads it go on alone",
            )
        _require_same_server(here, run, loans.connection)
        loans.circulation = counts.circulation
        schema = SchemaWatch(here, note=partial(here.store.runs.beside_changes, run.id))
        fresh = here.store.jobs.without_key(run.id)
        part: JobWork = JobWork(here, plan, run.id, new_owner(), loans, counts, schema, leads=False)
        end = part.until_done()
    if fresh and end is End.FINISHED:  # no job has a position any more, and whoever leads has another folder
        here.store.jobs.shred_key(run.id)
    return part.jobs, part.cut, end
