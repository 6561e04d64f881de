"""Koha's own way of anonymising, rebuilt from its description: the whole set fetched, a query and a transaction per row.

Rebuilt in Perl with the object mapper that Koha uses (``koha_loop.pl``; Debian's ``libdbix-class-perl`` and
``libdbd-mysql-perl``), without the layers that Koha adds to it: what is measured is at least as fast as Koha itself, which
was measured at 231-244 loans a second elsewhere.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from bench.library import NAME, Library

QUOTED_LOANS_PER_SECOND = 240.0
_SCRIPT = Path(__file__).with_suffix(".pl")


def missing() -> str:
    """What is not installed; empty if the loop can run."""
    try:
        subprocess.run(["perl", "-MDBIx::Class", "-MDBD::mysql", "-e", "1"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "apt-get install libdbix-class-perl libdbd-mysql-perl"
    return ""


def loans_per_second(library: Library, anonymous: int, rows: int) -> float:
    """How many loans a second the loop does on the first ``rows`` candidates, its final UPDATE included."""
    server = library.server
    words = [str(server.port), NAME, str(anonymous), str(library.life.older_than), str(rows)]
    environment = {**os.environ, "BENCH_PASSWORD": server.password}
    done = subprocess.run(["perl", str(_SCRIPT), *words], check=True, capture_output=True, text=True, env=environment)
    loans, seconds = done.stdout.split()
    return int(loans) / float(seconds)
