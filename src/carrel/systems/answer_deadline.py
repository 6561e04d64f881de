"""A limit for the whole of an answer: the one of a socket is begun anew with each byte."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SlowError(TimeoutError):
    """An answer that did not come to its end in time."""


@contextmanager
def answer_deadline(way: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut a connection off when its answer takes too long.

    Args:
        way: to a server; connected here if it is not yet, within the socket's own limit.
        seconds: for the answer.

    Raises:
        SlowError: it was cut off.
    """
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(held, socket.SHUT_RDWR)  # below the encryption: whoever reads there is woken

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    if way.sock is None:
        way.connect()
    held: socket.socket = way.sock  # an answer that ends the connection is read from it still
    timer.start()
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException):
        if over.is_set():
            raise SlowError from None
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise SlowError
