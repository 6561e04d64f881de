"""``carrel doctor``: each thing that could go wrong is broken on purpose, and doctor says which and what to do."""

from __future__ import annotations

import json
import textwrap

import pytest

from carrel.cli.main import main
from carrel.ledger.key import Signer
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql import grants

KOHA = in_force(map_files.load("koha"), policy_files.load("mit-libraries").record_schedules())
QUIET = (
    "UPDATE systempreferences SET value = '0' WHERE variable IN ('BorrowersLog', 'FinesLog', 'HoldsLog', 'IssueLog', "
    "'Pseudonymization', 'RenewalLog', 'ReturnLog', 'StoreLastBorrower')"
)


@pytest.fixture
def site(tmp_path):
    """Writes a site for a database; returns a function that runs doctor on it."""

    def make(koha, *, url: str | None = None, apply_url: str | None = None, zone: str = "UTC", more: str = ""):
        addresses = {"koha.dsn": url or koha.url, "apply.dsn": apply_url or url or koha.url}
        for name, address in addresses.items():
            (tmp_path / name).write_text(address.replace("?charset=utf8mb4", ""))
            (tmp_path / name).chmod(0o600)
        ada = Signer.generate("library.example/staff/ada", bytes(range(32))).vkey
        (tmp_path / "copies").mkdir(exist_ok=True)
        (tmp_path / "carrel.yaml").write_text(
            textwrap.dedent(f"""\
            library: Example Library
            policy: mit-libraries
            folder: state
            systems:
              - name: koha
                map: koha
                dsn_file: koha.dsn
                apply_dsn_file: apply.dsn
                time_zone: {zone}
            people:
              - {{name: Ada, role: director, public_key: {ada}, may: [approve]}}
              - {{name: Ben, role: systems librarian, may: [run]}}
            outside_copies: [{{folder: copies}}]
            """)
            + (more or "consumers: {'delete_patrons.pl --not_borrowed_since': not used}\n")
        )
        return tmp_path

    return make


@pytest.fixture
def doctor(capsys):
    def run(folder, *arguments: str):
        with pytest.raises(SystemExit) as left:
            main(["doctor", "--site", str(folder), "--json", *arguments])
        return left.value.code, json.loads(capsys.readouterr().out)

    return run


def of(body, name: str):
    return [one for one in body["checks"] if one["name"] == name]


def states(body, name: str) -> set[str]:
    return {one["state"] for one in of(body, name)}


def change(koha, *statements: str) -> None:
    with koha.engine().begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_site_in_order_has_only_the_finding_that_not_all_is_covered(koha_sqlite, site, doctor):
    change(koha_sqlite, QUIET, "UPDATE borrowers SET privacy = 1")
    change(koha_sqlite, "UPDATE categories SET default_privacy = 'default'")
    code, body = doctor(site(koha_sqlite))
    assert code == 3
    assert states(body, "setting") == {"note"}, "a setting that leaves something behind is not ok"
    assert not of(body, "storage engine"), "only MariaDB has several"
    found = {one["name"] for one in body["checks"] if one["state"] not in {"ok", "note"}}
    assert found <= {"collection", "coverage", "free pages", "disk"}, "the sample collects more than its policy needs"
    assert "coverage" in found
    assert of(body, "anonymous patron")[0]["state"] == "ok"
    assert not (site(koha_sqlite) / "state").exists()


def test_people_read_it_within_a_hundred_columns(koha_sqlite, site, capsys):
    folder = site(koha_sqlite)
    with pytest.raises(SystemExit):
        main(["doctor", "--site", str(folder)])
    out = capsys.readouterr().out
    assert max(len(line) for line in out.splitlines()) <= 100
    assert "fix: " in out


def test_settings_that_contradict_the_policy(koha_sqlite, site, doctor):
    _, body = doctor(site(koha_sqlite))
    told = " ".join(one["detail"] for one in of(body, "setting"))
    for name in ("StoreLastBorrower", "Pseudonymization", "IssueLog", "BorrowersLog"):
        assert name in told
    assert "MITL-" in told


def test_an_anonymous_patron_that_is_none(koha, site, doctor):
    change(koha, "UPDATE systempreferences SET value = '99999999' WHERE variable = 'AnonymousPatron'")
    code, body = doctor(site(koha))
    assert code == 4
    assert states(body, "anonymous patron") == {"refused"}


def test_an_unknown_column_table_view_and_trigger(koha, site, doctor):
    body_of = "BEGIN DELETE FROM sessions; END" if koha.dialect == "sqlite" else "FOR EACH ROW DELETE FROM sessions"
    change(
        koha,
        "ALTER TABLE messages ADD COLUMN mood varchar(20) NULL",
        "CREATE TABLE plugin_chat (id int PRIMARY KEY, patron_id int)",
        "ALTER TABLE saved_reports RENAME TO saved_reports_behind",
        "CREATE VIEW saved_reports AS SELECT * FROM saved_reports_behind",
        f"CREATE TRIGGER spy BEFORE UPDATE ON old_issues {body_of}",
    )
    code, body = doctor(site(koha))
    assert code == 4
    assert "finding" in {o["state"] for o in of(body, "columns") if "messages.mood" in o["detail"]}
    assert {o["state"] for o in of(body, "tables") if "plugin_chat" in o["detail"]} == {"finding"}
    assert {o["state"] for o in of(body, "tables") if o["detail"].startswith("saved_reports:")} == {"refused"}
    assert {o["state"] for o in of(body, "triggers")} == {"refused"}
    assert all(one["fix"] for one in body["checks"] if one["state"] == "refused")


