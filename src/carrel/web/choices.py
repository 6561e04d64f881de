"""What somebody chose: every purpose of the policy that asks, or that writes to people, and where she or he stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carrel.consent.event import ConsentEvent, in_order
from carrel.consent.gate import needs_consent
from carrel.consent.state import Standing, Texts, state_of
from carrel.consent.subject import addresses_in
from carrel.consent.text import ConsentText
from carrel.policy.resolve import Policy
from carrel.systems import branch_policies
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.consent.text_folder import read_texts
from carrel.systems.site_systems import system_of
from carrel.web.patron import Patron
from carrel.web.premises import Premises


@dataclass(frozen=True, slots=True)
class Choice:
    """One purpose.

    Attributes:
        purpose: its name in the policy.
        says: what the policy says of it.
        standing: of the person.
        text: that would be agreed to; None of a purpose that asks nobody, or where the library wrote no text.
    """

    purpose: str
    says: str
    standing: Standing
    text: ConsentText | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """All of them.

    Attributes:
        optional: purposes that ask.
        others: purposes that ask nobody and write to people all the same; one can object to these.
        silent: the person, or an address, is on the list of silence.
        held: an entry of it is not the person's own: only somebody of the library takes that off.
        history: every event of the person, the newest first.
        covered: purposes to which silence says no, each with what the policy says of it.
    """

    optional: tuple[Choice, ...]
    others: tuple[Choice, ...]
    silent: bool
    history: tuple[ConsentEvent, ...]
    held: bool = False
    covered: tuple[tuple[str, str], ...] = ()


def choices_of(premises: Premises, who: Patron, language: str) -> Choices:
    """Where a person stands, now.

    Args:
        premises: of the pages.
        who: is signed in.
        language: of the page; a text that the library has not in it is shown in one that it has.

    Raises:
        CarrelError: CNS-001, CNS-002, CNS-007; of the SQL codes.
    """
    policies = branch_policies.load(premises.site, system_of(premises.site, who.door.name)).policies
    consents = premises.store.consents
    texts = Texts(read_texts(premises.site.consent.texts), consents.used())
    events: tuple[ConsentEvent, ...] = ()
    silent = held = False
    if (tags := consents.tags(who.door.name)) is not None:
        tag = tags.number(who.number)
        events = consents.of(tag)
        addresses = tuple(map(tags.address, addresses_of(who)))
        silent = bool(consents.suppressions.among((tag, *addresses)))
        held = silent and consents.suppressions.beyond(tag, addresses)
    said = {name: one.says for policy in reversed(policies) for name, one in policy.body.purposes.items()}
    optional, others = [], []
    for name, says in said.items():
        standing = state_of(events, name, texts)
        if any(needs_consent(policy, name) for policy in policies if name in policy.body.purposes):
            optional.append(Choice(name, says, standing, text_in(texts.current(name), language)))
        elif standing.last is not None or _writes(policies, name):
            others.append(Choice(name, says, standing))
    covered = tuple((one, said.get(one, "")) for one in dict.fromkeys((*said, *consents.purposes(who.door.name))))
    return Choices(tuple(optional), tuple(others), silent, in_order(events)[::-1], held, covered)


def text_in(texts: Iterable[ConsentText], language: str) -> ConsentText | None:
    """The text in a language; in another one where there is none; None where there is none at all."""
    there = {one.language.partition("-")[0]: one for one in texts}
    return there.get(language) or there.get("en") or next(iter(there.values()), None)


def _writes(policies: Iterable[Policy], purpose: str) -> bool:
    named = (policy.body.purposes.get(purpose) for policy in policies)
    return any(one is not None and one.contacts is not None for one in named)


def addresses_of(who: Patron) -> tuple[str, ...]:
    """The e-mail addresses that stand on somebody's record now."""
    with who.door.reading() as (system, connection):
        rows = ContactRows(system.schema, system.system_map, system.stand_in, (), at=system.name)
        found = rows.of(connection, (who.number,)).get(who.number)
    return addresses_in(found.email) if found is not None else ()
