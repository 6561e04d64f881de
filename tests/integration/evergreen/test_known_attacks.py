"""Evergreen's aged loans give people away in the same ways; what Carrel releases of them in none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.deidentification import known_attacks as attacks
from tests.integration.evergreen.conftest import Evergreen

# Aged loans name nobody. Those that differ in what they tell of their reader are of different people, so as many people as
# there are such descriptions stand in a group at least; counted by rows, ten loans of one reader would make one.
AGED = """
SELECT c.usr_post_code AS post_code, c.usr_birth_year AS born, c.usr_home_ou AS home, c.usr_profile AS profile,
       c.xact_start AS lent, c.target_copy AS copy, c.copy_bib_record AS title, n.label AS call_number
FROM action.aged_circulation c JOIN asset.call_number n ON n.id = c.copy_call_number
WHERE c.usr_post_code IS NOT NULL AND c.usr_birth_year IS NOT NULL
"""
ROSTER = """
SELECT u.id, a.post_code, extract(year FROM u.dob)::integer AS born, u.home_ou AS home, u.profile
FROM actor.usr u JOIN actor.usr_address a ON a.id = u.mailing_address WHERE u.dob IS NOT NULL
"""
RELEASE = """
from: rows.csv
people differ by: [post_code, born, home, profile]
columns:
  post_code: {as: postcode}
  born: {as: birth year}
  home: {as: branch}
  profile: {as: patron category}
  lent: {as: time, levels: [month, quarter, year]}
  call_number: {as: call number}
drop: [copy, title]
k: 10
suppress at most: 10 %
"""
TOWN = ("post_code", "born", "home", "profile")


@pytest.mark.postgresql
def test_aged_loans_name_people_and_what_is_released_does_not(
    evergreen: Evergreen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, query in (("rows", AGED), ("roster", ROSTER)):
        attacks.of_database(evergreen.url, query, tmp_path, name)
    ours = attacks.released(RELEASE, tmp_path, capsys)
    match = dict(zip(TOWN, TOWN, strict=True))
    against = {"name": "roster", "records": tmp_path / "roster.csv", "person": "id", "match": match}
    theirs = attacks.measured(tmp_path / "rows.csv", {"columns": list(TOWN), "known": 2, "against": [against]})
    assert theirs.linkages[0].named / theirs.records > 0.3  # one single person of the town is left
    rare = attacks.measured(tmp_path / "rows.csv", {"columns": ["title"], "known": 1}).singled[0]
    second = attacks.measured(tmp_path / "rows.csv", {"columns": ["lent"], "known": 1}).singled[0]
    assert rare.alone > 0
    assert second.share > 0.9
    roster = ours.coarse(tmp_path / "roster.csv", match)
    found = attacks.measured(ours.place, {"known": 4, "against": [{**against, "records": roster}]})
    assert found.linkages[0].named == 0
    assert all(one.alone == 0 for one in found.singled)
    assert found.sizes.k >= 10
