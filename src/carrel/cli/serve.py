"""``carrel serve``: the pages for patrons and for everybody, until it is stopped."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option, site_option
from carrel.cli.option_values import WORDS
from carrel.cli.screen import put_json, say


@click.command(epilog="Example: carrel serve --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, type=WORDS, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen at.")
@click.option("--behind", metavar="ADDRESS", multiple=True, type=WORDS,
              help="A proxy whose word counts for where a request comes from.")  # fmt: skip
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@site_option
@json_option
def serve(host: str, port: int, behind: tuple[str, ...], workers: int, site_path: Path, as_json: bool) -> None:
    """Serve the pages of this site: what is kept, and what patrons can do themselves.

    Reads the library's systems, and writes there only what 'may_change:' of 'portal:' lets patrons change. It writes
    no log of who asked for what. TLS is for a proxy in front of it: 'portal:' in the site file has the address under
    which browsers reach it.
    """
    from carrel.cli.serving import at_address, serve_pages

    def ready(address: str) -> None:
        if as_json:
            put_json({"address": address, "host": host, "port": port})
        else:
            say(f"{address}, listening at {host} port {port} (Ctrl-C to stop)", err=True)
            if not behind and not at_address(address, port):
                say(f"Browsers must open {address}, and nothing else is answered ('portal: address:').", err=True)
                say(f"Without a proxy that brings them here, write the address with port {port} there.", err=True)

    serve_pages(site_path, host, port, behind, ready, workers=workers)
