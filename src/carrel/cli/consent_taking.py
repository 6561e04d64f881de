"""``carrel consent give`` and ``withdraw``: one person's word, as somebody of the library took it down."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.at_site import allowed, now
from carrel.cli.consent_person import person_of
from carrel.cli.consent_word import Said, Taken, agree, require_optional, take_back, text_read, texts_of
from carrel.cli.request_follow import linked
from carrel.cli.screen import put_json, put_line, say
from carrel.consent import faults
from carrel.consent.event import Act, Channel
from carrel.consent.state import State
from carrel.errors import Exit, fault
from carrel.inventory.site import May
from carrel.retention.outcome import Outcome
from carrel.rights.work import OBJECTION, done_at_once
from carrel.store.erasures import new_case

if TYPE_CHECKING:
    from carrel.cli.consent_person import Person
    from carrel.cli.premises import Premises
    from carrel.consent.text import ConsentText


def give(
    *,
    given: Path,
    by_number: bool,
    system_name: str | None,
    purpose: str,
    language: str,
    version: int | None,
    lift_silence: bool,
    channel: str,
    on: datetime | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> int:
    """Write down that somebody agreed; the exit code.

    Raises:
        CarrelError: CNS-002 to CNS-009, HLD-006, ERA-001, and whatever stands in the way of reading the system.
    """
    with premises.enter(site_path, system_name, read_only=True) as here:
        allowed(here.site, name, May.CONSENT)
        require_optional(here, purpose)
        text_read(texts_of(here), purpose, language, version)
        person = person_of(here, given, by_card=not by_number)
        taken, text = agreed(
            here, name, person, purpose=purpose, language=language, version=version, lift_silence=lift_silence,
            channel=channel, on=on,
        )  # fmt: skip
    return _show(taken, Act.GIVEN, f"{text.text} version {text.version} ({text.language})", as_json=as_json)


def withdraw(
    *,
    given: Path,
    by_number: bool,
    system_name: str | None,
    purpose: str | None,
    channel: str,
    on: datetime | None,
    name: str,
    site_path: Path,
    as_json: bool,
    request: str | None = None,
) -> int:
    """Write down that somebody took it back; without a purpose, all of it. The exit code: 3 where a list waits.

    Raises:
        CarrelError: CNS-004, CNS-006, CNS-007, CNS-009, HLD-006, ERA-001, RGT-011, RGT-012, RGT-020, and whatever
            stands in the way of reading the system.
    """
    with premises.enter(site_path, system_name, read_only=True) as here:
        allowed(here.site, name, May.CONSENT)
        person = person_of(here, given, by_card=not by_number)
        link = linked(here, request, OBJECTION, person.number, now())
        taken = taken_back(here, name, person, purpose=purpose, channel=channel, on=on)
        if link is not None:
            held = all(one is State.WITHDRAWN for one in taken.states.values())  # read back
            outcome = Outcome.VERIFIED if held else Outcome.UNVERIFIED
            what = purpose or "everything"
            for one in done_at_once(new_case(), OBJECTION, here.original.name, what, now(), name, outcome):
                here.store.requests.add(link.request, one)
    return _show(taken, Act.WITHDRAWN, purpose or "everything", as_json=as_json)


def agreed(
    here: Premises, name: str, person: Person, *, purpose: str, language: str, version: int | None,
    lift_silence: bool, channel: str, on: datetime | None,
) -> tuple[Taken, ConsentText]:  # fmt: skip
    """Write down that a person agreed, as somebody of the library took it down.

    Args:
        here: open.
        name: of whoever took it.
        person: who agreed.
        purpose: as the policy names it.
        language: in which the text was read.
        version: of the text; None for the newest.
        lift_silence: the person asks to be written to again.
        channel: by which it came.
        on: the day that stands on it; None for now.

    Raises:
        CarrelError: CNS-002 to CNS-009, HLD-006.
    """
    taker, at = allowed(here.site, name, May.CONSENT).name, now()
    require_optional(here, purpose)
    text = text_read(texts_of(here), purpose, language, version)
    said = Said(Channel(channel), taker, _moment(here, on, at, Act.GIVEN), at)
    return agree(here, person, text, said, lift_silence=lift_silence), text


def taken_back(
    here: Premises, name: str, person: Person, *, purpose: str | None, channel: str, on: datetime | None
) -> Taken:
    """Write down that a person took it back, as somebody of the library took it down.

    Args:
        here: open.
        name: of whoever took it.
        person: who took it back.
        purpose: None for everything.
        channel: by which it came.
        on: the day that stands on it; None for now.

    Raises:
        CarrelError: CNS-004, CNS-006, CNS-007, CNS-009, HLD-006.
    """
    taker, at = allowed(here.site, name, May.CONSENT).name, now()
    said = Said(Channel(channel), taker, _moment(here, on, at, Act.WITHDRAWN), at)
    return take_back(here, person, purpose, said)


def _moment(here: Premises, on: datetime | None, at: datetime, act: Act) -> datetime:
    """When the person said so: a day is the safe end of it, and no day is to come.

    Raises:
        CarrelError: CNS-006.
    """
    if on is None:
        return at
    day = on.date()
    if day > at.astimezone(here.zone).date():
        raise fault(
            faults.MOMENT,
            at="--on",
            wanted="today or a day before",
            found="a day to come",
            fix="write the day that stands on the card or letter",
        )
    begins = datetime.combine(day, time(), here.zone).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), here.zone).astimezone(UTC) - timedelta(microseconds=1)
    return begins if act is Act.GIVEN else min(ends, at)


def _show(taken: Taken, act: Act, what: str, *, as_json: bool) -> int:
    code = int(Exit.FINDINGS if any(one.code for one in taken.lists) else Exit.DONE)
    if as_json:
        body = {
            "consent": {
                "act": str(act),
                "written": taken.events,
                "states": {purpose: str(state) for purpose, state in taken.states.items()},
                "told": taken.told.as_dict(),
                "lists": [one.as_dict() for one in taken.lists],
            }
        }
        put_json(body)
        return code
    say(f"{act}: {what}" + ("" if taken.events else "; it stood there already, nothing was written"))
    for purpose, state in taken.states.items():
        put_line(f"{purpose}: {state}", "  ")
    for line in taken.told.told_lines() if taken.told.folder or not taken.lists else ():
        put_line(line)
    for one in taken.lists:
        put_line(one.told_line())
    return code
