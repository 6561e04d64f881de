"""Health: what is not known is never shown as well, and nothing of a patron can stand in it."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carrel.accountability.health import LATE_AFTER, Health, HealthState, Residue, SystemHealth

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WELL = SystemHealth("koha", last_verified_night=NOW - timedelta(hours=2), overdue_rows=0)

whole = st.integers(0, 10**9)
systems = st.builds(
    SystemHealth,
    name=st.text(min_size=1, max_size=12),
    last_verified_night=st.none() | st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda ago: NOW - ago),
    overdue_rows=st.none() | whole,
    plans_awaiting_approval=st.integers(0, 9),
    residues=st.lists(
        st.builds(Residue, st.sampled_from(["binary log", "undo"]), st.none() | st.just(NOW), st.none() | whole),
        max_size=2,
    ).map(tuple),
    failed=st.booleans(),
    findings=st.lists(st.sampled_from(["ACC-002", "ACC-005"]), max_size=2).map(tuple),
    open_joins=st.lists(st.just(NOW), max_size=2).map(tuple),
)


def test_a_verified_night_with_nothing_left_is_ok():
    assert Health(NOW, (WELL,)).state is HealthState.OK


@given(systems)
def test_ok_only_when_everything_was_counted_and_is_zero(system):
    fresh = system.last_verified_night is not None and NOW - system.last_verified_night <= LATE_AFTER
    fine = fresh and system.overdue_rows == 0 and not system.plans_awaiting_approval and not system.open_joins
    assert (system.state(NOW) is HealthState.OK) == (fine and not system.failed and not system.findings)


@given(st.lists(systems, max_size=4).map(tuple))
def test_a_site_is_as_well_as_its_worst_system(found):
    health = Health(NOW, found)
    order = list(HealthState)
    worst = max((order.index(one.state(NOW)) for one in found), default=1)
    assert order.index(health.state) == worst


def test_passing_time_never_makes_a_system_well():
    later = [WELL.state(NOW + timedelta(hours=h)) for h in range(60)]
    assert later == sorted(later, key=list(HealthState).index)
    assert later[0] is HealthState.OK
    assert later[-1] is HealthState.ATTENTION


def test_what_is_not_known_is_null_in_json_and_left_out_for_prometheus():
    health = Health(NOW, (WELL, SystemHealth("evergreen", residues=(Residue("binary log"),))))
    body = json.loads(json.dumps(health.as_dict()))
    assert body["format_version"] == 1
    assert body["overdue_rows"] is None
    assert body["last_verified_night"] is None
    text = health.prometheus()
    assert 'carrel_overdue_rows{system="koha"} 0' in text
    assert 'carrel_overdue_rows{system="evergreen"}' not in text
    assert "carrel_residue_rows" not in text


@given(st.lists(systems, min_size=1, max_size=3, unique_by=lambda s: s.name).map(tuple))
def test_every_line_for_prometheus_is_well_formed(found):
    for line in Health(NOW, found).prometheus().split("\n")[:-1]:
        if not line.startswith("# "):
            name, _, value = line.rpartition(" ")
            assert name.startswith("carrel_")
            assert value.isdigit()


def test_a_place_without_a_date_is_told_and_keeps_nobody_from_being_well():
    pages = Residue("undo log and free pages", lasting=False)
    system = SystemHealth("koha", NOW, 0, residues=(pages, Residue("binary log", NOW + timedelta(days=3))))
    health = Health(NOW, (system,))
    assert health.state is HealthState.OK
    assert health.as_dict()["residues"][0] == {"place": pages.place, "until": None, "rows": None, "lasting": False}
    text = health.prometheus()
    assert 'carrel_residues{system="koha"} 2' in text
    assert 'carrel_residues_undated{system="koha"} 1' in text
    assert 'place="undo log' not in text  # a time that nobody knows is left out
    assert pages.when == "until the server reuses them, nobody can tell when"


def test_a_label_is_escaped():
    text = Health(NOW, (SystemHealth('a"b\\c\nd', last_verified_night=NOW, overdue_rows=1),)).prometheus()
    assert 'system="a\\"b\\\\c\\nd"' in text


def test_figures_are_summed_over_systems():
    other = SystemHealth("b", NOW - timedelta(hours=9), 4, 1, (Residue("binary log", NOW + timedelta(days=3), 120),))
    assert Health(NOW, (WELL,), overdue_requests=3).as_dict()["overdue_requests"] == 3
    assert "\ncarrel_overdue_requests 3\n" in Health(NOW, (WELL,), overdue_requests=3).prometheus()
    assert "carrel_overdue_requests" not in Health(NOW, (WELL,), overdue_requests=None).prometheus()
    body = Health(NOW, (WELL, other)).as_dict()
    assert (body["overdue_rows"], body["plans_awaiting_approval"]) == (4, 1)
    assert body["last_verified_night"] == (NOW - timedelta(hours=9)).isoformat(timespec="seconds")
    assert body["residues"] == [
        {"place": "binary log", "until": "2026-11-25T04:00:00+00:00", "rows": 120, "lasting": True}
    ]
    assert 'carrel_residue_rows{system="b",place="binary log"} 120' in Health(NOW, (other,)).prometheus()


def test_a_join_that_is_open_is_told_with_since_when():
    old = NOW - timedelta(days=3)
    health = Health(NOW, (SystemHealth("koha", NOW, 0, open_joins=(NOW, old)),))
    assert health.state is HealthState.ATTENTION
    body = health.as_dict()
    assert body["open_joins"] == body["systems"][0]["open_joins"] == 2
    assert body["systems"][0]["open_joins_since"] == old.isoformat(timespec="seconds")
    assert 'carrel_open_joins{system="koha"} 2' in health.prometheus()
    assert f'carrel_open_joins_since_timestamp_seconds{{system="koha"}} {old.timestamp():.0f}' in health.prometheus()
    assert "since_timestamp" not in Health(NOW, (WELL,)).prometheus()
