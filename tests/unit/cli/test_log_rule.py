"""Which lines of a log are past their time, by the dated versions of a rule: as the policy's clock reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from carrel.cli.scrub_setup import Chosen, LogRule, keys_of, rules_of
from carrel.deidentification.logs.log_line import LineScrubber
from carrel.policy.clock import is_due
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.systems.logs.known_formats import format_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def log_rule(*periods: tuple[str, date] | tuple[str, date, bool]) -> LogRule:
    versions = tuple(Period(Duration.parse(keep), since, *rest) for keep, since, *rest in periods)
    return LogRule("own", RecordRule("lines", (), RecordEvent.MADE, versions, Disposition.DELETE), NOW)


def scrubbed(rule: LogRule, *days: float) -> tuple[int, int]:
    """How many lines of these ages pass, and how many are past their time."""
    chosen = Chosen("common", "drop", "drop", "drop", "strip", "hour", None, None, None, None)
    rules = rules_of(chosen, keys_of(None, NOW.date), NOW.date(), rule)
    lines = [
        f'10.0.0.1 - - [{NOW - timedelta(days=one):%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 200 1\n' for one in days
    ]
    block = LineScrubber(format_of("common"), rules).block("".join(lines).encode())
    return block.passed, block.past


def test_a_rule_that_is_not_in_force_yet_makes_no_line_past_its_time() -> None:
    assert scrubbed(log_rule(("7 days", date(2027, 1, 1))), 1, 8, 400) == (3, 0)


def test_a_longer_version_changes_nothing_for_lines_from_before_it() -> None:
    both = log_rule(("7 days", date(2026, 1, 1)), ("30 days", date(2026, 11, 20)))
    assert scrubbed(both, 5, 8, 25) == (1, 2), "written when seven days were promised"
    assert scrubbed(log_rule(("7 days", date(2026, 1, 1)), ("30 days", date(2026, 12, 1))), 5, 8) == (1, 1)


def test_a_shorter_version_that_does_not_reach_back_leaves_older_lines_their_time() -> None:
    kept = log_rule(("30 days", date(2026, 1, 1)), ("1 day", date(2026, 11, 20), False))
    assert scrubbed(kept, 0.5, 3, 10, 31) == (2, 2)
    cut = log_rule(("30 days", date(2026, 1, 1)), ("1 day", date(2026, 11, 20)))
    assert scrubbed(cut, 0.5, 3, 10, 31) == (1, 3)


def test_it_is_the_policys_own_clock_to_the_second() -> None:
    rule = log_rule(
        ("14 days", date(2026, 1, 1)), ("2 days", date(2026, 11, 25), False), ("9 days", date(2026, 11, 26))
    )
    for hours in range(0, 24 * 40, 7):
        at = NOW - timedelta(hours=hours)
        assert rule.is_past(at) == is_due(rule.rule, at, NOW)
    edge = NOW - timedelta(days=9)
    assert rule.is_past(edge)
    assert not rule.is_past(edge + timedelta(microseconds=1))
