"""What happens while a plan waits or a run is under way: paid, held, excepted, stopped."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.run import library


def due_loans(elm, count):
    """Loans that are due by far, of different readers, none of whom keeps a history."""
    rows = elm.koha.rows(
        "SELECT o.borrowernumber, max(o.issue_id) FROM old_issues o JOIN borrowers b USING (borrowernumber) "
        f"WHERE b.privacy <> 0 AND b.borrowernumber <> {elm.koha.sample.anonymous_patron} "
        "AND o.returndate < '2025-06-01' AND o.returndate > '2000-01-01' AND o.issuedate > '2000-01-01' "
        "AND NOT EXISTS (SELECT 1 FROM accountlines a WHERE a.old_issue_id = o.issue_id) "
        "AND NOT EXISTS (SELECT 1 FROM return_claims c WHERE c.issue_id = o.issue_id) "
        "GROUP BY o.borrowernumber ORDER BY 1"
    )
    assert len(rows) >= count
    return [(int(str(reader)), int(str(loan))) for reader, loan in rows[:count]]


def reader_of(elm, loan):
    [(reader,)] = elm.koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {loan}")
    return reader


def test_what_is_charged_disputed_held_or_excepted_while_the_plan_waits_is_not_cut(small):
    (one, charged), (two, held), (three, excepted), (four, disputed), (five, cut) = due_loans(small, 5)
    place = small.approved()
    # The desk finds a charge on a loan that the plan counted as due, and somebody claims to have returned another.
    small.sql(
        "INSERT INTO accountlines (accountlines_id, borrowernumber, old_issue_id, date, amount, amountoutstanding, "
        f"debit_type_code, interface) VALUES (990001, {one}, {charged}, '2026-11-20 10:00:00', 5, 5, 'LOST', 'intranet')",
        "INSERT INTO return_claims (id, itemnumber, issue_id, borrowernumber, created_on, created_by) SELECT 990001, "
        f"itemnumber, issue_id, borrowernumber, '2026-11-20 10:00:00', borrowernumber FROM old_issues WHERE issue_id = {disputed}",
    )
    (small.folder / "named.txt").write_text(f"{two}\n")
    words = ("--as", "Ada Example", "--reason", "preservation letter")
    answer = small.ok(
        "hold", "place", "--patron-file", small.folder / "named.txt", *words, "--authority", "County court 26-117"
    )
    assert (answer["waited_for_chunk"], answer["disposed_before"]) == (False, {"loans": 0, "rows": 0})
    small.ok("exception", "add", "--loan", excepted, *words, "--approver", "Ben Example", "--expires", "2027-05-01")
    run = small.ok("apply", place)["run"]
    assert (run["complete"], run["remaining"]) == (True, {})
    assert [reader_of(small, loan) for loan in (charged, held, excepted, disputed)] == [one, two, three, four]
    assert reader_of(small, cut) != five
    assert run["kept"]["other reasons"] == "not told"  # one loan each is held, excepted, disputed and charged for
    assert not {"legal hold", "recorded exception", "open dispute"} & set(run["kept"])
    assert small.ok("verify")["verified"] is True

    # Paid and over, released: the next plan finds them.
    small.ok("hold", "release", answer["id"], "--as", "Ada Example")
    small.sql("UPDATE accountlines SET amountoutstanding = 0 WHERE accountlines_id = 990001")
    again = small.ok("plan", "--as", "Cal Example", "--out", small.folder / "again.json")["plan"]
    assert again["states"]["due"] >= 1
    small.approve(small.folder / "again.json")
    assert small.ok("apply", small.folder / "again.json")["run"]["remaining"] == {}
    assert reader_of(small, held) != two


def in_hand(elm, process, loans=1, seconds=300):
    """Wait until a running apply has cut and recorded some loans."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with elm.store as store:
            run = store.runs.unfinished("koha")
        if run is not None and run.loans >= loans:
            return run
        time.sleep(0.02)
    return None


