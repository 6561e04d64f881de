"""Killed between any two steps and gone on with, an erasure on Evergreen ends in the state of an undisturbed one."""

from __future__ import annotations

import json

import pytest

from carrel.systems import map_files
from tests.integration.evergreen.person_seed import CARD, Seeder
from tests.integration.run.library import environment
from tests.integration.run.test_kill_anywhere import ROUNDS, SECONDS
from tests.integration.run.warm_start import called


def killed(site, tmp_path, words, rounds, *, night=False):
    """What became of a command that was killed in some of its steps, and called once more each time."""
    own = site.koha
    own.dispose()
    told = {
        "site": str(site.folder), "database": own.database, "address": own.server.address(),
        "kept": str(tmp_path / "kept"), "rounds": rounds, "words": words, "night": night,
    }  # fmt: skip
    (tmp_path / "told.json").write_text(json.dumps(told))
    program = "tests.integration.evergreen.person_kills:begin"
    code, out, err = called([str(tmp_path / "told.json")], tmp_path, environment(), SECONDS, program)
    assert code == 0, (out[-2000:], err[-4000:])
    return json.loads(out)


@pytest.mark.slow
def test_killed_between_any_two_steps(site, tmp_path):
    own = site.koha
    seed = Seeder(own, map_files.load("evergreen"))
    number = seed.patron()
    chain = next(one.circulations for one in own.sample.canaries if one.kind == "old" and len(one.circulations) > 1)
    own.do("UPDATE action.circulation SET usr = :n WHERE id = ANY(:l)", n=number, l=list(chain))
    own.do("UPDATE action.usr_circ_history SET usr = :n WHERE source_circ = ANY(:l)", n=number, l=list(chain))
    own.do("UPDATE action.hold_request SET usr = :n WHERE id = (SELECT min(id) FROM action.hold_request WHERE fulfillment_time IS NOT NULL)", n=number)  # fmt: skip
    own.do("UPDATE actor.usr SET other_phone = '1' WHERE id = :n", n=number)
    place = site.folder / "plan.json"
    site.ok("plan", "--erase", site.card(CARD), "--as", "Cal Example", "--out", place)
    site.approve(place)
    found = killed(site, tmp_path, ("apply", str(place)), ROUNDS // 3)
    assert found["steps"] > 100
    assert found["wrong"] == [], json.dumps(found["wrong"], indent=1)
    assert found["killed"] >= ROUNDS // 3
