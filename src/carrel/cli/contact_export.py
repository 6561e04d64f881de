"""``carrel export contacts``: page after page through the gate, into a file that has no name until it is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import premises, record
from carrel.cli.at_site import allowed, now
from carrel.cli.consent_changes import tell_tools
from carrel.cli.contact_judging import Judge
from carrel.cli.option_values import writing
from carrel.cli.screen import figure, put_json, put_line, put_table
from carrel.consent import faults
from carrel.consent.gate import Gate, LeftOut, gate
from carrel.errors import fault
from carrel.inventory.category import Category
from carrel.inventory.site import May
from carrel.ledger.leaf import OpenLeaf, banded, cell
from carrel.ledger.word import slug
from carrel.retention.faults import CLOSED
from carrel.store.contact_exports import Export
from carrel.systems.consent.contact_file import contact_file, refuse_there
from carrel.systems.consent.contact_rows import ContactPage, ContactRows

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was given."""

    purpose: str
    recipient: str
    out: Path
    fields: tuple[str, ...]
    system_name: str | None
    name: str
    site_path: Path


def carry_out(asked: Asked, *, as_json: bool) -> None:
    """Write the file, record it, and tell how many went and how many did not.

    Raises:
        CarrelError: CNS-004, CNS-007, CNS-010 to CNS-016, HLD-006, ERA-004, and whatever stands in the way of reading
            the system.
    """
    with premises.enter(asked.site_path, asked.system_name, read_only=True) as here:
        by = allowed(here.site, asked.name, May.EXPORT).name
        let = gate(here.in_force.policies, asked.purpose, asked.recipient, tuple(map(Category, asked.fields)))
        refuse_there(asked.out)
        refuse_closed(here)
        done = _exported(here, let, by, asked.out)
        told = tell_tools(here, now())
        receipt = record.deliver(here.site, here.store, now(), own=(leaf_of(here, done),))
    if as_json:
        put_json({"export": {**_as_dict(done), "file": str(asked.out), "ledger": receipt.as_dict()}})
        return
    put_line(
        f"{amount(done.written, 'address', 'addresses')} for {let.purpose}, to {let.recipient}: {asked.out}, "
        "for its owner alone."
    )
    agreed = "only who agreed" if let.needs_consent else "everybody who did not object; this policy asks for no consent"
    put_line(f"{here.policy.name}: {agreed} ({', '.join(let.clauses)}). Goes: {', '.join(let.fields)}.")
    rows = [(str(reason), figure(banded(count))) for reason, count in done.left_out.items()]
    put_table("Left out, by the first reason", ("because", "people"), rows, right=(1,))
    put_line("Delete the file when the message is out: whoever withdraws later still stands in it.")
    for line in told.told_lines() if told.file else ():
        put_line(line)


def refuse_closed(here: Premises) -> None:
    """Refuse a system that was restored: who was erased, and old addresses, are back in it.

    Raises:
        CarrelError: RPL-002.
    """
    if here.store.replays.closed(here.original.name) is not None:
        raise fault(
            CLOSED,
            at=here.system.name,
            wanted="a system that is open",
            found="one that was restored",
            because="people who were erased since the backup are in it again",
            fix="`carrel replay open` tells what keeps it closed, and opens it",
        )


def _as_dict(done: Export) -> dict[str, object]:
    return {
        "system": done.system,
        "purpose": done.gate.purpose,
        "recipient": done.gate.recipient,
        "fields": [str(one) for one in done.gate.fields],
        "needs_consent": done.gate.needs_consent,
        "clauses": list(done.gate.clauses),
        "written": done.written,
        "left_out": {reason: banded(count) for reason, count in done.left_out.items()},
    }


def leaf_of(here: Premises, done: Export) -> OpenLeaf:
    """What the ledger is told of an export."""
    return OpenLeaf(
        "contacts",
        done.at,
        {
            "system": slug(done.system),
            "purpose": slug(done.gate.purpose),
            "recipient": slug(done.gate.recipient),
            "policy": slug(here.policy.name),
            "policy_digest": here.policy.digest,
            "fields": [slug(one) for one in done.gate.fields],
            "consent": "needed" if done.gate.needs_consent else "not-needed",
            "written": banded(done.written),
            "left_out": [cell(slug(reason), count) for reason, count in done.left_out.items()],
        },
    )


def _exported(here: Premises, let: Gate, by: str, out: Path) -> Export:
    """The file, recorded and named; begun anew where somebody agreed or withdrew while it was written.

    Raises:
        CarrelError: CNS-016, that happened each time.
    """
    for _ in range(_TRIES):
        at, seen, restricted = now(), here.store.consents.state(), _restricted(here)
        rows = ContactRows(here.schema, here.system_map, here.stand_in, let.fields, at=here.system.name)
        with ExitStack() as stack:
            stack.enter_context(writing(out))
            file, name_it = stack.enter_context(contact_file(out))
            file.head(rows.heads)
            left: Counter[LeftOut | None] = Counter()
            for page, reasons in _judged(here, rows, let, restricted, at):
                goes = [reason is None for reason in reasons]
                file.rows([list(compress(column, goes)) for column in page.columns])
                left.update(reasons)
            written = left.pop(None, 0)
            file.settle()
            told = {str(reason): left[reason] for reason in LeftOut if left[reason]}
            done = Export(here.system.name, by, here.in_force.digest, at, let, written, told)
            leaf = leaf_of(here, done)
            if _restricted(here) == restricted and here.store.contact_exports.record(done, seen, (leaf,)):
                name_it()
                return done
    raise fault(
        faults.MOVING,
        at=here.system.name,
        wanted="no consent, withdrawal or restriction while addresses are read",
        found=f"one in each of {_TRIES} attempts",
        because="somebody who has just withdrawn could stand in the file",
        fix="give the command again when the desk is quiet",
    )


def _restricted(here: Premises) -> frozenset[int]:
    """Whose use is restricted.

    Raises:
        CarrelError: ERA-004, a key is lost, and it could be anybody.
    """
    return here.store.restrictions.restricted(here.original.name)


def _judged(
    here: Premises, rows: ContactRows, let: Gate, restricted: frozenset[int], at: datetime
) -> Iterator[tuple[ContactPage, list[LeftOut | None]]]:
    """Every person with why the address does not go, page after page."""
    with here.engine.connect() as connection:
        judge = Judge.made(here, let, restricted, at)
        for page in rows.pages(connection):
            yield page, judge.judged(page)
