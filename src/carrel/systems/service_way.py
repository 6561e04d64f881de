"""A way to a service that a site file names, over HTTP or HTTPS, and what stands in it, in words of our own."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import SplitResult

from carrel.inventory.service_address import PORTS
from carrel.systems.answer_deadline import SlowError


def way_to(where: SplitResult, context: ssl.SSLContext | None, seconds: float) -> http.client.HTTPConnection:
    """A connection that is not opened yet.

    Args:
        where: the service is.
        context: of its encryption; None of a service on this machine without any.
        seconds: that the socket waits for.
    """
    host, port = str(where.hostname), where.port or PORTS[where.scheme]
    if context is None:
        return http.client.HTTPConnection(host, port, timeout=seconds)
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)


def said_plainly(wrong: Exception, socket_seconds: float | None = None, answer_seconds: float | None = None) -> str:
    """What the network said, without a word of the other side.

    Args:
        wrong: as it was raised.
        socket_seconds: that the socket waited for, where that is told.
        answer_seconds: that the whole answer had, where that is told.
    """
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return "a certificate that is not trusted"
    if isinstance(wrong, ssl.SSLError):
        return "no encryption that both sides know"
    if isinstance(wrong, SlowError):
        return "no whole answer " + ("in time" if answer_seconds is None else f"within {answer_seconds:.0f} seconds")
    if isinstance(wrong, TimeoutError):
        return "no answer " + ("in time" if socket_seconds is None else f"within {socket_seconds:.0f} seconds")
    if isinstance(wrong, http.client.HTTPException):
        return "a connection that ended"
    return (wrong.strerror or "an error of the network") if isinstance(wrong, OSError) else "an error of the network"
