"""A log as a proxy writes it, invented: addresses, users, hosts and software in the shares that logs have."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

HOSTS = ("www.sciencedirect.com:443", "pdn.jstor.org", "search.proquest.com", "link.springer.com", "repo.example.edu")
TIMES_AS_LONG = 3  # of the log that two cores share once more, so that the start is a smaller part of it


def write_log(path: Path, size: int) -> int:
    """A log as a proxy writes it: 20 lines a second, 20,000 addresses of which some are frequent, 660 kinds of software."""
    dice = random.Random(7)
    places = [
        ".".join(map(str, dice.randbytes(4))) if n % 5 else f"2001:db8:{dice.randrange(65536):x}::{n:x}"
        for n in range(20_000)
    ]
    software = [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{n // 20 + 100}.0.{n % 20}.4 Safari/537.36"
        for n in range(660)
    ]
    lines = written = 0
    with path.open("wb") as file:
        while written < size:
            at = time.gmtime(1_772_323_200 + lines // 20)
            host = dice.choice(HOSTS)
            user = "-" if lines % 2 else f"user{dice.randrange(20_000)}@library.example"
            line = (
                f"{places[int(20_000 * dice.random() ** 2)]} - {user} [{time.strftime('%d/%b/%Y:%H:%M:%S', at)} +0100] "
                f'"GET https://{host}/science/article/pii/S{dice.randrange(10**15):016d}?query=term{dice.randrange(9999)}'
                f'&sid={dice.randrange(10**9)} HTTP/1.1" 200 {dice.randrange(200_000)} '
                f'"https://{host.partition(":")[0]}/search?q=term{dice.randrange(99_999)}" "{dice.choice(software)}"\n'
            ).encode()
            written += file.write(line)
            lines += 1
    return lines


def longer(log: Path, path: Path) -> Path:
    """The same log some times over."""
    with path.open("wb") as file:
        for _ in range(TIMES_AS_LONG):
            with log.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
    return path
