"""Reports of public computers: believed only whole and signed; judged by the policy, and never better for telling more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.accountability.evidence import Evidence, State
from carrel.accountability.public_computers import PublicComputers
from carrel.accountability.registry import evidence_for
from carrel.accountability.station_report import (
    HEAD,
    Found,
    Moment,
    StationReport,
    Trace,
    named_machine,
    read_report,
    signature,
)  # fmt: skip
from carrel.accountability.station_standing import LOOK_BACK, MachineStanding, Standing, standing_of
from carrel.errors import CarrelError
from carrel.inventory.stations import StationGroup, Stations
from carrel.policy.station_rules import StationsRule
from carrel.systems import station_probe
from tests.unit.accountability.library import FACTS

NOW = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
SECRET = "5" * 64
OPEN = StationGroup.model_validate({"name": "hall", "machines": ["pc-1"]})
SIGNED_IN = StationGroup.model_validate({"name": "study", "machines": ["pc-1"], "sign_in": True})
DAILY = StationsRule.model_validate({"user data": "1 day", "browser data": "session", "event logs": "reboot"})
BY_SESSION = StationsRule.model_validate({"user data": "session"})


def evidence_of_machines(clause: str, seen: PublicComputers) -> Evidence:
    found = evidence_for(clause, replace(FACTS, computers=seen))
    assert found is not None
    return found


def body(**changed: object) -> dict[str, object]:
    found = {one.value: {"count": 0, "oldest": 0, "at_least": False} for one in Trace}
    told = {"format": HEAD, "machine": "pc-1", "moment": "boot", "at": "2026-11-26T09Z", "found": found, "unread": []}
    return told | changed


def text(said: object) -> bytes:
    raw = json.dumps(said).encode() + b"\n"
    return raw + f"hmac-sha256 {signature(raw, SECRET)}\n".encode()


def report(
    moment: Moment = Moment.BOOT, hours_ago: int = 1, *, unread: tuple[Trace, ...] = (), **counts: tuple[int, int]
) -> StationReport:
    found = tuple(Found(one, *counts.get(one.name, (0, 0))) for one in Trace if one not in unread)
    hour = (NOW - timedelta(hours=hours_ago)).replace(minute=0)
    return StationReport("pc-1", moment, hour, found, unread)


def test_what_the_probe_signs_is_believed_and_names_nothing() -> None:
    found = {one.value: station_probe.Tally() for one in Trace}
    found["cookies"].add(3, NOW.timestamp() - 7200)
    found["downloads"].unread = True
    raw = station_probe.signed(station_probe.report("pc-1", "session end", found, NOW.timestamp()), SECRET)
    read = read_report(raw, SECRET, "here")
    assert (read.machine, read.moment, read.at) == ("pc-1", Moment.SESSION_END, NOW.replace(minute=0))
    assert Found(Trace.COOKIES, 3, 2) in read.found
    assert read.unread == (Trace.DOWNLOADS,)
    assert named_machine(raw) == "pc-1"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_report_with_a_byte_changed_is_refused(place: int, by: int) -> None:
    raw = bytearray(text(body()))
    raw[place % (len(raw) - 1)] ^= by
    with pytest.raises(CarrelError) as wrong:
        read_report(bytes(raw), SECRET, "here")
    assert wrong.value.code in {"STA-001", "STA-002"}


@pytest.mark.parametrize(
    "cut", [b"", b"\n", b"hmac-sha256 ", b"{}", text(body())[:-30], text(body()) + b"x", b"x" * 20_000]
)
def test_what_is_no_report_is_refused(cut: bytes) -> None:
    with pytest.raises(CarrelError) as wrong:
        read_report(cut, SECRET, "here")
    assert wrong.value.code == "STA-001"


@pytest.mark.parametrize(
    "odd",
    [
        [], "x", body(machine="PC 1"), body(machine=7), body(moment="noon"), body(at="2026-11-26T09:30Z"), body(extra=1),
        body(at="2026-13-26T09Z"), body(found={"names": {"count": 1, "oldest": 0, "at_least": False}}),
        body(found={"cookies": {"count": -1, "oldest": 0, "at_least": False}}), body(format="another"),
        body(found={"cookies": {"count": 1.5, "oldest": 0, "at_least": False}}),
        body(found={"cookies": {"count": True, "oldest": 0, "at_least": False}}), body(unread=["cookies"]),
        body(found={"cookies": {"count": 1, "oldest": 0, "at_least": 0}}), body(unread=["diary"], found={}),
        body(found={"cookies": {"count": 1, "oldest": 0, "at_least": False, "sites": "a.example"}}),
    ],
)  # fmt: skip
def test_a_signed_report_of_another_form_is_refused_and_quoted_nowhere(odd: object) -> None:
    with pytest.raises(CarrelError) as wrong:
        read_report(text(odd), SECRET, "here")
    assert wrong.value.code == "STA-002"
    assert "example" not in str(wrong.value)


@pytest.mark.parametrize(
    ("group", "rule", "one", "standing"),
    [
        (OPEN, DAILY, report(), Standing.CLEAN),
        (OPEN, DAILY, report(Moment.SESSION_END, HISTORY=(1, 0)), Standing.SURVIVOR),
        (OPEN, DAILY, report(Moment.SESSION_END, DOWNLOADS=(1, 0)), Standing.CLEAN),  # user data have a day
        (OPEN, DAILY, report(Moment.SESSION_END, DOWNLOADS=(1, 24)), Standing.CLEAN),  # may be just in time
        (OPEN, DAILY, report(Moment.SESSION_END, DOWNLOADS=(1, 25)), Standing.SURVIVOR),
        (SIGNED_IN, DAILY, report(Moment.DAILY, HISTORY=(1, 3)), Standing.CLEAN),  # by the account's setting
        (SIGNED_IN, DAILY, report(Moment.DAILY, HISTORY=(1, 25)), Standing.SURVIVOR),
        (OPEN, DAILY, report(EVENT_LOGS=(1, 0)), Standing.SURVIVOR),
        (OPEN, BY_SESSION, report(EVENT_LOGS=(9, 99)), Standing.CLEAN),  # nothing is promised of them
        (OPEN, BY_SESSION, report(Moment.SESSION_END, DOWNLOADS=(1, 0)), Standing.SURVIVOR),
        (SIGNED_IN, BY_SESSION, report(Moment.BOOT, COOKIES=(1, 0)), Standing.SURVIVOR),
        (OPEN, BY_SESSION, report(Moment.DAILY), Standing.UNSEEN),  # no session's end was looked at
        (OPEN, BY_SESSION, report(Moment.DAILY, COOKIES=(4, 24)), Standing.SURVIVOR),
        (OPEN, DAILY, report(hours_ago=27), Standing.SILENT),
        (OPEN, DAILY, report(hours_ago=-30), Standing.SILENT),  # nothing but one from the future
        (OPEN, DAILY, report(unread=(Trace.COOKIES,)), Standing.UNSEEN),
        (OPEN, BY_SESSION, report(unread=(Trace.EVENT_LOGS,)), Standing.CLEAN),
    ],
)
def test_one_report_is_judged_by_the_policy(
    group: StationGroup, rule: StationsRule, one: StationReport, standing: Standing
) -> None:
    assert standing_of("pc-1", group, rule, [one], NOW).standing is standing


def test_a_machine_is_told_by_its_own_reports_of_a_week_and_no_others() -> None:
    assert standing_of("pc-1", OPEN, DAILY, [], NOW).says == "it never reported"
    stranger = StationReport("pc-2", Moment.BOOT, NOW, report().found, ())
    assert standing_of("pc-1", OPEN, DAILY, [stranger], NOW).standing is Standing.SILENT
    left = report(Moment.SESSION_END, hours_ago=100, COOKIES=(2, 0))
    assert standing_of("pc-1", OPEN, DAILY, [left, report()], NOW).survived == (Trace.COOKIES,)
    long_ago = StationReport("pc-1", left.moment, NOW - LOOK_BACK - timedelta(hours=1), left.found, ())
    assert standing_of("pc-1", OPEN, DAILY, [long_ago, report()], NOW).standing is Standing.CLEAN
    ahead = report(hours_ago=-5)
    assert "clock" in standing_of("pc-1", OPEN, DAILY, [report(), ahead], NOW).says


traces = st.dictionaries(st.sampled_from([one.name for one in Trace]), st.tuples(st.integers(0, 3), st.integers(0, 60)))


@given(
    st.sampled_from(Moment), traces, traces, st.sampled_from([DAILY, BY_SESSION]), st.sampled_from([OPEN, SIGNED_IN])
)
def test_more_left_behind_never_stands_better(
    moment: Moment,
    some: dict[str, tuple[int, int]],
    more: dict[str, tuple[int, int]],
    rule: StationsRule,
    group: StationGroup,
) -> None:
    """Law: with a count or an age that grew, a machine that was a survivor is one still."""
    grown = {name: tuple(map(max, some.get(name, (0, 0)), more.get(name, (0, 0)))) for name in {*some, *more}}
    before = standing_of("pc-1", group, rule, [report(moment, **some)], NOW)
    after = standing_of("pc-1", group, rule, [report(moment, **grown)], NOW)  # type: ignore[arg-type]
    assert set(before.survived) <= set(after.survived)
    assert not (before.standing is Standing.SURVIVOR and after.standing is not Standing.SURVIVOR)


@pytest.mark.parametrize("clause", ["MITL-2.9", "MITL-7.2", "WPL-5.2"])
def test_a_clause_holds_only_where_every_machine_is_clean(clause: str) -> None:
    clean = MachineStanding("pc-1", "hall", Standing.CLEAN, "")
    seen = PublicComputers("x", True, (clean,), {}, 0, (), whole=True)
    assert evidence_for(clause, FACTS) is None
    assert evidence_of_machines(clause, seen).state is State.HOLDS
    left = Trace.EVENT_LOGS if clause == "MITL-7.2" else Trace.COOKIES
    for worse, state in (
        (
            {"machines": (clean, MachineStanding("pc-2", "hall", Standing.SURVIVOR, "", survived=(left,)))},
            State.FINDING,
        ),
        ({"machines": (clean, MachineStanding("pc-2", "hall", Standing.SILENT, ""))}, State.FINDING),
        ({"machines": (clean, MachineStanding("pc-2", "hall", Standing.UNSEEN, ""))}, State.CANNOT_TELL),
        ({"refused": {"STA-001": 1}}, State.FINDING),
        ({"unkeyed": ("pc-1",)}, State.FINDING),
        ({"ruled": False}, State.CANNOT_TELL),
        ({"whole": False}, State.CANNOT_TELL),
    ):
        fields = {
            name: getattr(seen, name)
            for name in ("policy", "ruled", "machines", "refused", "strange", "unkeyed", "whole")
        }
        assert evidence_of_machines(clause, PublicComputers(**(fields | worse))).state is state, worse


def test_a_machine_stands_once_in_the_site_file() -> None:
    groups = [{"name": "a", "machines": ["pc-1"]}, {"name": "b", "machines": ["pc-1"]}]
    with pytest.raises(ValueError, match="each machine once"):
        Stations.model_validate({"drop": "x", "groups": groups})
    with pytest.raises(ValueError, match="1 hour"):
        Stations.model_validate(
            {"drop": "x", "groups": [{"name": "a", "machines": ["p"], "reports_every": "30 minutes"}]}
        )
