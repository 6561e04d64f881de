"""A consortium on Evergreen: systems with periods of their own, a loan that touches both, and a chain across them."""

from __future__ import annotations

import pytest

from tests.integration.evergreen import person_site
from tests.integration.run import consortium

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
FIRST, SECOND = 4, 11  # a branch of the first system, and one of the second
MILD, STRICT = "25 days", "3 days"
# Loans that owe nothing, stand in no chain and share neither reader nor copy nor title.
FREE = """
    SELECT c.id, c.usr, k.call_number FROM action.circulation c
    JOIN asset.copy k ON k.id = c.target_copy JOIN actor.usr u ON u.id = c.usr
    WHERE c.xact_finish IS NOT NULL AND c.parent_circ IS NULL AND NOT u.deleted AND u.id <> 1
      AND NOT EXISTS (SELECT 1 FROM action.circulation n WHERE n.parent_circ = c.id)
      AND NOT EXISTS (SELECT 1 FROM money.billing b WHERE b.xact = c.id)
      AND NOT EXISTS (SELECT 1 FROM actor.usr_setting s WHERE s.usr = c.usr AND s.name LIKE 'history.circ%')
    ORDER BY c.usr, c.id
"""
# number: lent at, returned at, owner, home
SEEDS = {
    1: (SECOND, SECOND, SECOND, SECOND),
    2: (FIRST, SECOND, SECOND, SECOND),
    3: (SECOND, SECOND, FIRST, SECOND),
    4: (SECOND, SECOND, SECOND, FIRST),
    5: (SECOND, FIRST, SECOND, SECOND),
    6: (FIRST, SECOND, SECOND, SECOND),  # renewed as 7
    7: (SECOND, SECOND, SECOND, SECOND),
}
KEPT = {1}


@pytest.fixture
def here(evergreen, tmp_path):
    made = person_site.make(tmp_path / "site", evergreen)
    consortium.write_policies(made.folder, {"rest": "14 days", "strict": STRICT, "mild": MILD})
    made.edit("people:\n", consortium.branches(SYS1="strict", SYS2="mild") + "people:\n")
    return made


def seeded(here) -> dict[int, int]:
    evergreen, free, seen = here.koha, [], set()
    for loan, reader, title in evergreen.rows(FREE):
        if not seen & {("reader", reader), ("title", title)} and len(free) < len(SEEDS):
            seen |= {("reader", reader), ("title", title)}
            free.append((loan, reader, title))
    loans = {number: free[number - 1] for number in SEEDS}
    # A renewal is of the same copy and reader.
    evergreen.do("SET session_replication_role = replica")
    for number, (made, returned, owner, home) in SEEDS.items():
        loan, reader, title = loans[6 if number == 7 else number]
        evergreen.do(
            "UPDATE action.circulation SET circ_lib = :made, checkin_lib = :returned, "
            "xact_start = now() - interval '20 days', checkin_time = now() - interval '10 days', "
            "xact_finish = now() - interval '10 days', due_date = now() - interval '9 days', "
            "stop_fines_time = NULL, checkin_scan_time = NULL, create_time = now() - interval '20 days' WHERE id = :loan",
            made=made, returned=returned, loan=loans[number][0],
        )  # fmt: skip
        evergreen.do("UPDATE asset.call_number SET owning_lib = :o WHERE id = :t", o=owner, t=title)
        evergreen.do("UPDATE actor.usr SET home_ou = :h WHERE id = :r", h=home, r=reader)
    evergreen.do(
        "UPDATE action.circulation SET parent_circ = :first, usr = :r, xact_start = now() - interval '12 days', "
        "target_copy = (SELECT target_copy FROM action.circulation WHERE id = :first) WHERE id = :loan",
        first=loans[6][0], loan=loans[7][0], r=loans[6][1],
    )  # fmt: skip
    evergreen.do(
        "UPDATE action.circulation SET checkin_time = now() - interval '12 days', "
        "xact_finish = now() - interval '12 days' WHERE id = :first",
        first=loans[6][0],
    )
    evergreen.do("SET session_replication_role = origin")
    return {number: loan for number, (loan, _, _) in loans.items()}


def there(here, loans: dict[int, int]) -> set[int]:
    left = {loan for (loan,) in here.koha.rows("SELECT id FROM action.circulation")}
    return {number for number, loan in loans.items() if loan in left}


def test_two_systems_in_one_database(here):
    loans = seeded(here)
    for _ in range(4):
        run = here.ok("apply", here.approved())["run"]
        assert run["sweep"]["failing"] == 0
        if run["complete"]:
            break
    plan = here.store.plans.newest("evergreen").plan
    assert [(one.policy, one.units) for one in plan.policies] == [("rest", 1), ("strict", 6), ("mild", 4)]
    assert there(here, loans) == KEPT
    assert here.ok("verify")["verified"] is True
    (here.folder / "mild.yaml").write_text(consortium.policy("mild", "9 days"))
    before = here.koha.rows("SELECT count(*) FROM action.circulation")
    place = here.approved("second.json")
    here.koha.do("UPDATE actor.org_unit SET parent_ou = 3 WHERE id = :b", b=FIRST)
    assert "other policies govern some units" in here.refused("apply", place, code=4, error="APR-007").err
    here.koha.do("UPDATE actor.org_unit SET parent_ou = 2 WHERE id = :b", b=FIRST)
    done = here.ok("apply", place)["run"]
    assert (done["remaining"], done["sweep"]["failing"], there(here, loans)) == ({}, 0, set())
    assert [(before[0][0] - done["loans"],)] == here.koha.rows("SELECT count(*) FROM action.circulation")
    here.koha.do("UPDATE actor.org_unit SET parent_ou = :b WHERE id = 2", b=FIRST)
    here.refused("plan", "--as", "Cal Example", code=2, error="UNT-001")
