"""Where old values still stand is told alike by the run, the health files, the audit and the pages."""

from __future__ import annotations

import json

import pytest

from tests.integration.run import library


@pytest.mark.mariadb
@pytest.mark.deep
def test_screen_health_audit_and_page_tell_the_same_places(small_mariadb, tmp_path):
    small, wanted = library.make(tmp_path / "site", small_mariadb), "undo log and free pages"
    place = small.approved()
    run = small.ok("apply", place)["run"]
    told = {one["place"]: (one["until"], one["lasting"]) for one in run["residues"]}
    assert told[wanted] == (None, False)
    assert run["outcome"] == ("verified" if set(told) == {wanted} else "applied, residue until")

    night = small.approved("night.json")
    small.ok("run-due")
    screen = small.run("apply", night)
    line = f"Old values also stand in: {wanted} (until the server reuses them, nobody can tell when)."
    assert line in " ".join(screen.out.split())

    health = json.loads((small.folder / "health" / "health.json").read_text())
    assert [one["place"] for one in health["residues"]].count(wanted) == 1
    assert {one["place"] for one in health["residues"]} == set(told)
    (pages,) = [one for one in health["residues"] if one["place"] == wanted]
    assert pages == {"place": wanted, "until": None, "rows": None, "lasting": False}
    assert health["state"] == "ok"
    metrics = (small.folder / "health" / "carrel.prom").read_text()
    assert f'carrel_residues{{system="koha"}} {len(told)}' in metrics
    assert 'carrel_residues_undated{system="koha"}' in metrics

    page = small.folder / "audit.html"
    audit = small.run("audit", "--json", "--html", page)
    assert [one["place"] for one in audit.told["residues"]].count(wanted) == 1
    assert {one["place"] for one in audit.told["residues"]} == set(told)
    assert line in " ".join(small.run("audit").out.split())
    for written in (page, *(small.folder / "reports").glob("night-*.html")):
        assert "until the server reuses them" in written.read_text()
