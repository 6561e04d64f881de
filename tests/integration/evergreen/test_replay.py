"""A replay on Evergreen: whoever was erased is found again by number and card, though deleted accounts stay as empty rows."""

from __future__ import annotations

from carrel.systems import map_files
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from tests.integration.evergreen import person_site
from tests.integration.evergreen.person_seed import CARD, NEEDLES, Seeder


def alone(own):
    """Nobody is connected to the database any more."""
    own.dispose()
    own._connection = None


def test_a_patron_who_comes_back_with_a_restore_is_erased_again(small, tmp_path):
    own, site = small, person_site.make(tmp_path / "site", small)
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    entry = f"{{name: nightly, tool: dump folder, place: {dumps}, files: ['*.sql'], systems: [evergreen]}}"
    site.edit("people:\n", f"backups:\n  - {entry}\npeople:\n")
    Seeder(own, map_files.load("evergreen")).patron()
    (dumps / "evergreen.sql").write_text("as it was")
    kept = f"{own.database}_before"
    alone(own)
    own.server.sql(f"CREATE DATABASE {kept} TEMPLATE {own.database}")
    try:
        place = site.folder / "erase.json"
        site.ok("plan", "--erase", site.card(CARD), "--as", "Cal Example", "--out", place)
        site.approve(place)
        site.ok("apply", place)
        assert not [row for rows in site.rows().values() for row in rows for one in NEEDLES if one in row]
        alone(own)
        own.server.sql(
            f"DROP DATABASE {own.database} WITH (FORCE)",
            f"CREATE DATABASE {own.database} TEMPLATE {kept}",
            f"ALTER DATABASE {own.database} SET search_path = {SEARCH_PATH}",
        )
    finally:
        own.server.sql(f"DROP DATABASE {kept}")
    assert [row for rows in site.rows().values() for row in rows for one in NEEDLES if one in row]
    place = site.folder / "replay.json"
    told = site.ok("replay", "plan", "--as", "Cal Example", "--out", place)
    assert (len(told["plan"]["erasures"]), told["closed"]["people"]) == (1, 1)
    site.approve(place)
    done = site.ok("replay", "apply", place, code=5)["replay"]  # loans past their time are left to an ordinary run
    assert (done["erased_again"], done["closed"]["people"], done["closed"]["unfinished"]) == (1, 0, [])
    assert not [row for rows in site.rows().values() for row in rows for one in NEEDLES if one in row]
