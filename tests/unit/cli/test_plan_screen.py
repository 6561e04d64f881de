"""Paths of a plan on the screen: what is due stands there, what is not is counted."""

from __future__ import annotations

from dataclasses import replace

from carrel.cli.plan_screen import need_lines, put_paths
from carrel.retention.interlock import Cure, Need, Reason
from tests.unit.retention.signed import path, plan


def test_paths_with_nothing_to_do_are_counted_with_their_bounds_and_not_listed(capsys):
    paths = (path("statistics", rows=300), path("old_issues", rows=0), path("messages", rows=0, bound=2_000))
    put_paths("10 loans are due", plan(paths=paths))
    out = capsys.readouterr().out
    assert "statistics" in out
    assert "above" in out
    assert "old_issues" not in out
    assert "2 further paths have nothing to do (bounds 100 to 2,000); the plan's file lists every one." in out
    assert max(map(len, out.splitlines())) <= 100


def test_a_plan_with_nothing_to_do_has_no_table(capsys):
    put_paths("0 loans are due", plan(paths=(path("statistics", rows=0),)))
    assert capsys.readouterr().out == "1 path has nothing to do (bound 100); the plan's file lists every one.\n"


def test_many_paths_above_their_bounds_are_one_line():
    first = Need(Reason.FIRST_RUN, Cure.PERSON)
    above = [Need(Reason.ABOVE_BOUND, Cure.PERSON, at=f"path {one}") for one in range(4)]
    assert need_lines((first, *above[:3])) == tuple(one.line() for one in (first, *above[:3]))
    last = "more rows than the bound: 4 paths, marked 'above' in the table"
    assert need_lines((*above, first)) == (first.line(), last)
    assert replace(above[0], at="").line() == "more rows than the bound"
