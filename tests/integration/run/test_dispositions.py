"""What a policy can let become of loans: deleted with their rows, or kept with nothing finer than a day."""

from __future__ import annotations

import pytest

from tests.integration.run.library import Library

METHODS = "        methods: {patron: remove, item: keep, branch: keep, event times: keep, desk note: remove}\n"
TIMES = ("issuedate", "returndate", "date_due", "lastreneweddate")


def naming(elm: Library) -> set[int]:
    """The closed loans that name somebody."""
    stand_in = elm.koha.sample.anonymous_patron
    rows = elm.koha.rows(
        f"SELECT issue_id FROM old_issues WHERE borrowernumber IS NOT NULL AND borrowernumber <> {stand_in}"
    )
    return {int(str(number)) for (number,) in rows}


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
@pytest.mark.everywhere
@pytest.mark.each_database
def test_loans_are_deleted_with_every_row_that_named_their_reader(small: Library) -> None:
    small.edit("then: de-identify\n" + METHODS, "then: delete\n", "policy.yaml")
    before, named = whole(small), naming(small)
    plan, run = carried_out(small)
    after = whole(small)
    gone = before.keys() - after.keys()
    assert gone == named - naming(small)
    assert plan["states"]["due"] == run["loans"] == run["rows"]["old_issues"] == len(gone) > 20
    assert [path["act"] for path in plan["paths"] if path["path"] == "old_issues"] == ["delete"]
    assert {key: after[key] for key in naming(small)} == {key: before[key] for key in naming(small)}
    numbers = ", ".join(map(str, gone))
    for table, condition in (
        ("accountlines", f"old_issue_id IN ({numbers})"),
        ("return_claims", f"issue_id IN ({numbers})"),
        ("curbside_pickup_issues", f"issue_id IN ({numbers})"),
        ("checkout_renewals", f"checkout_id IN ({numbers}) AND renewer_id IS NOT NULL AND interface = 'opac'"),
    ):
        assert small.koha.rows(f"SELECT count(*) FROM {table} WHERE {condition}") == [(0,)], table


@pytest.mark.slow
@pytest.mark.everywhere
def test_event_times_are_generalised_to_the_day(small: Library) -> None:
    small.edit("event times: keep", "event times: generalise", "policy.yaml")
    small.edit("event detail: second", "event detail: day", "policy.yaml")
    before, named = whole(small), naming(small)
    events = small.koha.rows("SELECT count(*) FROM statistics")
    plan, run = carried_out(small)
    assert [path["act"] for path in plan["paths"] if path["path"] == "old_issues"] == ["update"]
    after, kept = whole(small), naming(small)
    cut = named - kept
    assert len(cut) == run["loans"] > 20
    assert before.keys() == after.keys()
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert [key for key in cut if after[key][1:] != tuple(day(at) for at in before[key][1:5]) + after[key][5:]] == []
    assert any(after[key][1:5] != before[key][1:5] for key in cut)
    assert small.koha.rows("SELECT count(*) FROM statistics") == events
    exact = small.koha.rows(
        "SELECT s.datetime FROM statistics s JOIN old_issues o ON o.itemnumber = s.itemnumber "
        f"WHERE s.borrowernumber IS NULL AND CAST(s.datetime AS CHAR(19)) NOT LIKE '%00:00:00' AND o.issue_id IN ({', '.join(map(str, cut))}) "
        "AND s.type IN ('issue', 'return') AND date(s.datetime) IN (date(o.issuedate), date(o.returndate))"
    )
    assert exact == []


def whole(elm: Library) -> dict[int, tuple[object, ...]]:
    """Every closed loan: its number, its four times, its reader and its note."""
    rows = elm.koha.rows(f"SELECT issue_id, {', '.join(TIMES)}, borrowernumber, note FROM old_issues")
    return {int(str(row[0])): row for row in rows}


def day(at: object) -> object:
    """The same time as its day, as the database gives it back."""
    if at is None:
        return None
    return f"{at[:10]} 00:00:00" if isinstance(at, str) else at.replace(hour=0, minute=0, second=0, microsecond=0)  # type: ignore[attr-defined]
