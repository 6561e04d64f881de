"""``carrel serve``: the pages for patrons and for everybody, until it is stopped."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import click

from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.option_values import WORDS
from carrel.cli.screen import put_json, say


@click.command(epilog="Example: carrel serve --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, type=WORDS, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen at.")
@click.option("--behind", metavar="ADDRESS", multiple=True, type=WORDS,
              help="A proxy whose word counts for where a request comes from.")  # fmt: skip
@site_option
@json_option
def serve(host: str, port: int, behind: tuple[str, ...], site_path: Path, as_json: bool) -> None:
    """Serve the pages of this site: what is kept and for how long, and what patrons can do themselves.

    Reads the library's systems and writes nothing there. It writes no log of who asked for what. TLS is for a proxy in
    front of it: 'portal:' in the site file has the address under which browsers reach it.
    """
    import uvicorn

    from carrel.cli.premises import now
    from carrel.cli.store_place import open_store
    from carrel.errors import fault
    from carrel.systems import policy_files
    from carrel.web import faults
    from carrel.web.application import application
    from carrel.web.premises import enter

    site = open_site(site_path)
    policy = policy_files.load(site.policy, site.policy_place)
    with open_store(site) as store, contextlib.ExitStack() as open_things:
        premises = enter(site, policy, store, now)
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
        if as_json:
            put_json({"address": premises.portal.address, "host": host, "port": port})
        else:
            say(f"{premises.portal.address} (Ctrl-C to stop)", err=True)
        settings = uvicorn.Config(
            application(premises), access_log=False, log_level="warning", server_header=False,
            proxy_headers=bool(behind), forwarded_allow_ips=list(behind), timeout_keep_alive=15,
            h11_max_incomplete_event_size=32 * 1024,
        )  # fmt: skip
        uvicorn.Server(settings).run(sockets=[listening])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
