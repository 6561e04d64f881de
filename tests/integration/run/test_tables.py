"""``carrel table``: rows that go, or lose columns, by their own clock, by plan only, on every database."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from carrel.errors import CarrelError
from carrel.inventory.dated_table import DatedTable
from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems.sql import dated_rights, dated_rows
from tests.integration.run import library
from tests.integration.run.booking_site import SECRETS, ZONE, bookings, local, scratch_of
from tests.integration.run.mail_site import NOW


@pytest.fixture
def elm(small_sqlite, tmp_path):
    return library.make(tmp_path / "site", small_sqlite)


@pytest.fixture
def pcs(elm, scratch):
    return bookings(elm, scratch)


def entry(pcs, **more):
    """The table as an entry, with other words than in the site file."""
    said = {"name": "pcs", "record": "computer bookings", "purpose": "provide", "dsn_file": pcs.elm.folder / "pc.dsn",
            "table": "pc_bookings", "key": "id", "clock": "ended", "zone": ZONE}  # fmt: skip
    return DatedTable.model_validate({name: value for name, value in {**said, **more}.items() if value is not None})


def refused(pcs, **more):
    """The codes with which such an entry is refused before anything is read."""
    with pytest.raises(CarrelError) as wrong, dated_rows.opened(entry(pcs, **more)):
        pass
    assert all(one.fix for one in wrong.value.faults)
    return sorted({one.condition.code for one in wrong.value.faults})


def test_rows_go_after_48_hours_and_nothing_else_does(pcs):
    pcs.add(local(100), local(49), local(47), local(1), None, local(-48), local(72))
    listed = pcs.elm.ok("table", "list", code=3)
    [one] = listed["tables"]
    assert (one["rows"], one["past_their_time"], one["stay"]) == (7, 3, {"not yet": 2, "no usable date": 2})
    assert "table pcs: 3 rows are older than the policy allows (rule 'electronic bookings')" in str(listed["findings"])
    assert max(map(len, pcs.elm.run("table", "list").out.splitlines())) <= 100
    place = pcs.planned()
    pcs.add(local(99))  # came in since, under a number of its own
    pcs.sql(
        f"UPDATE pc_bookings SET ended = '{local(2)}' WHERE id = 1", "UPDATE pc_bookings SET minutes = 61 WHERE id = 2"
    )
    done = pcs.elm.ok("table", "apply", place)["clearing"]
    assert (done["deleted"], done["kept_since"], done["outcome"]) == (2, 1, "verified")
    assert pcs.ids() == [1, 3, 4, 5, 6, 8]
    again = pcs.elm.ok("table", "apply", place)["clearing"]
    assert (again["deleted"], again["outcome"]) == (2, "carried out before")
    assert pcs.ids() == [1, 3, 4, 5, 6, 8]


def test_blanked_rows_stay_as_statistics(elm, scratch):
    pcs = bookings(elm, scratch, f"zone: {ZONE}, blank: [card, who]", "de-identify")
    pcs.add(local(100), local(49), local(3))
    before = pcs.rows("id, station, started, ended, minutes")
    touched = "touched" if scratch.dialect == "mariadb" else "ended"
    if scratch.dialect == "mariadb":
        pcs.sql("UPDATE pc_bookings SET touched = '2020-01-02 03:04:05'")
    then = pcs.rows(touched)
    place = pcs.planned()
    done = pcs.elm.ok("table", "apply", place)["clearing"]
    assert (done["emptied"], done["outcome"]) == (2, "verified")
    assert pcs.rows("card, who")[:2] == [("", None), ("", None)]
    assert pcs.rows("card, who")[2] == ("29999000000002", SECRETS[1])
    assert pcs.rows("id, station, started, ended, minutes") == before
    assert pcs.rows(touched) == then  # what the server sets by itself is no clock of Carrel's
    [one] = pcs.elm.ok("table", "list")["tables"]
    assert one["stay"] == {"not yet": 1, "blanked already": 2}
    pcs.elm.refused("table", "plan", "--as", "Cal Example", code=2, error="CLR-001")
    assert "empty in card, who" in pcs.elm.run("table", "apply", place).out


KILLED = """
import os
from carrel.systems.sql.dated_rows import DatedRows
real, left = DatedRows._cut, [{at}]
def cut(*words):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)
    real(*words)
