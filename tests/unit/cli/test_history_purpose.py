"""Whose history falls under which policy is not known: where policies differ in its purpose, nothing is counted."""

from __future__ import annotations

from carrel.cli.consent_told import _history_purpose
from carrel.retention.consortium import NamedPolicy, in_force
from carrel.systems import policy_files


def test_a_purpose_counts_only_where_every_policy_of_a_system_names_it() -> None:
    owwl, worcester = policy_files.load("owwl"), policy_files.load("worcester")
    assert _history_purpose(in_force(owwl, [])) == ("reading history", True)
    assert _history_purpose(in_force(worcester, [])) == ("", True)
    assert _history_purpose(in_force(worcester, [NamedPolicy("A", "1", owwl)])) == ("reading history", False)
