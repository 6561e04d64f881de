"""The people of the site file, as it stands now: who is taken out of it is out with the next request."""

from __future__ import annotations

import threading
from pathlib import Path

from carrel.inventory.site import Person
from carrel.systems.site_file import load_site, place_of


class PeopleOfFile:
    """Reads a site file again when it has changed.

    Args:
        place: the file, or the folder that holds it.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._lock = place_of(place), threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._people: tuple[Person, ...] = ()

    def __call__(self) -> tuple[Person, ...]:
        """The people.

        Raises:
            CarrelError: SIT-001, SIT-002, SIT-006: it cannot be read now, so nobody of it is known.
        """
        with self._lock:
            try:
                there = self._place.stat()
            except OSError:
                return load_site(self._place).people  # which tells why it cannot be read
            state = (there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns)
            if state != self._seen:
                self._people = load_site(self._place).people
                self._seen = state  # only now: what could not be read is read again
            return self._people
