"""``carrel sweep --person``: every place where one person still stands, also after the record itself is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli import premises, screen
from carrel.cli.erasure_plan import erasure_of, said_in
from carrel.cli.erasure_screen import HUMAN, keys_told
from carrel.cli.erasure_tables import PersonTables
from carrel.cli.progress import SWEEPING, phase
from carrel.cli.screen import number, put_table, say
from carrel.errors import Exit
from carrel.inventory.replica import Use
from carrel.retention.identifiers import Subject
from carrel.systems.site_systems import system_or_copy
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_identity import left
from carrel.systems.sql.person_search import find_left

if TYPE_CHECKING:
    from carrel.systems.sql.erasure_sweep import Found


def look(given: Path, site: Path, system_name: str | None, *, by_card: bool, as_json: bool) -> int:
    """Search every table for one person, and show what was found; only reads.

    Raises:
        CarrelError: ERA-001, the number is nobody's, or several people's.
    """
    with premises.enter(site, system_name, read_only=True, find=system_or_copy, use=Use.PERSON) as here:
        with here.engine.connect() as connection:
            at = here.system.name
            person = find_left(connection, here.system_map, said_in(given, "--person"), by_card=by_card, at=at)
            bare, now = Subject(person), premises.now()
            with told(at):
                whole = left(connection, erasure_of(here, (bare,), now).rows, here.system_map)
            known = whole[0] if whole else bare
            with phase(SWEEPING):
                found = erasure_of(here, (known,), now).around_record(connection).sweep(connection)
                found.add(PersonTables(here, known).found())
        system, read_from = here.system, here.read_from
    human = others(found)
    if as_json:
        screen.put_json(
            {
                "system": system.name,
                "copy_of": system.copy_of,
                "rows": found.hits,
                "named_by_number": found.columns,
                "named_in_texts": {place: len(keys) for place, keys in found.texts.items()},
                "on_own_record": found.own,
                "for_a_human": {place: len(keys) for place, keys in human.items()},
                "kept_on_a_ground": found.kept,
                "identifiers_searched": len(known.exact),
                **screen.read_from(read_from),
            }
        )
    else:
        screen.tell_copy(system)
        _show(found, known, human)
        screen.tell_server(read_from)
    return int(Exit.FINDINGS if found.hits or found.kept or found.human else Exit.DONE)


def others(found: Found) -> dict[str, list[tuple[Any, ...]]]:
    """What is for a human to judge, without the person's own record: whose that is, nobody has to."""
    left = {place: keys[found.own.get(place, 0) :] for place, keys in found.human.items()}  # its keys are not told
    return {place: keys for place, keys in left.items() if keys}


def _show(found: Found, known: Subject, human: dict[str, list[tuple[Any, ...]]]) -> None:
    rows = [
        *((place, "in its column", number(count), "") for place, count in sorted(found.columns.items())),
        *((place, "in a text", number(len(keys)), keys_told(keys)) for place, keys in sorted(found.texts.items())),
        *((place, "kept on a ground", number(count), "") for place, count in sorted(found.kept.items())),
        *((place, "on the person's own record", number(count), "") for place, count in sorted(found.own.items())),
        *((place, "for a human", number(len(keys)), keys_told(keys)) for place, keys in sorted(human.items())),
    ]
    if rows:
        put_table("Where this person stands", ("place", "how", "rows", "keys"), rows, right=(2,))
    if not known.exact:
        say("No identifier is left in the database, so only the number was searched for.")
    say(f"{amount(found.hits, 'place names', 'places name')} the person: a row is told once for each of its columns.")
    say("Nothing was changed.")
    if human:
        screen.put_line(HUMAN)
