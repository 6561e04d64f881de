"""Connections are dealt out to all processes that answer."""

from __future__ import annotations

import collections
import pickle
import socket
import threading

import pytest

from carrel.cli.worker_door import WorkerDoor

CONNECTIONS = 400


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_each_process_has_its_share_of_connections_that_come_one_by_one(host: str) -> None:
    """One by one is how one process got all of them: whoever waited last was woken first."""
    shares = collections.Counter[int]()
    with WorkerDoor.at(host, 0) as door:
        opened: list[socket.socket] = [pickle.loads(pickle.dumps(door)) for _ in range(2)]
        for one in opened:
            one.setblocking(False)
        for _ in range(CONNECTIONS):
            with socket.create_connection(door.getsockname()[:2], timeout=5):
                for n, one in enumerate(opened):
                    try:
                        taken, _ = one.accept()
                    except BlockingIOError:
                        continue
                    taken.close()
                    shares[n] += 1
        for one in opened:
            one.close()
        assert shares.total() == CONNECTIONS, "none waits at the socket that only reserves"
        assert min(shares[0], shares[1]) > CONNECTIONS * 0.35, shares


def test_an_address_where_processes_listen_is_not_free() -> None:
    with WorkerDoor.at("127.0.0.1", 0) as door, pickle.loads(pickle.dumps(door)):
        port = door.getsockname()[1]
        with pytest.raises(OSError):
            WorkerDoor.at("127.0.0.1", port)
        with pytest.raises(OSError):
            socket.create_server(("127.0.0.1", port))


def test_what_is_reserved_and_not_opened_yet_takes_no_connection() -> None:
    with WorkerDoor.at("127.0.0.1", 0) as door, pytest.raises(ConnectionRefusedError):
        socket.create_connection(door.getsockname(), timeout=5)


def test_it_is_told_once_a_process_listens_and_not_before() -> None:
    told = threading.Event()
    with WorkerDoor.at("127.0.0.1", 0) as door:
        door.once_open(told.set)
        assert not told.wait(0.3)
        with pickle.loads(pickle.dumps(door)):
            assert told.wait(10)
