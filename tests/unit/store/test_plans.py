from __future__ import annotations

from datetime import timedelta

import pytest

from carrel.errors import CarrelError
from carrel.store.store import Store
from tests.unit.store.plan_values import NOW, plan


def test_a_plan_is_recorded_once_and_found_by_its_digest(store: Store) -> None:
    digest = store.plans.record(plan(), NOW)
    assert store.plans.record(plan(), NOW + timedelta(hours=1)) == digest
    assert store.plans.get(digest) == plan()
    assert store.plans.check(plan().as_dict(), "plan.json") == plan()
    newest = store.plans.newest("koha")
    assert newest is not None
    assert (newest.plan, newest.recorded_at) == (plan(), NOW)
    assert store.plans.newest("evergreen") is None


@pytest.mark.parametrize("body", [None, [], {}, {"digest": "a" * 64}, "text", 7])
def test_what_is_no_plan_is_refused(store: Store, body: object) -> None:
    with pytest.raises(CarrelError) as refused:
        store.plans.check(body, "plan.json")
    assert refused.value.code == "APR-001"


def test_a_plan_of_another_site_is_unknown_here(store: Store) -> None:
    with pytest.raises(CarrelError) as refused:
        store.plans.check(plan().as_dict(), "plan.json")
    assert refused.value.code == "STO-005"


def test_a_record_that_was_changed_in_the_store_is_refused(store: Store) -> None:
    digest = store.plans.record(plan(), NOW)
    with store._database.writing() as connection:
        connection.exec_driver_sql(
            """UPDATE plan SET body = CAST(replace(CAST(body AS TEXT), '"bound": 1000', '"bound": 9000') AS JSON)"""
            if connection.dialect.name == "postgresql"
            else """UPDATE plan SET body = replace(body, '"bound": 1000', '"bound": 9000')"""
        )
    with pytest.raises(CarrelError) as refused:
        store.plans.get(digest)
    assert refused.value.code == "APR-001"


def test_an_approval_is_kept_until_it_is_revoked(store: Store) -> None:
    identity = store.approvals.record(
        kind="standing", system="koha", person="Ada", plan_digest=None, policy_digest="a" * 64, map_digest="b" * 64,
        note="signed\n", signed_at=NOW, expires_at=NOW + timedelta(days=1), now=NOW,
    )  # fmt: skip
    (given,) = store.approvals.of_system("koha")
    assert (given.id, given.note, given.revoked_at) == (identity, "signed\n", None)
    assert store.approvals.of_system("evergreen") == ()
    store.approvals.revoke(identity, "Ben", NOW)
    assert store.approvals.of_system("koha") == ()
    with pytest.raises(CarrelError) as refused:
        store.approvals.revoke(identity, "Ben", NOW)
    assert refused.value.code == "STO-006"
