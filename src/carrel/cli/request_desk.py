"""What the staff does to a request: it is opened, identified, and everything that one event says.

What reads a system is imported where it is read: lists and most events need none of it, and would wait for all of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.request_follow import follow_all
from carrel.cli.request_rules import Rules, rules_of
from carrel.cli.screen import put_json, put_line, say
from carrel.cli.store_place import open_store
from carrel.consent.text import LANGUAGE
from carrel.errors import CarrelError, fault
from carrel.inventory.site import May
from carrel.retention.faults import NO_SUBJECT
from carrel.rights import faults
from carrel.rights.admission import require_accepted
from carrel.rights.event import Act, Event
from carrel.rights.request import PERSON, Decision, Ground, Right, plain_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carrel.store.store import Store

_BY_PERSON = frozenset({Act.WITHDRAWN, Act.STATED})


def open_one(
    *,
    right: str,
    card: Path | None,
    by_number: bool,
    system_name: str | None,
    words_file: Path | None,
    channel: str,
    language: str,
    on: datetime | None,
    how: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Open a request.

    Raises:
        CarrelError: ERA-001, nobody's card; HLD-006; RGT-014, somebody was identified of whom no card was given;
            RGT-016, RGT-017, RGT-019.
    """
    site = open_site(site_path)
    by = allowed(site, name, May.REQUESTS).name
    wanted = Right(right)
    if card is None and how is not None:
        raise _missing("--card", "the card of whoever was identified", "none")
    if not LANGUAGE.fullmatch(language):
        raise _missing("--language", "a language tag such as en, es or pt-BR", "something else")
    words = "" if words_file is None else text_in(words_file)
    if words_file is not None and not plain_words(words):
        raise _missing("--words", "a file with the person's own words", "nothing that can be read in it")
    system, number = "", None
    if card is not None:
        try:
            system, number = whose(site_path, system_name, card, by_card=not by_number)
        except CarrelError as nobody:
            raise _without_card(nobody) from nobody
    rules = rules_of(site)
    if how:
        require_accepted(how, rules.clocks)
    with open_store(site) as store:
        same = () if number is None else _same(store, rules, wanted, system, number)
        made = store.requests.open(
            wanted, system, number, words, channel, language, by, now(),
            received=received_on(on, rules), how=how or "",
        )  # fmt: skip
        told(store, rules, made, as_json=as_json, first=f"{made}: {wanted}")
        if same and not as_json:
            put_line(f"The same person has asked for this already: {', '.join(same)}. One of them can be withdrawn.")
    if wanted is Right.RESTRICTION and how:
        _stop(site_path, system, as_json=as_json)


