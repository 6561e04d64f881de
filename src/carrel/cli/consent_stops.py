"""What mailing tools are told without a new word of the person: who is not written to now, and old addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.at_site import now
from carrel.cli.consent_changes import is_written_to
from carrel.cli.mailing_stops import take_off
from carrel.consent import faults
from carrel.consent.subject import addresses_in
from carrel.errors import CarrelError, fault
from carrel.inventory.category import Category
from carrel.systems.consent.change_folder import Change, write_changes
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.sql.in_lists import batches

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises


def stop_restricted(here: Premises, *, lists: bool = True) -> int:
    """Tell the tools that nobody who asked for a restriction may be written to now; each request has a file of its own.

    Told again it is the same file: a night repeats it for as long as the request is open, so that no tool that could
    not be told stays untold.

    Args:
        here: open.
        lists: whether mailing lists are told too; a night brings these on as a whole.

    Returns:
        How many requests were told of.

    Raises:
        CarrelError: CNS-009, the folder cannot be written; RGT-018.

    Source:
        MITL-9.4; GDPR Art. 18.
    """
    told = here.site.consent.changes is not None or (lists and here.site.lists_of(here.system))
    asked = here.store.restrictions.asking(here.original.name) if told else ()
    people = _addresses_of(here, [number for _, number, _ in asked])
    if lists:  # of all at once: a tool that is away is waited for once
        take_off(here, (address for addresses in people.values() for address in addresses))
    return sum(_stop(here, request, number, people.get(number, ()), since) for request, number, since in asked)


def stop_person(here: Premises, file: str, number: int, since: datetime) -> bool:
    """Tell the tools that one person is not written to, whatever the purpose; whether there was anything to tell.

    Raises:
        CarrelError: CNS-009.
    """
    addresses = _addresses_of(here, (number,)).get(number, ())
    off = take_off(here, addresses)
    return _stop(here, file, number, addresses, since) or bool(off)


def _addresses_of(here: Premises, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The email addresses of people, as the system has them now."""
    if not numbers:
        return {}
    rows = ContactRows(here.schema, here.system_map, here.stand_in, (), at=here.system.name)
    found: dict[int, tuple[str, ...]] = {}
    with here.engine.connect() as connection:
        for some in batches(numbers):
            found |= {one.number: addresses_in(one.email) for one in rows.of(connection, some).values()}
    return found


def stop_old_addresses(here: Premises, case: str, number: int, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Tell the tools that an address which a correction takes out is written to no more.

    To be called inside the transaction that writes, before it ends: where the tools cannot be told nothing is changed.
    Of the new address nothing is said. Whoever holds an account could have typed in somebody else's; it is told with
    the person's next word.

    Args:
        here: open.
        case: of the correction; told again after a kill, it is the same file.
        number: of the person.
        old: values by their column.
        new: the same afterwards.

    Raises:
        CarrelError: CNS-009.
    """
    gone = taken_out(here, old, new)
    try:
        _stop(here, case, number, gone, now())
    except CarrelError as wrong:
        if wrong.code != faults.CHANGES.code:
            raise
        raise fault(
            faults.CHANGES,
            at=wrong.faults[0].at,
            wanted="a folder that this account may write",
            found=wrong.faults[0].found,
            because="mailing tools would go on with the address that is taken out",
            changed="nothing",
            fix="see to the folder, and give the correction again",
        ) from None


def taken_out(here: Premises, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The addresses that a correction takes out of a record.

    Args:
        here: open.
        old: values by their column.
        new: the same afterwards.
    """
    if here.system_map.rectify is None:
        return []
    fields = here.system_map.rectify.fields.values()
    columns = {one for field in fields if field.category is Category.EMAIL_ADDRESS for one in field.parts.values()}
    kept = {one.strip().casefold() for name in columns & set(new) for one in addresses_in(new[name])}
    before = (one for name in sorted(columns & set(old)) for one in addresses_in(old[name] or ""))
    return [one for one in before if one.strip().casefold() not in kept]


def stop_at_once(site: Path, system: str) -> bool:
    """As `stop_restricted`, after a request was written down; False where the next night has to tell.

    The restriction itself holds in every export, whether the tools could be told or not.
    """
    with premises.enter(site, system, read_only=True) as here:
        try:
            stop_restricted(here)
        except CarrelError as wrong:
            if wrong.code != faults.CHANGES.code:
                raise
            return False
    return True


def _stop(here: Premises, file: str, number: int, addresses: Iterable[str], since: datetime) -> bool:
    folder = here.site.consent.changes
    if folder is None:
        return False
    tags = here.store.consents.tags(here.original.name)
    said = () if tags is None else here.store.consents.of(tags.number(number))
    known = (one for policy in here.in_force.policies for one in policy.body.purposes)
    purposes = [one for one in dict.fromkeys((*known, *(event.purpose for event in said))) if is_written_to(here, one)]
    changes = [Change(address, purpose, may=False, since=since) for address in addresses for purpose in purposes]
    if changes:
        write_changes(folder, f"consent-changes.{file}.csv", changes)
    return bool(changes)
