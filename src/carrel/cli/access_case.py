"""One request for access, from the card to the package and its leaf: composition alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import custodian_gate, record
from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.erasure_plan import said_in
from carrel.cli.request_follow import Link, handed_out
from carrel.cli.request_rules import rules_of
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit, fault
from carrel.inventory.site import May
from carrel.rights import faults
from carrel.rights.access_leaf import access_leaf
from carrel.rights.admission import require_accepted
from carrel.rights.answer import Answer, HeldInSystem
from carrel.rights.wording import ENGLISH
from carrel.rights.work import ACCESS
from carrel.store.erasures import new_case
from carrel.store.recorded_requests import Whose
from carrel.systems import access_package, secret
from carrel.systems.access_answer import Asked, OpenSystem, gathered, unreachable
from carrel.systems.access_systems import opened
from carrel.systems.site_systems import system_of
from carrel.systems.sql.person_search import confirmed, find

if TYPE_CHECKING:
    from carrel.cli.record import Receipt
    from carrel.inventory.site import Site
    from carrel.store.store import Store

SHORTEST_PASSPHRASE = 12


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    given: Path
    by_card: bool
    also: Path | None
    systems: tuple[str, ...]
    out: Path | None
    passphrase_file: Path | None
    plain: bool
    identity: str
    thorough: bool
    request: str | None = None


def answer(wish: Wish, site_path: Path, name: str, *, as_json: bool) -> int:
    """Gather, write, record, and tell counts.

    Raises:
        CarrelError: RGT-003 to RGT-007, HLD-006, RGT-011, RGT-012, RGT-014, RGT-020, and whatever stands in the way of
            reading.
    """
    site = open_site(site_path)
    by = allowed(site, name, May.PLAN).name
    require_accepted(wish.identity, rules_of(site).clocks)
    passphrase = _passphrase(wish)
    place = wish.out or Path("answer.zip" if passphrase is None else "answer.zip.age")
    said, started = said_in(wish.given, "CARD_FILE"), now()
    custodian_gate.in_force(site)
    with open_store(site) as store, opened_systems(site, wish.systems) as (systems, closed):
        first, case = systems[0], new_case()
        asked = Asked(said, wish.by_card, _also(first, wish.also))
        link = _linked(site, store, systems, asked, wish.request)
        with handed_out(store, link, case, ", ".join(wish.systems), started, by) as whole:
            with (
                gathered(
                    systems, asked, closed=closed, case=case, site=site, policy=first.policy, at=started,
                    thorough=wish.thorough,
                ) as found,
                access_package.package(place, passphrase, os.urandom) as target,
            ):  # fmt: skip
                counts = access_package.write(found, target, ENGLISH)
                # The leaf first: a kill can leave a leaf without its package, and never a package without its leaf.
                leaf = access_leaf(
                    found, sum(counts.values()), first.policy, identity=wish.identity, encrypted=not wish.plain,
                    times=(started, now()),
                )  # fmt: skip
                receipt = record.record(site, store, (leaf,), now())
            whole(found.complete)
    if as_json:
        put_json({"access": as_dict(found, counts, place, receipt, encrypted=passphrase is not None)})
    else:
        show(found, counts, place, receipt, encrypted=passphrase is not None)
    return int(Exit.DONE if found.complete else Exit.FINDINGS)


def _linked(site: Site, store: Store, systems: Sequence[OpenSystem], asked: Asked, request: str | None) -> Link | None:
    """The request that is answered, if it is the same person's.

    Raises:
        CarrelError: RGT-011, RGT-012, RGT-018, RGT-020; ERA-001, nobody's number in the system of the request.
    """
    if request is None:
        return None
    link, at, rules = Link(request, ACCESS), now(), rules_of(site)
    whose = store.requests.subject(request)
    for one in systems:
        if whose is None or one.name == whose.system:
            with one.engine.connect() as connection:
                number = find(connection, one.system_map, asked.said, by_card=asked.by_card, at=one.name)
            link.require(store, rules, at, Whose(one.name, number).__eq__)
            return link
    raise fault(
        faults.OTHER_PERSON,
        at=request,
        wanted="the system in which the person was identified, among those that are asked",
        found="others",
        because="nobody is told what is held of another person",
        fix="leave --system out, or name that system as well",
    )


@contextmanager
def opened_systems(site: Site, names: Sequence[str]) -> Iterator[tuple[list[OpenSystem], list[HeldInSystem]]]:
    """Every system that was asked for, and those that could not be opened.

    Raises:
        CarrelError: of the first, where none can be opened.
    """
    wanted = [system_of(site, one) for one in dict.fromkeys(names)] or list(site.originals) or [system_of(site, None)]
    there: list[OpenSystem] = []
    closed: list[HeldInSystem] = []
    first: CarrelError | None = None
    with ExitStack() as stack:
        for one in wanted:
            try:
                there.append(stack.enter_context(opened(site, one)))
            except CarrelError as wrong:
                first = first or wrong
                closed.append(unreachable(one.name, one.map, wrong))
        if first is not None and not there:
            raise first
        yield there, closed


def _also(system: OpenSystem, also: Path | None) -> tuple[int, ...]:
    if also is None:
        return ()
    lines = [line.strip() for line in also.read_text(encoding="utf-8").splitlines() if line.strip()]
    with system.engine.connect() as connection:
        return confirmed(connection, system.system_map, lines, system.name)


def _passphrase(wish: Wish) -> str | None:
    if wish.plain == (wish.passphrase_file is not None):
        raise fault(
            faults.IN_THE_CLEAR,
            at="--age-passphrase-file",
            wanted="a passphrase file, or --plain, and not both",
            found="both" if wish.plain else "neither",
            because="the package holds everything that is known of one person",
            fix="write a passphrase into a file with mode 0600, and tell it to the person by another way",
        )
    if wish.passphrase_file is None:
        return None
    return passphrase_of(wish.passphrase_file)


def passphrase_of(place: Path) -> str:
    """The passphrase of a package, from the first line of a file.

    Raises:
        CarrelError: RGT-006, it is short; SIT-004 or SIT-005, the file cannot be read, or others can read it.
    """
    said = secret.from_file(place).reveal()
    if len(said) < SHORTEST_PASSPHRASE:
        raise fault(
            faults.PASSPHRASE,
            at=str(place),
            wanted=f"{SHORTEST_PASSPHRASE} letters or more",
            found="fewer",
            because="whoever has the file can try as many passphrases as they like",
            fix="write four words or more that belong to no saying",
        )
    return said


def as_dict(
    found: Answer, counts: access_package.Counts, place: Path, receipt: Receipt, *, encrypted: bool
) -> dict[str, object]:
    """Counts for programs; no value."""
    return {
        "case": found.case,
        "file": str(place),
        "encrypted": encrypted,
        "complete": found.complete,
        "systems": [
            {
                "system": one.name,
                "found": one.found,
                "record_deleted": one.gone,
                "records": {records.name: counts.get((one.name, records.name), 0) for records in one.records},
                "acted": [{"table": act.table, "column": act.column, "rows": act.rows} for act in one.acted],
                "unread": [{"table": miss.table, "code": miss.code} for miss in one.unread],
                "without_index": list(one.without_index),
                "notes_to_read": one.to_read,
            }
            for one in found.systems
        ],
        "not_searched": list(found.not_searched),
        "ledger": receipt.as_dict(),
    }


def show(found: Answer, counts: access_package.Counts, place: Path, receipt: Receipt, *, encrypted: bool) -> None:
    """Counts as a person reads them; no value."""
    say(f"{found.case}: what is held of one person, for that person")
    rows = [
        (one.name, records.name, number(counts.get((one.name, records.name), 0)))
        for one in found.systems
        for records in one.records
    ]
    put_table("In the package", ("system", "records", "entries"), rows, right=(2,))
    for one in found.systems:
        if not one.found and not one.unread:
            put_line(f"{one.name}: nobody is registered under this number", hang=2)
        for miss in one.unread:
            put_line(f"{one.name}: could not read {miss.says} ({miss.code}); the package says so", hang=2)
        if one.without_index:
            put_line(f"{one.name}: no index leads to a person in {', '.join(one.without_index)}", hang=2)
        if one.to_read:
            put_line(
                f"{one.name}: {amount(one.to_read, 'note')} about the person: people whom the library does not know "
                "by name may stand in them; read them before you hand the package over",
                hang=2,
            )
    if found.not_searched:
        put_line(f"Not searched, and named in the package: {', '.join(found.not_searched)}", hang=2)
    put_line(f"Written to {place}.")
    say(
        "It is encrypted; tell the passphrase by another way."
        if encrypted
        else "It is not encrypted: whoever has it reads it."
    )
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")
