"""What of a replica's own word counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carrel.systems.sql.replica_mariadb import _has, _judged, _position

FOLLOWS = {"Slave_SQL_Running": "Yes", "Slave_IO_Running": "Yes"}


def judged(done, reached, received="0-1-100", seconds=3, before="0-1-100", after="0-1-101", **status):
    told = {**FOLLOWS, "Gtid_IO_Pos": received, "Seconds_Behind_Master": seconds, **status}
    return _judged(told, done, reached, _position(before), _position(after)).known


def test_whoever_has_carried_out_all_is_nought_behind():
    assert judged("0-1-100", 0) == timedelta()
    assert judged("0-1-100", 0, received="") == timedelta()  # of one that does not follow by these ids
    assert judged("0-1-100,7-9-4", 0, received="0-1-101,7-9-4") == timedelta()


def test_its_own_seconds_count_only_while_it_receives_everything():
    assert judged("0-1-90", -1) == timedelta(seconds=4)
    assert judged("0-1-90", -1, received="0-1-99") is None
    assert judged("0-1-90", -1, seconds=None) is None
    for thread in FOLLOWS:
        assert judged("0-1-90", -1, **{thread: "No"}) is None


@pytest.mark.parametrize("other", ["0-1-5000", "3-1-100", ""])
def test_who_stands_elsewhere_than_the_primary_does_is_no_replica_of_it(other):
    assert judged(other, 0, received=other) is None


def test_a_position_lies_beyond_another_in_every_domain():
    assert _has({0: 5, 1: 2}, {0: 5, 1: 2})
    assert not _has({0: 5, 1: 1}, {0: 5, 1: 2})
    assert not _has({}, {0: 1})