def late_in_the_first_thousand(elm):
    """A reader whom the walk, which goes by reader, comes to after some six hundred loans."""
    rows = elm.koha.rows(
        "SELECT o.borrowernumber, count(*), max(o.issue_id) FROM old_issues o JOIN borrowers b USING (borrowernumber) "
        f"WHERE b.privacy <> 0 AND b.borrowernumber <> {elm.koha.sample.anonymous_patron} "
        "AND o.returndate < '2026-10-01' AND o.returndate > '2000-01-01' GROUP BY o.borrowernumber ORDER BY 1"
    )
    passed = 0
    for reader, count, _ in rows:
        passed += int(str(count))
        if passed > 650:
            return int(str(reader))
    raise AssertionError("the library is too small")


@pytest.mark.slow
def test_a_hold_placed_while_a_run_is_under_way_is_kept_from_the_next_chunk_on(elm):
    elm.edit("mode: window", "mode: desk")
    reader = late_in_the_first_thousand(elm)
    theirs = elm.koha.rows(f"SELECT count(*) FROM old_issues WHERE borrowernumber = {reader}")
    process = elm.start("apply", elm.approved(), "--json")
    assert in_hand(elm, process) is not None, elm.done(process).text
    placed = elm.ok(
        "hold", "place", "--patron", reader, "--as", "Ada Example", "--reason", "preservation letter",
        "--authority", "County court 26-117",
    )  # fmt: skip
    answer = elm.done(process)
    assert answer.code == 0, answer.text
    run = answer.told["run"]
    assert 0 < placed["disposed_before"]["loans"] < run["loans"] == 1000
    assert placed["disposed_before"]["rows"] > 0
    assert elm.koha.rows(f"SELECT count(*) FROM old_issues WHERE borrowernumber = {reader}") == theirs
    assert all(count == "not told" or count >= 10 for count in run["kept"].values())


@pytest.mark.slow
def test_stop_halts_after_the_chunk_in_flight_and_the_same_plan_goes_on(elm):
    elm.edit("mode: window", "mode: desk")
    place = elm.approved()
    due = elm.linked()
    process = elm.start("apply", place)
    assert in_hand(elm, process) is not None, elm.done(process).text
    elm.ok("stop", "--reason", "the catalogue is slow")
    answer = elm.done(process)
    assert (answer.code, answer.codes) == (4, ["RUN-003"]), answer.text
    with elm.store as store:
        paused = store.runs.unfinished("koha")
    assert paused.state == "paused"
    cut = due - elm.linked()
    assert 0 < cut == paused.loans < 1000
    elm.refused("apply", place, code=4, error="RUN-003")
    elm.ok("stop", "--clear", "--as", "Ben Example")
    # Another plan does not get between, and the interrupted one goes on to its end.
    elm.refused("apply", elm.approved("other.json"), code=4, error="RUN-004")
    run = elm.ok("apply", place)["run"]
    assert (run["id"], run["loans"]) == (paused.id, 1000)
    assert due - elm.linked() == 1000


@pytest.mark.deep
def test_what_fell_due_since_the_last_full_run_waits_for_tonight_and_is_told_apart(small):
    [(reader, loan)] = due_loans(small, 1)
    small.dispose()
    assert small.ok("verify")["due_since"]["old_issues"] == 0

    def returned(before: timedelta) -> None:
        at = (datetime.now(UTC) - before).astimezone(ZoneInfo(library.zone_of(small.koha)))
        small.sql(
            f"UPDATE old_issues SET borrowernumber = {reader}, issuedate = '{at - timedelta(days=9):%Y-%m-%d %H:%M:%S}', "
            f"returndate = '{at:%Y-%m-%d %H:%M:%S}' WHERE issue_id = {loan}"
        )

    returned(timedelta(days=7, seconds=1))  # due now, and not when the plan was made
    told = small.ok("verify")
    assert (told["verified"], told["remaining"]["old_issues"], told["due_since"]["old_issues"]) == (True, 0, 1)
    assert "waits for tonight's run" in small.run("verify").out
    assert small.ok("check", code=3)["format_version"]  # other findings; none of them about loans
    returned(timedelta(days=8))
    told = small.ok("verify", code=5)
    assert (told["verified"], told["remaining"]["old_issues"], told["due_since"]["old_issues"]) == (False, 1, 0)
