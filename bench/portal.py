"""Patrons who read their pages: `carrel serve` as it is started, and 200 browsers in another process."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

import bcrypt

from bench.library import Library, Template
from bench.row import Row
from bench.site_folder import Site

_PASSWORD = "correct horse"
# How often each page is asked for. Signing in is apart: a hash is meant to be slow.
MIX = {
    "/en/me/data": 25,
    "/en/me": 30,
    "/en/": 20,
    "/es/": 5,
    "/en/about": 5,
    "/api/v1/policy": 5,
    "/static/carrel.css": 10,
}
_READS = 7.0  # seconds that somebody looks at a page, on average, from none to twice as many; TPC-W takes as many
_PORTAL = "portal: {{address: 'http://127.0.0.1:{port}', sign_in: [koha], idle: 1 hour}}\n"


@dataclass(frozen=True)
class Load:
    """What browsers met.

    Attributes:
        seconds: of each answer, by page.
        errors: what came that was not what was asked for: page and status.
        lasted: seconds of the whole.
    """

    seconds: dict[str, list[float]]
    errors: list[str]
    lasted: float

    @property
    def all(self) -> list[float]:
        return [one for some in self.seconds.values() for one in some]

    def part(self, percent: int, page: str = "") -> float:
        """Milliseconds within which so many of a hundred answers came."""
        times = self.seconds[page] if page else self.all
        return quantiles(times, n=100, method="inclusive")[percent - 1] * 1000


def portal(template: Template, folder: Path, *, users: int, seconds: float, judge: bool) -> list[Row]:
    """Patrons who read and think, and as many who never stop."""
    with template.copy() as library:
        site = Site(library, folder / "site-portal", policy="worcester")
        names = _with_passwords(library, users)
        with served(site, "--workers", "2") as (port, process):
            signed = _in_another(port, names, 0.0, 0.0)
            before = _cpu(process.pid), library.cpu_seconds()
            thinking = _in_another(port, names, seconds, _READS)
            after = _cpu(process.pid), library.cpu_seconds()
            flat_out = _in_another(port, names, seconds / 2, 0.0)
            peak = _peak(process.pid)
    read, pressed = _load(thinking), _load(flat_out)
    ours, server = ((b - a) * 1000 / len(read.all) for a, b in zip(before, after, strict=True))
    browsers = thinking["processor"] * 1000 / len(read.all)
    pages = ", ".join(f"{page} {read.part(95, page):.0f} ms" for page in ("/en/me/data", "/en/me", "/en/"))
    size = (
        f"{users} patrons signed in ({signed['signing']:.0f} s before), each asks, reads {_READS:.0f} s on average and asks again, two workers: "
        f"{len(read.all) / read.lasted:.0f} pages/s in {read.lasted:.0f} s, a quarter of them all that is held of the person; p95 {pages}; "
        f"processor {ours:.0f} ms a page, {server:.0f} ms of MariaDB's, and {browsers:.1f} ms of the browsers'; peak {peak} MB; {template.loans:,} loans on MariaDB, browsers in another process of the same machine"
    )
    met = read.part(95) < 300 and not read.errors
    return [
        Row("pages for 200 patrons, p50", size, f"{read.part(50):.0f} ms", "", "", "none", None, "told", None),
        Row("pages for 200 patrons, p95", f"the same; {_told(read.errors)}, p99 {read.part(99):.0f} ms", f"{read.part(95):.0f} ms",
            "", "", "none", None, "300 ms, no error", met if judge else None),
        Row("the same without a pause", f"{users} who ask again at once; {_told(pressed.errors)}, p50 {pressed.part(50):.0f} ms, p95 "
            f"{pressed.part(95):.0f} ms", f"{len(pressed.all) / pressed.lasted:.0f} /s", "", "", "none", None, "told", None),
    ]  # fmt: skip


def _told(errors: list[str]) -> str:
    return f"{len(errors)} errors" + (f" ({', '.join(sorted(set(errors)))})" if errors else "")


def _with_passwords(library: Library, users: int) -> list[str]:
    """Give as many patrons a password, of the strength that Koha gives; their cards."""
    hashed = bcrypt.hashpw(_PASSWORD.encode(), bcrypt.gensalt(8)).decode()
    rows = library.sql(
        "SELECT b.cardnumber FROM borrowers b JOIN old_issues o USING (borrowernumber) WHERE b.cardnumber IS NOT NULL "
        f"AND b.surname <> '' AND b.borrowernumber <> (SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron') GROUP BY b.borrowernumber ORDER BY b.borrowernumber LIMIT {users}"
    )
    library.sql(f"UPDATE borrowers SET password = '{hashed}', login_attempts = 0")
    return [str(one) for (one,) in rows]


@contextmanager
def served(site: Site, *more: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """`carrel serve` behind a proxy that tells browsers apart, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    place = site.folder / "carrel.yaml"
    place.write_text(place.read_text() + _PORTAL.format(port=port))
    words = ["serve", "--port", str(port), "--behind", "127.0.0.1", *more, "--site", str(site.folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "carrel", *words], stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    try:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _peak(pid: int) -> int:
    """MB, of the process and those that it started."""
    return sum(
        int(Path(f"/proc/{one}/status").read_text().split("VmHWM:")[1].split()[0]) // 1024 for one in _family(pid)
    )


def _cpu(pid: int) -> float:
    """Seconds of the processor so far, of the process and those that it started."""
    ticks = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[str]:
    return [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _in_another(port: int, names: list[str], seconds: float, reads: float) -> dict[str, Any]:
    """Browsers in a process of their own; without seconds they only sign in, and are known from then on."""
    said = json.dumps({"port": port, "names": names, "seconds": seconds, "reads": reads, "cookies": _COOKIES})
    done = subprocess.run(
        [sys.executable, "-m", "bench.portal"],
        input=said,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    told: dict[str, Any] = json.loads(done.stdout)
    _COOKIES.update(told["cookies"])
    return told


_COOKIES: dict[str, str] = {}


def _load(told: dict[str, Any]) -> Load:
    return Load(told["times"], told["errors"], told["lasted"])


class Browser:
    """One browser with one connection that is kept.

    Args:
        port: of the pages.
        number: of the browser, for its address.
        cookie: of a session; empty for none.
    """

    def __init__(self, port: int, number: int, cookie: str) -> None:
        self._port, self.cookie = port, cookie
        self._from = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self._lines: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and text of an answer, whole."""
        if self._lines is None:
            self._lines = await asyncio.open_connection("127.0.0.1", self._port)
        reading, writing = self._lines
        body = b"" if form is None else urlencode(form).encode()
        lines = [
            f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", f"X-Forwarded-For: {self._from}",
            "Accept: text/html", f"Origin: http://127.0.0.1:{self._port}", f"Content-Length: {len(body)}",
            "Content-Type: application/x-www-form-urlencoded", *([f"Cookie: carrel={self.cookie}"] if self.cookie else []),
        ]  # fmt: skip
        writing.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reading.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        told = {name.lower(): value for name, _, value in (one.partition(": ") for one in head[1:])}
        if "set-cookie" in told:
            self.cookie = told["set-cookie"].partition("=")[2].partition(";")[0]
        text = await reading.readexactly(int(told["content-length"]))
        if told.get("connection") == "close":
            writing.close()
            self._lines = None
        return int(head[0].split()[1]), text


async def _browse(said: dict[str, Any]) -> dict[str, Any]:
    browsers = {name: Browser(said["port"], n, said["cookies"].get(name, "")) for n, name in enumerate(said["names"])}
    began = time.monotonic()
    for name, one in browsers.items():
        if not one.cookie:
            status, _ = await one.ask("/en/sign-in", {"name": name, "password": _PASSWORD})
            assert status == 303, status
    signing, spent = time.monotonic() - began, time.process_time()
    times, errors = defaultdict[str, list[float]](list), list[str]()
    began = time.monotonic()
    end = began + said["seconds"]
    dice = random.Random(7)
    pages, weights = list(MIX), list(MIX.values())

    async def read(name: str, one: Browser) -> None:
        await asyncio.sleep(dice.random() * said["reads"])
        while (now := time.monotonic()) < end:
            (page,) = dice.choices(pages, weights)
            status, text = await one.ask(page)
            times[page].append(time.monotonic() - now)
            if status != 200 or (page == "/en/me/data" and name.encode() not in text):
                errors.append(f"{page} {status}")
            await asyncio.sleep(dice.random() * 2 * said["reads"])

    await asyncio.gather(*(read(*one) for one in browsers.items()))
    cookies = {name: one.cookie for name, one in browsers.items()}
    return {
        "signing": signing,
        "times": times,
        "errors": errors,
        "lasted": time.monotonic() - began,
        "processor": time.process_time() - spent,
        "cookies": cookies,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_browse(json.load(sys.stdin)))))
