"""``carrel plan --restrict`` and ``--lift``: which switches of the product change for one person, and what has none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import person_case, plan_file, premises
from carrel.cli.at_site import allowed, now
from carrel.cli.erasure_plan import basis_of
from carrel.cli.host_account import said_name
from carrel.cli.request_follow import Link, linked
from carrel.errors import fault
from carrel.inventory.site import May
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.identifiers import Subject
from carrel.retention.person_plan import Change, PersonPlan, Remaining, refuse_triggers
from carrel.retention.person_request import CASE, Named
from carrel.retention.restriction import INSTEAD, LOST, RowImage, read_lifting, read_restriction
from carrel.store.erasures import new_case
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.person_search import find, require_somebody
from carrel.systems.sql.restriction import LEFT, SqlRestriction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises

RESTRICTION = "restriction"
_STILL_USED = (
    "Carrel leaves the person out of its counts from the moment that this is applied",
    "backups, exports and lists that were made before are not reached",
)
_ANEW = "what stood there before is lost with the key: lifting will put back what stands there now"
_LOST = "of another restriction the key is lost"
_GIVEN_UP = (
    "nobody can tell whom this restriction is about: nothing is put back, and from then on the person's records fall "
    "due as everybody's; if the library's own request tells who it is, restrict that person anew instead"
)
_KEPT = "every record of the person is spared from disposal and erasure until the restriction is lifted"


def restrict(
    given: Path,
    site: Path,
    system_name: str | None,
    out: Path | None,
    name: str | None,
    *,
    as_json: bool,
    request: str | None = None,
) -> None:
    """Plan a restriction, record it, write it and show it.

    Raises:
        CarrelError: ERA-001, REQ-001, REQ-006, REQ-008 where the person is restricted already, and whatever stands in
            the way of any plan.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        by, at = allowed(here.site, said_name(name), May.PLAN).name, now()
        here.store.person_cases.purge(at)
        named, terms = read_restriction(*person_case.request_text(given))
        with here.engine.connect() as connection:
            number = find(connection, here.system_map, named.said, by_card=named.by_card, at=here.system.name)
            require_somebody(number, here.stand_in, here.system.name)
            link = linked(here, request, str(Kind.RESTRICTION), number, at)
            if terms.instead:
                require_lost(here, terms.instead)
            refuse_twice(here, number, (terms.instead,))
            switches = switches_of(here, number)
            refuse_triggers(here.system.name, switches.triggers)
            changes = switches.planned(connection)
            notices = [*switches.afterwards(changes), *_notes(here), *_STILL_USED, *([_KEPT] if terms.keep else [])]
            notices += [_ANEW] if terms.instead else []
            others = (one for one in here.store.restrictions.lost(here.system.name) if one != terms.instead)
            notices += [f"{_LOST}: if it is this person's, plan with `{INSTEAD}: {one}`" for one in others]
            made = _plan(here, Kind.RESTRICTION, changes, switches.no_switch, notices, terms.as_dict(), by, at)
        here.store.person_cases.record(made, {"number": number, "terms": terms.as_dict(), "before": []}, at)
        if link is not None:
            link.made(here.store, made.case, here.original.name, "", at, by)
        target = plan_file.write(made, out or Path("plan.json"))
    person_case.tell(made, target, as_json=as_json)


