"""What mailing tools are told after every consent and withdrawal: a file with who may be written to by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.refused_addresses import refused_addresses
from carrel.consent.gate import Gate, Known, needs_consent
from carrel.consent.state import state_of
from carrel.consent.subject import addresses_in, spelled
from carrel.inventory.category import Category
from carrel.systems.consent.change_folder import Change, file_name, waiting, write_changes
from carrel.systems.consent.contact_rows import Contact, ContactRows
from carrel.systems.sql.in_lists import parts

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.store.consents import Untold

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What the tools were told.

    Attributes:
        folder: whether the site file names one.
        file: that was written; empty for none.
        lines: in it.
        waiting: files that nobody has taken away yet.
    """

    folder: bool
    file: str = ""
    lines: int = 0
    waiting: int = 0

    def as_dict(self) -> dict[str, object] | None:
        """For ``--json``; None where the site names no folder."""
        return {"file": self.file or None, "lines": self.lines, "waiting": self.waiting} if self.folder else None

    def told_lines(self) -> list[str]:
        """In words."""
        if not self.folder:
            return ["No mailing tool is told: carrel.yaml names no folder under 'consent: {changes: FOLDER}'."]
        wrote = (
            [f"Mailing tools are told in {self.file} ({amount(self.lines, 'line')}), read back."] if self.file else []
        )
        many = self.waiting > 1 or (self.waiting and not self.file)
        return [*wrote, *([f"{amount(self.waiting, 'file')} not taken away yet by any tool."] if many else [])]


def tell_tools(here: Premises, at: datetime) -> Told:
    """Write down for mailing tools what they were not told yet.

    A process that dies between the file and its note writes the same file again.

    Raises:
        CarrelError: CNS-009, the folder cannot be written; what was recorded holds all the same.
    """
    folder = here.site.consent.changes
    if folder is None:
        return Told(folder=False)
    untold = here.store.consents.untold(here.system.name)
    if not untold:
        return Told(folder=True, waiting=len(waiting(folder)))
    name = file_name(untold[0].id, untold[-1].id)
    lines = write_changes(folder, name, _changes(here, untold))
    here.store.consents.tell((one.id for one in untold), name, at)
    return Told(True, name, lines, len(waiting(folder)))


def _changes(here: Premises, untold: tuple[Untold, ...]) -> list[Change]:
    from carrel.cli.consent_word import texts_of

    numbers = list(dict.fromkeys(one.number for one in untold if one.number is not None))
    rows = ContactRows(here.schema, here.system_map, here.stand_in, (), at=here.system.name)
    people: dict[int, Contact] = {}
    with here.engine.connect() as connection:
        for batch in parts(numbers, _AT_ONCE):
            people |= rows.of(connection, batch)
    texts, tags = texts_of(here), here.store.consents.own_tags(here.system.name)
    restricted = set(here.store.restrictions.known(here.system.name).values())
    restricted |= here.store.restrictions.asked_for(here.system.name)
    unsure = bool(here.store.restrictions.lost(here.system.name))
    found: dict[tuple[str, str], Change] = {}
    refused: dict[str, frozenset[str]] = {}
    for one in untold:
        person = people.get(one.number) if one.number is not None else None
        if person is None or not is_written_to(here, one.event.purpose):
            continue
        tag, addresses = tags.number(person.number), addresses_in(person.email)
        silent = here.store.consents.suppressions.among((tag, *map(tags.address, addresses)))
        known = Known(
            state_of(here.store.consents.of(tag), one.event.purpose, texts).state,
            deleted=person.deleted,
            restricted=unsure or person.number in restricted,
            suppressed=bool(silent),
        )
        purpose = one.event.purpose
        may = _gate(here, purpose).left_out(known) is None
        if may and purpose not in refused:  # it reads everybody who said no, so it is asked for where it matters
            refused[purpose] = refused_addresses(here, purpose, restricted)
        for address in addresses:
            held = may and spelled(address) not in refused[purpose]
            found[address, purpose] = Change(address, purpose, held, one.event.recorded_at)
    return list(found.values())


def is_written_to(here: Premises, purpose: str) -> bool:
    """Whether anybody is written to for a purpose; where the policy dropped it, tools may know it still."""
    named = [one.body.purposes[purpose] for one in here.in_force.policies if purpose in one.body.purposes]
    return not named or any(one.contacts is not None for one in named)


def _gate(here: Premises, purpose: str) -> Gate:
    consent = any(needs_consent(one, purpose) for one in here.in_force.policies)
    return Gate(purpose, "", (Category.EMAIL_ADDRESS,), consent, expired_cards=True, clauses=())
