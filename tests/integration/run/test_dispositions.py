"""What a policy can let become of loans: deleted with their rows, or kept with nothing finer than a day."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.integration.conftest import AS_OF
from tests.integration.run.library import Library
from tests.integration.sweep_rig import Rig

METHODS = "        methods: {patron: remove, item: keep, branch: keep, event times: keep, desk note: remove}\n"
TIMES = ("issuedate", "returndate", "date_due", "lastreneweddate")


def due(elm: Library) -> list[int]:
    """The loans that the policy lets go."""
    rig = Rig(elm.koha)
    with rig.loans().session() as loans:
        loans.observe(rig.life, AS_OF)
        kept = sa.text("SELECT loan FROM carrel_kept")
        keep = {int(number) for (number,) in loans.connection.execute(kept)}
    named = elm.koha.rows(
        f"SELECT issue_id FROM old_issues WHERE borrowernumber IS NOT NULL AND borrowernumber <> {rig.stand_in}"
    )
    return sorted({int(str(number)) for (number,) in named} - keep)


def carried_out(elm: Library) -> tuple[dict, dict]:  # type: ignore[type-arg]
    """The plan and its run, which verifies."""
    place = elm.folder / "plan.json"
    plan = elm.ok("plan", "--as", "Cal Example", "--out", place)["plan"]
    elm.approve(place, *elm.waiver)
    run = elm.ok("apply", place)["run"]
    found = [(a["kind"], a["name"], a["table"], a["severity"]) for a in run["sweep"]["attacks"] if a["hits"]]
    assert (run["complete"], run["remaining"], run["left_in_chunks"], run["sweep"]["led_back"]) == (True, {}, {}, 0), (
        found
    )
    assert elm.ok("verify")["verified"] is True
    again = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "again.json")["plan"]
    assert again["states"].get("due", 0) == 0
    return plan, run


def listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


@pytest.mark.slow
def test_loans_are_deleted_with_every_row_that_named_their_reader(small: Library) -> None:
    small.edit("then: de-identify\n" + METHODS, "then: delete\n", "policy.yaml")
    gone = due(small)
    assert len(gone) > 20
    [(before,)] = small.koha.rows("SELECT count(*) FROM old_issues")
    others = f"SELECT * FROM old_issues WHERE issue_id NOT IN ({listed(gone)}) AND note IS NULL ORDER BY issue_id"
    kept = small.koha.rows(others)
    plan, run = carried_out(small)
    assert plan["states"]["due"] == run["loans"] == len(gone)
    [anchor] = [path for path in plan["paths"] if path["path"] == "old_issues"]
    assert anchor["act"] == "delete"
    assert run["rows"]["old_issues"] == len(gone)
    assert small.koha.rows("SELECT count(*) FROM old_issues") == [(int(str(before)) - len(gone),)]
    assert small.koha.rows(others) == kept
    for table, column in (
        ("accountlines", "old_issue_id"),
        ("return_claims", "issue_id"),
        ("curbside_pickup_issues", "issue_id"),
    ):
        rows = small.koha.rows(f"SELECT count(*) FROM {table} WHERE {column} IN ({listed(gone)})")
        assert rows == [(0,)], table
    named = small.koha.rows(f"SELECT count(*) FROM checkout_renewals WHERE checkout_id IN ({listed(gone)}) "
                            "AND renewer_id IS NOT NULL AND interface = 'opac'")  # fmt: skip
    assert named == [(0,)]


@pytest.mark.slow
def test_event_times_are_generalised_to_the_day(small: Library) -> None:
    small.edit("event times: keep", "event times: generalise", "policy.yaml")
    small.edit("event detail: second", "event detail: day", "policy.yaml")
    cut = due(small)
    query = f"SELECT {', '.join(TIMES)} FROM old_issues WHERE issue_id IN ({listed(cut)}) ORDER BY issue_id"
    before = small.koha.rows(query)
    others = f"SELECT * FROM old_issues WHERE issue_id NOT IN ({listed(cut)}) AND note IS NULL ORDER BY issue_id"
    kept = small.koha.rows(others)
    events = small.koha.rows("SELECT count(*) FROM statistics")
    plan, _ = carried_out(small)
    assert [path["act"] for path in plan["paths"] if path["path"] == "old_issues"] == ["update"]
    after = small.koha.rows(query)
    assert after == [tuple(None if at is None else day(at) for at in row) for row in before]
    assert any(after[place] != row for place, row in enumerate(before))
    assert small.koha.rows(others) == kept
    assert small.koha.rows("SELECT count(*) FROM statistics") == events
    second = "time(datetime) <> '00:00:00'"
    for table, reader in (
        ("statistics", "borrowernumber IS NULL"),
        ("pseudonymized_transactions", "hashed_borrowernumber = ''"),
    ):
        left = f"SELECT count(*) FROM {table} WHERE {reader} AND {second}"
        if table == "statistics":
            left += " AND type IN ('issue', 'return', 'renew') AND itemnumber IS NOT NULL AND datetime < '2026-11-01'"
        assert small.koha.rows(left) == [(0,)], table


def day(at: object) -> object:
    """The same time as its day, as the database gives it back."""
    return f"{at[:10]} 00:00:00" if isinstance(at, str) else at.replace(hour=0, minute=0, second=0, microsecond=0)  # type: ignore[attr-defined]
