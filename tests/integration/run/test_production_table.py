"""``outside:`` of a scope names a table of a database: the person's rows of the period, and memory that stays flat."""

from __future__ import annotations

import pytest

from tests.integration.run import library
from tests.integration.run.booking_site import ZONE, bookings
from tests.integration.run.test_production import CARD, MAIL, NEIGHBOUR, person, produced, refused, rows_of
from tests.integration.run.test_production_outside import PART

OTHER, OTHER_NAME = NEIGHBOUR["cardnumber"], "Ottoline Brackwater"
TABLE = PART.format(
    wording="at which station the holder sat in March, under which name, and until when", card=CARD,
    records="computer bookings", outside="pcs", fields="station: at which station, who: under which name, ended: until when",
)  # fmt: skip


@pytest.fixture
def elm(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    seed, _ = person(elm)
    seed.patron(**NEIGHBOUR)
    return elm


def insert(pcs, *rows):
    values = ", ".join("('{}', '{}', '{}', '{}', '{}', 60)".format(*one) for one in rows)
    pcs.sql(f"INSERT INTO pc_bookings (station, card, who, started, ended, minutes) VALUES {values}")


def test_a_tables_rows_are_the_persons_of_the_period_and_a_table_that_is_gone_is_told(elm, scratch):
    pcs = bookings(elm, scratch, f"zone: {ZONE}, person: {{card: card}}")
    day = "2026-03-15 12:00:00"
    insert(
        pcs, ("pc-1", CARD, "Quirina Okonkwo-Vale", day, day), ("pc-2", OTHER, OTHER_NAME, day, day),
        ("pc-3", CARD, f"with {OTHER_NAME}", day, "2026-03-31 23:59:59"), ("pc-4", CARD, "x", day, "2026-04-01 00:00:00"),
        ("pc-5", CARD, "x", day, "2026-02-28 23:59:59"), ("pc-6", f"{CARD}9", "x", day, day),
    )  # fmt: skip
    told, files, manifest = produced(elm, TABLE)
    rows = rows_of(files, "records/one/holder/table-pcs/pcs.csv")
    assert (told["records"], sorted(one["station"] for one in rows)) == (2, ["pc-1", "pc-3"])
    assert set(rows[0]) == {"station", "who", "ended"}
    everything = "\n".join(files.values())
    assert not [one for one in (OTHER_NAME, OTHER, MAIL, "pc-2", "pc-4", "pc-5", "pc-6") if one in everything]
    assert "table-pcs" in {one["system"] for one in manifest["searched"]}
    pcs.sql("DROP TABLE pc_bookings")
    refused(elm, TABLE, code=4, error="DSC-061")  # nothing was found, and that is not said of what was not read