def identify_one(
    *,
    identity: str,
    card: Path,
    by_number: bool,
    system_name: str | None,
    how: str,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Write down that it is the person.

    Raises:
        CarrelError: ERA-001, HLD-006, RGT-011, RGT-012, RGT-017.
    """
    site = open_site(site_path)
    by = allowed(site, name, May.REQUESTS).name
    found = whose(site_path, system_name, card, by_card=not by_number)
    rules, at = rules_of(site), now()
    with open_store(site) as store:
        after = store.requests.add(
            identity, Event(Act.IDENTIFIED, at, by, {"how": how}), clocks=rules.clocks, zone=rules.zone, whose=found
        )
        told(store, rules, identity, as_json=as_json)
    if after.right is Right.RESTRICTION:
        _stop(site_path, found[0], as_json=as_json)


def act_on(
    act: str,
    terms: Mapping[str, str],
    *,
    identity: str,
    name: str,
    site_path: Path,
    as_json: bool,
    because: str = "",
    words_file: Path | None = None,
) -> None:
    """Write one event down.

    Raises:
        CarrelError: HLD-006, RGT-001, RGT-011 to RGT-018.
    """
    site = open_site(site_path)
    person = allowed(site, name, May.REQUESTS).name
    words = because or ("" if words_file is None else text_in(words_file))
    rules, done = rules_of(site), Act(act)
    said = dict(terms)
    by = person
    if done in _BY_PERSON:
        by, said = PERSON, {**said, "taken by": person}
    if (anew := said.get("ground") == Ground.ANEW) or said.get("decision") == Decision.NOTHING_HELD:
        from carrel.cli.request_person import look

        said |= look(site_path, site, identity, whether_gone=anew)
    with open_store(site) as store:
        follow_all(store, rules)
        store.requests.add(identity, Event(done, now(), by, said), words, clocks=rules.clocks, zone=rules.zone)
        store.requests.purge(now(), rules.clocks.kept)
        told(store, rules, identity, as_json=as_json)


def told(store: Store, rules: Rules, identity: str, *, as_json: bool, first: str = "") -> None:
    """Where the request stands after what was done."""
    request = store.requests.request(identity)
    here = rules.standing(request, now())
    if as_json:
        put_json({"request": {"id": request.id, "state": str(here.state), "due": day_of(here.due)}})
        return
    if first:
        say(first)
    put_line(f"{request.id}: {here.state}" + (f", due {day_of(here.due)}" if here.due else ""))
    for one in here.waiting:
        put_line(f"waits for {one.to} ({one.id})", "  ")


def whose(site_path: Path, system_name: str | None, card: Path, *, by_card: bool) -> tuple[str, int]:
    """System and number of the person whose card stands in a file.

    Raises:
        CarrelError: ERA-001.
    """
    from carrel.cli import premises
    from carrel.cli.erasure_plan import said_in
    from carrel.systems.sql.person_search import find, require_somebody

    with premises.enter(site_path, system_name, read_only=True) as here:
        said = said_in(card, "CARD_FILE")
        with here.engine.connect() as connection:
            number = find(connection, here.system_map, said, by_card=by_card, at=here.system.name)
            require_somebody(number, here.stand_in, here.system.name)
        return here.original.name, number


def text_in(place: Path) -> str:
    """Somebody's words, out of a file or the input.

    Raises:
        CarrelError: REQ-001, it cannot be read.
    """
    from carrel.cli import person_case

    return person_case.request_text(place)[0]


def received_on(on: datetime | None, rules: Rules) -> datetime | None:
    """When a letter came: its day, from the beginning; None for now.

    Raises:
        CarrelError: RGT-019, a day to come.
    """
    if on is None:
        return None
    if on.date() > now().astimezone(rules.zone).date():
        raise fault(
            faults.MOMENT,
            at="--on",
            wanted="today or a day before",
            found="a day to come",
            fix="give the day on which it came, as YEAR-MONTH-DAY; without --on it came now",
        )
    return datetime.combine(on.date(), time(), rules.zone).astimezone(UTC)


def day_of(due: object) -> str | None:
    """The last day of a clock."""
    day = getattr(due, "day", None)
    return None if day is None else str(day)


def _stop(site_path: Path, system: str, *, as_json: bool) -> None:
    from carrel.cli.consent_stops import stop_at_once

    if not stop_at_once(site_path, system) and not as_json:
        say("Mailing tools could not be told now (CNS-009); the next night tells them. Exports honour it already.")


def _same(store: Store, rules: Rules, right: Right, system: str, number: int) -> tuple[str, ...]:
    """Open requests of the same person for the same right."""
    own = store.requests.of_person(system, number)
    return tuple(one.id for one in own if one.right is right and not rules.standing(one, now()).state.is_final)


def _without_card(nobody: CarrelError) -> CarrelError:
    """Nobody's card is no reason to send somebody away: the request is opened, and its clock runs."""
    if nobody.code != NO_SUBJECT.code:
        return nobody
    more = "; or open it without --card, and give `carrel request identify` once you know whose it is"
    return CarrelError(tuple(replace(one, fix=one.fix + more) for one in nobody.faults))


def _missing(at: str, wanted: str, found: str) -> Exception:
    return fault(faults.REASON, at=at, wanted=wanted, found=found, fix="give it")