DatedRows._cut = cut
from carrel.cli.main import main
main()
"""


def test_who_has_the_plan_cannot_try_which_rows_it_names_once_its_key_is_gone(pcs):
    """Numbers of rows are small: a bare digest of one is found by trying all of them."""
    pcs.add(*(local(100 + n) for n in range(20)), local(1))
    place = pcs.planned()
    goes, keys = json.loads(place.read_text())["parts"][0]["goes"], list((pcs.elm.folder / "clearings").iterdir())
    assert len(goes) == 20
    with dated_rows.opened(entry(pcs)) as rows:
        bare = {piece.tag for piece in rows(entry(pcs)).pieces()}
    assert len(bare) == 21
    assert not bare & set(goes)
    [key] = keys
    assert key.stat().st_mode & 0o777 == 0o600
    kept = key.read_bytes()
    for wrong in (b"", kept[:-1]):
        key.write_bytes(wrong)
        answer = pcs.elm.run("table", "apply", place)
        assert (answer.code, answer.codes, len(pcs.ids())) == (4, ["CLR-010"], 21)
    key.unlink()
    assert pcs.elm.run("table", "apply", place).codes == ["CLR-010"]
    key.write_bytes(kept)
    assert pcs.elm.ok("table", "apply", place)["clearing"]["deleted"] == 20
    assert not key.exists()
    assert pcs.elm.ok("table", "apply", place)["clearing"]["deleted"] == 20  # told again, with nothing to look for
    pcs.elm.refused("table", "plan", "--as", "Cal Example", code=2, error="CLR-001")
    assert not list(key.parent.iterdir()), "a plan that would do nothing leaves no key"


def test_killed_between_chunks_it_goes_on(pcs):
    pcs.add(*(local(60 + n) for n in range(700)), local(1))
    place = pcs.planned()
    for at, left in ((0, 701), (2, 301)):
        words = [sys.executable, "-c", KILLED.format(at=at), "table", "apply", place, "--site", pcs.elm.folder]
        env = library.environment(None)
        done = subprocess.run(list(map(str, words)), cwd=pcs.elm.folder, env=env, capture_output=True, check=False)
        assert done.returncode == -9, done.stderr
        assert len(pcs.ids()) == left
    done = pcs.elm.ok("table", "apply", place)["clearing"]
    assert (done["deleted"], done["kept_since"], pcs.ids()) == (700, 0, [701])
    leaves = [decode_leaf(one) for one in LedgerFolder(pcs.elm.folder / "ledger").entries()]
    [leaf] = [one.fields for one in leaves if one.kind == "expiry"]
    assert leaf["outcome"] == "verified"


def test_a_table_that_would_mislead_is_refused(pcs):
    name = pcs.base.dialect
    pcs.add(local(100))
    assert refused(pcs, table="no_such") == ["TBL-001"]
    assert refused(pcs, clock="no_such") == ["TBL-001"]
    assert refused(pcs, key="station") == ["TBL-001"]  # not unique
    assert refused(pcs, key=["id", "card"]) == ["TBL-007"]
    assert refused(pcs, blank="id", key="station")[0] == "TBL-001"
    if name != "sqlite":
        assert refused(pcs, zone=None) == ["TBL-002"]
    pcs.sql("CREATE VIEW seen AS SELECT * FROM pc_bookings")
    assert refused(pcs, table="seen") == ["TBL-001"]
    pcs.sql(
        "CREATE TABLE copies (id INT, who VARCHAR(60))",
        *{
            "sqlite": ["CREATE TRIGGER keeps AFTER DELETE ON pc_bookings BEGIN INSERT INTO copies VALUES (OLD.id, OLD.who); END"],
            "mariadb": ["CREATE TRIGGER keeps AFTER DELETE ON pc_bookings FOR EACH ROW INSERT INTO copies VALUES (OLD.id, OLD.who)"],
            "postgresql": [
                "CREATE FUNCTION keeping() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO copies VALUES (OLD.id, OLD.who); RETURN OLD; END'",
                "CREATE TRIGGER keeps BEFORE DELETE ON pc_bookings FOR EACH ROW EXECUTE FUNCTION keeping()",
            ],
        }[name],
    )  # fmt: skip
    assert refused(pcs) == ["TBL-003"]
    with dated_rows.opened(entry(pcs, blank="card")), dated_rows.opened(entry(pcs, triggers=["keeps"])):
        pass  # it runs on a deletion only; and somebody has looked at it
    pcs.sql(
        "CREATE TABLE prints (job INT PRIMARY KEY, booking INT, "
        "FOREIGN KEY (booking) REFERENCES pc_bookings (id) ON DELETE CASCADE)"
    )
    assert refused(pcs, triggers=["keeps"]) == ["TBL-004"]
    with dated_rows.opened(entry(pcs, blank="card")):
        pass
    assert refused(pcs, blank="station", triggers=["keeps"], key="minutes")[0] == "TBL-001"
    if name == "mariadb":
        pcs.sql("DROP TABLE prints", "DROP TRIGGER keeps", "ALTER TABLE pc_bookings ADD SYSTEM VERSIONING")
        assert refused(pcs) == ["TBL-003"]


def test_who_may_say_no_is_heard_and_nothing_goes(pcs):
    pcs.add(local(100), local(90))
    place = pcs.planned()
    pcs.sql(
        "CREATE TABLE child (id INT PRIMARY KEY, of_booking INT, FOREIGN KEY (of_booking) REFERENCES pc_bookings (id))"
    )
    pcs.elm.refused("table", "apply", place, code=4, error="TBL-004")
    pcs.sql("DROP TABLE child", "ALTER TABLE pc_bookings ADD COLUMN more INT")
    pcs.elm.refused("table", "apply", place, code=4, error="CLR-004")  # it was made anew, perhaps
    place = pcs.planned("again.json")
    pcs.elm.edit("key: id, clock: ended", "key: id, clock: started")
    pcs.elm.refused("table", "apply", place, code=4, error="CLR-004")
    pcs.elm.edit("key: id, clock: started", "key: id, clock: ended")
    pcs.elm.edit("clock: ended, zone", "clock: ended, blank: [card], zone")
    pcs.elm.refused("table", "plan", "--as", "Cal Example", code=2, error="RUN-014")
    pcs.elm.edit("blank: [card], ", "")
    held = ("hold", "place", "--all", "--as", "Ada Example", "--reason", "a matter", "--authority", "the court")
    assert pcs.elm.run(*held).code == 0
    pcs.elm.refused("table", "apply", place, code=4, error="CLR-003")
    assert len(pcs.ids()) == 2


def test_the_least_rights_are_enough_and_doctor_names_what_is_missing(elm, scratch_server):
    koha = scratch_server
    pcs = bookings(elm, koha, f"apply_dsn_file: apply.dsn, zone: {ZONE}")
    pcs.add(local(100), local(1))
    said, dialect = entry(pcs), koha.dialect
    for file, apply in (("pc.dsn", False), ("apply.dsn", True)):
        rights = dated_rights.needed(said, dialect, apply=apply)
        lines = [one.sql(koha.database, "X", dialect)[len("GRANT ") : -len(" TO X;")] for one in rights]
        pcs.elm.secret(file, koha.limited_user(lines))
    checks = {one["name"]: one for one in doctor(pcs) if one["name"].startswith("table pcs")}
    assert checks["table pcs: grants"]["state"] == "ok", checks
    done = pcs.elm.ok("table", "apply", pcs.planned())["clearing"]
    assert (done["deleted"], pcs.ids()) == (1, [2])
    pcs.add(local(80))
    place = pcs.planned("again.json")
    pcs.elm.secret("apply.dsn", (pcs.elm.folder / "pc.dsn").read_text().strip())
    told = [one for one in doctor(pcs) if one["name"] == "table pcs: grants" and one["state"] == "finding"]
    assert "lacks DELETE on pc_bookings" in told[0]["detail"]
    assert "GRANT DELETE ON" in told[0]["fix"]
    no_right = pcs.elm.refused("table", "apply", place, code=4, error="SQL-005").text
    assert "names the right that is missing" in " ".join(no_right.split())
    assert "grant it SELECT on the table" not in no_right  # it has that
    assert len(pcs.ids()) == 2


def doctor(pcs):
    return pcs.elm.run("doctor", "--json").told["checks"]


def test_a_column_of_instants_needs_no_zone_and_is_read_in_utc(elm, scratch_server):
    """The server's own zone, and that of the session, say nothing."""
    koha = scratch_server
    pcs = bookings(elm, koha)
    kind = "timestamptz" if koha.dialect == "postgresql" else "timestamp NULL"
    pcs.sql(f"ALTER TABLE pc_bookings ADD COLUMN moment {kind}")
    pcs.add(local(1))
    with pcs.base.engine().begin() as connection:
        zone = "SET TIME ZONE 'Asia/Kolkata'" if koha.dialect == "postgresql" else "SET time_zone = '+05:30'"
        connection.exec_driver_sql(zone)
        connection.exec_driver_sql(f"UPDATE pc_bookings SET moment = '{local(50, 'Asia/Kolkata')}'")
    said = entry(pcs, clock="moment", zone=None)
    with dated_rows.opened(said) as rows:
        [piece] = rows(said).pieces()
        assert piece.at.replace(tzinfo=None) == local(50, "UTC")
        rows(said).clear(lambda _: True, lambda: None)
    assert pcs.ids() == []


