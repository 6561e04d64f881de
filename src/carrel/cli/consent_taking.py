"""``carrel consent give`` and ``withdraw``: one person's word, written down once, and told to the mailing tools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.at_site import allowed
from carrel.cli.consent_changes import Told, tell_tools
from carrel.cli.consent_person import Person, person_of
from carrel.cli.premises import now
from carrel.cli.request_follow import linked
from carrel.cli.screen import put_json, put_line, say
from carrel.consent import faults
from carrel.consent.event import Act, Channel, ConsentEvent
from carrel.consent.gate import needs_consent
from carrel.consent.state import State, Texts, state_of
from carrel.consent.text import ConsentText, require_same
from carrel.errors import fault
from carrel.inventory.site import May
from carrel.ledger.leaf import OpenLeaf
from carrel.ledger.word import slug
from carrel.retention.outcome import Outcome
from carrel.rights.work import OBJECTION, done_at_once
from carrel.store.erasures import new_case
from carrel.systems.consent.text_folder import read_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carrel.cli.premises import Premises


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one call wrote down."""

    events: int
    states: dict[str, State]
    told: Told


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
) -> None:
    """Write down that somebody agreed.

    Raises:
        CarrelError: CNS-002 to CNS-009, HLD-006, ERA-001, and whatever stands in the way of reading the system.
    """
    with premises.enter(site_path, system_name, read_only=True) as here:
        taker, at = allowed(here.site, name, May.CONSENT).name, now()
        _require_optional(here, purpose)
        texts = texts_of(here)
        text = _text(texts, purpose, language, version)
        person = person_of(here, given, by_card=not by_number)
        silent = here.store.consents.suppressions.among((person.tag, *person.address_tags))
        if silent and not lift_silence:
            raise fault(
                faults.SILENT,
                at=here.system.name,
                wanted="somebody who may be asked",
                found="the person, or the address, on the list of silence",
                because="whoever asked for silence, or was erased, is not written to by a box that was ticked",
                fix="if the person says so in as many words, give the command again with --lift-silence",
            )
        event = ConsentEvent(
            Act.GIVEN, purpose, Channel(channel), taker, _moment(here, on, at, Act.GIVEN), at,
            text.text, text.version, text.language, text.digest,
        )  # fmt: skip
        taken = _write(here, person, (event,), text, lift=person.addresses if silent else None)
    _show(taken, Act.GIVEN, f"{text.text} version {text.version} ({text.language})", as_json=as_json)


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
) -> None:
    """Write down that somebody took it back; without a purpose, all of it.

    Raises:
        CarrelError: CNS-004, CNS-006, CNS-007, CNS-009, HLD-006, ERA-001, RGT-011, RGT-012, RGT-020, and whatever
            stands in the way of reading the system.
    """
    with premises.enter(site_path, system_name, read_only=True) as here:
        taker, at = allowed(here.site, name, May.CONSENT).name, now()
        known = tuple(
            dict.fromkeys(
                (
                    *(one for policy in here.in_force.policies for one in policy.body.purposes),
                    *here.store.consents.purposes(here.system.name),
                )
            )
        )
        if purpose is not None and purpose not in known:
            raise _unknown(here, purpose, known)
        person = person_of(here, given, by_card=not by_number)
        link = linked(here, request, OBJECTION, person.number, at)
        moment = _moment(here, on, at, Act.WITHDRAWN)
        events = [
            ConsentEvent(Act.WITHDRAWN, one, Channel(channel), taker, moment, at)
            for one in (known if purpose is None else (purpose,))
        ]
        taken = _write(here, person, events, None, silence=person.addresses if purpose is None else None)
        if link is not None:
            held = all(one is State.WITHDRAWN for one in taken.states.values())  # read back
            outcome = Outcome.VERIFIED if held else Outcome.UNVERIFIED
            what = purpose or "everything"
            for one in done_at_once(new_case(), OBJECTION, here.original.name, what, now(), taker, outcome):
                here.store.requests.add(link.request, one)
    _show(taken, Act.WITHDRAWN, purpose or "everything", as_json=as_json)


def texts_of(here: Premises) -> Texts:
    """The texts of the library, and those by which somebody agreed.

    Raises:
        CarrelError: CNS-001, CNS-002.
    """
    return Texts(read_texts(here.site.consent.texts), here.store.consents.used())


