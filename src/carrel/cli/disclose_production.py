"""One production, from the scope to the package and its leaf: composition alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import custodian_gate, record
from carrel.cli.access_case import opened_systems, passphrase_of
from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.disclose_evidence import evidence_of
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.disclosure import faults
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.production import Production, given
from carrel.disclosure.release_manifest import Occasion, manifest
from carrel.disclosure.release_note import commitment
from carrel.disclosure.scope import Scope, read_scope
from carrel.disclosure.statement import NONE, PRODUCED, REPLY, reply, statement
from carrel.errors import Exit, fault
from carrel.inventory.site import May
from carrel.ledger.leaf import OpenLeaf
from carrel.policy.yaml_source import MOST_BYTES
from carrel.systems import access_package, production_package, public_report
from carrel.systems.access_answer import OpenSystem, not_searched
from carrel.systems.production_gathering import gathered
from carrel.systems.production_outside import outside_of, require_outside
from carrel.systems.production_people import require_kept
from carrel.systems.sealed_rows import row_shelf

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.disclose_clearing import CaseGate
    from carrel.disclosure.scope import Clearing
    from carrel.inventory.site import Site
    from carrel.store.store import Store

_NOTHING = Production((), (), (), {})
_NOT_CHECKED = "not checked: this site keeps no cases of legal process"


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    scope: Path
    case: str
    out: Path
    passphrase_file: Path
    systems: tuple[str, ...]
    names_title: bool


def no_cases(case: str, scope: Scope) -> str | None:
    """Where no cases are kept nobody can say that one does not allow a scope; the manifest tells that nobody looked."""
    del case, scope
    return None


def carry_out(
    wish: Wish,
    site_path: Path,
    name: str,
    *,
    as_json: bool,
    clearing: Clearing = no_cases,
    cleared: str = _NOT_CHECKED,
    gate: CaseGate | None = None,
) -> int:
    """Gather, write, record, and tell counts.

    Args:
        wish: of the command line.
        site_path: site file or its folder.
        name: who produces.
        as_json: for programs.
        clearing: whether the case allows the scope.
        cleared: what the manifest says of that.
        gate: the case of this store: then it clears, keeps, and is told of the package.

    Raises:
        CarrelError: DSC-001 to DSC-004, DSC-008, DSC-022, DSC-050 to DSC-061, DSC-065, HLD-006, RGT-005,
            RGT-006, and whatever stands in the way of reading.
    """
    site = open_site(site_path)
    by = allowed(site, name, May.PLAN).name
    passphrase = passphrase_of(wish.passphrase_file)
    scope = _scope(wish, gate or clearing)
    started = now()
    custodian_gate.in_force(site)
    with open_store(site) as store, opened_systems(site, wish.systems) as (systems, unopened):
        closed = {one.name: one.unread[0].code for one in unopened}
        record.require_folder(site, store)
        ledger, signer = record.open_ledger(site, started)
        asked = {part.outside for part in scope.parts if part.outside is not None}
        beyond = (*(one for one in not_searched(site) if one.partition(" ")[2] not in asked), *_further(site, systems))
        occasion = Occasion(
            wish.case,
            gate.cleared(store) if gate else cleared,
            site.library,
            by,
            started,
            os.urandom(32).hex(),
            wish.names_title,
            beyond,
        )
        with access_package.package(wish.out, passphrase, os.urandom) as target, row_shelf(wish.out.parent) as shelf:
            if gate is not None:
                require_kept(systems, scope, gate.kept(store), wish.case)
            require_outside(site, scope)
            found = _NOTHING
            if not scope.open_records:
                found = gathered(systems, closed, scope.inside, started, shelf).with_more(
                    outside_of(site, systems, scope, started, shelf)
                )
            kind = REPLY if scope.open_records else PRODUCED if found.produced else NONE
            if kind == NONE:
                _require_whole(found)
            told, receipts = evidence_of(scope, systems, store, ledger) if kind == NONE else ([], {})
            texts: dict[str, str | bytes] = dict(receipts)
            if kind == NONE:
                texts["statement.txt"] = statement(scope, found, occasion, told)
            elif kind == REPLY:
                _require_open(closed)
                attached, texts = _attached(wish, scope, systems)
                texts["reply.txt"] = reply(scope, occasion, attached)
            body = manifest(scope, found, occasion, kind, [one.as_dict() for one in told])
            contents = production_package.Contents(found.produced, texts, body)
            signed = production_package.write(contents, signer, target)
            # The leaf first: a kill can leave a leaf without its package, and never a package without its leaf. It goes
            # to the ledger with the night's batch, so that its time tells nobody of a case that is sealed. The case is
            # looked at again in the transaction that writes it down: it may have been thrown back meanwhile.
            told_of = commitment(occasion.salt, signed)
            if gate is None:
                _owe(store, told_of, started)
            else:
                told_apart = given(scope, found, partial(store.disclosures.subject, wish.case))
                gate.record(store, PackageKind(kind), hashlib.sha256(signed).hexdigest(), told_of, told_apart)
    _tell(wish, found, kind, hashlib.sha256(signed).hexdigest(), as_json=as_json)
    return int(Exit.FINDINGS if found.failed else Exit.DONE)


def _scope(wish: Wish, clearing: Clearing) -> Scope:
    try:
        with wish.scope.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8")  # a sign more than is read, so that it is told
    except (OSError, UnicodeDecodeError):
        raise fault(
            faults.SCOPE, at=str(wish.scope), wanted="a text file in UTF-8 that you may read", found="something else",
            fix="see docs/production.md for a whole one",
        ) from None  # fmt: skip
    scope = read_scope(text, str(wish.scope))
    if scope.asks_for_readers and not wish.names_title:
        raise fault(
            faults.FISHING,
            at=str(wish.scope),
            wanted="people whose records the order asks for",
            found="items or a title, and everybody who borrowed them",
            because="a list of whoever read a title lays open people of whom the order says nothing",
            fix="send the order back; where it names the title itself, and counsel has seen that: --order-names-title",
        )
    if (why := clearing(wish.case, scope)) is not None:
        raise fault(
            faults.NOT_CLEARED, at=f"case {wish.case}", wanted="a case that allows this scope", found=why,
            fix="keep the scope within what `carrel disclose show` says the case asks for; a new paper is counsel's",
        )  # fmt: skip
    return scope


def _further(site: Site, systems: Sequence[OpenSystem]) -> tuple[str, ...]:
    """Systems, logs and vendors of the site that were not looked into."""
    there = {one.name for one in systems}
    left = [f"system {one.name}" for one in site.systems if one.name not in there]
    logs = [f"log {one.name}" for one in site.logs]
    computers = ["what public computers report"] if site.stations is not None else []
    return (*left, *logs, *computers, *(f"vendor {name}" for name in site.vendors))


def _require_whole(found: Production) -> None:
    if found.failed:
        first = found.failed[0]
        raise fault(
            faults.UNREAD,
            at=f"{first.system}: {first.table}",
            wanted="everything in scope read, before it is said that nothing was found",
            found=f"{amount(len(found.failed), 'table')} that could not be read, the first by {first.code}",
            fix="see `carrel doctor`, and give the command again when all of it can be read",
        )


def _require_open(closed: Mapping[str, str]) -> None:
    for name, code in closed.items():
        raise fault(
            faults.UNREAD, at=name, wanted="every system open, to see that a report tells of nobody whom it knows",
            found=f"one that could not be opened ({code})", fix="see `carrel doctor`, and give the command again",
        )  # fmt: skip


def _attached(wish: Wish, scope: Scope, systems: Sequence[OpenSystem]) -> tuple[dict[str, str], dict[str, str | bytes]]:
    """The public reports of a reply, each once it was seen that it tells of nobody."""
    places: dict[str, str] = {}
    texts: dict[str, str | bytes] = {}
    for n, one in enumerate(scope.open_records.attached if scope.open_records else (), 1):
        place = wish.scope.parent / one.file
        content = public_report.read(place)
        public_report.require_no_people(content, systems, str(place))
        places[one.file] = f"produced/{n:02}{place.suffix.lower() if place.suffix.isascii() else ''}"
        texts[places[one.file]] = content
    return places, texts


def _owe(store: Store, told: str, at: datetime) -> None:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    store.owed.add([OpenLeaf("disclosure", day, {"commitment": told})], at)


def _tell(wish: Wish, found: Production, kind: str, sign: str, *, as_json: bool) -> None:
    unsure, undated = (sum(getattr(one, name) for one in found.tables) for name in ("unsure", "undated"))
    to_read = sum(one.to_read for one in found.produced)
    if as_json:
        put_json(
            {
                "production": {
                    "kind": kind,
                    "case": wish.case,
                    "file": str(wish.out),
                    "manifest": sign,
                    "records": found.records,
                    "tables": [
                        {"part": one.part, "person": one.person, "system": one.system, "table": one.table,
                         "records": len(one.rows), "columns": [column.name for column in one.columns]}
                        for one in found.produced
                    ],
                    "not_read": [one.as_dict() for one in found.not_read],
                    "unsure": unsure,
                    "undated": undated,
                    "texts_to_read": to_read,
                }
            }
        )  # fmt: skip
        return
    say(f"Case {wish.case}: {kind}")
    rows = [(one.part, one.person, one.system, one.table, number(len(one.rows))) for one in found.produced]
    if rows:
        put_table("In the package", ("part", "person", "system", "table", "records"), rows, right=(4,))
    for miss in found.not_read:
        code = f" ({miss.code})" if miss.code else ""
        put_line(f"{miss.system}, part {miss.part}: {miss.table} was not read{code}; the manifest says so", hang=2)
    if unsure or undated:
        put_line(
            f"Not produced, and not told in the package: {amount(unsure, 'record')} whose time can be read otherwise, "
            f"{amount(undated, 'record')} without a time.",
            hang=2,
        )
    if to_read:
        put_line(
            f"{amount(to_read, 'text')} in it: people whom the library does not know by name may stand there; read "
            "them before you hand the package over.",
            hang=2,
        )
    if kind == NONE:
        put_line(
            "Nothing in scope was found. The custodian and counsel read statement.txt, and sign it or do not.", hang=2
        )
    put_line(f"Written to {wish.out}.")
    say(f"manifest {sign}")
    say("It is encrypted; tell the passphrase by another way.")
