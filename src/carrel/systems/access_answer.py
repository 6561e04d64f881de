"""What the systems of a library hold of one person, gathered live; the command line and the portal both ask here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from carrel.errors import CarrelError, fault
from carrel.inventory.schema import LiveSchema
from carrel.inventory.site import Site
from carrel.inventory.system_map import SystemMap
from carrel.policy.resolve import Policy
from carrel.retention.faults import NO_SUBJECT
from carrel.retention.identifiers import Subject
from carrel.rights import faults
from carrel.rights.answer import Answer, HeldInSystem, Unread
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_asking import DeniedError
from carrel.systems.sql.person_data import PersonData
from carrel.systems.sql.person_layout import AnswerLayout
from carrel.systems.sql.person_search import find_left

_DENIED = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
  AND NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT')"""


@dataclass(frozen=True)
class OpenSystem:
    """One system, open for reading.

    Attributes:
        name: as the site file has it.
        engine: of the account that reads; its transactions are snapshots.
        schema: as it is now; whoever asks often keeps it.
        system_map: in force.
        policy: in force.
        zone: of the system.
        stand_in: the product's anonymous patron.
        kept: what is made of these at the first question.
    """

    name: str
    engine: Engine
    schema: LiveSchema
    system_map: SystemMap
    policy: Policy
    zone: ZoneInfo
    stand_in: int | None
    kept: dict[str, AnswerLayout] = field(default_factory=dict, compare=False)

    @property
    def layout(self) -> AnswerLayout:
        """How this database is asked; made once, for as many people as there are."""
        if not self.kept:
            self.kept["layout"] = AnswerLayout(self.schema, self.system_map)
        return self.kept["layout"]


@dataclass(frozen=True, repr=False)
class Asked:
    """Who asks: a card or a number, as it was given; nobody prints it.

    Attributes:
        said: the card, or the product's own number.
        by_card: which of the two.
        also: older numbers that the library has confirmed; of one system alone.
    """

    said: str
    by_card: bool = True
    also: tuple[int, ...] = ()


@contextmanager
def gathered(
    systems: Sequence[OpenSystem],
    asked: Asked,
    *,
    closed: Sequence[HeldInSystem] = (),
    case: str,
    site: Site,
    policy: Policy,
    at: datetime,
    thorough: bool = True,
    shown: int | None = None,
) -> Iterator[Answer]:
    """The answer, while every system keeps its snapshot open; nothing is written anywhere.

    Args:
        systems: of the library that are asked.
        asked: who asks.
        closed: systems that could not be opened, as `unreachable` tells them.
        case: name of the case.
        site: whose; tells what else there is that is not searched.
        policy: in force.
        at: aware time.
        thorough: see `PersonData.read`; a portal that must answer at once may leave it.
        shown: rows of each table that are looked at; None where all may be.

    Yields:
        What each system holds. What could not be read stands in it, by its error.

    Raises:
        CarrelError: RGT-009 and RGT-010, several people could be meant; RGT-003, no system holds anybody under this
            number; RGT-007; SQL-…, a system cannot be reached.
    """
    if (not asked.by_card or asked.also) and len(systems) + len(closed) > 1:
        raise fault(
            faults.SEVERAL_SYSTEMS,
            wanted="one system",
            found=str(len(systems) + len(closed)),
            because="the same number is somebody else's in another system",
            fix="name the system: --system NAME",
        )
    with ExitStack() as stack:
        held = (*(_held(stack, one, asked, thorough=thorough, shown=shown) for one in systems), *closed)
        if not any(one.found for one in held):
            if missing := [one for one in held if one.unread]:
                raise fault(
                    faults.NOBODY,
                    at=", ".join(one.name for one in held),
                    wanted="the number of one person, and every system of the library within reach",
                    found=f"nobody's; {missing[0].name} could not be read ({missing[0].unread[0].code})",
                    fix="see `carrel doctor`, and give the command again when the system answers",
                )
            raise fault(
                faults.NOBODY,
                at=", ".join(one.name for one in held),
                wanted=f"the {'card' if asked.by_card else 'internal'} number of one person",
                found="nobody's, or several people's",
                fix="compare it with the card; an answer about a record that is gone needs the number that it had",
            )
        _require_one_person(held)
        tables, looked = _tables(stack, site, held, policy, at) if thorough else ((), ())
        left = tuple(one for one in not_searched(site) if one not in looked)
        yield Answer(case, site.library, at, policy.title, policy.version, (*held, *tables), left)


