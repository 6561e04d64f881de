"""Where a file or a database really is, whatever it is called: nobody shares one without being told."""

from __future__ import annotations

import ipaddress
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL

HERE = "here"
_PORTS = {"mariadb": 3306, "mysql": 3306, "postgresql": 5432}
_NOBODYS = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # RFC 5737, RFC 3849: of no machine
_ANY_PORT = 9


def file_at(place: Path) -> str:
    """The same text for one file or folder under whatever name."""
    try:
        told = place.stat()
    except OSError:
        return str(place.resolve())
    return f"{told.st_dev}:{told.st_ino}:{stat.S_IFMT(told.st_mode)}"


def database_at(url: URL) -> frozenset[str]:
    """Where a database is, whatever its address says: two addresses of one have a text in common.

    Args:
        url: of a system or of a store; nothing is connected to.

    Returns:
        A text for each place that the address may lead to: a name can have several addresses, and an address
        several hosts. Names of databases are told apart by their letters; in capitals or not only where every server
        of the product does so.
    """
    kind = url.get_backend_name()
    if kind == "sqlite":
        return frozenset({f"sqlite {file_at(Path(str(url.database)))}"})
    kind = "mariadb" if kind == "mysql" else kind
    name = str(url.database) if kind == "postgresql" else str(url.database).casefold()
    places = (f"{address} {port}" for host, port in _hosts(kind, url) for address in addresses_of(host))
    return frozenset(f"{kind} {place} {name}" for place in places)


def addresses_of(host: str) -> frozenset[str]:
    """The addresses of a host; `HERE` for this machine, by whichever of its names and addresses.

    A folder of sockets is on this machine, and so is a host that is not said. A name that nobody knows stands for
    itself.
    """
    host = host.strip().lower().rstrip(".")
    if host in {"", "localhost"} or host.startswith(("/", "@")):
        return frozenset({HERE})
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return frozenset({host})
    return frozenset(HERE if _is_here(one) else one for one in map(_plain, found))


def _hosts(kind: str, url: URL) -> Iterator[tuple[str, int]]:
    """Host and port as the driver takes them: a host in the query comes before the one in front of it."""
    port = url.port or _PORTS.get(kind, 0)
    if kind != "postgresql":
        yield "" if url.query.get("unix_socket") else url.host or "", port
        return
    said = url.query.get("host") or url.host or ""
    for one in (said if isinstance(said, str) else ",".join(said)).split(","):
        yield one, port


def _plain(address: str) -> str:
    """An address as it is written without a scope, and of IPv4 where it only stands in the form of IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _is_here(address: str) -> bool:
    """Whether an address is this machine's own, by what its kernel says; no packet is sent."""
    found = ipaddress.ip_address(address)
    if found.is_loopback or found.is_unspecified:
        return True
    family = socket.AF_INET if isinstance(found, ipaddress.IPv4Address) else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as one:
        one.connect((address, _ANY_PORT))
        if one.getsockname()[0] == address:
            return True
    # A second address of an interface answers by its first; it can be bound to all the same, as no other can. Where
    # the kernel lets every address be bound to, that tells nothing.
    return _binds(family, address) and not _binds(family, _NOBODYS[family])


def _binds(family: socket.AddressFamily, address: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.bind((address, 0))
    except OSError:
        return False
    return True
