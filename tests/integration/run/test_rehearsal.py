"""A rehearsal is cut on a copy and nowhere else, is of the plan that will run, and counts only when it did that plan."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from importlib import resources

import pytest

from carrel.retention.stage import Stage
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from tests.integration.conftest import ON_EACH, Koha
from tests.integration.run import library
from tests.integration.run.test_erasure import CARD, TEXT, USER, planned, subject
from tests.integration.servers import mariadb


@pytest.fixture
def copied(small_sqlite, tmp_path):
    """A small library on SQLite with a copy of its database, and that copy."""
    shutil.copyfile(tmp_path / "koha.db", tmp_path / "copy.db")
    copy = Koha(f"sqlite:///{tmp_path / 'copy.db'}", "sqlite", small_sqlite.sample)
    yield library.make(tmp_path / "site", small_sqlite, copies=[("copy", copy.url)]), copy
    copy.dispose()


def with_copy_at(koha, tmp_path, url):
    """A site whose copy has an address that it should not have, and a plan of its system."""
    elm = library.make(tmp_path / "site", koha, copies=[("copy", url)])
    return elm, elm.plan()


def readers(koha):
    """The readers whom past loans still name, with their loans."""
    found = koha.rows(
        f"SELECT borrowernumber, issue_id FROM old_issues WHERE borrowernumber <> {koha.sample.anonymous_patron}"
    )
    return {(int(str(person)), int(str(loan))) for person, loan in found}


# -- where it happens -----------------------------------------------------------------------------------------------


def test_a_rehearsal_stands_in_for_the_waiver_and_cuts_the_copy_alone(copied):
    elm, copy = copied
    place = elm.plan()
    elm.approve(place)
    assert "no rehearsal" in elm.refused("apply", place, code=6, error="APR-008").err
    before = elm.checksum()
    answer = elm.run("apply", place, "--rehearse-on", "copy")
    assert answer.code == 0, answer.text
    assert answer.out.startswith("This was a rehearsal, on copy. koha itself was not touched.\n")
    assert "It counts as the rehearsal.\nFor koha itself nothing was approved by it" in answer.out
    assert elm.checksum() == before
    rehearsed = library.checksum(copy)
    assert rehearsed != before

    assert elm.ok("verify", "--system", "copy")["copy_of"] == "koha"
    assert "this says nothing of koha itself" in elm.run("verify", "--system", "copy").out
    assert "copy is a copy of koha" in elm.run("sweep", "--system", "copy").out
    leaves = elm.run("ledger", "show", "--folder", "ledger", "--kind", "run", "--json", site=False).told["leaves"]
    told = [(one["fields"]["system"], one["fields"]["reason"]) for one in leaves]
    assert told == [("copy", "rehearsal")]
    with elm.store as store:
        assert not store.nights.newest("copy")
        assert not store.nights.newest("koha")
    assert elm.ok("apply", place)["run"]["rehearsal"] is None
    assert elm.checksum() == rehearsed  # what was rehearsed is what was done


def erasing(elm):
    """A patron with a trace in every table, in the original and its copy alike, and a plan to erase the patron."""
    number = with_traces(elm)
    path = elm.folder.parent
    shutil.copyfile(path / "koha.db", path / "copy.db")
    return planned(elm)[0], number


def with_traces(elm):
    """A patron with a trace in every table; the number."""
    shipped = resources.files("carrel.policy") / "shipped" / "worcester.yaml"
    (elm.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    seed, number = subject(elm)
    seed.traces(number, CARD, USER)
    seed.words(TEXT)
    return number


@pytest.fixture(params=ON_EACH[:2])
def to_erase(request, tmp_path):
    """A library with a patron who is everywhere, and a copy of it as it is then, on SQLite and on MariaDB."""
    koha = request.getfixturevalue(f"small_{request.param}")
    if koha.dialect == "sqlite":
        name, copy = "copy.db", Koha(f"sqlite:///{tmp_path / 'copy.db'}", "sqlite", koha.sample)
    else:
        name = f"{koha.database}_copy"
        copy = Koha(koha.server.url(name), "mariadb", koha.sample, koha.server, name)
    elm = library.make(tmp_path / "site", koha, copies=[("copy", copy.url)])
    number = with_traces(elm)
    if koha.dialect == "sqlite":
        shutil.copyfile(tmp_path / "koha.db", tmp_path / name)
    else:
        assert mariadb.fresh_copy(koha.server, koha.database) == name
    yield elm, copy, planned(elm)[0], number
    copy.dispose()
    if koha.dialect == "mariadb":
        koha.server.sql(f"DROP DATABASE {name}")


def leaves_of_erasures(elm):
    told = elm.run("ledger", "show", "--folder", "ledger", "--kind", "erasure", "--json", site=False).told["leaves"]
    return [one["fields"] for one in told]


def test_an_erasure_is_rehearsed_on_the_copy_and_then_done(to_erase):
    elm, copy, place, number = to_erase
    before = elm.checksum()
    answer = elm.run("apply", place, "--rehearse-on", "copy", "--json")
    assert answer.code == 0, answer.text
    told = answer.told["erasure"]
    assert told["rehearsal"] == {"on": "copy", "of": "koha", "clean": True}
    assert elm.checksum() == before
    assert copy.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(0,)]
    with elm.store as store:
        assert store.erasures.case(told["case"]).rows == {}
        assert not store.owed.count()
    [leaf] = leaves_of_erasures(elm)
    assert (leaf["system"], leaf["reason"], leaf["outcome"]) == ("copy", "rehearsal", "verified")
    assert (leaf["case"], leaf["applied"], leaf["hits"]) == (
        told["case"],
        sum(told["rows"].values()) - told["rows"]["texts"],
        0,
    )
    assert told["ledger"]["size"] > 0
    elm.refused("apply", place, "--rehearse-on", "copy", code=2, error="ERA-001")  # it is gone there
    elm.refused("apply", place, code=6, error="APR-008")  # nothing was approved by it
    elm.approve(place)
    done = elm.ok("apply", place)["erasure"]
    assert (done["rows"], done["still_there"], done["kept"]) == (told["rows"], {}, told["kept"])
    assert elm.checksum() == library.checksum(copy).replace(f"{copy.database}.", f"{elm.koha.database}.")
    assert [(one["system"], one.get("reason")) for one in leaves_of_erasures(elm)] == [
        ("copy", "rehearsal"), ("koha", None),
    ]  # fmt: skip


def test_what_keeps_a_person_refuses_the_rehearsal_too(copied):
    elm, copy = copied
    place, number = erasing(elm)
    who = elm.folder.parent / "who.txt"
    who.write_text(f"{number}\n")
    hold = ("hold", "place", "--patron-file", who, "--reason", "letter", "--authority", "court 1")
    elm.ok(*hold, "--as", "Ada Example")
    before = library.checksum(copy)
    elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="ERA-002")
    assert library.checksum(copy) == before


def test_an_erasure_is_not_rehearsed_on_the_file_itself(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite, copies=[("copy", f"sqlite:///{tmp_path / 'koha.db'}")])
    subject(elm)
    place, _ = planned(elm)
    elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="SQL-018")
    assert elm.run("apply", place, "--rehearse-on", "copy", "--by-night").code == 2


def test_a_copy_that_is_the_file_itself(small_sqlite, tmp_path):
    """By its own name, by a symbolic link, by a hard link, and by a path with dots."""
    real, linked, hard = tmp_path / "koha.db", tmp_path / "linked.db", tmp_path / "hard.db"
    elm, place = with_copy_at(small_sqlite, tmp_path, f"sqlite:///{real}")
    linked.symlink_to(real)
    os.link(real, hard)
    for other in (real, linked, hard, tmp_path / "site" / ".." / "koha.db"):
        elm.secret("copy.dsn", f"sqlite:///{other}")
        answer = elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="SQL-018")
        assert "found:   the database of koha" in answer.err, other
        for verb in ("verify", "sweep"):
            elm.refused(verb, "--system", "copy", code=4, error="SQL-018")
        checks = elm.ok("doctor", code=3)["checks"]
        assert [one["state"] for one in checks if one["name"] == "copy: connection"] == ["finding"], other


@pytest.mark.mariadb
def test_a_copy_that_is_the_same_database_on_the_server(small_mariadb, tmp_path):
    """Whatever host, account or socket its address names."""
    server, name = small_mariadb.server, small_mariadb.database
    elm, place = with_copy_at(small_mariadb, tmp_path, small_mariadb.url)
    by_socket = f"mariadb+pymysql://carrel:{server.password}@localhost/{name}?unix_socket={server.socket_path}"
    for url in (small_mariadb.url, small_mariadb.limited_user(["SELECT"]), by_socket):
        elm.secret("copy.dsn", url)
        elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="SQL-018")


@pytest.mark.mariadb
def test_a_copy_under_another_name_on_the_same_server(small_mariadb, tmp_path):
    name = mariadb.fresh_copy(small_mariadb.server, small_mariadb.database)
    elm, place = with_copy_at(small_mariadb, tmp_path, small_mariadb.server.url(name))
    before = elm.checksum()
    assert elm.ok("apply", place, "--rehearse-on", "copy")["run"]["rehearsal"]["counts"] is True
    assert elm.checksum() == before
    # One account for reading and carrying out is a finding where nights run, and none on a copy.
    states = {one["name"]: one["state"] for one in elm.run("doctor", "--json").told["checks"]}
    assert (states["accounts"], states["copy: accounts"]) == ("finding", "ok")


def test_a_copy_that_is_another_system_of_the_library(small_sqlite, tmp_path):
    """Under that system's own name, and under the name of a copy."""
    law = tmp_path / "law.db"
    shutil.copyfile(tmp_path / "koha.db", law)
    urls = [("law", f"sqlite:///{law}")]
    elm = library.make(tmp_path / "site", small_sqlite, others=urls, copies=[("copy", urls[0][1])])
    place = elm.folder / "plan.json"
    elm.ok("plan", "--system", "koha", "--as", "Cal Example", "--out", place)
    before = law.read_bytes()
    for words, error in (
        (("--rehearse-on", "law"), "SIT-011"),
        (("--rehearse-on", "koha"), "SIT-011"),
        (("--rehearse-on", "copy"), "SQL-018"),
        (("--system", "law"), "RUN-010"),
    ):
        elm.refused("apply", place, *words, code=4, error=error)
    assert law.read_bytes() == before


