"""Two accounts that lead to two databases: nothing is planned, cut or verified by them; one database by two ways is one."""

from __future__ import annotations

import shutil

import pytest

from carrel.errors import CarrelError
from carrel.inventory.site import System
from carrel.systems.sql.accounts import open_compared
from tests.integration.conftest import Koha
from tests.integration.run import library
from tests.integration.servers import mariadb, postgresql

LINE = "    apply_dsn_file: doer.dsn\n"


def equal_copy(elm, tmp_path):
    """Another database with the same rows, and its address."""
    koha = elm.koha
    koha.dispose()
    if koha.server is None:
        shutil.copyfile(tmp_path / "koha.db", tmp_path / "equal.db")
        return Koha(f"sqlite:///{tmp_path / 'equal.db'}", "sqlite", koha.sample)
    make = mariadb.fresh_copy if koha.dialect == "mariadb" else postgresql.fresh_copy
    name = make(koha.server, koha.database)
    return Koha(koha.server.url(name), koha.dialect, koha.sample, koha.server, name)


def another_way(elm, tmp_path):
    """The same database by a link, by another account, or by the server's socket."""
    koha = elm.koha
    if koha.server is None:
        (tmp_path / "link.db").symlink_to(tmp_path / "koha.db")
        return f"sqlite:///{tmp_path / 'link.db'}"
    if koha.dialect == "mariadb":
        socket = f"?unix_socket={koha.server.socket_path}"
        return f"mariadb+pymysql://carrel:{koha.server.password}@localhost/{koha.database}{socket}"
    return koha.url.replace("127.0.0.1", "localhost")


def accounts_line(elm):
    checks = elm.run("doctor", "--json").told["checks"]
    return [(one["state"], one["detail"]) for one in checks if one["name"] == "accounts"]


@pytest.mark.everywhere
def test_what_two_accounts_lead_to_is_one_database_or_nothing_is_done(small, tmp_path):
    elm = small
    place = elm.approved()
    copy = equal_copy(elm, tmp_path)
    before = library.checksum(copy)
    copy.dispose()
    elm.edit("    time_zone:", f"{LINE}    time_zone:")
    elm.secret("doer.dsn", copy.url)
    told = elm.refused("apply", place, code=4, error="SQL-022")
    assert "koha.dsn and doer.dsn" in told.err
    assert elm.ok("run-due", code=4)["systems"][0]["codes"] == ["SQL-022"]
    for verb in (("verify",), ("plan", "--as", "Cal Example", "--out", elm.folder / "p.json")):
        elm.refused(*verb, code=4, error="SQL-022")
    assert not (elm.folder / "p.json").exists()
    [(state, detail)] = accounts_line(elm)
    assert state == "refused"
    assert "SQL-022" in detail
    assert library.checksum(copy) == before
    copy.dispose()

    elm.secret("doer.dsn", another_way(elm, tmp_path))
    assert "lead to one database" in accounts_line(elm)[0][1]
    assert elm.ok("apply", place)["run"]["complete"]
    assert elm.ok("verify")["verified"] is True
    assert library.checksum(copy) == before
    copy.dispose()


def test_one_account_that_cannot_be_reached_lets_others_read_and_nobody_cut(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    place = elm.approved()
    real, nowhere = small_sqlite.url, "mariadb+pymysql://carrel:hunter2@127.0.0.1:1/koha"
    elm.edit("    time_zone:", f"{LINE}    time_zone:")
    elm.ok("verify", code=5)  # nothing was cut yet; a file that is not here says nothing
    elm.secret("doer.dsn", nowhere)
    elm.ok("verify", code=5)
    elm.secret("koha.dsn", nowhere)
    elm.secret("doer.dsn", real)
    told = elm.refused("apply", place, code=1, error="SQL-003")
    assert "koha (the account that reads)" in told.err
    elm.secret("koha.dsn", real)
    elm.secret("doer.dsn", f"sqlite:///{tmp_path / 'nothing-here.db'}")
    elm.refused("verify", code=4, error="SQL-022")


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_standby_and_one_that_was_promoted_are_no_longer_the_same_database(tmp_path):
    """One cluster by its identifier and one name of the database, on two servers that both answer."""
    with postgresql.running("wal_level=replica", "hot_standby=on") as primary:
        primary.sql("CREATE DATABASE elm")
        standby = primary.standby()
        try:
            words = {"name": "koha", "map": "koha", "time_zone": "UTC"}
            files = {"dsn_file": tmp_path / "old.dsn", "apply_dsn_file": tmp_path / "new.dsn"}
            for file, server in zip(files.values(), (primary, standby), strict=True):
                file.write_text(server.url("elm"))
                file.chmod(0o600)
            ways = [
                System.model_validate({**words, **files}),
                System.model_validate({**words, **dict(zip(files, reversed(files.values()), strict=True))}),
            ]
            assert refusal(ways[0], read_only=True) == ("SQL-022", "SQL-006")
            assert refusal(ways[1], read_only=False) == ("SQL-022", "SQL-006")
            standby.sql("SELECT pg_promote()")
            for system in ways:
                for read_only in (True, False):
                    assert refusal(system, read_only=read_only) == ("SQL-022", "two servers")
            (tmp_path / "new.dsn").write_text(primary.url("elm").replace("127.0.0.1", "localhost"))
            open_compared(ways[0], read_only=False).dispose()
        finally:
            standby.remove()


def refusal(system, *, read_only):
    with pytest.raises(CarrelError) as refused:
        open_compared(system, read_only=read_only)
    found = refused.value.faults[0].found
    return refused.value.code, "SQL-006" if "SQL-006" in found else found
