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


class SiteOfFile:
    """A site as its file stands now; the file is read again when it has changed.

    Args:
        place: the file, or the folder that holds it.
    """

    def __init__(self, place: Path) -> None:
        self.place, self._lock = place_of(place), threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._site: Site | None = None

    def __call__(self) -> Site:
        """The site; the same object for as long as the file is the same.

        Raises:
            CarrelError: SIT-001, SIT-002, SIT-006: it cannot be read now, so nothing of it is known.
        """
        with self._lock:
            state = _state(self.place)
            if self._site is None or state is None or state != self._seen:
                self._site = load_site(self.place)  # which tells why, where it cannot be read
                self._seen = state  # only now: what could not be read is read again
            return self._site


class SiteInForce:
    """Reads a site file and the policy that it names again when they have changed.

    Args:
        place: the site file, or the folder that holds it.
    """

    def __init__(self, place: Path) -> None:
        self._site, self._lock = SiteOfFile(place), threading.Lock()
        self._seen: tuple[tuple[tuple[int, ...] | None, ...], float] = ((), 0.0)
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
            if self._states(read[0]) != self._seen[0] or time.monotonic() - self._seen[1] >= _SECONDS:
                with suppress(CarrelError):
                    return self._take()
            return read

    def _take(self) -> tuple[Site, Policy]:
        site = self._site()
        state = self._states(site)  # before it is read: what changes meanwhile is seen at the next question
        policy = policy_files.load(site.policy, site.policy_place)
        self._seen = state, time.monotonic()
        if self._read is None or (site, policy.digest) != (self._read[0], self._read[1].digest):
            self._read = site, policy
        return self._read

    def _states(self, site: Site) -> tuple[tuple[int, ...] | None, ...]:
        return _state(self._site.place), _state(Path(site.policy))


def _state(place: Path) -> tuple[int, ...] | None:
    """What of a file is another when somebody has written it; None where it cannot be looked at."""
    try:
        there = place.stat()
    except OSError:
        return None
    return there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns
