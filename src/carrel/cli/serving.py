"""The pages of a site, served until somebody stops them."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from carrel.errors import fault
from carrel.web import faults

_AT_ONCE = 1_000  # connections; beyond these it answers that it is busy, and stays alive


def serve_pages(site_path: Path, host: str, port: int, behind: Sequence[str], ready: Callable[[str], None]) -> None:
    """Listen, and answer until the process is told to stop.

    Args:
        site_path: the file of a site with a `portal`, or its folder.
        host: an address of this machine.
        port: at which nobody listens.
        behind: addresses of proxies whose word counts for where a request comes from.
        ready: is given the address under which browsers reach the pages, once they can.

    Raises:
        CarrelError: WEB-001, WEB-002, WEB-003, and of the policy, the maps and the store.
    """
    import uvicorn

    from carrel.cli.at_site import open_site
    from carrel.cli.patron_desk import Desk
    from carrel.cli.premises import now
    from carrel.cli.staff_desk import AtStaffDesk
    from carrel.cli.store_place import open_store
    from carrel.systems import policy_files
    from carrel.web.application import application
    from carrel.web.premises import enter

    site = open_site(site_path)
    policy = policy_files.load(site.policy, site.policy_place)
    with open_store(site) as store, contextlib.ExitStack() as open_things:
        premises = enter(site, policy, store, now, Desk(site_path), AtStaffDesk(site_path), os.environ)
        open_things.callback(premises.close)
        try:
            listening = open_things.enter_context(socket.create_server((host, port), family=_family(host)))
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
        ready(premises.portal.address)
        settings = uvicorn.Config(
            application(premises), access_log=False, log_level="warning", server_header=False,
            proxy_headers=bool(behind), forwarded_allow_ips=list(behind), timeout_keep_alive=15,
            h11_max_incomplete_event_size=32 * 1024, limit_concurrency=_AT_ONCE,
        )  # fmt: skip
        uvicorn.Server(settings).run(sockets=[listening])


def free_port(wanted: int) -> int:
    """A port of this machine that nobody listens at: the wanted one if it is such."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as listening:
            return int(listening.getsockname()[1])
    return wanted


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
