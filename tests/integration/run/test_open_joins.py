"""A leak that a sweep found stays a finding, whatever comes after, until a later sweep shows it closed."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from carrel.store.store import FILE
from tests.integration.run.library import Library

CLAIMS = ("MITL-2.1", "MITL-3.5", "MITL-6.2", "MITL-6.4", "MITL-7.6")
PLANTED = "letter_code = 'OD1'"


def plant(here: Library) -> int:
    """Overdue notices under the library's own letter code, sent again of late, for every loan that is long back."""
    words = ("'Dear '", "p.firstname", "' '", "p.surname", "', '", "b.title", "' ('", "i.barcode", "') is overdue'")
    text = " || ".join(words) if here.koha.dialect == "sqlite" else f"concat({', '.join(words)})"
    return here.sql(
        "INSERT INTO message_queue (borrowernumber, subject, content, letter_code, message_transport_type, status, "
        "time_queued, updated_on, to_address, content_type) SELECT o.borrowernumber, 'Overdue', "
        f"{text}, "
        "'OD1', 'email', 'sent', o.returndate, CURRENT_TIMESTAMP, p.email, 'text/plain' FROM old_issues o "
        "JOIN items i USING (itemnumber) JOIN biblio b ON b.biblionumber = i.biblionumber "
        "JOIN borrowers p ON p.borrowernumber = o.borrowernumber "
        f"WHERE o.borrowernumber <> {here.koha.sample.anonymous_patron} AND p.privacy <> 0 "
        "AND o.returndate BETWEEN '2021-01-01' AND '2026-10-01' AND o.issuedate < o.returndate"
    )


def standings(here: Library) -> dict[str, str]:
    told = json.loads(here.run("audit", "--json").out)
    return {one["clause"]: one["standing"] for one in told["clauses"]}


def health(here: Library) -> dict[str, object]:
    told: dict[str, object] = json.loads((here.folder / "health" / "health.json").read_text())
    return told


def day_later(here: Library) -> None:
    """What was last night is the night before."""
    with sqlite3.connect(here.folder / FILE) as raw:
        raw.execute("UPDATE night SET night = date(night, '-1 day')")
    raw.close()


def night_of(here: Library, *, code: int) -> dict[str, Any]:
    """A night whose plan a person approves: no run came to a clean end yet."""
    here.ok("run-due", code=6)
    here.approve(here.folder / "pending-plan-koha.json", *here.waiver)
    return here.ok("run-due", code=code)


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.deep
def test_a_leak_that_was_found_is_open_until_it_is_shown_closed(small: Library) -> None:
    # A loan that tells no usable return could never be told as kept.
    small.sql(
        f"UPDATE old_issues SET borrowernumber = {small.koha.sample.anonymous_patron} "
        "WHERE returndate IS NULL OR returndate < '1000-01-01' OR returndate > '2026-11-24'"
    )
    assert plant(small) > 30
    run = small.ok("apply", small.approved(), code=5)["run"]
    assert (run["outcome"], run["complete"], run["remaining"]) == ("applied, unverified", True, {})
    assert {(one["kind"], one["table"]) for one in run["open_joins"]} == {("discovered", "message_queue")}
    assert {one["name"] for one in run["open_joins"]} >= {"text", "words"}
    assert all(one["run"] == run["id"] for one in run["open_joins"])

    # Nothing is due any more and no pair is drawn; the leak is what it was.
    again = small.ok("apply", small.approved("again.json"), code=5)["run"]
    assert (again["loans"], again["sweep"]["pairs"], again["sweep"]["failing"]) == (0, 0, 0)
    assert again["outcome"] == "applied, unverified"
    first = {one["name"]: one for one in run["open_joins"]}
    for one in again["open_joins"]:
        assert (one["run"], one["first_seen"]) == (run["id"], first[one["name"]]["first_seen"])
        assert one["last_seen"] > first[one["name"]]["last_seen"]
        assert one["seen_from"] == "loans that name nobody"

    told = small.ok("verify", code=5)
    assert (told["verified"], sum(told["remaining"].values()), len(told["open_joins"])) == (False, 0, len(first))
    words = small.run("verify")
    assert "message_queue" in words.out, words.text
    assert "Nothing is left" not in words.out
    assert {clause: standings(small)[clause] for clause in CLAIMS} == dict.fromkeys(CLAIMS, "finding")
    assert len(small.ok("audit", code=3)["open_joins"]) == len(first)
    assert [one["state"] for one in small.ok("check", code=3)["checks"] if one["name"] == "sweep"] == ["finding"]
    assert [one["state"] for one in small.ok("doctor", code=3)["checks"] if one["name"] == "sweep"] == ["finding"]

    # The night says so too, to whoever watches it.
    night = night_of(small, code=5)
    assert night["systems"][0]["runs"][0]["open_joins"]
    assert (health(small)["state"], health(small)["last_verified_night"]) == ("failed", None)
    assert health(small)["open_joins"] == len(first)
    assert f'carrel_open_joins{{system="koha"}} {len(first)}' in (small.folder / "health" / "carrel.prom").read_text()

    assert small.sql(f"DELETE FROM message_queue WHERE {PLANTED}") > 30
    assert small.ok("verify", code=5)["open_joins"]  # nothing was tried since
    day_later(small)
    [done] = night_of(small, code=0)["systems"][0]["runs"]
    assert (done["remaining"], done["led_back"], done["open_joins"]) == ({}, 0, [])
    assert small.ok("verify")["open_joins"] == []
    now = standings(small)
    assert {clause: now[clause] for clause in CLAIMS} == dict.fromkeys(CLAIMS, "holds")
    assert (health(small)["open_joins"], health(small)["last_verified_night"] is None) == (0, False)
    with small.store as store:
        closed = store.open_joins.closed("koha")
        assert {one.closed_by for one in closed} == {store.runs.newest("koha")[0].id}
        assert {one.name for one in closed} == set(first)


@pytest.mark.slow
def test_a_look_from_the_loans_opens_and_closes_and_leaves_the_library_alone(small: Library) -> None:
    small.dispose()
    [(reader, loan, item, at)] = small.koha.rows(
        "SELECT p.borrowernumber, o.issue_id, o.itemnumber, o.returndate FROM old_issues o, borrowers p "
        f"WHERE o.borrowernumber = {small.koha.sample.anonymous_patron} AND o.itemnumber IS NOT NULL AND p.privacy <> 0 "
        f"AND p.borrowernumber <> {small.koha.sample.anonymous_patron} AND o.returndate > '2024-01-01 00:01:00' AND NOT "
        "EXISTS (SELECT 1 FROM old_issues k WHERE k.borrowernumber = p.borrowernumber) AND NOT EXISTS "
        "(SELECT 1 FROM issues k WHERE k.borrowernumber = p.borrowernumber) ORDER BY o.issue_id, p.borrowernumber LIMIT 1"
    )
    # A row that no path of the map looks for.
    row = f"(datetime, branch, type, itemnumber, borrowernumber) VALUES ('{at}', 'CPL', 'hold', {item}, {reader})"
    small.sql(f"INSERT INTO statistics {row}")
    untouched = small.checksum()
    found = small.ok("sweep", "--pairs", 400, code=3)
    assert found["led_back"] == 1, loan
    assert [(one["table"], one["run"]) for one in found["open_joins"]] == [("statistics", None)]
    assert small.ok("verify", code=5)["open_joins"]
    assert small.checksum() == untouched

    small.sql(f"DELETE FROM statistics WHERE type = 'hold' AND itemnumber = {item} AND borrowernumber = {reader}")
    assert small.ok("sweep", "--pairs", 3, code=3)["open_joins"]  # too few were tried
    assert small.ok("sweep", "--pairs", 400)["open_joins"] == []
    assert small.ok("verify")["verified"] is True


def test_before_a_run_came_to_its_end_nothing_is_opened(small: Library) -> None:
    assert plant(small) > 30
    small.sql(f"UPDATE old_issues SET borrowernumber = {small.koha.sample.anonymous_patron}")
    assert small.ok("sweep", code=3)["open_joins"] == []


@pytest.mark.slow
@pytest.mark.deep
def test_a_process_that_ends_before_its_run_has_ended_loses_no_finding(small: Library) -> None:
    assert plant(small) > 30
    place = small.approved()
    with sqlite3.connect(small.folder / FILE) as raw:
        raw.execute(
            "CREATE TRIGGER no_end BEFORE UPDATE OF state ON run WHEN NEW.state = 'finished' "
            "BEGIN SELECT RAISE(ABORT, 'as if it were killed'); END"
        )
    raw.close()
    assert small.run("apply", place).code == 1
    with small.store as store:
        assert store.runs.unfinished("koha") is not None
        assert store.open_joins.standing("koha")
    with sqlite3.connect(small.folder / FILE) as raw:
        raw.execute("DROP TRIGGER no_end")
    raw.close()
    run = small.ok("apply", place, code=5)["run"]
    assert (run["sweep"]["pairs"], run["outcome"]) == (0, "applied, unverified")
    assert run["open_joins"]


@pytest.mark.slow
@pytest.mark.deep
def test_a_stage_that_a_later_one_finishes_opens_nothing(elm_sqlite: Library) -> None:
    elm_sqlite.first_stage()
    with elm_sqlite.store as store:
        assert store.open_joins.standing("koha") == ()
