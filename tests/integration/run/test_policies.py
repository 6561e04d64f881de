"""Five policies, one database, five different ends."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa

from carrel.systems import policy_files
from tests.integration.conftest import Koha
from tests.integration.run import library


def test_five_policies_end_differently(small_sqlite, tmp_path):
    """The same hundred loans under each shipped policy: every one ends verified, and no two end alike."""
    original = tmp_path / "koha.db"
    ends, plans = {}, {}
    for name in policy_files.shipped_names():
        place = tmp_path / name / "koha.db"
        place.parent.mkdir()
        shutil.copyfile(original, place)
        koha = Koha(f"sqlite:///{place}", "sqlite", small_sqlite.sample)
        elm = library.make(tmp_path / name / "site", koha, policy=name)
        plan = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "plan.json")["plan"]
        elm.approve(elm.folder / "plan.json", *elm.waiver)
        run = elm.ok("apply", elm.folder / "plan.json")["run"]
        assert (run["complete"], run["remaining"], run["sweep"]["led_back"]) == (True, {}, 0), name
        assert run["loans"] == plan["states"]["due"], name
        assert elm.ok("verify")["verified"] is True, name
        ends[name], plans[name] = elm.checksum(), plan
        koha.dispose()
    assert len(ends) == 5
    assert len(set(ends.values())) == 5, {name: plan["states"] for name, plan in plans.items()}
    for plan in plans.values():
        kept = {state: count for state, count in plan["states"].items() if state != "due"}
        assert kept.pop("other reasons") == "not told"
        assert all(count >= 10 for count in kept.values()), kept


def test_a_site_with_two_systems_says_which_are_there(small_sqlite, tmp_path):
    law = tmp_path / "law.db"
    shutil.copyfile(sa.make_url(small_sqlite.url).database or "", law)
    elm = library.make(tmp_path / "site", small_sqlite, others=[("law", f"sqlite:///{law}")])
    for words in (("plan", "--as", "Cal Example"), ("verify",)):
        assert "koha, law" in elm.refused(*words, code=2, error="SIT-007").err


@pytest.mark.slow
@pytest.mark.deep
def test_each_policy_that_governs_a_unit_is_audited_by_its_own_clauses(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite, policy="mit-libraries")
    lines = "branches:\n  - {unit: CPL, policy: worcester}\n  - {unit: MPL, policy: owwl}\n"
    elm.edit("consumers:\n", lines + "consumers:\n")
    page = tmp_path / "audit.html"
    answer = elm.run("audit", "--html", page)
    assert answer.code == 3
    told = [line for line in answer.out.splitlines() if str(page) not in line]  # a path may be longer than a screen
    assert max(map(len, told)) <= 100
    assert "with it 2 policies of single units" in " ".join(answer.out.split())
    own, theirs = answer.out.split("Under worcester")
    assert "WPL-3.3" not in own
    assert "WPL-3.3   finding" in theirs
    assert "Clause by clause, under worcester, 1 unit" in page.read_text()
    elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "plan.json")
    elm.approve(elm.folder / "plan.json", *elm.waiver)
    assert elm.ok("apply", elm.folder / "plan.json")["run"]["remaining"] == {}
    beside = {one["policy"]: one for one in elm.run("audit", "--json").told["beside"]}
    assert {name: one["units"] for name, one in beside.items()} == {"worcester": 1, "owwl": 1}
    after = {one["clause"]: one for one in beside["worcester"]["clauses"]}
    for clause, figure in (("WPL-3.3", "rows of loans on time"), ("WPL-3.4", "rows of settled loans")):
        assert after[clause]["standing"] in {"holds", "cannot tell"}
        assert after[clause]["evidence"]["measured"][f"{figure} that lead to a reader"] == 0
    # What cannot be read is held by no policy.
    (tmp_path / "koha.db").unlink()
    unread = elm.run("audit", "--json").told
    stands = {one["clause"]: one["standing"] for one in unread["beside"][0]["clauses"]}
    assert (stands["WPL-3.3"], unread["beside"][0]["units"]) == ("cannot tell", None)