def test_a_destructive_job_blocks_until_it_is_declared(koha_sqlite, site, doctor):
    code, body = doctor(site(koha_sqlite, more="consumers: {}\n"))
    assert code == 4
    assert states(body, "consumer") == {"refused"}
    waived = (
        "consumers: {'delete_patrons.pl --not_borrowed_since': {waived: {by: Ada, reason: x, until: 2020-01-01}}}\n"
    )
    assert doctor(site(koha_sqlite, more=waived))[0] == 4


def test_secrets_and_keys_that_others_can_read(koha_sqlite, site, doctor):
    folder = site(koha_sqlite)
    (folder / "apply.dsn").chmod(0o644)
    (folder / "state" / "keys").mkdir(parents=True)
    (folder / "state" / "keys" / "ledger.key").write_text("x")
    (folder / "state" / "keys" / "ledger.key").chmod(0o640)
    code, body = doctor(folder)
    assert code == 4
    assert any("SIT-005" in one["detail"] for one in of(body, "secret"))
    assert states(body, "keys") == {"refused"}


def test_a_server_that_is_away_leaves_the_other_checks(koha_sqlite, site, doctor):
    address = "mariadb+pymysql://carrel:hunter2@127.0.0.1:1/koha"
    code, body = doctor(site(koha_sqlite, url=address))
    assert code == 4
    assert "SQL-003" in of(body, "koha: connection")[0]["detail"]
    assert "hunter2" not in json.dumps(body)
    assert states(body, "policy") == {"ok"}


def test_no_site_file(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["doctor", "--site", str(tmp_path)])
    assert left.value.code == 2
    assert "SIT-002" in capsys.readouterr().err


def test_an_outside_copy_and_a_mail_server_that_are_not_there(koha_sqlite, site, doctor):
    more = (
        "consumers: {'delete_patrons.pl --not_borrowed_since': not used}\n"
        "mail: {host: 127.0.0.1, port: 1, from: a@b.example, to: [c@d.example]}\n"
    )
    folder = site(koha_sqlite, more=more)
    (folder / "copies").rmdir()
    _, body = doctor(folder)
    assert states(body, "outside copies") == {"finding"}
    assert states(body, "mail") == {"finding"}


def rights(koha, purpose, *more: str) -> str:
    least = [
        f"{one.privilege}{' (' + ','.join(one.columns) + ')' if one.columns else ''} ON {one.table}"
        for one in grants.needed(KOHA, purpose)
    ]
    return koha.limited_user([*least, *more])


@pytest.mark.mariadb
def test_grants_as_printed_are_found_right_and_others_are_not(koha_mariadb, site, doctor):
    reads = rights(koha_mariadb, grants.Purpose.READ, "SELECT")
    applies = rights(koha_mariadb, grants.Purpose.APPLY, "SELECT")
    _, body = doctor(site(koha_mariadb, url=reads, apply_url=applies))
    assert states(body, "grants to read") == {"ok"}
    assert states(body, "grants to apply") == {"ok"}, of(body, "grants to apply")
    _, body = doctor(site(koha_mariadb, url=koha_mariadb.url, apply_url=reads))
    assert states(body, "grants to read") == {"finding"}
    assert states(body, "grants to apply") == {"refused"}
    _, body = doctor(site(koha_mariadb, url=reads, apply_url=rights(koha_mariadb, grants.Purpose.APPLY)))
    assert [(one["state"], one["detail"]) for one in of(body, "grants to apply")] == [
        ("refused", "the sweep cannot look into every table")
    ]
    only_some = koha_mariadb.limited_user(["SELECT ON old_issues", "SELECT ON systempreferences"])
    code, body = doctor(site(koha_mariadb, url=only_some, apply_url=applies))
    assert code == 4
    assert states(body, "triggers") == {"refused"}


@pytest.mark.mariadb
def test_the_server_behind_it(koha_mariadb, site, doctor):
    server = koha_mariadb.server
    server.sql("SET GLOBAL general_log = 1", "SET GLOBAL time_zone = '-05:00'", "SET GLOBAL read_only = 1")
    try:
        _, body = doctor(site(koha_mariadb))
    finally:
        server.sql("SET GLOBAL general_log = 0", "SET GLOBAL time_zone = 'SYSTEM'", "SET GLOBAL read_only = 0")
    for name in ("general log", "time zone", "primary server"):
        assert states(body, name) == {"finding"}, name
    assert states(body, "slow query log") == {"ok"}
    assert "SQL-006" in json.dumps(body)


@pytest.mark.mariadb
def test_engine_and_charset_of_a_table(koha_mariadb, site, doctor):
    change(
        koha_mariadb,
        "ALTER TABLE saved_reports ENGINE=MyISAM",
        "UPDATE messages SET message = 'plain'",
        "ALTER TABLE messages CONVERT TO CHARACTER SET latin1",
    )
    try:
        code, body = doctor(site(koha_mariadb))
    finally:  # the fixture compares columns and keys, not character sets
        change(koha_mariadb, "ALTER TABLE messages CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    assert code == 4
    assert states(body, "storage engine") == {"refused"}
    assert states(body, "character set of tables") == {"refused"}


@pytest.mark.mariadb
def test_a_binary_log_that_keeps_whole_rows_for_ever(mariadb_with, koha_mariadb, site, doctor):
    server = mariadb_with(binlog=True, options=("--binlog-row-image=FULL",))
    _, body = doctor(site(koha_mariadb, url=server.url("sample_template")))
    assert states(body, "binary log") == {"finding"}
    assert states(body, "binary log expiry") == {"finding"}