def _tables(
    stack: ExitStack, site: Site, held: Sequence[HeldInSystem], policy: Policy, at: datetime
) -> tuple[tuple[HeldInSystem, ...], tuple[str, ...]]:
    askers = [(one.name, one.asker) for one in held if one.asker is not None]
    if not any(entry.is_about(name) for entry in site.tables for name, _ in askers):
        return (), ()
    from carrel.systems.tables.answer_rows import answers  # most sites have no such tables

    return answers(stack, site, askers, policy, at)


def _require_one_person(held: Sequence[HeldInSystem]) -> None:
    named = [one for one in held if one.called]
    for other in named[1:]:
        if not other.called & named[0].called:
            raise fault(
                faults.TWO_PEOPLE,
                at=f"{named[0].name}, {other.name}",
                wanted="one person",
                found="records that share no whole name",
                because="one package would tell each of them of the other",
                fix="look at both records; ask each system by itself: --system NAME",
            )


def not_searched(site: Site) -> tuple[str, ...]:
    """What else of a library can hold something of a person: the reply names it (MITL-9.1)."""
    tables = [one for one in site.tables if not one.aggregate]
    kinds = (
        ("folder", site.folders), ("table", tables), ("mailbox", site.mailboxes),
        ("log service", site.log_services), ("backups", site.backups),
    )  # fmt: skip
    return tuple(f"{kind} {one.name}" for kind, some in kinds for one in some)


def unreachable(name: str, product: str, wrong: CarrelError) -> HeldInSystem:
    """A system that could not answer: it is named in the reply, by its error (MITL-9.1)."""
    first = wrong.faults[0].condition
    return HeldInSystem(
        name, product, "", found=False, unread=(Unread("*", "the whole system", first.code, first.title),)
    )


def _held(stack: ExitStack, system: OpenSystem, asked: Asked, *, thorough: bool, shown: int | None) -> HeldInSystem:
    product = system.system_map.title
    try:
        with told(system.name):
            connection = stack.enter_context(system.engine.connect())
            return _read(connection, system, asked, thorough=thorough, shown=shown)
    except CarrelError as wrong:
        if wrong.code == faults.NOT_TOLD.code:
            raise
        return unreachable(system.name, product, wrong)


def _read(
    connection: Connection, system: OpenSystem, asked: Asked, *, thorough: bool, shown: int | None
) -> HeldInSystem:
    product = system.system_map.title
    denied = denied_to(connection)
    while True:
        if (subject := _subject(connection, system, asked)) is None:
            return HeldInSystem(system.name, product, str(system.zone), found=False)
        data = PersonData(connection, system.layout, subject, system.policy, system.zone, system.name)
        try:
            return data.read(system.name, product, denied=denied, thorough=thorough, shown=shown)
        except DeniedError as wrong:
            # The transaction is over: all is read anew, so that there is one snapshot, without this table.
            if wrong.table in denied or not wrong.is_missing_right:
                raise wrong.wrong from None
            denied.add(wrong.table)
            connection.rollback()


def _subject(connection: Connection, system: OpenSystem, asked: Asked) -> Subject | None:
    try:
        number = find_left(connection, system.system_map, asked.said, by_card=asked.by_card, at=system.name)
    except CarrelError as wrong:
        if wrong.code == NO_SUBJECT.code:
            return None
        raise
    return None if number in {0, system.stand_in} else Subject(number, also=asked.also)


def denied_to(connection: Connection) -> set[str]:
    """Tables that the account may not read, where the server tells it without ending the transaction."""
    if connection.dialect.name != "postgresql":
        return set()
    return {
        name if schema == "public" else f"{schema}.{name}"
        for schema, name in connection.execute(text(_DENIED.replace("%%", "%")))
    }
