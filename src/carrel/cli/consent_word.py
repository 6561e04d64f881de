"""One person's word on a purpose, however it reached the library: written down once, and told to the mailing tools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.consent_changes import Told, tell_tools
from carrel.cli.mailing_stops import ListTold, take_off
from carrel.consent import faults
from carrel.consent.event import Act, Channel, ConsentEvent
from carrel.consent.gate import needs_consent
from carrel.consent.state import State, Texts, state_of
from carrel.consent.text import ConsentText, require_same
from carrel.errors import fault
from carrel.ledger.leaf import OpenLeaf
from carrel.ledger.word import slug
from carrel.systems.consent.text_folder import read_texts

if TYPE_CHECKING:
    from carrel.cli.consent_person import Person
    from carrel.cli.premises import Premises


@dataclass(frozen=True, slots=True)
class Taken:
    """What one call wrote down, and what became of the mailing tools.

    Attributes:
        events: that were new.
        states: of the person, by purpose.
        told: of the folder.
        lists: that the person was taken off.
    """

    events: int
    states: dict[str, State]
    told: Told
    lists: tuple[ListTold, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """How somebody's word came in.

    Attributes:
        channel: by which it came.
        taker: who of the library took it; of the pages, the person.
        at: aware time at which the person said so.
        recorded_at: aware time at which it is written down.
    """

    channel: Channel
    taker: str
    at: datetime
    recorded_at: datetime


def agree(
    here: Premises, person: Person, text: ConsentText, said: Said, *, lift_silence: bool, alone: bool = False
) -> Taken:
    """Write down that somebody agreed to a text.

    Args:
        here: open.
        person: who agreed.
        text: to which.
        said: how it came in.
        lift_silence: the person asks in as many words to be written to again.
        alone: nobody of the library is by: only what this person put on the list of silence comes off it.

    Raises:
        CarrelError: CNS-008, the person or an address is on the list of silence; CNS-002, CNS-007, CNS-009.
    """
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
        Act.GIVEN, text.purpose, said.channel, said.taker, said.at, said.recorded_at,
        text.text, text.version, text.language, text.digest,
    )  # fmt: skip
    return _write(
        here,
        person,
        (event,),
        text,
        lift=person.addresses if silent or (lift_silence and not alone) else None,
        alone=alone,
    )


def take_back(
    here: Premises, person: Person, purpose: str | tuple[str, ...] | None, said: Said, *, addresses: bool = True
) -> Taken:
    """Write down that somebody took a consent back, or objects; without a purpose, that nothing is wanted at all.

    Several purposes are written down in one transaction: all of them, or none.

    Args:
        here: open.
        person: who says so.
        purpose: one, several, or None for everything, with silence.
        said: how it came in.
        addresses: whether silence is of the addresses on the record too, which then hold whoever has them.

    Raises:
        CarrelError: CNS-004, CNS-007, CNS-009.
    """
    known = tuple(
        dict.fromkeys(
            (
                *(one for policy in here.in_force.policies for one in policy.body.purposes),
                *here.store.consents.purposes(here.system.name),
            )
        )
    )
    named = (purpose,) if isinstance(purpose, str) else purpose
    for one in named or ():
        if one not in known:
            raise _unknown(here, one, known)
    events = [
        ConsentEvent(Act.WITHDRAWN, one, said.channel, said.taker, said.at, said.recorded_at)
        for one in (known if named is None else named)
    ]
    silenced = person.addresses if addresses else ()
    return _write(here, person, events, None, silence=silenced if purpose is None else None)


def end_silence(here: Premises, person: Person) -> None:
    """Take a person's own entries off the list of silence, where the person asks for that and says yes to nothing.

    What an erasure or somebody else put there stays. No event is written: each purpose stays withdrawn.

    Raises:
        CarrelError: CNS-007.
    """
    here.store.consents.add(
        here.system.name, person.number, (), None, lambda *_: (), lift=(*person.addresses, ""), lift_own=True
    )


def texts_of(here: Premises) -> Texts:
    """The texts of the library, and those by which somebody agreed.

    Raises:
        CarrelError: CNS-001, CNS-002.
    """
    return Texts(read_texts(here.site.consent.texts), here.store.consents.used())


def text_read(texts: Texts, purpose: str, language: str, version: int | None) -> ConsentText:
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


def require_optional(here: Premises, purpose: str) -> None:
    """Refuse a purpose for which nobody is asked.

    Raises:
        CarrelError: CNS-003 and CNS-004.
    """
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


def _write(
    here: Premises,
    person: Person,
    events: Iterable[ConsentEvent],
    text: ConsentText | None,
    *,
    silence: tuple[str, ...] | None = None,
    lift: tuple[str, ...] | None = None,
    alone: bool = False,
) -> Taken:
    """Write down what is new, and tell the mailing tools; what stands there already is not written twice."""
    consents, at = here.store.consents, now()
    before = consents.of(person.tag)
    texts, silent = texts_of(here), consents.suppressions.among((person.tag, *person.address_tags))
    listed = {person.tag, *(person.address_tags if silence else ())}
    again = silence is not None and not listed <= silent
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
            lift=() if lift is None else (*lift, ""), lift_own=alone,
        )  # fmt: skip
    after = consents.of(person.tag)
    states = {one.purpose: state_of(after, one.purpose, texts_of(here)).state for one in events}
    no = {purpose for purpose, state in states.items() if state is State.WITHDRAWN}
    lists = take_off(here, person.addresses, None if silence is not None else no)
    return Taken(len(new), states, tell_tools(here, at), lists)


def _is_known(before: tuple[ConsentEvent, ...], one: ConsentEvent, texts: Texts) -> bool:
    """Whether an event would say what stands there: the same text agreed to, or withdrawn already."""
    last = state_of(before, one.purpose, texts).last
    same = [old for old in before if (old.act, old.purpose, old.digest) == (one.act, one.purpose, one.digest)]
    if any(old.at == one.at for old in same):
        return True
    return last is not None and last in same and last.at <= one.at