def test_a_system_that_cannot_be_compared(copied):
    elm, copy = copied
    place, before = elm.plan(), library.checksum(copy)
    elm.edit("dsn_file: koha.dsn\n", "dsn_file: koha.dsn\n    apply_dsn_file: apply.dsn\n")
    for address in ("sqlite:////nowhere/koha.db", "mariadb+pymysql://carrel:hunter2@127.0.0.1:1/koha"):
        elm.secret("apply.dsn", address)
        told = elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="SQL-019")
        assert "found:   koha" in told.err, address
        assert library.checksum(copy) == before, address


def test_an_address_that_leads_elsewhere_while_it_is_used(copied, tmp_path):
    from carrel.errors import CarrelError
    from carrel.systems.site_file import load_site
    from carrel.systems.sql.database import open_system
    from carrel.systems.sql.whereabouts import require_apart

    elm, _ = copied
    site = load_site(elm.folder)
    engine = open_system(site.systems[1], read_only=False)
    require_apart(engine, "copy", site.originals)
    engine.connect().close()
    (tmp_path / "copy.db").unlink()
    (tmp_path / "copy.db").symlink_to(tmp_path / "koha.db")
    with pytest.raises(CarrelError) as refused:
        engine.connect()
    assert refused.value.code == "SQL-019"
    engine.dispose()


