"""People whose records a case keeps, and who are not registered any more: what was theirs may stand under another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.errors import CarrelError

if TYPE_CHECKING:
    from carrel.disclosure.case import Case
    from carrel.inventory.site import Site
    from carrel.store.store import Store


@dataclass(frozen=True, slots=True)
class Gone:
    """Ids of cases that keep somebody who is not registered any more, and names of systems that could not be asked."""

    cases: tuple[str, ...]
    unasked: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """For the screen."""
        return (
            *(
                f"{one} keeps the records of somebody who is not registered any more. Where a merge moved them to "
                "another record, they are not kept there yet: carrel disclose preserve. See that nothing is applied "
                "before."
                for one in self.cases
            ),
            *(f"{one} could not be asked whether the people of these cases are still there." for one in self.unasked),
        )


def no_more_there(site: Site, store: Store, cases: Iterable[Case]) -> Gone:
    """Which of these cases keep somebody who is not registered any more.

    A merge gives loans and holds to another record, which no legal hold of the case names: a night may then dispose of
    them.

    Args:
        site: whose systems are asked.
        store: of it.
        cases: of which whoever asks may know.
    """
    from carrel.cli.access_case import opened_systems  # what opens a system loads when one is asked
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.person_search import numbers_under

    at = now()
    found, unasked = set(), set()
    for system in site.originals:
        holds = store.keepings.current(system.name, at, to_dispose=False).legal_holds
        persons = {one.id: one.scope.persons for one in holds if one.scope.persons}
        own = {case.id: {n for hold in case.holds for n in persons.get(hold, ())} for case in cases}
        asked = {number for numbers in own.values() for number in numbers}
        if not asked:
            continue
        try:
            with opened_systems(site, [system.name]) as ((here,), _), told(here.name), here.engine.connect() as reading:
                there = {
                    n for n in asked if numbers_under(reading, here.system_map, str(n), by_card=False, at=here.name)[0]
                }
        except CarrelError:
            unasked.add(system.name)
            continue
        found |= {name for name, numbers in own.items() if numbers - there}
    return Gone(tuple(sorted(found)), tuple(sorted(unasked)))
