"""Lists: what patrons collect and search for, and patrons whom the staff collect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.evergreen.clock import when
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.circulation import Circulation


def write_lists(circulation: Circulation) -> None:
    """Book lists and saved searches of the living, and two sets of patrons."""
    rows, people, holdings, now = circulation.rows, circulation.people, circulation.holdings, circulation.now
    live = [n for n in range(2, people.total + 1) if not people.gone(n)]
    bucket = "container.biblio_record_entry_bucket"
    for reader in live[::8]:
        moment = when(now - reader * 3 % 1_200 * DAY)
        number = rows.numbered(
            bucket,
            reader,
            f"For {people.given[reader]}",
            "bookbag",
            f"Read with {people.name(reader)}",
            reader % 3 == 0,
            moment,
        )
        for place in range(reader % 4 + 1):
            record = holdings.record((reader * 7 + place) % holdings.total)
            rows.numbered(f"{bucket}_item", number, record, place, moment)
        if reader % 5 == 0:
            rows.numbered(f"{bucket}_note", number, f"{people.name(reader)}: ask at the desk")
    for reader in live[1::9]:
        subject = names.TITLE_TAILS[reader % len(names.TITLE_TAILS)]
        moment = when(now - reader * 5 % 1_000 * DAY)
        rows.numbered("actor.usr_saved_search", reader, f"About {subject}", moment, f"subject:{subject}", "record")
    for place, staff in enumerate(people.staff[:2]):
        moment = when(now - (place + 1) * 90 * DAY)
        number = rows.numbered("container.user_bucket", staff, f"Collections {place}", "misc", "To be rung", moment)
        for reader in live[place::19]:
            rows.numbered("container.user_bucket_item", number, reader, moment)
