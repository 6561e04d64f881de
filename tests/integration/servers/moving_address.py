"""An address that leads to one server, and then to another: what was open stays where it was, as behind a moved address."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class MovingAddress:
    """A port of this machine behind which stands a server's; use `moving_address` to get one.

    Attributes:
        port: to connect to.
        leads_to: port of the server that whoever connects from now on is led to.
    """

    def __init__(self, leads_to: int) -> None:
        self.leads_to = leads_to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                asked, _ = self._listening.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self.leads_to))
            self._lines += [asked, there]
            for one, other in ((asked, there), (there, asked)):
                threading.Thread(target=_passed_on, args=(one, other), daemon=True).start()

    def close(self) -> None:
        """End every line."""
        for one in (self._listening, *self._lines):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _passed_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while said := one.recv(1 << 16):
            other.sendall(said)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def moving_address(leads_to: int) -> Iterator[MovingAddress]:
    """One that leads to this port first."""
    made = MovingAddress(leads_to)
    try:
        yield made
    finally:
        made.close()
