"""Records of other kinds by unit, in SQL: the row's own unit and its person's decide, and the stricter of the two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from carrel.policy.duration import Duration
from carrel.policy.schedule import Period
from carrel.retention.lifecycle import lifecycle
from carrel.retention.territory import Regime, territory
from tests.integration.conftest import AS_OF
from tests.integration.sweep_rig import Rig

# Tables that tell a unit, each with its time that follows every change: it can be the record's clock.
BRANCHED = {
    "old_reserves": "timestamp", "article_requests": "updated_on", "curbside_pickups": "",
    "illrequests": "updated", "suggestions": "date", "deletedborrowers": "updated_on",
}  # fmt: skip


def kept_for(rig: Rig, keep: str) -> Regime:
    """Every rule of the policy for other records, with one period."""
    period = Period(Duration.parse(keep), date(2000, 1, 1))
    rules = ((one, tuple(replace(rule, periods=(period,)) for rule in one.rules)) for one in rig.records.values())
    return Regime(rig.schedule, tuple(replace(one, rules=changed) for one, changed in rules))


@pytest.mark.everywhere
def test_the_stricter_of_the_two_units_decides(small_koha):
    rig = Rig(small_koha)
    short, long = kept_for(rig, "7 days"), kept_for(rig, "300 days")
    made = territory((long, short), {"CPL": (0,), "MPL": (1,)}.items())

    def due(life) -> dict[str, int]:  # type: ignore[no-untyped-def]
        with rig.loans().session() as loans:
            return {name: one.due for name, one in loans.record_counts(life, AS_OF).items()}

    def put(row: str, person: str) -> None:
        rig.sql("UPDATE borrowers SET branchcode = :unit, updated_on = updated_on", unit=person)
        for name, clock in BRANCHED.items():
            kept = f", {clock} = {clock}" if clock else ""
            rig.sql(f"UPDATE {name} SET branchcode = :unit{kept}", unit=row)

    several = lifecycle(rig.schedule, AS_OF, rig.zone, territory=made)
    most, least = (due(lifecycle(rig.schedule, AS_OF, rig.zone, records=one.records)) for one in (short, long))
    assert any(most[name] > least[name] for name in most)
    put("CPL", "CPL")
    mild = due(several)
    # A row whose person is gone, and that tells no unit by itself, goes by the most protective policy.
    assert {n: (least[n], mild[n], most[n]) for n in most if not least[n] <= mild[n] <= most[n]} == {}
    assert {name: mild[name] for name in ("finished hold", "copy of a deleted patron")} == {
        name: least[name] for name in ("finished hold", "copy of a deleted patron")
    }
    put("MPL", "MPL")
    assert due(several) == most
    put("CPL", "MPL")
    assert due(several)["finished hold"] == most["finished hold"]
    put("MPL", "CPL")
    assert due(several)["finished hold"] == most["finished hold"]
    put("SPL", "CPL")  # a unit that this territory does not have
    assert due(several)["copy of a deleted patron"] == most["copy of a deleted patron"]
