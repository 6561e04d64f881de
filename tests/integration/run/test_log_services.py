"""``carrel log-service``: a log service that is asked for counts, and whose events go by plan only, whatever it answers."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from carrel.errors import CarrelError
from carrel.inventory.log_service import LogService
from carrel.ledger.leaf import decode_leaf
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.retention.clearing import Standing, Yardstick, tally
from carrel.retention.clearing_plan import SINGLE, WHOLE
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import outside_looking
from carrel.systems.log_services import connection, refusals
from carrel.systems.log_services.account import signed_in
from carrel.systems.log_services.log_index import Order
from carrel.systems.log_services.privileges import rights_checks
from carrel.systems.outside_facts import outside_facts
from carrel.systems.outside_looking import look
from carrel.systems.policy_files import load as load_policy
from carrel.systems.site_file import load_site
from tests.integration.run import library
from tests.integration.run.log_site import LOGS, NOW, SECRETS, ago, declare, fill, ilm, left
from tests.integration.servers.log_cluster import Cluster, Event
from tests.integration.servers.log_server import ALL, KEY, LOOK, PASSWORD, USER, Fault, running, wait

OLD, MIXED = "logs-catalogue-000001", "logs-catalogue-000002"


def filled(cluster):
    """What every test begins with: an index all of which is past its time, and one of which a part is."""
    old, mixed = cluster.make(OLD), cluster.make(MIXED)
    fill(old, 40, 39.5, 20)
    fill(mixed, 16, 15, 13, 1, None)
    return old, mixed


@pytest.fixture
def site(vendor, small_sqlite, tmp_path):
    """A library with its logs at the vendor."""
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, vendor.entry(LOGS))
    return elm, vendor, *filled(vendor.cluster)


def planned(elm, name="clear.json"):
    place = elm.folder / name
    return place, elm.ok("log-service", "plan", "--as", "Cal Example", "--out", place)["plan"]


def approved(elm, name="clear.json"):
    place, _ = planned(elm, name)
    elm.approve(place)
    return place


def state(cluster):
    return {
        name: (one.uuid, sorted((key, each.version) for key, each in one.events.items()), dict(one.settings))
        for name, one in cluster.indices.items()
    }


def refused(elm, vendor, *words, code, error):
    """A call that ends with this error, and leaves every event where it is."""
    before = state(vendor.cluster)
    answer = elm.run(*words)
    assert (answer.code, error in answer.codes) == (code, True), answer.text
    assert state(vendor.cluster) == before
    return answer


PRODUCTS = [("elasticsearch", "7.17.9", False), ("elasticsearch", "9.1.0", True), ("opensearch", "3.1.0", False)]


@pytest.mark.parametrize(("product", "version", "serverless"), PRODUCTS)
def test_what_is_past_its_time_is_counted_planned_and_gone(small_sqlite, tmp_path, pair, product, version, serverless):
    elm, cluster = library.make(tmp_path / "site", small_sqlite), Cluster(product, version)
    cluster.serverless = serverless
    with running(cluster, *pair) as vendor:
        declare(elm, vendor.entry(LOGS))
        _old, mixed = filled(cluster)
        listed = elm.ok("log-service", "list", code=3)
        [one] = listed["log_services"]
        told = {part["index"]: (part["events"], part["past_their_time"], part["stay"]) for part in one["indices"]}
        assert told == {OLD: (3, 3, {}), MIXED: (5, 2, {"not yet": 2, "no usable date": 1})}
        assert abs(datetime.fromisoformat(one["indices"][0]["oldest"]) - ago(40)) < timedelta(milliseconds=2)
        shown = elm.run("log-service", "list")
        assert max(map(len, shown.out.splitlines())) <= 100
        place, plan = planned(elm)
        assert [(part["name"], part["way"], part["count"]) for part in plan["parts"]] == [
            (OLD, "whole", 3),
            (MIXED, "single", 2),
        ]
        refused(elm, vendor, "log-service", "apply", place, code=6, error="APR-008")
        elm.approve(place)
        done = elm.ok("log-service", "apply", place)["clearing"]
        assert (done["deleted"], done["kept_since"], done["outcome"]) == (5, 0, "verified")
        assert (list(cluster.indices), left(mixed)) == ([MIXED], [13, 1, None])
        assert "index.blocks.write" not in mixed.settings
        assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5  # again: nothing is left to do
        refused(elm, vendor, "log-service", "plan", "--as", "Cal Example", code=2, error="CLR-001")
        leaves = [decode_leaf(entry) for entry in LedgerFolder(elm.folder / "ledger").entries()]
        [leaf] = [entry.fields for entry in leaves if entry.kind == "expiry"]
        assert (leaf["applied"], leaf["kept"], leaf["outcome"]) == ("1-9", "1-9", "verified")


def test_holds_stops_growth_and_another_entry_keep_everything(site):
    elm, vendor, _old, mixed = site
    place = approved(elm)
    words = ("--reason", "claim", "--authority", "County court", "--as", "Ada Example")
    hold = elm.ok("hold", "place", "--all", "--sealed", *words)["id"]
    answer = refused(elm, vendor, "log-service", "apply", place, code=4, error="CLR-003")
    assert "court" not in answer.text
    out = elm.folder / "o.json"
    refused(elm, vendor, "log-service", "plan", "--as", "Cal Example", "--out", out, code=4, error="CLR-003")
    elm.ok("hold", "release", hold, "--as", "Ada Example")
    elm.ok("stop", "--as", "Ben Example")
    refused(elm, vendor, "log-service", "apply", place, code=4, error="RUN-003")
    elm.ok("stop", "--clear", "--as", "Ben Example")
    elm.edit("purpose: improve, until: sent", "purpose: finance, until: sent")
    refused(elm, vendor, "log-service", "plan", "--as", "Cal Example", code=4, error="CLR-007")
    refused(elm, vendor, "log-service", "apply", place, code=4, error="CLR-004")
    elm.edit("purpose: finance, until: sent", "purpose: improve, until: sent")
    refused(elm, vendor, "mailbox", "apply", place, code=2, error="RUN-007")
    # An old event comes in late, on a day of which others were approved: nobody has approved of it.
    fill(mixed, 15.999, first=70)
    answer = refused(elm, vendor, "log-service", "apply", place, code=4, error="CLR-004")
    assert "3 past their time" in answer.err
    del mixed.events[f"{MIXED}-70"]
    mixed.refresh()
    refused(elm, vendor, "log-service", "plan", "other", "--as", "Cal Example", code=2, error="CLR-006")
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5


def body(change):
    """A reply that is right but for this."""

    def act(reply):
        status, told = reply
        change(told)
        return status, told

    return act


def fails(told):
    told["_shards"] = {"total": 2, "successful": 1, "skipped": 0, "failed": 1}


SEARCH, ANY = "POST .*/_search", ".* /.*"
BROKEN = {"error": {"type": "search_phase_execution_exception", "reason": "Ishmael Quill"}, "status": 503}
FAULTS = {
    "a key that has ended": (Fault(ANY, lambda _: (401, {"error": {"type": "security_exception"}})), 1, "HLS-002"),
    "no right": (Fault(SEARCH, lambda _: (403, {"error": {"type": "security_exception"}})), 4, "HLS-003"),
    "no such question": (Fault(SEARCH, lambda _: (400, {"error": "no handler found for uri [/x]"})), 1, "HLS-004"),
    "a redirect": (Fault(ANY, lambda _: (302, {}, {"Location": "https://elsewhere.example/"})), 1, "HLS-004"),
    "no JSON": (Fault(ANY, lambda _: (200, b"<html>Ishmael Quill</html>")), 1, "HLS-004"),
    "an odd answer": (Fault(SEARCH, lambda _: (200, {"_shards": {}, "took": 1})), 1, "HLS-005"),
    "shards that failed": (Fault(SEARCH, body(fails), after=True), 1, "HLS-005"),
    "out of time": (Fault(SEARCH, body(lambda told: told.update(timed_out=True)), after=True), 1, "HLS-005"),
    "a lower bound": (
        Fault(SEARCH, body(lambda told: told["hits"]["total"].update(relation="gte")), after=True), 1, "HLS-005"),
    "a part away": (Fault(SEARCH, lambda _: (503, BROKEN)), 1, "HLS-005"),
    "too busy": (Fault(SEARCH, lambda _: (429, {}, {"Retry-After": "0"})), 1, "HLS-006"),
    "an error of its own": (Fault(SEARCH, lambda _: (500, b"oops")), 1, "HLS-006"),
    "a connection that ends": (Fault(SEARCH, lambda _: None), 1, "HLS-006"),
}  # fmt: skip


NOWHERE = {"indices": [], "aliases": [], "data_streams": []}
# What would pass for an index that is gone, if it were believed.
HIDDEN = {
    "a page that is not found": (Fault("GET /logs-[^*]*/_settings", lambda _: (404, b"<html></html>")), 1, "HLS-004"),
    "another no": (
        Fault("GET /logs-[^*]*/_settings", lambda _: (404, {"error": {"type": "resource_not_found"}})), 1, "HLS-004"),
    "nothing": (Fault("GET /logs-[^*]*/_settings", lambda _: (200, {})), 1, "HLS-004"),
    "no number": (Fault("GET /logs-[^*]*/_settings", body(lambda told: [
        one["settings"].pop("index.uuid") for one in told.values()]), after=True), 1, "HLS-004"),
    "not told of": (Fault("GET /_resolve", lambda _: (200, NOWHERE)), 4, "CLR-004"),
}  # fmt: skip


def test_an_index_is_gone_only_where_the_service_says_so(site):
    elm, vendor, *_ = site
    place = approved(elm)
    for fault, code, error in HIDDEN.values():
        vendor.faults = [fault]
        refused(elm, vendor, "log-service", "apply", place, code=code, error=error)
    vendor.faults = []
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5


def test_no_answer_but_the_right_one_is_believed_and_nothing_changes(site):
    elm, vendor, *_ = site
    place = approved(elm)
    here, policy = load_site(elm.folder), load_policy(str(elm.folder / "policy.yaml"))
    for number, (fault, code, error) in enumerate(FAULTS.values()):
        vendor.faults, before = [fault], state(vendor.cluster)
        [one] = look(here, policy, datetime.now(UTC))
        assert (one.errors[0].code, int(one.errors[0].exit)) == (error, code)
        assert not {"Quill", KEY} & set(str(one.errors[0].faults[0].as_dict()).split())
        assert state(vendor.cluster) == before
        if number % 3 == 0:
            answer = refused(elm, vendor, "log-service", "apply", place, code=code, error=error)
            assert "Quill" not in answer.text
    vendor.faults = []
    for change, code, error in (
        ({"date": timedelta(minutes=7)}, 4, "HLS-007"),
        ({"date": None, "clock": -timedelta(hours=1)}, 4, "HLS-007"),
        ({"clock": timedelta()}, 0, ""),
    ):
        for name, value in change.items():
            setattr(vendor, name, value)
        if error:
            refused(elm, vendor, "log-service", "apply", place, code=code, error=error)
    # A service that is busy for a moment is asked again.
    vendor.faults = [Fault(SEARCH, lambda _: (429, {}, {"Retry-After": "0"}), times=2)]
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5


INNER = "logs-catalogue-000001"
ODD = {
    "POST /logs.*/_search": ([], {"_shards": 7}),
    "GET /_resolve": ([], {"indices": [1]}, {"aliases": {"a": 1}}, {"indices": [{"name": "\ud800", "attributes": 3}]}),
    "GET /.*/_alias": ({INNER: {"aliases": []}}, [{}]),
    "GET /logs.*_settings": ([], {INNER: []}),
    "GET /.*/_mapping": ({INNER: 1}, {INNER: {"mappings": {"@timestamp": {"mapping": {"a": "b"}}}}}),
    "GET /.*/_ilm/explain": ([], {"indices": {INNER: 1}}),
    "GET /_ilm/policy": ({"p": {"policy": {"phases": [1]}}}, {"p": {"policy": {"phases": {"delete": 7}}}}),
    "GET /_snapshot/_all": ([1], 5),
    "GET /_snapshot/nightly": ({"snapshots": 3}, {"snapshots": [1]}, {"snapshots": [{"indices": {}}]}),
    "GET /$": ({"version": "8.1"},),
    "GET /_cat/health": ([None, {"epoch": "9" * 20}], {"a": 1}),
    "GET /_cat/indices": ([1], {"a": 1}),
}


def test_an_answer_of_an_odd_shape_is_an_error_of_this_service_alone(site, monkeypatch):
    elm, vendor, *_ = site
    ilm(vendor.cluster, "p", INNER)
    vendor.cluster.snapshots["nightly"] = [{"indices": [INNER], "start_time_in_millis": (1 << 50) - 1}]
    here, policy = load_site(elm.folder), load_policy(str(elm.folder / "policy.yaml"))
    at = datetime.now(UTC)
    assert look(here, policy, at)[0].errors == []
    for path, answers in ODD.items():
        for told in answers:
            vendor.faults = [Fault(path, lambda _, told=told: (200, told))]
            [one] = look(here, policy, at)
            assert [error.code for error in one.errors] == ["HLS-004"], (path, told)
    vendor.faults = [Fault("POST /_security", lambda _: (200, {"cluster": [1]}))]
    assert "HLS-004" in str([one.as_dict() for one in rights_checks(here, at)])
    vendor.faults = [Fault("GET /_snapshot/_all", lambda _: (200, [1]))]
    checks = elm.run("check", "--json").told["checks"]
    assert [one["state"] for one in checks if one["name"] == "log-service vendor"] == ["cannot tell"]
    vendor.faults = [Fault("POST .*/_delete_by_query", lambda _: (200, [1]))]
    assert elm.run("log-service", "apply", approved(elm)).codes == ["HLS-004"]
    # What Carrel does not know ends the look at one place only, and its text is not shown.
    vendor.faults = []

    def break_off(*_):
        raise RuntimeError(SECRETS[0])

    monkeypatch.setattr(outside_looking, "around", break_off)
    [one] = look(here, policy, at)
    assert [error.code for error in one.errors] == ["CLR-009"]
    assert SECRETS[0] not in str(one.errors[0].faults[0].as_dict())
    assert sum(part.found.total for part in one.parts) == 5


def test_another_key_certificate_product_or_field_is_refused(site):
    elm, vendor, *_ = site
    place = approved(elm)
    secret = elm.folder / "logs.dsn"
    secret.write_text("another\n")
    refused(elm, vendor, "log-service", "apply", place, code=1, error="HLS-002")
    secret.write_text(KEY + "\n")
    secret.chmod(0o644)
    refused(elm, vendor, "log-service", "list", code=4, error="SIT-005")
    secret.chmod(0o600)
    asked = len(vendor.asked)
    elm.edit(f"ca_file: {vendor.certificate}, ", "")
    answer = refused(elm, vendor, "log-service", "list", code=1, error="HLS-001")
    assert "a certificate that is not trusted" in answer.err
    assert len(vendor.asked) == asked  # the key was not sent
    elm.edit("api_key_file", f"ca_file: {vendor.certificate}, api_key_file")
    for product, version in (("opensearch", "3.0.0"), ("elasticsearch", "6.8.1")):
        vendor.cluster.product, vendor.cluster.version = product, version
        refused(elm, vendor, "log-service", "list", code=1, error="HLS-004")
    vendor.cluster.product, vendor.cluster.version = "elasticsearch", "8.19.2"
    vendor.cluster.indices[OLD].kinds = {"@timestamp": "keyword"}  # compared as a text, every year is older
    refused(elm, vendor, "log-service", "apply", place, code=4, error="HLS-008")
    vendor.cluster.indices[OLD].kinds = {"@timestamp": "date_nanos"}
    elm.edit(LOGS, f"{LOGS}, {{index: 'logs-cat*', record: access logs, purpose: improve, until: sent}}")
    refused(elm, vendor, "log-service", "list", code=4, error="HLS-008")
    elm.edit(", {index: 'logs-cat*', record: access logs, purpose: improve, until: sent}", "")
    elm.edit("api_key_file: logs.dsn", f"user: {USER}, password_file: logs.dsn")
    secret.write_text(PASSWORD + "\n")
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5


def test_a_service_that_only_says_so_is_not_believed(site):
    elm, vendor, old, mixed = site
    place = approved(elm)
    vendor.cluster.broken = "failures"
    vendor.cluster.deaf = True
    vendor.rights -= {"delete_index"}
    assert elm.run("log-service", "apply", place).codes == ["HLS-003"]
    assert "index.blocks.write" not in old.settings  # opened again
    vendor.rights |= {"delete_index"}
    elm.edit("api_key_file: logs.dsn", "delete: events, api_key_file: logs.dsn")
    place = approved(elm, "events.json")
    assert elm.run("log-service", "apply", place).codes == ["HLS-009"]
    vendor.cluster.broken = ""
    answer = elm.run("log-service", "apply", place)
    assert (answer.code, answer.codes) == (5, ["CLR-005"])
    vendor.cluster.deaf = False
    mixed.settings["index.blocks.read_only_allow_delete"] = "true"  # a full disk
    vendor.faults = [
        Fault("POST .*/_delete_by_query", lambda _: (403, {"error": {"type": "cluster_block_exception"}}), times=1)
    ]
    assert elm.run("log-service", "apply", place).codes == ["HLS-009"]
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5
    assert (left(old), left(mixed)) == ([], [13, 1, None])


STEPS = ("PUT .*/_block/write", f"DELETE /{OLD}", "POST .*/_delete_by_query", "GET /_tasks/node", "GET /_tasks")


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_steps_the_same_command_goes_on(site, step):
    elm, vendor, _old, mixed = site
    place = approved(elm)
    vendor.cluster.batch_seconds = 0.5 if "tasks" in step or "query" in step else 0.0
    process = None
    vendor.hooks[step] = lambda: (os.kill(process.pid, signal.SIGKILL), process.wait(10))
    process = elm.start("log-service", "apply", place)
    assert elm.done(process).code == -signal.SIGKILL
    assert not vendor.hooks
    asked = len(vendor.asked)
    done = elm.ok("log-service", "apply", place)["clearing"]
    assert (done["deleted"], done["outcome"]) == (5, "verified")
    assert (list(vendor.cluster.indices), left(mixed)) == ([MIXED], [13, 1, None])
    again = [line for line in vendor.asked[asked:] if line.endswith("_delete_by_query")]
    # A deletion that was under way is waited for, and not begun a second time.
    assert len(again) == (0 if step in {"POST .*/_delete_by_query", "GET /_tasks/node"} else 1)


def left_closed(elm, vendor, old):
    """A plan: a younger event comes in just before its index is closed to writing; then the process is killed."""
    place, process = approved(elm), None
    vendor.hooks[f"PUT /{OLD}/_block"] = lambda: fill(old, 2, first=50)
    vendor.hooks[f"POST /{OLD}/_refresh"] = lambda: (os.kill(process.pid, signal.SIGKILL), process.wait(10))
    process = elm.start("log-service", "apply", place)
    assert elm.done(process).code == -signal.SIGKILL
    return place


def test_an_index_that_was_closed_and_left_so_by_a_kill_is_opened_again(site):
    elm, vendor, old, _ = site
    place = left_closed(elm, vendor, old)
    assert (old.settings, len(left(old))) == ({"index.blocks.write": "true"}, 4)
    told = [line for line in elm.ok("log-service", "list", code=3)["findings"] if "closed to writing" in line]
    assert [line.partition(" is ")[0] for line in told] == [f"log-service vendor, {OLD}"]
    ilm(vendor.cluster, "closing", OLD)
    vendor.cluster.policies["closing"]["closing"]["policy"]["phases"]["hot"]["actions"]["readonly"] = {}
    assert "closed to writing" not in str(elm.ok("log-service", "list", code=3)["findings"])
    elm.ok("log-service", "apply", place)
    assert (old.settings, left(old)) == ({}, [2])
    # What somebody else has closed stays closed, and goes as a whole or not at all.
    old.settings["index.blocks.write"] = "true"
    old.events["x"] = Event({"@timestamp": ago(30)})
    old.refresh()
    assert "1 event stays: its index goes as a whole" in " ".join(elm.ok("log-service", "list", code=3)["findings"])
    assert elm.run("log-service", "plan", "--as", "Cal Example").codes == ["CLR-001"]


def test_a_new_plan_opens_an_index_that_a_kill_left_closed(site):
    elm, vendor, old, _ = site
    left_closed(elm, vendor, old).unlink()
    place, plan = planned(elm, "anew.json")
    assert {part["name"]: part["way"] for part in plan["parts"]} == {OLD: "single", MIXED: "single"}
    assert old.settings == {"index.blocks.write": "true"}  # a plan changes nothing
    elm.approve(place)
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5
    assert (old.settings, left(old)) == ({}, [2])


def test_an_index_is_opened_again_where_the_answer_to_its_closing_was_lost(site):
    elm, vendor, old, _ = site
    place = approved(elm)
    vendor.faults = [Fault(f"PUT /{OLD}/_block", lambda _: None, times=1, after=True)]
    assert elm.run("log-service", "apply", place).codes == ["HLS-006"]
    assert (old.settings, len(left(old))) == ({}, 3)
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5


def test_a_connection_that_ends_after_the_order_and_one_that_ends_before_are_gone_on_with(site):
    elm, vendor, _, mixed = site
    place = approved(elm)
    for after in (True, False):
        vendor.faults = [Fault("POST .*/_delete_by_query", lambda _: None, times=1, after=after)]
        answer = elm.run("log-service", "apply", place)
        assert answer.codes in (["HLS-006"], [])  # the second time all is gone already
        wait(lambda: all(one.completed for one in vendor.cluster.tasks.values()))
    vendor.faults = []
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5
    assert (len(vendor.cluster.tasks), left(mixed)) == (1, [13, 1, None])


@pytest.mark.parametrize("asked", ["stop", "hold"])
def test_who_asks_to_stop_or_keep_everything_is_heeded_in_the_middle(site, asked):
    elm, vendor, _, mixed = site
    vendor.cluster.batch_seconds = 4.0
    place = approved(elm)

    def ask():
        words = ("--reason", "claim", "--authority", "County court", "--as", "Ada Example")
        elm.ok("stop", "--as", "Ben Example") if asked == "stop" else elm.ok("hold", "place", "--all", *words)

    vendor.hooks["GET /_tasks/node"] = ask
    answer = elm.run("log-service", "apply", place)
    assert answer.codes == ["RUN-003" if asked == "stop" else "CLR-003"], answer.text
    wait(lambda: all(one.completed for one in vendor.cluster.tasks.values()))
    assert left(mixed) == [16, 15, 13, 1, None]  # the service was told to stop as well


def test_an_index_made_anew_stays_and_one_that_is_written_to_is_not_deleted_as_a_whole(site):
    elm, vendor, old, _mixed = site
    place = approved(elm)
    del vendor.cluster.indices[MIXED]
    anew = vendor.cluster.make(MIXED)
    fill(anew, 40, 30)
    fill(old, 3, None, first=50)
    done = elm.ok("log-service", "apply", place)["clearing"]
    assert (left(old), left(anew), done["outcome"]) == ([3, None], [40, 30], "verified")
    # What is written between the last look and the deletion finds the index closed, and itself in the next one.
    fill(old, 33, first=80)
    del old.events[f"{OLD}-50"], old.events[f"{OLD}-51"]
    old.refresh()
    place, plan = planned(elm, "second.json")
    assert {part["name"]: part["way"] for part in plan["parts"]} == {OLD: "whole", MIXED: "whole"}
    elm.approve(place)
    taken = []
    vendor.hooks[f"DELETE /{OLD}"] = lambda: taken.append(old.write("late", {"@timestamp": ago(1)}))
    vendor.hooks[f"PUT /{MIXED}/_block"] = lambda: fill(anew, 2, first=90)
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 3
    assert (taken, list(vendor.cluster.indices), left(anew)) == ([False], [MIXED], [2])
    assert "index.blocks.write" not in anew.settings


@pytest.mark.parametrize("name", [OLD, f"shrink-x1-{OLD}"])
def test_events_whose_index_was_restored_or_shrunk_are_told_as_kept(site, name):
    elm, vendor, old, _mixed = site
    place = approved(elm)
    del vendor.cluster.indices[OLD]
    other = vendor.cluster.make(name)  # the same events under another number
    if name != OLD:
        other.aliases[OLD] = {}
    other.events.update(old.events)
    other.refresh()
    done = elm.ok("log-service", "apply", place)["clearing"]
    assert (done["deleted"], done["kept_since"], left(other)) == (2, 3, [40, 39.5, 20])
    assert done["stay"] == {"another index bears the name of theirs": 3}
    assert elm.ok("log-service", "list", code=3)["findings"]


@pytest.mark.parametrize("narrow", [{"filter": {"term": {"tenant": "library"}}}, {"search_routing": "7"}, None])
def test_an_alias_that_shows_a_part_of_an_index_is_refused(site, narrow):
    elm, vendor, old, _mixed = site
    old.aliases["library-view"] = {}
    elm.edit(LOGS, LOGS.replace("'logs-catalogue-*'", "library-view"))
    place = approved(elm)
    old.aliases["library-view"] = narrow
    refused(elm, vendor, "log-service", "apply", place, code=4, error="HLS-008")
    refused(elm, vendor, "log-service", "list", code=4, error="HLS-008")
    refused(elm, vendor, "log-service", "plan", "--as", "Cal Example", code=4, error="HLS-008")
    old.aliases["library-view"] = {}
    assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 3


def test_two_services_that_name_one_index_are_refused(site, pair):
    elm, vendor, *_ = site
    place = approved(elm)
    with running(vendor.cluster, *pair) as other:  # another address of the same cluster
        for port, index in ((other.port, OLD), (vendor.port, MIXED)):
            entry = vendor.entry(f"{{index: {index}, record: access logs, purpose: improve, until: sent}}")
            entry = entry.partition("\n")[2].replace("vendor,", "second,").replace(str(vendor.port), str(port))
            elm.edit("people:\n", f"{entry}people:\n")
            refused(elm, vendor, "log-service", "list", code=4, error="HLS-008")
            refused(elm, vendor, "log-service", "plan", "vendor", "--as", "Cal Example", code=4, error="HLS-008")
            refused(elm, vendor, "log-service", "apply", place, code=4, error="HLS-008")
            elm.edit(f"{entry}people:\n", "people:\n")
        elm.edit("people:\n", f"{entry.replace(index, 'logs-other')}people:\n")
        assert elm.ok("log-service", "apply", place)["clearing"]["deleted"] == 5


def test_a_young_event_stays_where_another_was_counted_twice(site):
    elm, vendor, old, _mixed = site
    place = approved(elm)
    del old.events[f"{OLD}-2"]
    old.write(f"{OLD}-0", {"@timestamp": [ago(40), ago(39)]})
    old.write("young", {"@timestamp": ago(0.5)})
    old.refresh()
    done = elm.ok("log-service", "apply", place)["clearing"]
    assert set(old.events) == {f"{OLD}-0", f"{OLD}-1", "young"}
    assert done["stay"] == {"some events of its index have several times": 3}
    assert vendor.cluster.indices[OLD].settings == {}


def test_streams_aliases_closed_and_read_only_indices_are_told_and_kept_whole(site):
    elm, vendor, old, _mixed = site
    cluster = vendor.cluster
    for number, days in enumerate(((60,), (50,)), 1):
        fill(cluster.make(f".ds-logs-catalogue-web-{number}"), *days)
    cluster.stream("logs-catalogue-web", ".ds-logs-catalogue-web-1", ".ds-logs-catalogue-web-2",
                   lifecycle={"enabled": True, "data_retention": "30d", "effective_retention": "30d"})  # fmt: skip
    old.aliases["logs-catalogue-now"] = {"is_write_index": True}
    shut, mounted = cluster.make("logs-catalogue-000003"), cluster.make("logs-catalogue-000004")
    fill(shut, 90)
    shut.closed = True
    fill(mounted, 70, 2)
    mounted.settings["index.store.type"] = "snapshot"
    several = cluster.make("logs-catalogue-000005")
    several.write("a", {"@timestamp": [ago(30), ago(2)]})
    several.refresh()
    listed = elm.ok("log-service", "list", code=3)
    told = " ".join(listed["findings"])
    assert "logs-catalogue-000003 is closed: nobody can look into it" in told
    counts = {one["index"]: one for one in listed["log_services"][0]["indices"]}
    closed, other = counts["logs-catalogue-000003"], counts[OLD]
    assert [closed[key] for key in ("events", "oldest", "past_their_time", "stay")] == [None] * 4, (
        "not known is no zero"
    )
    assert (other["events"], other["past_their_time"]) == (3, 3)
    here, policy, now = load_site(elm.folder), load_policy(elm.folder / "policy.yaml"), datetime.now(UTC)
    outside = outside_facts(here, policy, look(here, policy, now), now)
    assert outside.unseen == ("log-service vendor, logs-catalogue-000003",)
    assert outside.late[f"log-service vendor, {OLD}"] == 3
    assert "is closed" in elm.run("log-service", "list").text
    assert "its lifecycle 'logs-catalogue-web' keeps events up to 37 days, the policy 14 days" in told
    body = cluster.streams["logs-catalogue-web"]["lifecycle"]
    for rollover, end in (
        ({}, "keeps events up to 15 days"),
        ({"max_age": "2h [automatic]", "max_primary_shard_size": "50gb", "min_docs": 1}, "keeps events up to 15 days"),
        ({"max_age": "3d", "min_docs": 1}, "keeps events up to 17 days"),
        ({"max_primary_shard_size": "50gb", "min_docs": 1}, "tells no longest time"),
    ):
        body |= {"data_retention": "14d", "effective_retention": "14d", "rollover": rollover}
        assert f"'logs-catalogue-web' {end}" in str(elm.ok("log-service", "list", code=3)["findings"])
    place, plan = planned(elm)
    assert {part["name"]: part["way"] for part in plan["parts"]} == {
        OLD: "single",  # an alias writes to it
        MIXED: "single",
        ".ds-logs-catalogue-web-1": "whole",
        ".ds-logs-catalogue-web-2": "single",  # the stream writes to it
    }
    elm.approve(place)
    elm.ok("log-service", "apply", place)
    assert (left(old), left(mounted), len(several.events), len(shut.events)) == ([], [70, 2], 1, 1)
    assert cluster.streams["logs-catalogue-web"]["indices"] == [".ds-logs-catalogue-web-2"]
    assert left(cluster.indices[".ds-logs-catalogue-web-2"]) == []
    told = " ".join(elm.ok("log-service", "list", code=3)["findings"])
    assert "1 event stays: its index goes as a whole, and has younger events" in told
    assert "some events of its index have several times" in told


def test_lifecycles_snapshots_and_rights_are_told_and_the_audit_has_its_evidence(site):
    elm, vendor, _old, mixed = site
    cluster = vendor.cluster
    ilm(cluster, "two-weeks", MIXED, 13, "1d")
    ilm(cluster, "month", OLD, 30, None, step="ERROR", failed_step="check-rollover-ready")
    cluster.make("metrics-cpu").write("a", {})
    taken = [{"snapshot": f"s{n}", "indices": [MIXED], "start_time_in_millis": int(ago(n).timestamp() * 1000)}
             for n in (1, 40)]  # fmt: skip
    cluster.snapshots["nightly"] = taken
    listed = elm.ok("log-service", "list", code=3)
    told = " ".join(listed["findings"])
    assert "its lifecycle 'month' keeps events up to 30 days, the policy 14 days" in told
    assert "'month' does not go on: an error in its step 'check-rollover-ready'" in told
    assert "two-weeks" not in told
    assert (
        listed["log_services"][0]["indices"][1]["lifecycle"] == "two-weeks, deletes when events are up to 14 days old"
    )
    assert "1 snapshot is older than 14 days in the repository 'nightly'" in told
    notes = " ".join(listed["log_services"][0]["notes"])
    assert "2 snapshots hold these events in the repository 'nightly'" in notes
    assert "1 index that no entry names (metrics-cpu)" in notes
    audit = elm.ok("audit", code=3)
    clause = next(one for one in audit["clauses"] if one["clause"] == "MITL-6.3")
    assert (clause["standing"], clause["evidence"]["measured"]["events past their time"]) == ("finding", 5)
    assert any("3 events are older than the policy allows" in line for line in audit["process"])
    check = next(one for one in elm.run("check", "--json").told["checks"] if one["name"] == "log-service vendor")
    assert check["state"] == "finding"

    elm.ok("log-service", "apply", approved(elm))
    ilm(cluster, "two-weeks", MIXED, 13, "1d")
    cluster.snapshots.clear()
    del mixed.events[f"{MIXED}-4"]  # the one without a time
    mixed.refresh()
    assert elm.ok("log-service", "list")["findings"] == []
    audit = elm.ok("audit", code=3)
    clause = next(one for one in audit["clauses"] if one["clause"] == "MITL-6.3")
    assert clause["standing"] == "holds"

    def rights():
        [found] = rights_checks(load_site(elm.folder), datetime.now(UTC))
        return found.as_dict()

    told = elm.run("doctor", "--json").told["checks"]
    assert [one["state"] for one in told if one["name"].startswith("log-service vendor")] == ["ok", "ok"]
    assert rights()["state"] == "ok"
    vendor.rights = set(LOOK)
    assert "for `carrel log-service apply` it lacks delete, maintenance, delete_index, manage" in rights()["detail"]
    vendor.rights = ALL | {"manage_cluster"}
    assert (rights()["state"], "more than it needs" in rights()["detail"]) == ("finding", True)
    vendor.rights = LOOK - {"monitor_snapshot"}
    audit = elm.ok("audit", code=3)
    clause = next(one for one in audit["clauses"] if one["clause"] == "MITL-6.3")
    assert (clause["standing"], clause["evidence"]["measured"]["not wholly read"]) == ("cannot tell", 1)
    vendor.rights = LOOK - {"read_ilm", "monitor_snapshot"}
    assert "read_ilm (cluster), monitor_snapshot (cluster)" in rights()["detail"]
    listed = elm.ok("log-service", "list", code=4)
    assert [one["code"] for one in listed["errors"]] == ["HLS-003"]
    assert "cannot be read: the key lacks 'read_ilm'" in " ".join(listed["findings"])
    assert "whether snapshots keep these events cannot be told" in " ".join(listed["log_services"][0]["notes"])


def test_ism_of_the_other_product_is_read(small_sqlite, tmp_path, pair):
    elm, cluster = library.make(tmp_path / "site", small_sqlite), Cluster("opensearch", "2.19.0")
    with running(cluster, *pair) as vendor:
        declare(elm, vendor.entry(LOGS))
        filled(cluster)
        states = [
            {"name": "hot", "actions": [{"rollover": {"min_index_age": "1d"}}],
             "transitions": [{"state_name": "gone", "conditions": {"min_rollover_age": "20d"}}]},
            {"name": "gone", "actions": [{"delete": {}}], "transitions": []},
        ]  # fmt: skip
        cluster.policies["tidy"] = {
            "_id": "tidy",
            "policy": {"policy_id": "tidy", "default_state": "hot", "states": states},
        }
        cluster.managed[MIXED] = {"policy_id": "tidy", "enabled": True, "action": {"name": "rollover", "failed": True}}
        told = " ".join(elm.ok("log-service", "list", code=3)["findings"])
        assert "its lifecycle 'tidy' keeps events up to 21 days, the policy 14 days" in told
        assert "'tidy' does not go on: an error in its action 'rollover'" in told
        assert f"{OLD}: the service itself deletes nothing" in told


def test_a_snapshot_is_judged_by_the_shortest_period_of_what_it_holds(site):
    elm, vendor, *_ = site
    fill(vendor.cluster.make("logs-web"), 1)
    visits = "      - {id: visits at the vendor, active until: sent, keep: 28 days, then: delete}\n"
    policy = (elm.folder / "policy.yaml").read_text()
    place = policy.index("    retention:\n", policy.index("  website visits:")) + len("    retention:\n")
    (elm.folder / "policy.yaml").write_text(policy[:place] + visits + policy[place:])
    elm.edit(LOGS, f"{LOGS}, {{index: logs-web, record: website visits, purpose: improve, until: sent}}")
    held = {
        "a": (20, "logs-catalogue-gone"),
        "b": (20, "logs-web"),
        "c": (30, "logs-web"),
        "d": (40, MIXED, "logs-web"),
    }
    vendor.cluster.snapshots["nightly"] = [
        {"snapshot": name, "indices": indices, "start_time_in_millis": int(ago(days).timestamp() * 1000)}
        for name, (days, *indices) in held.items()
    ]
    told = [line for line in elm.ok("log-service", "list", code=3)["findings"] if "snapshot" in line]
    assert [line.partition(", ")[2].partition(" in ")[0] for line in told] == [
        "2 snapshots are older than 14 days",
        "1 snapshot is older than 28 days",
    ]


RULE = RecordRule(
    "logs", (), RecordEvent.SENT, (Period(Duration.parse("14 days"), NOW.date() - timedelta(days=900)),), Disposition.DELETE
)  # fmt: skip


def test_nothing_younger_and_nothing_without_a_time_ever_goes_whatever_is_written_meanwhile(tmp_path):
    """Law: whatever comes in, changes or goes between any two requests, only what was counted past its time goes."""
    secret = tmp_path / "key"
    secret.write_text(KEY)
    secret.chmod(0o600)
    dice, total = random.Random(21), 0
    with running(Cluster()) as vendor:
        for round_ in range(25):
            name = f"logs-catalogue-{round_:06}"
            index = vendor.cluster.make(name)
            fill(index, *(dice.choice((None, 60, 20, 14.001, 13.999, 5, -3)) for _ in range(dice.randrange(12))))
            if dice.random() < 0.5:
                for key, one in list(index.events.items()):
                    if one.source.get("@timestamp", NOW) > ago(14):
                        del index.events[key]
                index.refresh()
            service = LogService.model_validate(
                {"name": "v", "interface": "elasticsearch", "url": f"http://127.0.0.1:{vendor.port}",
                 "api_key_file": secret, "delete": dice.choice(("either", "events", "indices")),
                 "indices": [{"index": name, "record": "access logs", "purpose": "improve"}]}
            )  # fmt: skip
            with signed_in(service, datetime.now(UTC)) as account:
                there, stick, late = account(account.parts()[0]), Yardstick(RULE, NOW), []
                found = tally(there.pieces, RULE, NOW, late)
                counted = {key for key, one in index.events.items() if one.source.get("@timestamp", NOW) <= ago(14)}
                assert there.way(found) == "" or found.due == len(counted) or service.delete == "indices"

                def disturb(index=index):
                    for _ in range(dice.randrange(3)):
                        key = dice.choice([*index.events, f"new-{dice.random()}"])
                        at = dice.choice((None, ago(5), ago(13.999), ago(20)))
                        index.write(key, {} if at is None else {"@timestamp": at})
                    if dice.random() < 0.5:
                        index.refresh()

                disturb()
                for pattern in dice.sample(
                    ("PUT", "POST .*/_search", "DELETE", "POST .*/_delete_by", "GET /_tasks"), 3
                ):
                    vendor.hooks[pattern] = disturb
                tags, before = frozenset(late), len(vendor.cluster.gone)
                order = Order(f"carrel-{round_}", stick.enough, found.due, there.way(found) or SINGLE)
                try:
                    there.under(order).clear(
                        lambda p, tags=tags, stick=stick: p.tag in tags and stick.stands(p) is Standing.DUE,
                        lambda: None,
                    )
                except CarrelError as wrong:
                    assert wrong.code == "CLR-004"  # more is past its time than was approved
                vendor.hooks.clear()
                went = vendor.cluster.gone[before:]
                assert all(one.times("@timestamp") and one.source["@timestamp"] <= ago(14) for one in went), round_
                assert len(went) <= found.due
                total += len(went)
                assert name in vendor.cluster.indices or order.way == WHOLE
    assert total > 10


SIGNED = "log_services:\n  - {name: campus-it, interface: none, attested_by: Ada Example, indices: [%s]}\n"


def test_a_service_without_an_interface_is_signed_for_and_what_is_overdue_is_a_finding(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, SIGNED % "{record: access logs, purpose: improve, until: sent}")
    assert elm.run("log-service", "list").codes == ["SIT-001"]  # Ada may not sign for anything yet
    elm.edit("may: [approve, hold]", "may: [approve, hold, audit]")
    listed = elm.ok("log-service", "list", code=3)
    assert listed["findings"] == ["log-service campus-it: Ada Example has not signed for it yet"]
    assert elm.run("log-service", "plan", "--as", "Cal Example").codes == ["HLS-010"]

    def standing():
        return next(one for one in elm.ok("audit", code=3)["clauses"] if one["clause"] == "MITL-6.3")["standing"]

    assert standing() == "finding"
    report = elm.folder / "counts.csv"
    report.write_text(f"record,as_of,overdue,removed\naccess logs,{ago(3).date()},0,1204\n")
    words = ("log-service", "attest", report, "campus-it", "--key", elm.folder / "ada.key")
    elm.edit("may: [approve, plan, stop]", "may: [approve, plan, stop, audit]")
    assert elm.run(*words, "--as", "Ben Example").codes == ["HLS-010"]
    assert elm.run(*words[:-1], elm.folder / "ben.key", "--as", "Ada Example").codes == ["CUS-015"]
    assert elm.run("log-service", "list").code == 3
    told = elm.ok(*words, "--as", "Ada Example", "--until", str((NOW + timedelta(days=20)).date()))["attestation"]
    assert (told["host"], told["person"], told["counts"][0]["overdue"]) == ("campus-it", "Ada Example", 0)
    assert elm.ok("log-service", "list")["log_services"][0]["attested"] is True
    assert standing() == "attested"
    check = next(one for one in elm.run("check", "--json").told["checks"] if one["name"] == "log-service campus-it")
    assert (check["state"], "nobody measured it" in check["detail"]) == ("ok", True)
    leaves = [decode_leaf(entry) for entry in LedgerFolder(elm.folder / "ledger").entries()]
    assert [entry.fields["action"] for entry in leaves if entry.kind == "custody"] == ["attested"]
    # Another policy, another person, a changed byte, a kind of record that the report leaves out, records past their time.
    elm.edit("keep: 14 days, then: delete", "keep: 13 days, then: delete", "policy.yaml")
    assert "the policy has changed" in elm.ok("log-service", "list", code=3)["findings"][0]
    elm.edit("keep: 13 days, then: delete", "keep: 14 days, then: delete", "policy.yaml")
    elm.edit("attested_by: Ada Example", "attested_by: Ben Example")
    assert "names another person" in elm.ok("log-service", "list", code=3)["findings"][0]
    elm.edit("attested_by: Ben Example", "attested_by: Ada Example")
    [note] = (elm.folder / "log-services" / "campus-it").glob("*.note")
    whole = note.read_text()
    note.write_text(whole.replace('"rows": 1', '"rows": 2'))
    assert "does not hold any more (CUS-015)" in elm.ok("log-service", "list", code=3)["findings"][0]
    note.write_text(whole)
    elm.edit("{record: access logs, purpose: improve, until: sent}",
             "{record: access logs, purpose: improve, until: sent}, {record: website visits, purpose: improve}")  # fmt: skip
    assert "says nothing of website visits" in elm.ok("log-service", "list", code=3)["findings"][0]
    answer = elm.run(*words, "--as", "Ada Example")  # signed, and a finding at once
    assert (answer.code, "says nothing of website visits" in answer.text) == (3, True)
    [line] = elm.ok(*words, "--as", "Ada Example", code=3)["findings"]
    assert "says nothing of website visits" in line
    report.write_text(f"record,as_of,overdue\naccess logs,{ago(1).date()},7\nwebsite visits,{ago(1).date()},0\n")
    elm.ok(*words, "--as", "Ada Example", code=3)
    assert "7 records are past their period there" in elm.ok("log-service", "list", code=3)["findings"][0]
    elm.edit("interface: none, attested_by: Ada Example, ", "interface: opensearch, url: 'https://localhost:1', "
             "api_key_file: logs.dsn, ")  # fmt: skip
    elm.edit("{record: access logs", "{index: 'logs-a*', record: access logs")
    elm.edit("{record: website visits", "{index: 'logs-b*', record: website visits")
    assert elm.run(*words, "--as", "Ada Example").codes == ["HLS-011"]


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: "])
def test_an_answer_that_trickles_in_ends_in_time(tmp_path, monkeypatch, first):
    secret = tmp_path / "key"
    secret.write_text(KEY)
    secret.chmod(0o600)
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.4)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle():
            client, _ = server.accept()
            with client, suppress(OSError):
                client.sendall(first)
                while not over.wait(0.05):
                    client.sendall(b" ")

        threading.Thread(target=trickle, daemon=True).start()
        service = LogService.model_validate(
            {"name": "v", "interface": "elasticsearch", "url": f"http://127.0.0.1:{server.getsockname()[1]}",
             "api_key_file": secret, "indices": [{"index": "logs-a*", "record": "access logs", "purpose": "improve"}]}
        )  # fmt: skip
        began = time.monotonic()
        with pytest.raises(CarrelError) as wrong, signed_in(service, NOW):
            pass
        over.set()
    assert (wrong.value.code, time.monotonic() - began < 5) == ("HLS-001", True)
    assert "no whole answer" in wrong.value.faults[0].found


def test_no_answer_in_time_no_certificates_and_a_key_that_cannot_be_sent_are_told(tmp_path, monkeypatch, pair):
    secret = tmp_path / "key"
    secret.write_text(KEY)
    secret.chmod(0o600)
    part = {"index": "logs-catalogue-*", "record": "access logs", "purpose": "improve"}
    body = {"name": "v", "interface": "elasticsearch", "api_key_file": secret, "indices": [part]}

    def code(**more):
        with pytest.raises(CarrelError) as wrong, signed_in(LogService.model_validate({**body, **more}), NOW):
            pass
        return wrong.value.code

    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.3)
    with running(Cluster()) as plain, running(Cluster(), *pair) as vendor:
        url = f"http://127.0.0.1:{plain.port}"
        plain.faults = [Fault(ANY, lambda reply: (time.sleep(1), reply)[1], after=True)]
        assert code(url=url) == "HLS-001"
        plain.faults = [Fault(ANY, lambda _: (200, b"[" * (refusals.MOST_BYTES + 2)))]
        monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 30)
        assert code(url=url) == "HLS-004"
        encrypted = f"https://localhost:{vendor.port}"
        assert code(url=encrypted, ca_file=tmp_path / "none.pem") == "HLS-001"
        assert code(url=f"https://127.0.0.1:{vendor.port}", ca_file=pair[0]) == "HLS-001"  # the name is another
        assert code(url=f"https://localhost:{plain.port}", ca_file=pair[0]) == "HLS-001"  # nothing is encrypted there
        asked = len(vendor.asked)
        secret.write_text("schlüssel\n")
        assert (code(url=encrypted, ca_file=pair[0]), len(vendor.asked)) == ("HLS-002", asked)
    secret.write_text(KEY)
    assert code(url=url) == "HLS-001"  # nobody listens there
