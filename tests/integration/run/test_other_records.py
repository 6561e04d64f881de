"""Records of other kinds than loans: what is due goes with the night's run, and nothing else changes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from carrel.systems import map_files
from tests.integration.conftest import Koha
from tests.integration.run import other_records as records
from tests.integration.run import staff_acts
from tests.integration.run.library import Library, make
from tests.integration.run.test_kill_anywhere import ROUNDS, driven
from tests.integration.servers import mariadb


def put(small: Library) -> None:
    small.sql(*records.statements(small.koha), *staff_acts.statements(small.koha))


def others(small: Library) -> dict[str, list[tuple[object, ...]]]:
    return {table: records.rows(small.koha, table, old=False) for table in records.TABLES}


@pytest.mark.everywhere
def test_what_is_due_goes_and_nothing_else_changes(small: Library) -> None:
    records.rule_all(small)
    put(small)
    before = others(small)
    place = small.plan()
    told = small.ok("plan", "--as", "Cal Example", "--out", place)["plan"]
    lines = {line["path"]: line for line in told["records"]}
    everything = map_files.load("koha").records
    assert set(lines) == {one.name for one in everything}
    assert {line["record"] for line in lines.values()} == {one.record for one in everything}
    assert all(line["due"] >= 1 for line in lines.values()), lines
    paths = {path["path"]: path for path in told["paths"]}
    # A row to which two paths of one table lead is due by both, and planned at the first.
    assert all(paths[name]["rows"] <= line["due"] for name, line in lines.items())
    ways = Counter(path["table"] for path in told["paths"])
    alone = [name for name in lines if ways[paths[name]["table"]] == 1]
    assert len(alone) > 10
    assert all(paths[name]["rows"] == lines[name]["due"] for name in alone)
    small.dispose()
    for table, (key, emptied) in records.TABLES.items():
        left = records.rows(small.koha, table, old=True)
        if not emptied:
            assert left == [], table
            continue
        stand_in = small.koha.sample.anonymous_patron
        [values] = small.koha.rows(f"SELECT {', '.join(emptied)} FROM {table} WHERE {key} = {records.OLD_ROW}")
        assert set(values) <= {None, stand_in}, (table, values)
    assert others(small) == before
    assert small.koha.rows(f"SELECT 1 FROM virtualshelves WHERE shelfnumber = {records.SECOND}") == []
    assert small.koha.rows(f"SELECT borrowernumber FROM accountlines WHERE accountlines_id = {records.SECOND}") == [
        (None,)
    ]
    of_charges = f"SELECT id FROM additional_field_values WHERE id > {records.FIRST + records.OF_CHARGES} ORDER BY id"
    young, waits = (row + records.OF_CHARGES for row in (records.YOUNG_ROW, records.OPEN_ROW))
    assert small.koha.rows(of_charges) == [(young,), (waits,)]
    assert staff_acts.named(small.koha, staff_acts.STAFF_OLD) == set()
    assert staff_acts.named(small.koha, staff_acts.STAFF_YOUNG) == set(staff_acts.STAFF)
    assert small.koha.rows("SELECT term FROM tags_approval WHERE approved_by IS NOT NULL") == [("dogs",)]
    act = staff_acts.staff(small.koha)
    assert (
        small.koha.rows(
            f"SELECT action_id FROM action_logs WHERE {act} IN (user) "
            f"AND action_id BETWEEN {records.FIRST} AND {staff_acts.STAFF_YOUNG - 1}"
        )
        == []
    )
    answer = small.ok("verify")
    assert answer["verified"]
    assert set(lines) <= set(answer["remaining"])
    # Done once more, it changes nothing.
    whole = small.checksum()
    small.dispose()
    assert small.checksum() == whole


@pytest.mark.deep
def test_verify_tells_what_came_back_and_the_plan_counts_what_the_run_itself_frees(small: Library) -> None:
    """A charge that was settled long ago hangs on a loan that is due now: with it, it loses title and payer in one night."""
    records.rule_all(small)
    small.dispose()
    assert small.ok("verify")["verified"]
    small.sql(*(one for one in records.statements(small.koha) if "INTO search_history" in one))
    told = small.ok("verify", code=5)
    assert told["remaining"]["search"] == 1
    who, row = records.patron(small.koha), records.OLD_ROW
    [(item,)] = small.koha.rows("SELECT min(itemnumber) FROM items")
    at = {"date": records.at(80), "timestamp": records.at(80), "interface": "intranet"}
    put = [
        records.insert("old_issues", issue_id=row, borrowernumber=who, itemnumber=item, issuedate=records.at(90),
                       returndate=records.at(60), date_due=records.at(70), branchcode="MPL"),
        *(records.insert("accountlines", accountlines_id=row + n, borrowernumber=who, old_issue_id=row, amount=n,
                         amountoutstanding=0, debit_type_code="OVERDUE", description="A title", **at) for n in (0, 1)),
        records.insert("account_offsets", id=row, debit_id=row, credit_id=None, type="APPLY", amount=1,
                       created_on=records.at(50)),
        records.insert("account_offsets", id=row + 1, debit_id=row + 1, credit_id=None, type="APPLY", amount=1,
                       created_on=records.at(3)),
    ]  # fmt: skip
    small.sql(*records.by_themselves(small.koha, put))
    place = small.plan()
    told = small.ok("plan", "--as", "Cal Example", "--out", place)["plan"]
    planned = {path["path"]: path["rows"] + path["strays"] for path in told["paths"]}
    assert (planned["charge"], planned["settled charge"]) == (2, 1)
    small.approve(place, *small.waiver)
    assert small.ok("apply", place)["run"]["rows"]["settled charge"] == 1
    assert small.koha.rows(
        f"SELECT borrowernumber FROM accountlines WHERE accountlines_id >= {row} ORDER BY accountlines_id"
    ) == [(None,), (who,)]
    assert small.ok("verify")["verified"]


def test_a_row_is_planned_at_the_path_that_cuts_it(small: Library) -> None:
    """Paths overlap: a notice is a trace of loans and a record by itself, and a payment's row is free once its loan is cut."""
    records.rule_all(small)
    place = small.folder / "plan.json"
    told = small.ok("plan", "--as", "Cal Example", "--out", place)
    planned = {one["path"]: one["rows"] + one["strays"] for one in told["plan"]["paths"]}
    due = {one["path"]: one["due"] for one in told["plan"]["records"]}
    beside = set(told["counted_as_cut"])  # what only a comparison with each loan tells is found as it is cut
    assert {"notice", "fine log", "charge note"} <= beside
    assert not {"offset", "charge", "sent notice"} & beside
    small.approve(place, *small.waiver)
    run = small.ok("apply", place)["run"]
    assert run["complete"]
    cut = {name: run["rows"].get(name, 0) for name in planned}
    overlapping = ("offset", "last seen", "last change", "saved report", "stored result of a report", "finished job")
    assert [(name, planned[name]) for name in overlapping] == [(name, cut[name]) for name in overlapping]
    assert planned["offset"] > 0
    assert planned["last seen"] > 0
    assert due["stored result of a report"] > planned["stored result of a report"]
    tables = {one["path"]: one["table"] for one in told["plan"]["paths"]}
    vague = {tables[name] for name in beside}
    assert [(n, planned[n]) for n in planned if tables[n] not in vague] == [
        (n, cut[n]) for n in planned if tables[n] not in vague
    ]
    assert all(planned[n] <= cut[n] for n in beside)
    assert all(planned[n] >= cut[n] for n in set(planned) - beside)


@pytest.mark.one_database
def test_a_disposition_that_a_table_does_not_know_is_refused(small: Library) -> None:
    small.edit("      - id: searches in the catalogue\n", "      - id: searches\n", "policy.yaml")
    text = (small.folder / "policy.yaml").read_text()
    at = text.index("      - id: searches\n")
    (small.folder / "policy.yaml").write_text(text[:at] + text[at:].replace("then: delete", "then: de-identify", 1))
    answer = small.refused("plan", "--as", "Cal Example", code=2, error="RUN-014")
    assert "then: delete" in answer.err


@pytest.mark.everywhere
def test_a_legal_hold_keeps_what_names_its_person(small: Library) -> None:
    records.rule_all(small)
    put(small)
    who = records.patron(small.koha)
    due = {table: records.rows(small.koha, table, old=True) for table in records.TABLES}
    small.sql(*records.of_two(small.koha))
    hold = ("hold", "place", "--as", "Ada Example", "--reason", "a court asks", "--authority", "the county court")
    small.ok(*hold, "--patron", who)
    before = others(small)
    small.dispose()
    assert others(small) == before
    gone = {"deletedborrowers", "borrower_password_recovery", "curbside_pickup_issues"}  # they name other people
    for table in set(records.TABLES) - gone:
        assert records.rows(small.koha, table, old=True) == due[table], table
    # A batch of somebody else, that the patron's request is in: its going would change the request.
    theirs = f"SELECT batch_id FROM illrequests WHERE illrequest_id = {records.OF_TWO}"
    assert small.koha.rows(theirs) == [(records.OF_TWO,)]
    # Whoever acted on the patron stays named; on others, or where no patron can be meant, the period has run out.
    apart = (
        {table for table, _ in staff_acts.STAFF} - staff_acts.PATRON.keys() - {"checkout_renewals", "ticket_updates"}
    )
    left = {(table, column) for table, column in staff_acts.STAFF if table not in apart}
    assert staff_acts.named(small.koha, staff_acts.STAFF_OLD) == left
    assert not records.rows(small.koha, "deletedborrowers", old=True)
    assert small.ok("verify")["verified"]


@pytest.mark.slow
@pytest.mark.mariadb
def test_killed_among_them_and_started_again_it_ends_the_same(small_mariadb: Koha, tmp_path: Path) -> None:
    """With rows of every kind among what is cut."""
    koha = small_mariadb
    small = make(tmp_path / "site", koha, more="    sweep_sample: 20\n")
    records.rule_all(small)
    put(small)
    assert koha.server is not None
    kept = mariadb.fresh_copy(koha.server, str(koha.database))  # the rows stand in no template: this becomes one
    try:
        found = driven(small, tmp_path, rounds=max(4, ROUNDS // 4), template=kept)
    finally:
        koha.server.sql(f"DROP DATABASE {kept}")
    assert found["wrong"] == [], found["wrong"]
    assert len(found["steps"]) > 40
    assert (found["further"], found["verified"], found["unchanged"]) == (0, 0, True)
