"""Laws of a run's job list: jobs part the numbers, claims are disjoint and cover everything, steps keep their order."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.retention.job import Spread, Work, lay_out, pieces_of
from carrel.retention.stage import Stage
from carrel.retention.strays import Strays
from carrel.store.store import Store
from tests.unit.store.plan_values import NOW, plan

WIDTHS = st.sampled_from([16, 32, 1024])
SPREADS = st.builds(Spread, WIDTHS, st.dictionaries(st.integers(-5, 500), st.integers(1, 10_000), max_size=40))
STRAYS = st.lists(
    st.tuples(st.lists(st.integers(0, 1000), max_size=3, unique=True).map(sorted), st.booleans()), max_size=6
)
ME = "me"


def within(job, number: int) -> bool:
    return (job.begin is None or number > job.begin) and (job.end is None or number <= job.end)


@given(SPREADS, st.integers(1, 40))
def test_borders_are_ascending_and_part_the_rows_about_evenly(spread: Spread, pieces: int) -> None:
    borders = spread.borders(pieces)
    assert list(borders) == sorted(set(borders))
    assert len(borders) < max(1, pieces) or not borders
    assert all((border + 1) % spread.width == 0 for border in borders)
    most = max(spread.counts.values(), default=0)
    for begin, end in zip((None, *borders), (*borders, None), strict=True):
        places = ((place * spread.width, rows) for place, rows in spread.counts.items())
        mine = sum(rows for low, rows in places if (begin is None or low > begin) and (end is None or low <= end))
        assert mine <= spread.rows / pieces + most + 1


@given(SPREADS, STRAYS, st.integers(2, 8), st.integers(-100_000, 600_000))
def test_every_number_is_in_exactly_one_job_of_its_path(spread, strays, workers, number) -> None:
    told = [Strays(f"path {at}", tuple(borders), alone) for at, (borders, alone) in enumerate(strays)]
    jobs = lay_out("loans", spread.borders(pieces_of(spread.rows, workers)), told)
    assert sum(within(job, number) for job in jobs if job.work is Work.LOANS) == 1
    for one in told:
        mine = [job for job in jobs if job.work is Work.STRAYS and one.path in job.paths]
        assert sum(within(job, number) for job in mine) == 1
        assert {job.alone for job in mine} == {one.alone}
    walked = [path for job in sorted(jobs, key=lambda job: job.step) if job.work is Work.STRAYS for path in job.paths]
    assert list(dict.fromkeys(walked)) == [one.path for one in told]
    assert [job.step for job in jobs] == sorted(job.step for job in jobs)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "end", "give back", "wait"]), st.integers(0, 2), st.integers(0, 100), st.booleans()
    ),
    min_size=8,
    max_size=30,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("jobs") / "carrel.sqlite3") as opened:
        yield opened


@settings(max_examples=8, deadline=None)
@given(ACTS)
def test_claims_are_disjoint_keep_the_steps_and_cover_everything(store, acts) -> None:
    """Workers that claim, end, give back and fall silent in any order; whoever lost a job cannot end it."""
    jobs = lay_out("loans", (15, 31), [Strays("a"), Strays("b", (7,)), Strays("c", (), alone=True)])
    now, hands, ended = NOW, {}, []
    digest, system = store.plans.record(plan(), NOW), secrets.token_hex(4)
    store.leases.acquire(system, ME, timedelta(days=9), NOW)
    run = store.runs.start(digest, system, ME, NOW, stage=Stage.REST, ordinary=True)
    store.jobs.lay_out(run, jobs)
    store.jobs.lay_out(run, jobs[:1])  # a second time it changes nothing

    def claim(worker: int, after=None):
        found = store.jobs.claim(run.id, f"worker {worker}", now, timedelta(seconds=30), leads=worker == 0, done=after)
        if after is not None:
            assert hands.pop(after.number)[0] == after, "ended by who had lost it"
            ended.append(after.number)
        if found is not None:
            held = hands.get(found.number)
            assert held is None or held[1] <= now, "in two hands"
            assert found.stretch == jobs[found.number - 1]
            before = [at for at, one in enumerate(jobs, 1) if one.step < found.stretch.step]
            assert set(before) <= set(ended), "a step too early"
            assert worker == 0 or not found.stretch.alone
            assert found.number not in ended
            hands[found.number] = (found, now + timedelta(seconds=30))
            given_out.append(found)
        return found

    def end(held) -> None:
        try:
            claim(int(held.owner[-1]), held)
        except CarrelError as lost:
            assert lost.code == "RUN-002"
            assert hands.get(held.number, (None,))[0] != held

    given_out = []
    for act, worker, seconds, old in acts:
        match act:
            case "claim":
                claim(worker)
            case "end" if given_out:
                end(given_out.pop(0 if old else -1))
            case "give back" if given_out:
                back = given_out.pop()
                store.jobs.give_back(back)
                if hands.get(back.number, (None,))[0] == back:
                    del hands[back.number]
            case "wait":
                now += timedelta(seconds=seconds)
    now += timedelta(seconds=31)
    found = claim(0)
    while found is not None:
        found = claim(0, found)
    assert sorted(ended) == list(range(1, len(jobs) + 1))
    assert store.jobs.progress(run.id).left == 0
