"""The pages of a site, served until somebody stops them."""

from __future__ import annotations

import atexit
import contextlib
import os
import resource
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.errors import fault
from carrel.web import faults

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from carrel.web.premises import Premises


_AT_ONCE = 1_000  # connections; beyond these it answers that it is busy, and stays alive


def serve_pages(
    site_path: Path, host: str, port: int, behind: Sequence[str], ready: Callable[[str], None], *, workers: int = 1
) -> None:
    """Listen, and answer until the process is told to stop.

    Args:
        site_path: the file of a site with a `portal`, or its folder.
        host: an address of this machine.
        port: at which nobody listens.
        behind: addresses of proxies whose word counts for where a request comes from.
        ready: is given the address under which browsers reach the pages, once they can.
        workers: processes that answer. They share what is in the store: sessions, and how often somebody tried.

    Raises:
        CarrelError: WEB-001, WEB-002, WEB-003, and of the policy, the maps and the store.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from carrel.web.application import application

    with contextlib.ExitStack() as open_things:
        premises = open_things.enter_context(_premises_of(site_path))
        try:
            listening = open_things.enter_context(socket.create_server((host, port), family=_family(host), backlog=512))
        except OSError as wrong:
            raise fault(
                faults.NOT_FREE,
                at=f"--port {port}",
                wanted="an address of this machine and a port that nobody listens at",
                found=wrong.strerror or "something else",
                fix="choose another --port, or stop what listens there",
            ) from None
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * _AT_ONCE if most == resource.RLIM_INFINITY else min(most, 2 * _AT_ONCE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        # No warnings: one for each torn request would let anybody fill a log.
        settings: dict[str, Any] = {
            "access_log": False, "log_level": "error", "server_header": False, "proxy_headers": bool(behind),
            "forwarded_allow_ips": list(behind), "timeout_keep_alive": 15, "limit_concurrency": _AT_ONCE,
            "h11_max_incomplete_event_size": 32 * 1024,
        }  # fmt: skip
        ready(premises.portal.address)
        if workers == 1:
            uvicorn.Server(uvicorn.Config(application(premises), **settings)).run(sockets=[listening])
            return
        answering = uvicorn.Config(partial(_answering, site_path), factory=True, workers=workers, **settings)
        Multiprocess(answering, sockets=[listening]).run()


@contextlib.contextmanager
def _premises_of(site_path: Path) -> Iterator[Premises]:
    """What the pages of a site work with, for as long as the block lasts."""
    from carrel.cli.at_site import open_site
    from carrel.cli.patron_desk import Desk
    from carrel.cli.premises import now
    from carrel.cli.staff_desk import AtStaffDesk
    from carrel.cli.store_place import open_store
    from carrel.systems import policy_files
    from carrel.web.premises import enter

    site = open_site(site_path)
    policy = policy_files.load(site.policy, site.policy_place)
    with open_store(site) as store:
        entered = enter(site, policy, store, now, Desk(site_path), AtStaffDesk(site_path), os.environ)
        with contextlib.closing(entered) as premises:
            yield premises


def _answering(site_path: Path) -> ASGIApp:
    """The application of one process, which closes what it opened as it ends."""
    from carrel.web.application import application

    held = contextlib.ExitStack()
    atexit.register(held.close)
    return application(held.enter_context(_premises_of(site_path)))


def free_port(wanted: int) -> int:
    """A port of this machine that nobody listens at: the wanted one if it is such."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as listening:
            return int(listening.getsockname()[1])
    return wanted


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
