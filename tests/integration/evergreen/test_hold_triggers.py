"""What the rebuilt triggers on holds do, on a real server."""

from __future__ import annotations

from tests.integration.evergreen.desk import canary, free_copy


def test_holds_are_aged_with_what_somebody_typed(evergreen):
    number, note, usr = evergreen.rows(
        "SELECT id, cancel_note, usr FROM action.hold_request WHERE cancel_note IS NOT NULL LIMIT 1"
    )[0]
    phone = evergreen.one("SELECT phone_notify IS NOT NULL FROM action.hold_request WHERE id = :id", id=number)
    evergreen.do(
        "UPDATE action_trigger.event SET context_user = :usr, target = :id WHERE id = (SELECT min(id) FROM action_trigger.event WHERE event_def = 4)",
        usr=usr,
        id=number,
    )
    assert evergreen.do("DELETE FROM action.hold_request WHERE id = :id", id=number) == 1
    assert evergreen.rows(
        "SELECT cancel_note, phone_notify FROM action.aged_hold_request WHERE id = :id", id=number
    ) == [(note, phone)]
    assert evergreen.rows(
        "SELECT DISTINCT context_user FROM action_trigger.event WHERE event_def = 4 AND target = :id", id=number
    ) == [(None,)]
    assert evergreen.one("SELECT count(*) FROM reporter.hold_request_record WHERE id = :id", id=number) == 1


def test_a_filled_hold_waits_for_no_copy(evergreen):
    hold = evergreen.one("SELECT max(hold) FROM action.hold_copy_map")
    evergreen.do("UPDATE action.hold_request SET expire_time = now() WHERE id = :id", id=hold)
    assert evergreen.one("SELECT count(*) FROM action.hold_copy_map WHERE hold = :id", id=hold) == 1
    evergreen.do("UPDATE action.hold_request SET cancel_time = now() WHERE id = :id", id=hold)
    assert evergreen.one("SELECT count(*) FROM action.hold_copy_map WHERE hold = :id", id=hold) == 0


def test_which_title_a_hold_is_for(evergreen):
    usr, copy = canary(evergreen, "old").usr, free_copy(evergreen)
    hold = evergreen.one(
        "INSERT INTO action.hold_request (target, request_lib, requestor, usr, selection_ou, pickup_lib, hold_type) "
        "VALUES (:copy, 4, :usr, :usr, 1, 4, 'C') RETURNING id",
        copy=copy,
        usr=usr,
    )
    record = evergreen.one(
        "SELECT n.record FROM asset.copy c JOIN asset.call_number n ON n.id = c.call_number WHERE c.id = :copy",
        copy=copy,
    )
    assert evergreen.rows(
        "SELECT target, hold_type, bib_record FROM reporter.hold_request_record WHERE id = :id", id=hold
    ) == [(copy, "C", record)]
    evergreen.do(
        "UPDATE action.hold_request SET target = :record, hold_type = 'T' WHERE id = :id", record=record, id=hold
    )
    assert evergreen.rows("SELECT target, hold_type FROM reporter.hold_request_record WHERE id = :id", id=hold) == [
        (record, "T")
    ]
