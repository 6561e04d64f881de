"""``carrel init``: the database is only read, everything or nothing is written, no secret is shown."""

from __future__ import annotations

import json
import stat

import pytest

from carrel.cli.main import main
from carrel.systems.policy_files import load
from carrel.systems.site_file import load_site
from carrel.systems.sql.database import open_system


@pytest.fixture
def carrel(capsys):
    def run(*arguments: str):
        with pytest.raises(SystemExit) as left:
            main([str(one) for one in arguments])
        told = capsys.readouterr()
        return left.value.code, told.out, told.err

    return run


def dsn(koha) -> str:
    return koha.url.replace("?charset=utf8mb4", "")


ZONE = ("--time-zone", "UTC")


def test_a_site_is_written_that_can_be_used_at_once(koha, carrel, tmp_path):
    folder = tmp_path / "site"
    code, out, err = carrel("init", "koha", "--dsn", dsn(koha), "--folder", folder, *ZONE, "--policy", "mit-libraries")
    assert (code, err) == (0, "")
    assert sorted(one.name for one in folder.iterdir()) == [
        "carrel.yaml",
        *(["grants.sql"] if koha.server is not None else []),
        "koha.dsn",
        "policy.schema.json",
        "policy.yaml",
        "site.schema.json",
    ]
    assert stat.S_IMODE((folder / "koha.dsn").stat().st_mode) == 0o600
    site = load_site(folder)
    assert load(site.policy).name == "mit-libraries"
    written = (folder / "carrel.yaml").read_text()
    for key in ("backups", "tables", "mailboxes", "folders", "logs", "log_services", "stations"):
        assert f"\n# {key}:" in written, key
    open_system(site.systems[0], read_only=True).dispose()
    assert "25.05" in out
    if koha.server is not None:
        assert koha.server.password not in out
        assert koha.server.password not in (folder / "carrel.yaml").read_text()
        place = folder / "grants.sql"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert place.read_text().count("CREATE USER") == 2
        assert "GRANT UPDATE (" in place.read_text()
        assert "GRANT" not in out
    assert "next:" in out


def test_a_second_time_nothing_is_written_over(koha_sqlite, carrel, tmp_path):
    (tmp_path / "policy.yaml").write_text("ours\n")
    code, out, err = carrel("init", "koha", "--dsn", dsn(koha_sqlite), "--folder", tmp_path, *ZONE)
    assert (code, out) == (2, "")
    assert "SIT-003" in err
    assert (tmp_path / "policy.yaml").read_text() == "ours\n"
    assert not (tmp_path / "carrel.yaml").exists()


@pytest.mark.parametrize("zone", [(), ("--time-zone", "Mars/Olympus"), ("--time-zone", "CET")])
def test_the_zone_is_declared_never_guessed(koha_sqlite, carrel, tmp_path, zone):
    folder = tmp_path / "site"
    code, _, err = carrel("init", "koha", "--dsn", dsn(koha_sqlite), "--folder", folder, *zone)
    assert code == 2
    assert "SIT-006" in err
    assert not folder.exists()


@pytest.mark.mariadb
def test_a_zone_that_the_server_contradicts_is_refused(koha_mariadb, carrel, tmp_path):
    folder = tmp_path / "site"
    koha_mariadb.server.sql("SET GLOBAL time_zone = '+09:30'")
    try:
        code, _, err = carrel("init", "koha", "--dsn", dsn(koha_mariadb), "--folder", folder, *ZONE)
    finally:
        koha_mariadb.server.sql("SET GLOBAL time_zone = 'SYSTEM'")
    assert code == 4
    assert "SQL-011" in err
    assert not folder.exists()


def test_nothing_is_written_if_the_database_cannot_be_read(carrel, tmp_path):
    folder = tmp_path / "site"
    address = "mariadb+pymysql://carrel:hunter2@127.0.0.1:1/koha"
    code, out, err = carrel("init", "koha", "--dsn", address, "--folder", folder, *ZONE)
    assert code == 1
    assert "SQL-003" in err
    assert "hunter2" not in out + err
    assert not folder.exists()


def test_another_database_is_not_taken_for_the_product(carrel, tmp_path):
    import sqlite3

    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE books (id integer)").connection.close()
    folder = tmp_path / "site"
    code, _, err = carrel("init", "koha", "--dsn", f"sqlite:///{tmp_path / 'other.db'}", "--folder", folder, *ZONE)
    assert code == 4
    assert "MAP-003" in err
    assert not folder.exists()


def test_the_address_from_a_file_of_mode_0600(koha_sqlite, carrel, tmp_path):
    place = tmp_path / "address"
    place.write_text(dsn(koha_sqlite))
    place.chmod(0o644)
    code, _, err = carrel("init", "koha", "--dsn-file", place, "--folder", tmp_path / "site", *ZONE)
    assert code == 4
    assert "SIT-005" in err
    place.chmod(0o600)
    code, out, _ = carrel("init", "koha", "--dsn-file", place, "--folder", tmp_path / "site", *ZONE, "--json")
    assert code == 0
    assert json.loads(out)["product_version"].startswith("25.05")


def test_an_address_is_needed_and_only_one(carrel, tmp_path):
    assert carrel("init", "koha", "--folder", tmp_path, *ZONE)[0] == 2


def test_an_unknown_policy_or_map(koha_sqlite, carrel, tmp_path):
    code, _, err = carrel("init", "koha", "--dsn", dsn(koha_sqlite), "--folder", tmp_path / "s", *ZONE, "--policy", "x")
    assert code == 2
    assert "POL-019" in err
    assert carrel("init", "millennium", "--grants-only")[0] == 2


def test_grants_alone_need_no_database(carrel):
    code, out, _ = carrel("init", "koha", "--grants-only", "--policy", "mit-libraries", "--json")
    found = json.loads(out)["grants"]
    assert code == 0
    assert not any("UPDATE" in line or "DELETE" in line for line in found["read"])
    assert any("UPDATE (`borrowernumber`" in line and "`old_issues`" in line for line in found["apply"])
    assert not any("`password`" in line for line in found["apply"])


def test_who_erases_lapsed_cards_needs_more_rights(carrel):
    """By night the account deletes people from every table, and looks for them in every text."""
    _, out, _ = carrel("init", "koha", "--grants-only", "--policy", "worcester", "--json")
    found = json.loads(out)["grants"]
    assert not any("UPDATE" in line or "DELETE" in line for line in found["read"])
    assert any(line.startswith("GRANT DELETE ON `DATABASE`.`borrowers`") for line in found["apply"])
    assert any(line.startswith("GRANT SELECT ON `DATABASE`.*") for line in found["apply"])


def test_a_folder_that_cannot_be_made(koha_sqlite, carrel, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = carrel("init", "koha", "--dsn", dsn(koha_sqlite), "--folder", tmp_path / "file" / "site", *ZONE)
    assert code == 1
    assert "SIT-009" in err
