"""An account with no more rights than an erasure on Evergreen needs: told what is missing, and then it carries out."""

from __future__ import annotations

import sqlalchemy as sa

from carrel.systems import map_files
from tests.integration.evergreen.person_seed import CARD, NEEDLES, Seeder

SCHEMAS = """
    SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1
"""
DONE = {"verified", "applied, residue until"}


def test_what_is_missing_is_printed_and_is_enough(site):
    own = site.koha
    seed = Seeder(own, map_files.load("evergreen"))
    number = seed.patron()
    chain = next(one.circulations for one in own.sample.canaries if one.kind == "old")
    own.do("UPDATE action.circulation SET usr = :n WHERE id = ANY(:l)", n=number, l=list(chain))
    own.do("UPDATE action.usr_circ_history SET usr = :n WHERE source_circ = ANY(:l)", n=number, l=list(chain))
    names = ", ".join(name for (name,) in own.rows(SCHEMAS))
    url = own.limited_user(["pg_read_all_data", f"USAGE ON SCHEMA {names}", f"TEMPORARY ON DATABASE {own.database}"])
    site.secret("evergreen.dsn", url)
    place = site.folder / "erase.json"
    site.ok("plan", "--erase", site.card(CARD), "--as", "Cal Example", "--out", place)
    site.approve(place)
    answer = site.refused("apply", place, code=4, error="SQL-005")
    given = [line.strip() for line in answer.err.splitlines() if line.strip().startswith("GRANT ")]
    assert len(given) > 80
    assert all(line.endswith(f" TO {sa.make_url(url).username};") for line in given), "they can be run as they stand"
    own.server.sql(*(line.rstrip(";") for line in given), database=own.database)
    done = site.ok("apply", place)["erasure"]
    assert (done["outcome"] in DONE, done["triggers"]) == (True, "fired")
    assert not [row for rows in site.rows().values() for row in rows for one in NEEDLES if one in row]
    assert own.one("SELECT count(*) FROM action.circulation WHERE usr = :n", n=number) == 0
