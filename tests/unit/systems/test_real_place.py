"""Addresses that lead to one database have a place in common, and those of two databases have none."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy.engine import make_url

from carrel.systems import real_place
from carrel.systems.real_place import HERE, addresses_of, database_at

PG, MARIA = "postgresql+psycopg://ann:word", "mariadb+pymysql://ann:word"
NAMES = {
    "db.example": ["10.77.0.5", "fd77::5"],
    "both.example": ["10.77.0.5", "10.77.0.6"],
    "mine.example": ["127.0.1.1"],
}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """The names that the tests use, as a server of names would tell them; numbers go the system's own way."""
    asked = socket.getaddrinfo

    def told(host, *rest, **more):
        if host in NAMES:
            return [(socket.AF_UNSPEC, 0, 0, "", (one, 0)) for one in NAMES[host]]
        if str(host).endswith(".example"):
            raise socket.gaierror
        return asked(host, *rest, **more)

    monkeypatch.setattr(real_place.socket, "getaddrinfo", told)


def own_addresses() -> list[str]:
    """What this machine is called, and the address by which it would speak to others, if any."""
    found = [socket.gethostname()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
            found.append(one.getsockname()[0])
        except OSError:
            pass  # a machine without a way out
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{PG}@127.0.0.1:5433/eg2", f"{PG}@mine.example:5433/eg2"),
        (f"{PG}@127.0.0.1/eg2", f"{PG}@127.9.9.9/eg2"),
        (f"{PG}@[::1]/eg2", f"{PG}@[::ffff:127.0.0.1]/eg2"),
        (f"{PG}@0.0.0.0/eg2", f"{PG}@/eg2"),
        (f"{PG}@10.77.0.5/lib", f"{PG}@/lib?host=10.77.0.5"),
        (f"{PG}@10.77.0.9/lib?host=10.77.0.5", f"{PG}@10.77.0.5/lib"),
        (f"{PG}@db.example/lib", f"{PG}@[fd77:0::5]/lib"),
        (f"{PG}@both.example/lib", f"{PG}@10.77.0.6/lib"),
        (f"{PG}@/lib?host=10.77.0.1,10.77.0.2", f"{PG}@10.77.0.2/lib"),
        (f"{PG}@10.77.0.9/lib?host=/run/postgresql", f"{PG}@localhost/lib"),
        (f"{PG}@/lib?host=/run/postgresql", f"{PG}@/lib?host=/tmp"),
        (f"{MARIA}@LOCALHOST./koha", f"{MARIA}@10.77.0.9/Koha?unix_socket=/run/mysqld.sock"),
        (f"{MARIA}@10.77.0.5/koha?host=10.77.0.9", f"{MARIA}@10.77.0.5/koha"),  # which the driver is not given
        (f"{MARIA}@nobody.example/koha", f"{MARIA}@Nobody.Example:3306/koha"),
    ],
)
def test_two_addresses_of_one_database(one, other):
    assert database_at(make_url(one)) & database_at(make_url(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{PG}@/lib?host=10.77.0.5", f"{PG}@/lib?host=10.77.0.6"),
        (f"{PG}@10.77.0.9/lib?host=10.77.0.5", f"{PG}@10.77.0.9/lib"),
        (f"{PG}@10.77.0.5/Lib", f"{PG}@10.77.0.5/lib"),
        (f"{PG}@10.77.0.5/lib", f"{PG}@10.77.0.5:5433/lib"),
        (f"{PG}@10.77.0.5/lib", f"{MARIA}@10.77.0.5:5432/lib"),
        (f"{PG}@127.0.0.1/lib", f"{PG}@10.77.0.5/lib"),
        (f"{MARIA}@nobody.example/koha", f"{MARIA}@another.example/koha"),
    ],
)
def test_addresses_of_two_databases(one, other):
    assert database_at(make_url(one)).isdisjoint(database_at(make_url(other)))


def test_this_machine_is_here_by_each_of_its_own_names_and_no_other_is():
    for own in own_addresses():
        assert HERE in addresses_of(own), own
    for others in ("192.0.2.1", "198.51.100.7", "2001:db8::7", "db.example"):
        assert HERE not in addresses_of(others)


def test_a_kernel_that_lets_every_address_be_bound_takes_none_for_its_own(monkeypatch):
    monkeypatch.setattr(real_place, "_binds", lambda *_: True)
    assert addresses_of("198.51.100.7") == {"198.51.100.7"}
