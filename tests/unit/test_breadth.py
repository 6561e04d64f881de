"""What of the suite one run covers: nothing is left out on every database, and no database is left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.breadth import left_out

DATABASES = ("sqlite", "mariadb", "postgresql")


@dataclass(frozen=True)
class Asked:
    """A test with its markers."""

    nodeid: str
    marks: frozenset[str] = frozenset({"whole_run"})

    def get_closest_marker(self, name: str) -> object:
        """As pytest's."""
        return name if name in self.marks else None


def asked(name: str, *marks: str) -> list[Asked]:
    """One test on each database."""
    return [
        Asked(f"run/test_a.py::{name}[{one}-more]", frozenset(marks) or frozenset({"whole_run"})) for one in DATABASES
    ]


def test_each_test_of_a_whole_run_is_asked_once_and_each_database_has_its_share() -> None:
    tests = [one for number in range(90) for one in asked(f"test_{number}")]
    kept = set(tests) - set(left_out(tests))
    assert Counter(one.nodeid.split("[")[0] for one in kept) == {
        f"run/test_a.py::test_{number}": 1 for number in range(90)
    }
    shares = Counter(one.nodeid.split("[")[1] for one in kept)
    assert all(shares[f"{one}-more]"] > 15 for one in DATABASES)
    assert set(left_out(reversed(tests))) == set(left_out(tests))


def test_what_differs_by_more_than_the_database_is_another_test() -> None:
    tests = [Asked("a::t[restic on mariadb]"), Asked("a::t[borg on sqlite]"), Asked("a::t[mariadb-backup]")]
    assert left_out(tests) == []
    assert len(left_out([Asked("a::t[small_mariadb]"), Asked("a::t[small_sqlite]")])) == 1


def test_the_core_and_what_is_quick_stay_on_each_and_what_is_deep_on_none() -> None:
    assert left_out(asked("test_loop", "whole_run", "each_database")) == []
    assert left_out(asked("test_a_session", "mariadb")) == []
    deep = asked("test_every_gap", "whole_run", "each_database", "deep")
    assert left_out(deep) == deep