def test_a_row_that_changes_between_the_look_and_the_step_stays(pcs):
    """Another program sets the clock after the page was read: the step knows the row by its clock as well."""
    pcs.add(local(100), local(90))
    with dated_rows.opened(entry(pcs)) as opened:
        rows = opened(entry(pcs))
        [page] = list(rows._pages())
        stale = [replace(one, clock=page[1].clock) if one is page[0] else one for one in page]
        with dated_rows._opened(entry(pcs), read_only=False) as engine:
            rows._cut(engine, stale)
    assert pcs.ids() == [1]


def test_keys_that_a_database_tells_apart_are_told_apart(elm, small_sqlite, tmp_path, monkeypatch):
    """Of SQLite: values of several types in one column, and letters that are alike to its column and not to its index."""
    monkeypatch.setattr(dated_rows, "PAGE", 2)
    with scratch_of(None, "sqlite", small_sqlite, tmp_path) as base:
        pcs, old = bookings(elm, base), local(100)
        pcs.sql(
            "CREATE TABLE types (k NOT NULL UNIQUE, ended TEXT)",
            f"INSERT INTO types VALUES ('1', '{old}'), (1, '{old}'), (x'31', '{old}')",
            "CREATE TABLE letters (k TEXT NOT NULL COLLATE NOCASE, ended TEXT)",
            "CREATE UNIQUE INDEX kept ON letters (k COLLATE BINARY)",
            *(f"INSERT INTO letters VALUES ('{one}', '{old}')" for one in ("abc", "ABC", "Abc", "aBC", "abC")),
        )
        for name, count in (("types", 3), ("letters", 5)):
            said = entry(pcs, table=name, key="k")
            with dated_rows.opened(said) as opened:
                rows = opened(said)
                tags = [one.tag for one in rows.pieces()]
                assert len(set(tags)) == len(tags) == count
                rows.clear(lambda one, approved=tags[1]: one.tag == approved, lambda: None)
                assert sorted(one.tag for one in rows.pieces()) == sorted(tags[:1] + tags[2:])