def test_a_system_that_was_made_a_copy_by_a_slip(small_sqlite, tmp_path):
    shutil.copyfile(tmp_path / "koha.db", tmp_path / "law.db")
    elm = library.make(tmp_path / "site", small_sqlite, others=[("law", f"sqlite:///{tmp_path / 'law.db'}")])
    place = elm.folder / "plan.json"
    for name in ("law", "koha"):
        elm.ok("plan", "--system", name, "--as", "Cal Example", "--out", place)
    elm.edit("  - name: law\n", "  - name: law\n    copy_of: koha\n")
    elm.refused("apply", place, "--rehearse-on", "law", code=4, error="RUN-013")


# -- what it shows --------------------------------------------------------------------------------------------------


def test_legal_holds_and_exceptions_of_the_system_keep_loans_on_the_copy(copied):
    elm, copy = copied
    due = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "plan.json")["plan"]["states"]["due"]
    old = "returndate < '2025-01-01' AND borrowernumber IS NOT NULL"
    held, excepted = (
        int(str(person))
        for (person,) in elm.koha.rows(
            f"SELECT borrowernumber FROM old_issues WHERE {old} AND borrowernumber <> "
            f"{elm.koha.sample.anonymous_patron} GROUP BY borrowernumber ORDER BY count(*) DESC LIMIT 2"
        )
    )
    ada = ("--as", "Ada Example", "--reason", "asked for")
    elm.ok("hold", "place", "--patron", held, "--authority", "a court", *ada)
    elm.ok("exception", "add", "--patron", excepted, "--approver", "Ada Example", "--expires", "2099-01-01", *ada)
    elm.refused(
        "hold", "place", "--patron", held, "--authority", "a court", *ada, "--system", "copy", code=4, error="SIT-010"
    )
    before = readers(copy)
    place = elm.plan()
    run = elm.ok("apply", place, "--rehearse-on", "copy")["run"]
    kept = {pair for pair in before if pair[0] in {held, excepted}}
    assert kept <= readers(copy)
    assert len(kept) > 2
    assert run["remaining"] == {}
    assert 0 < run["loans"] < due
    assert run["rehearsal"] == {"on": "copy", "of": "koha", "counts": True, "lacking": [], "another_counts": False}


