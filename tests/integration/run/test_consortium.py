"""Several policies in one database, through the whole loop: who is gone, what is told, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.integration.run import consortium, library
from tests.integration.run.consortium import GONE, SEEDS, A, B, C

pytestmark = pytest.mark.slow
GROUPS = (
    "CREATE TABLE IF NOT EXISTS library_groups "
    "(id INTEGER PRIMARY KEY, parent_id INTEGER, branchcode VARCHAR(10), title VARCHAR(100))"
)


@pytest.fixture
def several(small):
    """A small consortium: three units with policies of their own, and seven loans that touch them."""
    consortium.write_policies(small.folder, consortium.PERIODS)
    small.edit("consumers:\n", consortium.branches(**{A: "a", B: "b", C: "c"}) + "consumers:\n")
    return small


def seeded(several) -> dict[int, int]:
    return consortium.seed(
        several, datetime.now(UTC).astimezone(ZoneInfo(library.zone_of(several.koha))).replace(tzinfo=None)
    )


def rows_of(several, loan: int) -> list:
    return several.koha.rows(f"SELECT * FROM old_issues WHERE issue_id = {loan}")


@pytest.mark.everywhere
def test_each_record_goes_by_the_most_protective_policy_of_the_units_it_touches(several):
    loans = seeded(several)
    place = several.approved()
    plan = several.store.plans.newest("koha").plan  # type: ignore[union-attr]
    assert [one.policy for one in plan.policies] == ["rest", "a", "b", "c"]
    assert plan.policy == "rest and 3 policies of units"
    assert "units that are gone: fewer than 10 loans" in plan.notices[0]
    run = several.ok("apply", place)["run"]
    assert (run["complete"], run["remaining"], run["sweep"]["failing"]) == (True, {}, 0)
    assert consortium.still_named(several, loans) == {one.number for one in SEEDS if not one.due}
    verified = several.ok("verify")
    assert verified["verified"] is True
    assert {one["policy"]: one["due"] for one in verified["policies"]} == {"rest": 0, "a": 0, "b": 0, "c": 0}
    swept = several.run("sweep", "--json").told
    assert (swept["led_back"], swept["open_joins"]) == (0, [])
    assert (
        several.ok("plan", "--as", "Cal Example", "--out", several.folder / "again.json")["plan"]["states"]["due"] == 0
    )
    audit = several.run("audit", "--json").told
    assert [one["due"] for one in audit["policies"]] == [0, 0, 0, 0]
    assert not [one for one in audit["clauses"] if one["standing"] == "finding" and one["clause"] == "T-3"]
    if several.koha.dialect == "mariadb":
        stricter_for_one_unit(several, loans)


def stricter_for_one_unit(several, loans: dict[int, int]) -> None:
    """An approval that stands covers it no more, and the next night cuts only that; no dialect decides it."""
    several.approve(several.plan(), "--standing")
    assert several.ok("run-due")["systems"][0]["went"] in {"done", "nothing due, and verified already"}
    before = {number: rows_of(several, loan) for number, loan in loans.items()}
    (several.folder / "c.yaml").write_text(consortium.policy("c", "9 days"))
    night = several.ok("run-due", code=6)["systems"][0]
    assert any("new policy" in line for line in night["why"])
    assert {number: rows_of(several, loan) for number, loan in loans.items()} == before
    several.approve(several.folder / "pending-plan-koha.json")
    night = several.ok("run-due")["systems"][0]
    assert night["runs"][0]["loans"] == 2
    assert consortium.still_named(several, loans) == {5}
    assert rows_of(several, loans[5]) == before[5]
    assert several.ok("verify")["verified"] is True


@pytest.mark.one_database
def test_the_screens_say_which_policies_are_in_force(several):
    seeded(several)
    shown = several.run("plan", "--as", "Cal Example", "--out", several.folder / "plan.json")
    assert "Policies in force" in shown.out
    assert "rest (the rest)" in shown.out
    for words in (("check",), ("verify",), ("audit",), ("policy", "show"), ("policy", "show", "--unit", C)):
        answer = several.run(*words)
        assert "olicies in force" in answer.out or "Governed by" in answer.out, answer.text
        assert max(map(len, answer.out.splitlines())) <= 100, answer.text
    one = several.ok("policy", "show", "--unit", A)
    assert [policy["policy"] for policy in one["policies"]] == ["a"]
    every = several.ok("policy", "show")
    assert {policy["policy"]: [unit["code"] for unit in policy["units"]] for policy in every["policies"]} == {
        "rest": ["IPT", "LPL", "SPL", "TPL", "UPL"], "a": [A], "b": [B], "c": [C],
    }  # fmt: skip
    checks = {one["name"]: one for one in several.run("doctor", "--json").told["checks"]}
    assert checks["branches"]["detail"].startswith("8 units under 4 policies")


@pytest.mark.one_database
def test_what_is_cut_more_strictly_than_written_is_told(several):
    (several.folder / "b.yaml").write_text(
        consortium.policy("b", "7 days", ("last borrower: {at most: 10 days}", "last borrower: {at most: 2 days}"))
    )
    plan = several.ok("plan", "--as", "Cal Example", "--out", several.folder / "plan.json")["plan"]
    assert sorted(plan["stricter"]) == [
        f"{name}: the last borrower of an item: 'parted after 2 days' in place of 'parted after 10 days', because b "
        "asks for it"
        for name in ("a", "c", "rest")
    ]
    assert several.run("check", "--json").told["stricter"] == plan["stricter"]
    assert (
        "More strictly than written"
        in several.run("plan", "--as", "Cal Example", "--out", several.folder / "p.json").out
    )


@pytest.mark.one_database
def test_a_moved_branch_makes_the_plan_stale_and_one_that_stays_under_its_policy_does_not(several):
    several.sql(
        GROUPS,
        "INSERT INTO library_groups VALUES (1, NULL, NULL, 'NORTH'), (2, NULL, NULL, 'SOUTH'), (3, 1, NULL, 'HILLS'), "
        "(4, 3, 'LPL', NULL)",
    )
    several.edit("branches:\n", "branches:\n  - {unit: NORTH, policy: ./b.yaml}\n")
    assert [one["policy"] for one in several.ok("policy", "show", "--unit", "LPL")["policies"]] == ["b"]
    place = several.approved()
    several.sql("UPDATE library_groups SET parent_id = 1 WHERE id = 4")
    assert several.run("apply", place, "--json").code == 0
    second = several.approved("second.json")
    several.sql("UPDATE library_groups SET parent_id = 2 WHERE id = 4")
    refused = several.refused("apply", second, code=4, error="APR-007")
    assert "other policies govern some units" in refused.err
    several.sql("UPDATE library_groups SET parent_id = 3 WHERE id = 1")
    several.refused("plan", "--as", "Cal Example", code=2, error="UNT-001")


@pytest.mark.one_database
def test_a_site_file_that_cannot_be_meant_is_refused(several):
    good = (several.folder / "carrel.yaml").read_text()
    for old, new, error, said in (
        (f"unit: {A},", "unit: CPP,", "UNT-002", f"did you mean '{A}'?"),
        (f"unit: {B},", f"unit: {A},", "SIT-001", "named twice"),
        ("./a.yaml", "./nowhere.yaml", "POL-002", "nowhere.yaml"),
        ("./a.yaml}", "./a.yaml, system: other}", "SIT-001", "koha"),
    ):
        several.edit(old, new)
        assert said in several.refused("plan", "--as", "Cal Example", code=2, error=error).err, new
        (several.folder / "carrel.yaml").write_text(good)


@pytest.mark.one_database
def test_policies_that_must_keep_different_things_are_refused(several):
    schedule = (
        "charges: part title and item\n",
        "charges: part title and item\n    finance schedule: {cited: City Code 7, requires: [name], keep: 6 years}\n",
    )
    (several.folder / "b.yaml").write_text(consortium.policy("b", "7 days", schedule))
    assert "City Code" not in several.refused("plan", "--as", "Cal Example", code=2, error="UNT-005").err


def test_a_branch_that_is_gone_keeps_nothing_undisposed_and_is_a_finding(several):
    loans = seeded(several)
    numbers = ", ".join(str(loans[number]) for number in (1, 5))
    several.sql(f"UPDATE old_issues SET branchcode = '{GONE}' WHERE issue_id IN ({numbers})")
    checks = [one for one in several.run("check", "--json").told["checks"] if one["name"] == "branches"]
    assert [one["state"] for one in checks] == ["ok", "finding"]
    several.ok("apply", several.approved())
    assert consortium.still_named(several, loans) == {7}
    assert any("units that are gone" in line for line in several.run("audit").out.splitlines()) is False
