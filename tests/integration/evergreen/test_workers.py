"""Two workers age Evergreen's circulations beside each other: the same rows as one, whatever way its triggers go."""

from __future__ import annotations

import pytest

from carrel.cli import premises
from carrel.retention.walk import End
from tests.integration.evergreen import person_site
from tests.integration.run.shared_run import shared

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
AGED = "SELECT count(*) FROM action.aged_circulation"
LINKED = "SELECT count(*) FROM action.circulation"


def test_two_workers_age_what_one_would(evergreen, tmp_path):
    here = person_site.make(tmp_path / "site", evergreen, policy="worcester")
    aged, linked = evergreen.one(AGED), evergreen.one(LINKED)
    with shared(here, pieces=8) as run:
        threads = [run.start(leads=True), run.start()]
        for one in threads:
            one.join(300)
        assert run.ends == [End.FINISHED, End.FINISHED]
        whole = run.here.store.runs.get(run.run.id)
        with run.here.loans().session() as loans:
            assert loans.way is not None
            left = loans.remaining(run.here.life(run.plan.as_of, premises.now()), run.plan.as_of)
    assert {name: count for name, count in left.items() if count} == {}
    assert (whole.left, whole.unknown) == ({}, 0)
    assert whole.loans == run.plan.due == evergreen.one(AGED) - aged == linked - evergreen.one(LINKED)
    numbers = evergreen.one("SELECT count(DISTINCT id) FROM action.aged_circulation")
    assert numbers == evergreen.one(AGED)
