"""``carrel plan --erase``: what erasing one person would do. Nothing is changed, and nothing of the person is shown."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import plan_file, premises, screen
from carrel.cli.at_site import allowed
from carrel.cli.because import show_reasons
from carrel.cli.copies_owed import require_handed_out
from carrel.cli.erasure_tables import PersonTables
from carrel.cli.host_account import said_name
from carrel.cli.request_follow import linked
from carrel.cli.screen import number, put_line, put_table, say, tell_written
from carrel.errors import fault
from carrel.inventory.site import May
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.erasure import HELD, ErasurePlan, refuse
from carrel.retention.identifiers import Subject
from carrel.retention.legal_hold import shields
from carrel.store.erasures import new_case
from carrel.systems import surroundings_reading
from carrel.systems.sql.erasure import SqlErasure
from carrel.systems.sql.person_search import confirmed, find, require_somebody

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.retention.legal_hold import Scope
    from carrel.retention.plan import Basis

_LONGEST, _MARK = 200, "\ufeff"


def make(
    given: Path,
    site: Path,
    system_name: str | None,
    out: Path | None,
    name: str | None,
    *,
    by_card: bool,
    as_json: bool,
    also: Path | None = None,
    request: str | None = None,
) -> None:
    """Plan an erasure, record it, write it and show it.

    Raises:
        CarrelError: ERA-001 to ERA-003, RGT-011, RGT-012, RGT-020, RGT-028, and whatever stands in the way of any plan.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        by = allowed(here.site, said_name(name), May.PLAN).name
        at = premises.now()
        here.store.erasures.purge(at)
        said = said_in(given, "--erase")
        with here.engine.connect() as connection:
            found = find(connection, here.system_map, said, by_card=by_card, at=here.system.name)
            require_somebody(found, here.stand_in, here.system.name)
            link = linked(here, request, str(Kind.ERASURE), found, at)
            require_handed_out(here, found, at)
            older = () if also is None else confirmed(connection, here.system_map, _lines(also), here.system.name)
            bare = Subject(found, also=older)
            subject = erasure_of(here, (bare,), at).known(connection) or bare
            made = plan_of(here, connection, subject, by, at)
        others = here.store.erasures.open_about(here.system.name, subject)
        here.store.erasures.record(made, subject, at)
        if link is not None:
            link.made(here.store, made.case, here.original.name, "", at, by)
        target = plan_file.write(made, out or Path("plan.json"))
    if as_json:
        screen.put_json({"plan": made.as_dict(), "file": str(target), "open_cases": list(others)})
        return
    show(made)
    for one in others:
        put_line(f"note: {one} is open about the same person; carry out one of the two", hang=2)
    tell_written(target)


def erasure_of(here: Premises, subjects: tuple[Subject, ...], at: datetime) -> SqlErasure:
    """The erasure of persons in the system that is open, with payers as of a moment."""
    return SqlErasure(
        here.schema,
        here.system_map,
        subjects,
        here.stand_in,
        payer=here.payer(at),
        at=here.system.name,
    )


def basis_of(here: Premises) -> Basis:
    """What the plan of an erasure is computed from: the schema of every table, since any can hang on a person."""
    return replace(here.basis, schema_digest=here.schema.digest)


def scopes_of(here: Premises, at: datetime) -> tuple[Scope, ...]:
    """What legal holds and exceptions keep now."""
    kept = here.store.keepings.current(here.original.name, at)
    return shields((*kept.legal_holds, *kept.exceptions), at)


def plan_of(here: Premises, connection: Connection, subject: Subject, by: str, at: datetime) -> ErasurePlan:
    """The plan to erase one person.

    Raises:
        CarrelError: ERA-002, something keeps the person; ERA-003.
    """
    erasure = erasure_of(here, (subject,), at).around_record(connection)
    case = new_case()
    refuse(here.system.name, erasure.blocking(connection, scopes_of(here, at), held=HELD), begun=False)
    cascades = erasure.cascades(connection)
    goes = (*erasure.going(connection), *PersonTables(here, subject).going())
    rows = {one.table: one.rows for one in goes}
    notices = []
    if "borrower_relationships" in rows or any("relationship" in table for table in rows):
        notices.append("somebody loses a guarantor, or one who was vouched for")
    if subject.also:
        notices.append(f"older numbers that the library has confirmed go in the same case: {len(subject.also)}")
    if here.system.undo is not None:
        notices.append("undo capsules that are not shredded yet can hold rows of this person; shred them, or wait")
    notices += [
        f"old values will also stand in: {one.name}"
        for one in surroundings_reading.read(connection, here.site, here.system, here.policy, at).places
    ]
    notices.append("backups, exports, mail, printed lists, logs and files outside this system are not reached")
    unsearched = [one.name for one in here.site.tables if not one.aggregate and not one.is_about(here.system.name)]
    if unsearched:
        notices.append(
            f"tables of which no column is said to name a person are not looked into: {', '.join(unsearched)}"
        )
    return ErasurePlan(
        case=case,
        system=here.system.name,
        policy=here.policy.name,
        made_at=at,
        made_by=by,
        basis=basis_of(here),
        goes=goes,
        stays=erasure.staying(connection),
        cascades=cascades,
        words=erasure.words(connection),
        notices=tuple(notices),
    )


def said_in(given: Path, option: str) -> str:
    """The one line of the file, or of the input; it is never repeated."""
    lines = _lines(given)
    if len(lines) != 1:
        raise fault(
            faults.NO_SUBJECT,
            at=option,
            wanted="one line with the number and nothing else",
            found="no line that can be read" if not lines else "several lines",
            fix="write the number alone into the file, which this account can read; - stands for the standard input",
        )
    return lines[0]


def _lines(given: Path) -> list[str]:
    try:
        # Some editors put a mark before the first letter that nobody sees.
        text = sys.stdin.read(_LONGEST) if str(given) == "-" else given.read_text(encoding="utf-8-sig")[:_LONGEST]
    except (OSError, UnicodeDecodeError):
        return []
    lines = [line.strip() for line in text.removeprefix(_MARK).splitlines() if line.strip()]
    return lines if all(map(str.isprintable, lines)) else []


def show(plan: ErasurePlan) -> None:
    """The plan as a person reads it."""
    say(f"{plan.case}: erase one person from {plan.system}, under {plan.policy}")
    put_table(
        f"{amount(plan.rows, 'row goes or loses', 'rows go or lose')} the person",
        ("table", "act", "named by", "rows"),
        [(one.table, one.act, one.column, number(one.rows)) for one in plan.goes],
        right=(3,),
    )
    show_reasons((one.why, f"{one.act} {one.table}") for one in plan.goes)
    if plan.stays:
        heads = ("table", "column", "rows", "ground")
        put_table("Stays", heads, [(s.table, s.column, number(s.rows), s.ground) for s in plan.stays], right=(2,))
    if plan.cascades:
        put_table(
            "What the database itself would have deleted or emptied; a step of its own comes first",
            ("table", "column", "rule", "with", "rows"),
            [(one.table, one.column, one.rule, one.of, number(one.rows)) for one in plan.cascades],
            right=(4,),
        )
    if plan.words:
        put_table(
            "Texts that name the person",
            ("table", "column", "identifiers taken out", "for a human to judge"),
            [(one.table, one.column, number(one.redacted), number(one.human)) for one in plan.words],
            right=(2, 3),
        )
        put_line("Counted by column; a row with two such texts stands at both, and is one row in the result.")
    for notice in plan.notices:
        put_line(f"note: {notice}", hang=2)
