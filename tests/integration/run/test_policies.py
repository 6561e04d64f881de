"""Five policies, one database, five different ends."""

from __future__ import annotations

import shutil

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
        assert kept.pop("other reasons (0-9)") == "0-9"
        assert all(count >= 10 for count in kept.values()), kept


def test_a_site_with_two_systems_says_which_are_there(small_sqlite, tmp_path):
    law = tmp_path / "law.db"
    shutil.copyfile(sa.make_url(small_sqlite.url).database or "", law)
    elm = library.make(tmp_path / "site", small_sqlite, others=[("law", f"sqlite:///{law}")])
    for words in (("plan", "--as", "Cal Example"), ("verify",)):
        assert "koha, law" in elm.refused(*words, code=2, error="SIT-007").err
