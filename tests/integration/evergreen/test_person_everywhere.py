"""A patron with a trace in every table of Evergreen, erased: nothing is left, and nobody else's row is touched."""

from __future__ import annotations

from carrel.systems import map_files
from tests.integration.evergreen.person_seed import CARD, NEEDLES, Seeder

DONE = ("verified", "applied, residue until")


def test_a_trace_in_every_table_and_nobody_elses_row_is_touched(site):
    seed = Seeder(site.koha, map_files.load("evergreen"))
    before = site.rows()
    seed.patron()
    said = seed.traces()
    assert len(said) > 60, sorted(said)
    place = site.folder / "erase.json"
    told = site.ok("plan", "--erase", site.card(CARD), "--as", "Cal Example", "--out", place)["plan"]
    assert not [one for one in told["words"] if one["table"] == "actor.usr"], "its own record is no other's"
    site.approve(place)
    answer = site.run("apply", place, "--json")
    print(answer.text)
    done = answer.told["erasure"]
    assert (done["still_there"], done["for_a_human"]) == ({}, {})
    assert done["outcome"] in DONE
    assert {one["table"] for one in told["goes"]} >= said
    after = site.rows()
    for name, rows in before.items():
        there = set(after[name])
        assert not [row for row in rows if row not in there], name
    assert not [(name, row) for name, rows in after.items() for row in rows for one in NEEDLES if one in row]
