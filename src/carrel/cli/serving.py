"""The pages of a site, served until somebody stops them."""

from __future__ import annotations

import atexit
import contextlib
import os
import resource
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from carrel.cli.worker_door import BACKLOG, WorkerDoor, family_of
from carrel.errors import fault
from carrel.web import faults

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from carrel.web.outages import Outages
    from carrel.web.premises import Premises


_WIDEST = {4: 8, 6: 16}  # by version of IP, in bits: a library's own network, and no provider's
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
        CarrelError: WEB-001, WEB-002, WEB-003, WEB-004, and of the policy, the maps and the store.
    """
    trusted = proxies(behind)
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from carrel.web.application import application

    with contextlib.ExitStack() as open_things:
        premises = open_things.enter_context(_premises_of(site_path))
        try:
            listening = open_things.enter_context(
                WorkerDoor.at(host, port)
                if workers > 1
                else socket.create_server((host, port), family=family_of(host), backlog=BACKLOG)
            )
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
            "access_log": False, "log_level": "error", "server_header": False, "proxy_headers": bool(trusted),
            "forwarded_allow_ips": trusted, "timeout_keep_alive": 15, "limit_concurrency": _AT_ONCE,
            "h11_max_incomplete_event_size": 32 * 1024,
        }  # fmt: skip
        reached = partial(ready, premises.portal.address)
        if not isinstance(listening, WorkerDoor):
            reached()
            uvicorn.Server(uvicorn.Config(application(premises, _outages().tell), **settings)).run(sockets=[listening])
            return
        answering = uvicorn.Config(partial(_answering, site_path), factory=True, workers=workers, **settings)
        listening.once_open(reached)
        Multiprocess(answering, sockets=[listening]).run()


@contextlib.contextmanager
def _premises_of(site_path: Path) -> Iterator[Premises]:
    """What the pages of a site work with, for as long as the block lasts."""
    from carrel.cli.patron_desk import Desk
    from carrel.cli.premises import now
    from carrel.cli.site_in_force import SiteInForce
    from carrel.cli.staff_desk import AtStaffDesk
    from carrel.cli.store_place import open_store
    from carrel.web.premises import enter

    again = SiteInForce(site_path)
    site, policy = again()
    with open_store(site) as store:
        entered = enter(site, policy, store, now, Desk(site_path), AtStaffDesk(site_path), os.environ, again)
        with contextlib.closing(entered) as premises:
            yield premises


def _answering(site_path: Path) -> ASGIApp:
    """The application of one process, which closes what it opened as it ends."""
    from carrel.web.application import application

    held = contextlib.ExitStack()
    atexit.register(held.close)
    return application(held.enter_context(_premises_of(site_path)), _outages().tell)


def _outages() -> Outages:
    """What keeps pages from being answered goes where the command was started, such as into the journal."""
    from carrel.cli.premises import now
    from carrel.cli.screen import say
    from carrel.web.outages import Outages

    return Outages(partial(say, err=True), now)


def at_address(address: str, port: int) -> bool:
    """Whether a browser that opens the address of the pages comes to a port, where nothing stands in between."""
    parts = urlsplit(address)
    return (parts.port or {"https": 443}.get(parts.scheme, 80)) == port


def free_port(wanted: int) -> int:
    """A port of this machine that nobody listens at: the wanted one if it is such."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as listening:
            return int(listening.getsockname()[1])
    return wanted


def proxies(behind: Sequence[str]) -> list[str]:
    """The addresses and networks whose word counts for where a request comes from.

    Args:
        behind: as given.

    Raises:
        CarrelError: WEB-004, one is neither, or a network so wide that anybody could be in it: whoever is believed can
            say another address with each try, and no limit holds.
    """
    found = []
    for one in behind:
        try:
            network = ip_network(one.strip(), strict=False)
        except ValueError:
            network = None
        if network is None or network.prefixlen < _WIDEST[network.version]:
            raise fault(
                faults.NO_PROXY,
                at="--behind",
                wanted=f"an address, or a network no wider than /{_WIDEST[4]} (IPv6: /{_WIDEST[6]})",
                found=repr(one[:80]),
                because="whoever is believed about an address can say another one with each try to sign in",
                fix="give the address from which the proxy speaks to Carrel, such as --behind 127.0.0.1",
            )
        found.append(str(network) if "/" in one else str(network.network_address))
    return found
