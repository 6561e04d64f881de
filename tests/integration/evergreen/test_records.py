"""Records of other kinds than loans go by their rules on Evergreen: counted, cut, read back, and nothing beside them."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise

import pytest

from carrel.errors import CarrelError
from carrel.systems import policy_files
from tests.integration.evergreen.record_rig import RecordRig

DEPENDANTS = (
    "action.hold_copy_map", "action.hold_notification", "action.hold_request_note", "action.hold_request_reset_reason_entry",
    "action.unfulfilled_hold_list", "action.batch_hold_event_map", "action.hold_transit_copy",
)  # fmt: skip


@contextmanager
def carried_out(evergreen, policy):
    """A rig, its connections closed at the end."""
    rig = RecordRig(evergreen, policy)
    try:
        yield rig
    finally:
        rig.engine.dispose()


@pytest.mark.parametrize("policy", policy_files.shipped_names())
def test_every_record_that_a_policy_rules_goes(evergreen, policy):
    open_holds = "SELECT CAST(h AS text) FROM action.hold_request h WHERE fulfillment_time IS NULL AND cancel_time IS NULL ORDER BY 1"
    waits = evergreen.rows(open_holds)
    with carried_out(evergreen, policy) as rig:
        assert rig.cut_all() == {}
    ruled = {one.name for one in rig.map.ruled}
    # A bill whose charge goes as a row of a table that inherits another is told as well, and a text with its notice.
    more = {name: (rig.expected[name], rig.went[name]) for name in ruled if rig.went[name] > rig.expected[name]}
    assert more == {}, "a run takes more than its plan told"
    exact = ruled & {"bill of nobody", "payment of nobody", "event of a hold", "event of anything", "text of a notice"}
    assert {name: rig.went[name] for name in exact} == {name: rig.expected[name] for name in exact}
    due = {name: rows for name, rows in rig.planned.items() if name in ruled and rows}
    # What one path counts another of the same table can have taken with it.
    assert len(due) > 15 or not ruled, due
    assert evergreen.rows(open_holds) == waits
    if "text of a notice" in ruled:
        said = "SELECT count(*) FROM action_trigger.event_output o WHERE data <> '' AND create_time < now() - interval '1 year'"
        assert evergreen.one(said) == 0
    if "former state of a deleted patron" in ruled:
        gone = "SELECT count(*) FROM auditor.actor_usr_history h JOIN actor.usr u USING (id) WHERE u.deleted AND h.audit_time < now() - interval '1 year'"
        assert evergreen.one(gone) == 0


def test_holds_move_without_their_patron(evergreen):
    own = evergreen
    (hold,) = own.rows("SELECT id, usr FROM action.hold_request WHERE cancel_time < '2025-01-01' ORDER BY id LIMIT 1")
    own.do("UPDATE action.hold_request SET cancel_note = 'rang', canceled_by = usr WHERE id = :h", h=hold[0])
    own.do("UPDATE action.hold_transit_copy SET hold = :h WHERE id = (SELECT min(id) FROM action.hold_transit_copy)", h=hold[0])  # fmt: skip
    own.do("INSERT INTO action.hold_request_note (hold, title, body) VALUES (:h, 'x', 'y')", h=hold[0])
    known = {one for (one,) in own.rows("SELECT id FROM action.aged_hold_request")}
    before = own.one("SELECT count(*) FROM action.hold_request")
    with carried_out(own, "worcester") as rig:
        assert rig.cut_all() == {}
    moved = rig.went["fulfilled hold"] + rig.went["cancelled hold"]
    assert moved > 300
    assert own.one("SELECT count(*) FROM action.hold_request") == before - moved
    came = own.rows("SELECT id, canceled_by, usr_home_ou, usr_profile FROM action.aged_hold_request WHERE NOT id = ANY(:k)", k=list(known))  # fmt: skip
    assert len(came) == moved
    assert not {one[0] for one in came} & {one for (one,) in own.rows("SELECT id FROM action.hold_request")}
    # Under the old number nothing stands any more: neither what hung on the hold, nor an event of it.
    assert hold[0] not in {one[0] for one in came}
    assert hold[1] not in {one[1] for one in came}
    for name in DEPENDANTS:
        assert own.one(f"SELECT count(*) FROM {name} WHERE hold = :h", h=hold[0]) == 0, name
    events = """
        SELECT count(*) FROM action_trigger.event e JOIN action_trigger.event_definition d ON d.id = e.event_def
        JOIN action_trigger.hook h ON h.key = d.hook WHERE h.core_type = 'ahr' AND e.target = :h
    """
    assert own.one(events, h=hold[0]) == 0
    described = "usr_post_code IS NOT NULL OR usr_birth_year IS NOT NULL OR cancel_note IS NOT NULL"
    recent = "coalesce(fulfillment_time, cancel_time, expire_time, request_time) > now() - interval '1 year'"
    assert own.one(f"SELECT count(*) FROM action.aged_hold_request WHERE ({described}) AND NOT ({recent})") == 0


def test_the_order_of_new_numbers_tells_nothing(evergreen):
    order = "SELECT request_time FROM action.aged_hold_request WHERE id > :k ORDER BY id"
    last = evergreen.one("SELECT greatest((SELECT max(id) FROM action.hold_request), (SELECT max(id) FROM action.aged_hold_request))")  # fmt: skip
    with carried_out(evergreen, "owwl") as rig:
        rig.cut_all()
    times = [one for (one,) in evergreen.rows(order, k=last)]
    assert len(times) > 300
    rising = sum(one < other for one, other in pairwise(times)) / len(times)
    assert 0.4 < rising < 0.6


def test_without_the_products_trigger_no_hold_is_lost(evergreen):
    evergreen.do("ALTER TABLE action.hold_request DISABLE TRIGGER action_hold_request_aging_tgr")
    before = evergreen.one("SELECT count(*) FROM action.hold_request")
    with carried_out(evergreen, "owwl") as rig, pytest.raises(CarrelError) as wrong:
        rig.cut_all()
    assert wrong.value.code == "SQL-016"
    assert evergreen.one("SELECT count(*) FROM action.hold_request") == before