def test_a_rehearsal_on_an_empty_copy_does_not_count(copied):
    elm, copy = copied
    kept = {"borrowers", "items", "biblio", "systempreferences"}
    tables = [str(name) for (name,) in copy.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    with copy.engine().begin() as connection:
        for name in tables:
            if name not in kept:
                connection.exec_driver_sql(f"DELETE FROM {name}")
    place = elm.plan()
    told = elm.ok("apply", place, "--rehearse-on", "copy", code=3)["run"]["rehearsal"]
    assert told["counts"] is False
    assert any("half of the" in one for one in told["lacking"])
    assert "no rehearsal on a copy, and no recorded waiver" in elm.approve(place)["still_needed"]
    elm.refused("apply", place, code=6, error="APR-008")


@pytest.mark.deep
def test_a_rehearsal_of_too_few_loans_is_told_with_the_figure_and_a_full_one_mends_it(copied, tmp_path):
    elm, copy = copied
    place = elm.plan()
    # Legal holds that came after the plan: what little they leave is all that the rehearsal comes to.
    named = "\n".join(str(number) for (number,) in copy.rows("SELECT borrowernumber FROM borrowers ORDER BY 1")[14:])
    (elm.folder / "named.txt").write_text(named)
    ada = ("--as", "Ada Example")
    words = ("--patron-file", elm.folder / "named.txt", "--reason", "asked for", "--authority", "a court")
    hold = elm.ok("hold", "place", *words, *ada)["id"]
    answer = elm.run("apply", place, "--rehearse-on", "copy")
    assert answer.code == 3, answer.text
    assert "It does not count as a rehearsal on copy:" in answer.out
    [small] = [one for one in elm.approve(place)["still_needed"] if "rehearsal" in one]
    assert small.startswith("a rehearsal that cut too little, and no recorded waiver")
    assert "wanted, half of the" in small
    # The holds end, the copy is copied anew, and the same plan rehearsed again.
    elm.ok("hold", "release", hold, *ada)
    copy.dispose()
    shutil.copyfile(tmp_path / "koha.db", tmp_path / "copy.db")
    assert elm.ok("apply", place, "--rehearse-on", "copy")["run"]["rehearsal"]["counts"] is True
    # Once more, where nothing is left to cut: it does not count, and takes nothing away.
    again = elm.ok("apply", place, "--rehearse-on", "copy")["run"]["rehearsal"]
    assert (again["counts"], again["another_counts"]) == (False, True)
    assert elm.run("apply", place).code == 0


def test_an_interrupted_rehearsal_of_another_plan_is_given_up(copied):
    elm, _ = copied
    old, owner = elm.plan("old.json"), new_owner()
    with elm.store as store:
        now = datetime.now(UTC)
        digest = store.plans.newest("koha").plan.digest
        store.leases.acquire("copy", owner, LEASE_TTL, now)
        left = store.runs.start(digest, "copy", owner, now, stage=Stage.REST, ordinary=False, copy_of="koha")
        store.leases.release("copy", owner, now)
    assert old.exists()
    place = elm.plan()
    assert elm.ok("apply", place, "--rehearse-on", "copy")["run"]["rehearsal"]["counts"] is True
    with elm.store as store:
        assert store.runs.get(left.id).state == "abandoned"


# -- what a copy is not ---------------------------------------------------------------------------------------------


def test_a_copy_is_no_system_of_its_own(copied):
    elm, copy = copied
    place, before = elm.approved(), library.checksum(copy)
    for words in (
        ("plan", "--as", "Cal Example", "--system", "copy", "--out", elm.folder / "none.json"),
        ("apply", place, "--system", "copy"),
        ("check", "--system", "copy"),
        ("audit", "--system", "copy"),
        ("run-due", "--system", "copy"),
    ):
        assert "carrel apply PLAN --rehearse-on copy" in elm.refused(*words, code=4, error="SIT-010").err
    night = elm.ok("run-due")
    assert [one["system"] for one in night["systems"]] == ["koha"]
    assert [one["name"] for one in night["health"]["systems"]] == ["koha"]
    assert library.checksum(copy) == before
    names = {one["name"] for one in elm.run("doctor", "--json").told["checks"]}
    assert {"address", "copy: address", "copy: connection", "connection"} - names == {"address"}


def test_a_plan_of_a_system_that_has_become_a_copy(copied):
    elm, _ = copied
    elm.edit("    copy_of: koha\n", "")
    place = elm.folder / "plan.json"
    elm.ok("plan", "--system", "copy", "--as", "Cal Example", "--out", place)
    elm.edit("  - name: copy\n", "  - name: copy\n    copy_of: koha\n")
    key = ("--as", "Ada Example", "--key", elm.folder / "ada.key", "--yes")
    elm.refused("approve", place, *key, code=4, error="SIT-010")
    elm.refused("apply", place, code=4, error="RUN-010")
    elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="SIT-010")


def test_a_copy_with_other_tables_is_told_as_what_it_is(copied):
    """Planning anew would not help: it is the copy that differs."""
    elm, copy = copied
    place = elm.plan()
    with copy.engine().begin() as connection:
        connection.exec_driver_sql("CREATE INDEX another ON statistics (itemnumber)")
    answer = elm.refused("apply", place, "--rehearse-on", "copy", code=4, error="APR-007")
    assert "on the copy copy" in answer.err
    assert "copy the database anew" in answer.err
    elm.sql("CREATE INDEX another ON statistics (itemnumber)")
    answer = elm.refused("apply", place, code=4, error="APR-007")
    assert "the schema has changed" in answer.err
