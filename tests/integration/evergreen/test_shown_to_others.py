"""What the product shows of a child to somebody else, and what it sends to whoever did not ask for it."""

from __future__ import annotations

from carrel.inventory.contradiction import Promise, contradictions
from carrel.systems import map_files
from carrel.systems.sql import live
from carrel.systems.sql.history_wanted import history_wanted

CHILDREN = Promise(("MPL-5.1",), keeps_last_borrower=False, children=("MPL-14",))
WAIVER = (
    "INSERT INTO actor.usr_privacy_waiver (usr, name, place_holds, pickup_holds, view_history, checkout_items) "
    "VALUES ({usr}, 'a neighbour', {place}, false, {view}, false)"
)


def shown(evergreen, promise=CHILDREN):
    system_map = map_files.load("evergreen")
    values = live.settings(evergreen.connection, system_map)
    return {one.setting: one.value for one in contradictions(system_map, values, promise) if one.shows}


def test_a_waiver_counts_where_its_patron_is_a_child(evergreen):
    evergreen.do("DELETE FROM actor.usr_privacy_waiver")
    evergreen.do("DELETE FROM actor.org_unit_setting WHERE name = 'circ.privacy_waiver'")
    (adult, child), *_ = evergreen.rows("SELECT max(id), min(id) FROM actor.usr WHERE NOT deleted AND id > 1")
    evergreen.do(f"UPDATE actor.usr SET juvenile = (id = {child}) WHERE id IN ({adult}, {child})")
    assert shown(evergreen) == {}
    evergreen.do(WAIVER.format(usr=adult, place=True, view=True))
    assert shown(evergreen) == {}
    evergreen.do(WAIVER.format(usr=child, place=False, view=True))
    assert shown(evergreen) == {"children's records whose loans others see": "1"}
    evergreen.do(WAIVER.format(usr=child, place=True, view=False))
    assert shown(evergreen) == {
        "children's records whose loans others see": "1", "children's records on which others place holds": "1",
    }  # fmt: skip
    basis = Promise(("MPL-5.1",), keeps_last_borrower=False, children=("MPL-14",), shown=frozenset({"holds"}))
    assert shown(evergreen, basis) == {"children's records whose loans others see": "1"}
    assert shown(evergreen, Promise(("MITL-6.4",), keeps_last_borrower=False)) == {}, "the policy does not speak of it"


def test_a_branch_that_offers_waivers_is_told(evergreen):
    evergreen.do("DELETE FROM actor.usr_privacy_waiver")
    evergreen.do("DELETE FROM actor.org_unit_setting WHERE name = 'circ.privacy_waiver'")
    evergreen.do(
        "INSERT INTO actor.org_unit_setting (org_unit, name, value) "
        "SELECT min(id), 'circ.privacy_waiver', 'true' FROM actor.org_unit"
    )
    assert shown(evergreen) == {"circ.privacy_waiver": "1"}


ASKS = Promise(("OWWL-1",), keeps_last_borrower=False, messages=("OWWL-7",), free=frozenset({"overdue", "pickup"}))
RECEIPTS, COURTESY = "receipts without an opt-in", "courtesy notices without an opt-in"


def sent(evergreen, promise=ASKS):
    system_map = map_files.load("evergreen")
    found = contradictions(system_map, live.settings(evergreen.connection, system_map), promise)
    return {one.setting: (one.value, one.clauses) for one in found if one.sends}


def test_what_is_sent_without_an_opt_in_is_told_where_the_policy_asks_first(evergreen):
    """OWWL-7, in the product's own definitions; a late notice and one that a hold waits are what it lists."""
    evergreen.do(
        "UPDATE action_trigger.event_definition SET opt_in_setting = NULL, reactor = 'SendEmail', "
        "active = hook IN ('checkout.due', 'hold.available', 'checkout')"
    )
    evergreen.do(
        "INSERT INTO action_trigger.validator (module, description) VALUES ('CircIsOpen', 'x'), ('CircIsOverdue', 'x') "
        "ON CONFLICT DO NOTHING"
    )
    evergreen.do("UPDATE action_trigger.event_definition SET validator = 'CircIsOverdue' WHERE hook = 'checkout.due'")
    assert sent(evergreen) == {RECEIPTS: ("1", ("OWWL-7",))}
    assert sent(evergreen, Promise(("OWWL-1",), keeps_last_borrower=False)) == {}, "the policy does not speak of it"
    evergreen.do(
        "UPDATE action_trigger.event_definition SET validator = 'CircIsOpen' "
        "WHERE hook = 'checkout.due' AND delay < interval '0'"
    )
    assert sent(evergreen) == {RECEIPTS: ("1", ("OWWL-7",)), COURTESY: ("1", ("OWWL-7",))}
    more = Promise(("OWWL-1",), keeps_last_borrower=False, messages=("OWWL-7",), free=frozenset({"due soon"}))
    assert sent(evergreen, more) == {RECEIPTS: ("1", ("OWWL-7",))}
    evergreen.do(
        "INSERT INTO config.usr_setting_type (name, label, description, datatype) "
        "VALUES ('notice.wanted', 'x', 'x', 'bool') ON CONFLICT DO NOTHING"
    )
    evergreen.do("UPDATE action_trigger.event_definition SET opt_in_setting = 'notice.wanted' WHERE hook = 'checkout'")
    evergreen.do("UPDATE action_trigger.event_definition SET active = false WHERE validator = 'CircIsOpen'")
    assert sent(evergreen) == {}


def test_whoever_has_a_history_on_is_found_by_either_setting_once(evergreen):
    """OWWL-10: whose yes is looked for."""
    system_map = map_files.load("evergreen")
    evergreen.do("DELETE FROM actor.usr_setting WHERE name LIKE 'history.circ.%'")
    assert history_wanted(evergreen.connection, system_map) == ()
    first, second = [
        one for (one,) in evergreen.rows("SELECT id FROM actor.usr WHERE NOT deleted AND id > 1 ORDER BY id LIMIT 2")
    ]
    for usr, name in ((first, "retention_start"), (first, "retention_age"), (second, "retention_age")):
        evergreen.do(
            f"INSERT INTO actor.usr_setting (usr, name, value) VALUES ({usr}, 'history.circ.{name}', '\"2026-01-01\"')"
        )
    assert history_wanted(evergreen.connection, system_map) == (first, second)