def test_a_key_that_several_rows_bear_by_now_undoes_the_step(pcs):
    pcs.sql("CREATE TABLE loose (k int NOT NULL, ended varchar(30))", "CREATE UNIQUE INDEX once ON loose (k)")
    pcs.sql(*(f"INSERT INTO loose VALUES ({n}, '{local(100)}')" for n in (1, 2)))
    said = entry(pcs, table="loose", key="k")
    with dated_rows.opened(said) as opened:
        rows = opened(said)
        [page] = list(rows._pages())
        drop = "DROP INDEX once" + (" ON loose" if pcs.base.dialect == "mariadb" else "")
        pcs.sql(drop, f"INSERT INTO loose VALUES (2, '{local(100)}')")
        with dated_rows._opened(said, read_only=False) as engine, pytest.raises(CarrelError) as wrong:
            rows._cut(engine, page)
    assert wrong.value.code == "TBL-001"
    with pcs.base.engine().connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM loose").scalar_one() == 3


def test_keys_of_several_columns_and_of_texts_are_walked_to_the_end(pcs, monkeypatch):
    """Whatever a database takes for the order of its letters: no row is left out, and none is seen twice."""
    monkeypatch.setattr(dated_rows, "PAGE", 7)
    kind = "uuid" if pcs.base.dialect == "postgresql" else "varchar(36)"
    pcs.sql(
        f"CREATE TABLE seats (room varchar(20) NOT NULL, slot int NOT NULL, tag {kind} NOT NULL, ended varchar(30), "
        "PRIMARY KEY (room, slot), UNIQUE (tag))"
    )
    rooms = ["B", "a", "A b", "a-b", "Ω", "Z", "z1", "_", "É"]
    with pcs.base.engine().begin() as connection:
        for n in range(90):
            room, at = rooms[n % 9], local(100 if n % 3 else 1)
            tag = f"{n * 7919 % 90:08x}-0000-4000-8000-{n:012x}"
            connection.exec_driver_sql(f"INSERT INTO seats VALUES ('{room}', {n // 9}, '{tag}', '{at}')")
    for key in (["room", "slot"], ["tag"]):
        said = entry(pcs, table="seats", key=key)
        with dated_rows.opened(said) as rows:
            pieces = list(rows(said).pieces())
            assert len(pieces) == len({one.tag for one in pieces}) == 90
    late = {one.tag for one in pieces if one.at is not None and one.at < NOW - timedelta(hours=48)}
    with dated_rows.opened(said) as rows:
        rows(said).clear(lambda one: one.tag in late, lambda: None)
        assert len(list(rows(said).pieces())) == 30


def test_what_stands_at_a_partition_is_seen(elm, scratch_server):
    if scratch_server.dialect != "postgresql":
        return  # elsewhere a partition is no table of its own
    pcs = bookings(elm, scratch_server)
    pcs.sql(
        "CREATE TABLE visits (id int, ended timestamp, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
        "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (1000)",
        "INSERT INTO visits VALUES (1, '2020-01-01'), (2, '2020-01-01')",
    )
    said = entry(pcs, table="visits")
    with dated_rows.opened(said) as rows:
        rows(said).clear(lambda _: True, lambda: None)
        assert not list(rows(said).pieces())
    pcs.sql("CREATE TABLE hangs (visit int REFERENCES visits_1 (id) ON DELETE CASCADE)")
    assert refused(pcs, table="visits") == ["TBL-004"]