def lift(
    given: Path,
    site: Path,
    system_name: str | None,
    out: Path | None,
    name: str | None,
    *,
    as_json: bool,
    request: str | None = None,
) -> None:
    """Plan to lift a restriction, record it, write it and show it.

    Raises:
        CarrelError: ERA-001, REQ-001, REQ-006, REQ-008 where no restriction is in force.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        by, at = allowed(here.site, said_name(name), May.PLAN).name, now()
        here.store.person_cases.purge(at)
        named, told_on = read_lifting(*person_case.request_text(given), at.astimezone(here.zone).date())
        with here.engine.connect() as connection:
            case = _in_force(here, connection, named)
            if LOST in told_on:
                require_lost(here, case)
                made = _plan(here, Kind.LIFTING, (), (), [_GIVEN_UP], {RESTRICTION: case, **told_on}, by, at)
                linked(here, request, str(Kind.LIFTING), 0, at)  # nobody can tell whose it is: no request's
                _written(here, made, {"number": 0}, out, as_json=as_json)
                return
            sealed = here.store.person_cases.sealed(case)
            link = linked(here, request, str(Kind.LIFTING), int(sealed["number"]), at)
            switches = switches_of(here, int(sealed["number"]))
            refuse_triggers(here.system.name, switches.triggers)
            found = switches.back(connection, images_of(sealed["before"]), write=False)
        changes = tuple(one for one in found if one.act != LEFT)
        left = tuple(Remaining(one.what, one.table, one.rows, LEFT) for one in found if one.act == LEFT)
        terms = {RESTRICTION: case, **told_on}
        notices = ["from then on the person's records fall due as everybody's, and count again"]
        made = _plan(here, Kind.LIFTING, changes, left, notices, terms, by, at)
        _written(here, made, {"number": sealed["number"]}, out, as_json=as_json, link=link)


def _written(
    here: Premises,
    made: PersonPlan,
    sealed: dict[str, int],
    out: Path | None,
    *,
    as_json: bool,
    link: Link | None = None,
) -> None:
    here.store.person_cases.record(made, sealed, made.made_at)
    if link is not None:
        link.made(here.store, made.case, here.original.name, "", made.made_at, made.made_by)
    person_case.tell(made, plan_file.write(made, out or Path("plan.json")), as_json=as_json)


def switches_of(here: Premises, number: int) -> SqlRestriction:
    """The switches of a person in the system that is open.

    Raises:
        CarrelError: REQ-002, the map has no section on them.
    """
    if here.system_map.restrict is None:
        raise fault(
            faults.NO_FIELD,
            at=f"map {here.system_map.system}",
            wanted="a section 'restrict'",
            found="none",
            fix="restrict the use in the product itself; Carrel has no map of its switches there",
        )
    rows = PersonRows(here.schema, here.system_map, (Subject(number),), here.stand_in)
    return SqlRestriction(here.schema, here.system_map, here.system_map.restrict, rows, here.system.name)


def require_lost(here: Premises, case: str) -> None:
    """Refuse to let another take the place of a case that is not in force, or whose key is there.

    Raises:
        CarrelError: REQ-008.
    """
    if case not in here.store.restrictions.lost(here.system.name):
        raise fault(
            faults.NOTHING,
            at=here.system.name,
            wanted=f"{case} in force, and its key lost",
            found="its key is there, or no such case is in force",
            fix="look at `carrel restriction list`; one whose key is there is lifted",
        )


def refuse_twice(here: Premises, number: int, but: Collection[str] = ()) -> None:
    """Refuse to restrict a person who is restricted already.

    Args:
        here: open.
        number: the person's.
        but: cases that do not count.

    Raises:
        CarrelError: REQ-008.
    """
    restricted = here.store.restrictions.known(here.system.name, but=but)
    if cases := [case for case, known in restricted.items() if known == number]:
        raise fault(
            faults.NOTHING,
            at=here.system.name,
            wanted="a person who is not restricted",
            found=f"{cases[0]} is in force",
            fix="to change its terms, lift it first",
        )


def images_of(before: list[dict[str, object]]) -> tuple[RowImage, ...]:
    """What stood there before, as it was sealed."""
    return tuple(RowImage.from_dict(one) for one in before)


def _in_force(here: Premises, connection: Connection, named: Named) -> str:
    if named.by == CASE:
        cases = [one.case for one in here.store.restrictions.in_force(here.system.name) if one.case == named.said]
    else:
        restricted = here.store.restrictions.known(here.system.name)
        number = find(connection, here.system_map, named.said, by_card=named.by_card, at=here.system.name)
        cases = [case for case, known in restricted.items() if known == number]
        if not cases:
            here.store.restrictions.require_all(here.system.name)
    if not cases:
        raise fault(
            faults.NOTHING,
            at=here.system.name,
            wanted="a restriction that is in force",
            found="none of this person or case",
            fix="look at `carrel restriction list`",
        )
    return cases[0]


def _notes(here: Premises) -> tuple[str, ...]:
    return here.system_map.restrict.notes if here.system_map.restrict is not None else ()


def _plan(
    here: Premises,
    kind: Kind,
    changes: tuple[Change, ...],
    remains: tuple[Remaining, ...],
    notices: list[str],
    terms: dict[str, str],
    by: str,
    at: datetime,
) -> PersonPlan:
    return PersonPlan(
        kind=kind,
        case=new_case(),
        system=here.system.name,
        policy=here.policy.name,
        made_at=at,
        made_by=by,
        basis=basis_of(here),
        changes=changes,
        remains=remains,
        notices=tuple(notices),
        terms=terms,
    )
