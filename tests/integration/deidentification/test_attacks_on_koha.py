"""Koha's pseudonymised transactions give people away in four known ways; what Carrel releases of them in none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample import SampleSize, build
from tests.integration.deidentification import known_attacks as attacks

# The pseudonymised rows; whose they are is known here from another table, to tell whether an attack is right.
ROWS = """
SELECT s.borrowernumber AS truth, p.hashed_borrowernumber AS pseudonym, p.zipcode, p.branchcode, p.categorycode,
       p.dateenrolled, p.sex, p.datetime, p.itemcallnumber, p.itemnumber
FROM pseudonymized_transactions p
JOIN statistics s ON s.datetime = p.datetime AND s.itemnumber = p.itemnumber AND s.type = 'issue'
WHERE p.transaction_type = 'issue' AND s.borrowernumber IS NOT NULL
"""
DOOR = "SELECT borrowernumber AS card, datetime AS entered FROM statistics WHERE type = 'issue' AND borrowernumber IS NOT NULL"
ROSTER = "SELECT borrowernumber AS id, zipcode, branchcode, categorycode, dateenrolled, sex FROM borrowers"
RELEASE = """
from: rows.csv
person: truth
columns:
  zipcode: {as: postcode}
  branchcode: {as: branch}
  categorycode: {as: patron category}
  dateenrolled: {as: time, levels: [month, quarter, year]}
  sex: {as: value}
  datetime: {as: time, levels: [month, quarter, year]}
  itemcallnumber: {as: call number}
drop: [pseudonym, itemnumber]
k: 10
suppress at most: 5 %
"""
TOWN = ("branchcode", "categorycode", "dateenrolled", "sex")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("koha")
    url = f"sqlite:///{folder / 'koha.db'}"
    engine = sa.create_engine(url)
    build(engine, SampleSize("attacked", 600, 6000), seed=5, as_of=datetime(2026, 11, 22, tzinfo=UTC))
    engine.dispose()
    for name, query in (("rows", ROWS), ("door", DOOR), ("roster", ROSTER)):
        attacks.of_database(url, query, folder, name)
    return folder


@pytest.fixture
def ours(library: Path, capsys: pytest.CaptureFixture[str]) -> attacks.Released:
    (library / "released.csv").unlink(missing_ok=True)
    return attacks.released(RELEASE, library, capsys)


def test_the_searchers_of_2006(library: Path, ours: attacks.Released) -> None:
    """Two loans that somebody saw lead to all that this person borrowed; where no token is, there is nothing to join."""
    theirs = attacks.measured(
        library / "rows.csv",
        {"person": "truth", "pseudonym": "pseudonym", "columns": ["datetime", "itemnumber"], "known": 2},
    )
    assert theirs.traces[1].tried > 50
    assert theirs.traces[1].share > 0.95
    names = set(attacks.read_rows(ours.place)[0])
    assert not names & {"truth", "pseudonym", "itemnumber"}


def test_the_rare_title(library: Path, ours: attacks.Released) -> None:
    """Whoever knows that a neighbour had one book finds the row, and with it the rest of what it says."""
    theirs = attacks.measured(library / "rows.csv", {"person": "truth", "columns": ["itemnumber"], "known": 1})
    assert theirs.singled[0].share > 0.2
    found = attacks.measured(ours.place, {"known": 4})
    assert found.sizes.k >= 10  # of rows here; of people it was counted when it was released
    assert all(one.alone == 0 for one in found.singled)


def test_the_door(library: Path, ours: attacks.Released) -> None:
    """The second of a loan stands in the door's log, the till's and the bill's too."""
    near = {"datetime": {"column": "entered", "within": "2 minutes"}}
    against = {"name": "door", "records": library / "door.csv", "person": "card"}
    theirs = attacks.measured(
        library / "rows.csv", {"person": "truth", "columns": ["datetime"], "against": [{**against, "match": near}]}
    )
    assert theirs.linkages[0].right is not None
    assert theirs.linkages[0].right / theirs.records > 0.8
    door = ours.coarse(library / "door.csv", {"datetime": "entered"})
    found = attacks.measured(
        ours.place, {"against": [{**against, "records": door, "match": {"datetime": "entered"}}]}
    ).linkages[0]
    assert (found.named, found.unmatched) == (0, 0)
    assert min(size for size, _ in found.populations) >= 10


def test_the_small_town(library: Path, ours: attacks.Released) -> None:
    """Branch, kind of card, day of enrolment: the roster of a town knows who that is."""
    against = {"name": "roster", "records": library / "roster.csv", "person": "id"}
    match = dict(zip(TOWN, TOWN, strict=True))
    theirs = attacks.measured(
        library / "rows.csv", {"person": "truth", "columns": list(TOWN), "against": [{**against, "match": match}]}
    )
    assert theirs.linkages[0].right is not None
    assert theirs.linkages[0].right / theirs.records > 0.5
    roster = ours.coarse(library / "roster.csv", match)
    found = attacks.measured(ours.place, {"against": [{**against, "records": roster, "match": match}]}).linkages[0]
    assert (found.named, found.unmatched) == (0, 0)
    assert min(size for size, _ in found.populations) >= 10