def _text(texts: Texts, purpose: str, language: str, version: int | None) -> ConsentText:
    """The text that was read.

    Raises:
        CarrelError: CNS-002, its file has other words than when it was used first; CNS-003.
    """
    newest = texts.current(purpose)
    mine = newest if version is None else tuple(
        one for one in texts.all if one.purpose == purpose and one.version == version
    )  # fmt: skip
    for one in mine:
        if one.language == language:
            for own in texts.own:  # what was read is the file, and not the words of its first use
                if own.key == one.key:
                    require_same(own, one)
            return one
    there = sorted(
        {f"{one.text} version {one.version} ({one.language})" for one in texts.all if one.purpose == purpose}
    )
    raise fault(
        faults.NO_TEXT,
        at=f"purpose '{purpose}'",
        wanted=f"a text in '{language}'" + (f", version {version}" if version else ""),
        found=", ".join(there) or "no text for this purpose",
        because="no record without the exact words that somebody agreed to",
        fix="write the text into the folder that 'consent: {texts: FOLDER}' of carrel.yaml names, or name another with "
        "--language and --version",
    )


def _require_optional(here: Premises, purpose: str) -> None:
    policies = here.in_force.policies
    if not any(purpose in one.body.purposes for one in policies):
        raise _unknown(here, purpose, tuple(here.policy.body.purposes))
    if not any(needs_consent(one, purpose) for one in policies):
        raise fault(
            faults.NEEDS_NONE,
            at=f"{here.policy.document.source}: purposes: {purpose}",
            wanted="a purpose with 'basis: opt-in'",
            found="an operational one",
            because="nobody is asked for what happens anyway; `carrel consent withdraw` takes out whoever objects",
            fix="name an optional purpose",
        )


def _unknown(here: Premises, purpose: str, known: Iterable[str]) -> Exception:
    return fault(
        faults.PURPOSE,
        at=here.policy.document.source,
        wanted=f"one of: {', '.join(known)}",
        found=repr(purpose),
        because="purposes are a closed list",
        fix="name a purpose of the policy",
    )


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


def _write(
    here: Premises,
    person: Person,
    events: Iterable[ConsentEvent],
    text: ConsentText | None,
    *,
    silence: tuple[str, ...] | None = None,
    lift: tuple[str, ...] | None = None,
) -> _Taken:
    """Write down what is new, and tell the mailing tools; what stands there already is not written twice."""
    consents, at = here.store.consents, now()
    before = consents.of(person.tag)
    texts, silent = texts_of(here), consents.suppressions.among((person.tag, *person.address_tags))
    again = silence is not None and not {person.tag, *person.address_tags} <= silent
    new = tuple(
        one for one in events if again or lift is not None or not _is_known(before, one, texts)
    )  # fmt: skip
    policy = here.policy

    def leaves(event: ConsentEvent, commitment: str) -> list[OpenLeaf]:
        day = event.recorded_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        fields = {"commitment": commitment, "policy": slug(policy.name), "policy_digest": policy.digest}
        return [OpenLeaf("consent", day, fields)]

    if new:
        consents.add(
            here.system.name, person.number, new, text, leaves, silence=silence,
            lift=() if lift is None else (*lift, ""),
        )  # fmt: skip
    after = consents.of(person.tag)
    states = {one.purpose: state_of(after, one.purpose, texts_of(here)).state for one in events}
    return _Taken(len(new), states, tell_tools(here, at))


def _is_known(before: tuple[ConsentEvent, ...], one: ConsentEvent, texts: Texts) -> bool:
    """Whether an event would say what stands there: the same text agreed to, or withdrawn already."""
    last = state_of(before, one.purpose, texts).last
    same = [old for old in before if (old.act, old.purpose, old.digest) == (one.act, one.purpose, one.digest)]
    if any(old.at == one.at for old in same):
        return True
    return last is not None and last in same and last.at <= one.at


def _show(taken: _Taken, act: Act, what: str, *, as_json: bool) -> None:
    if as_json:
        body = {
            "consent": {
                "act": str(act),
                "written": taken.events,
                "states": {purpose: str(state) for purpose, state in taken.states.items()},
                "told": taken.told.as_dict(),
            }
        }
        put_json(body)
        return
    say(f"{act}: {what}" + ("" if taken.events else "; it stood there already, nothing was written"))
    for purpose, state in taken.states.items():
        put_line(f"{purpose}: {state}", "  ")
    for line in taken.told.told_lines():
        put_line(line)
