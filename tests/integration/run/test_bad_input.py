"""Bad input of every kind: a coded error, the right exit code, nothing changed, nobody's name told."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql.grants import SWEEP, Purpose, needed
from tests.integration.run import library

KOHA = in_force(map_files.load("koha"), policy_files.load("mit-libraries").record_schedules())
pytestmark = pytest.mark.mariadb


@pytest.fixture
def server_library(small_mariadb, tmp_path):
    return library.make(tmp_path / "site", small_mariadb)


def test_wrong_credentials_wrong_host_wrong_database_and_no_address(server_library):
    elm = server_library
    place = elm.approved()
    url = sa.make_url(elm.koha.url)
    shown = {
        "SQL-002": (url.set(password="not-the-password-1"), 1),
        "SQL-003": (url.set(port=1), 1),
        "SQL-004": (url.set(database="no_such_database"), 1),
        "SQL-001": (url.set(drivername="oracle"), 2),
        "SQL-010": (url.update_query_dict({"charset": "latin1"}), 4),
    }
    for code, (wrong, status) in shown.items():
        elm.secret("koha.dsn", wrong.render_as_string(hide_password=False))
        for words in (("plan", "--as", "Cal Example"), ("apply", place), ("verify",)):
            elm.refused(*words, code=status, error=code)
    (elm.folder / "koha.dsn").write_text("this is no address but it may hold my-secret-word\n")
    elm.needles.add("my-secret-word")
    elm.refused("apply", place, code=2, error="SQL-001")
    (elm.folder / "koha.dsn").chmod(0o644)
    elm.refused("apply", place, code=4, error="SIT-005")
    (elm.folder / "koha.dsn").unlink()
    elm.refused("apply", place, code=2, error="SIT-004")


BROKEN = {
    "no zone": ("    time_zone: UTC\n", "", "SIT-006"),
    "a zone that is none": ("time_zone: UTC", "time_zone: Middle/Earth", "SIT-006"),
    "an unknown key": ("    mode: window\n", "    mood: window\n", "SIT-001"),
    "no yaml": ("systems:\n", "systems: [\n", "SIT-001"),
    "another version": ("format_version: 1", "format_version: 9", "SIT-001"),
    "an unknown map": ("map: koha", "map: aleph", "MAP-001"),
    "no such policy": ("./policy.yaml", "./gone.yaml", "POL-002"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_site_file(small_mariadb, tmp_path, what):
    elm = library.make(tmp_path / "site", small_mariadb)
    old, new, code = BROKEN[what]
    elm.edit(old, new)
    before = elm.checksum()
    answer = elm.run("plan", "--as", "Cal Example", "--out", tmp_path / "plan.json")
    assert (answer.code, code in answer.codes) == (2, True), answer.text
    assert elm.checksum() == before
    assert not (tmp_path / "plan.json").exists()


def test_a_zone_that_is_not_the_servers(server_library):
    server_library.edit("time_zone: UTC", "time_zone: Asia/Tokyo")
    server_library.refused("plan", "--as", "Cal Example", code=4, error="SQL-011")


def test_a_site_that_is_not_there(server_library, tmp_path):
    answer = server_library.run("plan", "--site", tmp_path / "nowhere", "--as", "Cal Example", site=False)
    assert (answer.code, answer.codes) == (2, ["SIT-002"])


# What makes the shape another one, and what takes it back.
SHAPES = {
    "a column that a rule needs has another name": (
        "ALTER TABLE old_issues CHANGE borrowernumber borrower INT NULL",
        "ALTER TABLE old_issues CHANGE borrower borrowernumber INT NULL",
    ),
    "a view in the place of a table": (
        "RENAME TABLE accountlines TO accountlines_old; CREATE VIEW accountlines AS SELECT * FROM accountlines_old",
        "DROP VIEW accountlines; RENAME TABLE accountlines_old TO accountlines",
    ),
    "no such table": (
        "RENAME TABLE account_offsets TO account_offsets_old",
        "RENAME TABLE account_offsets_old TO account_offsets",
    ),
}


def test_a_database_of_another_shape(server_library):
    elm = server_library
    place = elm.approved()
    for what, (change, back) in SHAPES.items():
        elm.sql("SET foreign_key_checks = 0", *change.split("; "))
        for words in (("apply", place), ("plan", "--as", "Cal Example"), ("verify",)):
            answer = elm.refused(*words, code=4, error="MAP-003")
            assert "Traceback" not in answer.err, what
        elm.sql("SET foreign_key_checks = 0", *back.split("; "))


def test_an_empty_library(server_library):
    elm = server_library
    empty = [name for name, count in elm.koha.sample.counts.items() if count and name != "systempreferences"]
    elm.sql("SET foreign_key_checks = 0", *(f"DELETE FROM {name}" for name in empty if name != "borrowers"))
    elm.sql(f"DELETE FROM borrowers WHERE borrowernumber <> {elm.koha.sample.anonymous_patron}")
    told = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "plan.json")
    assert told["plan"]["states"] == {"due": 0, "other reasons": "not told"}
    elm.approve(elm.folder / "plan.json", *elm.waiver)
    before = elm.checksum()
    run = elm.ok("apply", elm.folder / "plan.json")["run"]
    assert (run["loans"], run["complete"], run["outcome"]) == (0, True, "verified")
    assert elm.checksum() == before
    assert elm.ok("verify")["verified"] is True


def test_zero_dates_are_kept_and_named_and_an_unknown_column_stops_no_rule(server_library):
    elm = server_library
    elm.sql("ALTER TABLE old_issues ADD COLUMN plugin_reader INT NULL")
    with elm.koha.engine().begin() as connection:
        connection.exec_driver_sql("SET sql_mode = ''")
        [(reader,)] = connection.exec_driver_sql("SELECT max(borrowernumber) FROM borrowers").fetchall()
        connection.exec_driver_sql(
            "INSERT INTO old_issues (issue_id, borrowernumber, itemnumber, branchcode, issuedate, returndate, date_due) "
            "VALUES "
            + ", ".join(
                f"({900001 + n}, {reader}, NULL, 'CPL', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00')"
                for n in range(10)
            )
        )
    told = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "plan.json")
    assert told["plan"]["states"]["no usable return date"] >= 10
    elm.approve(elm.folder / "plan.json", *elm.waiver)
    assert elm.ok("apply", elm.folder / "plan.json")["run"]["remaining"] == {}
    assert elm.koha.rows("SELECT borrowernumber FROM old_issues WHERE issue_id = 900001") == [(reader,)]


# -- grants -----------------------------------------------------------------------------------------------------------


def rights(purpose, *, without=None):
    found = []
    for one in (*needed(KOHA, purpose), SWEEP):
        if one == without:
            continue
        columns = f" ({', '.join(f'`{name}`' for name in one.columns)})" if one.columns else ""
        found.append(f"{one.privilege}{columns} ON {one.table}")
    return found


def least(elm, *, without=None):
    """The accounts that `carrel init` asks for, one for reading and one that carries out."""
    elm.secret("koha.dsn", elm.koha.limited_user(rights(Purpose.READ)))
    elm.secret("doer.dsn", elm.koha.limited_user(rights(Purpose.APPLY, without=without)))
    if "doer.dsn" not in (elm.folder / "carrel.yaml").read_text():
        elm.edit("dsn_file: koha.dsn\n", "dsn_file: koha.dsn\n    apply_dsn_file: doer.dsn\n")


MISSING = (("UPDATE", "old_issues"), ("UPDATE", "statistics"), ("DELETE", "message_queue"), ("SELECT", "accountlines"))


def test_the_whole_loop_under_the_least_rights_and_under_no_fewer(server_library):
    elm = server_library
    least(elm)
    place = elm.approved()
    for what in MISSING:
        right = next(one for one in needed(KOHA, Purpose.APPLY) if (one.privilege, one.table) == what)
        left = [one for one in rights(Purpose.APPLY, without=right) if one != "SELECT ON *" or what[0] != "SELECT"]
        (elm.folder / "doer.dsn").unlink()
        elm.secret("doer.dsn", elm.koha.limited_user(left))
        elm.refused("apply", place, code=4, error="SQL-005")
    # What is granted later lets the same plan go on.
    least(elm)
    run = elm.ok("apply", place)["run"]
    assert (run["complete"], run["remaining"]) == (True, {})
    assert run["sweep"]["pairs"] == run["sweep"]["swept"] > 0
    assert run["sweep"]["led_back"] == 0
    assert elm.ok("verify")["verified"] is True
    assert elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "again.json")["plan"]["states"]["due"] == 0


# -- servers ----------------------------------------------------------------------------------------------------------


def test_a_server_that_takes_no_writes(small_mariadb, tmp_path):
    elm = library.make(tmp_path / "site", small_mariadb)
    place = elm.approved()
    small_mariadb.server.sql("SET GLOBAL read_only = 1")
    try:
        elm.refused("apply", place, code=4, error="SQL-006")
        elm.refused("verify", code=4, error="SQL-006")  # it may be a replica, and what it holds proves nothing
    finally:
        small_mariadb.server.sql("SET GLOBAL read_only = 0")


@pytest.mark.slow
def test_a_server_that_dies_in_the_middle_of_a_run(mariadb_with, mariadb_template, koha_mariadb, tmp_path):
    """Killed under a running apply and started again, the same plan goes on, to the state of an undisturbed run."""
    calm = library.make(tmp_path / "calm", koha_mariadb)
    calm.first_stage()
    server = mariadb_with()
    koha = type(koha_mariadb)(server.url("sample_template"), "mariadb", mariadb_template[1], server, "sample_template")
    elm = library.make(tmp_path / "site", koha)
    place = elm.approved()
    dead = threading.Event()

    def kill():
        while not dead.is_set():
            with elm.store as store:
                run = store.runs.unfinished("koha")
            if run is not None:
                server._kill()
                dead.set()
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    answer = elm.run("apply", place)
    dead.set()
    killer.join()
    assert answer.code == 1, answer.text
    assert set(answer.codes) <= {"SQL-008", "SQL-003"}, answer.text
    server.start()
    elm.secret("koha.dsn", server.url("sample_template"))
    koha.url = server.url("sample_template")
    assert elm.ok("apply", place)["run"]["loans"] == 1000
    assert _sums(koha) == _sums(koha_mariadb)
    koha.dispose()


def _sums(koha):
    tables = koha.server.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        f"AND table_schema = '{koha.database}' ORDER BY 1"
    )
    return [koha.server.sql(f"CHECKSUM TABLE `{koha.database}`.`{name}` EXTENDED")[0][1] for (name,) in tables]
