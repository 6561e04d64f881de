"""One address at which each process that answers has a listening socket of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

BACKLOG = 512  # connections that wait for one process

_Socket = TypeVar("_Socket", bound=socket.socket)


class WorkerDoor(socket.socket):
    """Reserves an address, and becomes a listening socket of its own in each process that it is handed to.

    Where processes wait at one socket, the system wakes the one that slept last, nearly always the same: of 200
    browsers almost all came to one process, and the other had nothing to do. With a socket for each, the system deals
    connections out evenly. This one is bound and never listens, so no connection waits at it.

    Args of :meth:`at`:
        host: an address of this machine.
        port: at which nobody listens, not even this program.

    Guarantees:
        A second program at the same address is refused as it would be at any socket.
        Handed to a process that is started (``pickle``), it listens there; that process closes it.
        Until the first process listens, whoever comes is refused: see :meth:`once_open`.
    """

    @classmethod
    def at(cls, host: str, port: int) -> Self:
        """Reserve an address.

        Raises:
            OSError: somebody listens there, or it is no address of this machine.
        """
        family = family_of(host)
        with socket.create_server((host, port), family=family) as alone:  # without sharing: nobody else may be there
            bound = alone.getsockname()
        return _bound(cls, family, bound)

    def once_open(self, then: Callable[[], None]) -> None:
        """Call ``then`` as soon as a process listens, from a thread that ends with the program."""
        address = self.getsockname()[:2]

        def look() -> None:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
                    break
                time.sleep(0.05)
            then()

        threading.Thread(target=look, daemon=True).start()

    def __reduce__(self) -> tuple[Any, ...]:
        return _listening, (int(self.family), self.getsockname())


def family_of(host: str) -> socket.AddressFamily:
    """Of which version of IP an address is."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _listening(family: int, address: tuple[Any, ...]) -> socket.socket:
    opened = _bound(socket.socket, family, address)
    opened.listen(BACKLOG)
    return opened


def _bound(kind: type[_Socket], family: int, address: tuple[Any, ...]) -> _Socket:
    opened = kind(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as a server of one address is
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened
