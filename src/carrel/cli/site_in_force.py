"""A site and its policy as their files stand now, for pages that run for months."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

from carrel.errors import CarrelError
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.systems import policy_files
from carrel.systems.site_file import load_site, place_of

_SECONDS = 10  # after these all is read again: a policy can adopt others, whose files change too

_State = tuple[tuple[int, ...], ...]


class SiteInForce:
    """Reads a site file and the policy that it names again when they have changed.

    Args:
        place: the site file, or the folder that holds it.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._lock = place_of(place), threading.Lock()
        self._seen: tuple[_State, float] = ((), 0.0)
        self._read: tuple[Site, Policy] | None = None

    def __call__(self) -> tuple[Site, Policy]:
        """Both. What cannot be read now, such as a file that somebody is writing, leaves what was read before.

        Raises:
            CarrelError: of the SIT and POL codes, neither was ever read.
        """
        with self._lock:
            read = self._read
            if read is None:
                return self._take()
            if self._state(read[0]) != self._seen[0] or time.monotonic() - self._seen[1] >= _SECONDS:
                with suppress(CarrelError):
                    return self._take()
            return read

    def _take(self) -> tuple[Site, Policy]:
        site = load_site(self._place)
        state = self._state(site)  # before it is read: what changes meanwhile is seen at the next question
        policy = policy_files.load(site.policy, site.policy_place)
        self._seen = state, time.monotonic()
        if self._read is None or (site, policy.digest) != (self._read[0], self._read[1].digest):
            self._read = site, policy
        return self._read

    def _state(self, site: Site) -> _State:
        found = []
        for one in (self._place, Path(site.policy)):
            with suppress(OSError):
                there = one.stat()
                found.append((there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns))
        return tuple(found)
