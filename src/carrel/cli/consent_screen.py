"""``carrel consent show``, ``list`` and ``texts``: states, counts and words; nobody's name and nobody's number."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import premises
from carrel.cli.at_site import open_site
from carrel.cli.consent_person import person_of
from carrel.cli.consent_word import texts_of
from carrel.cli.option_values import writing
from carrel.cli.screen import figure, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.consent.gate import needs_consent
from carrel.consent.state import State, Texts, state_of
from carrel.consent.text import lint_texts
from carrel.errors import CarrelError, Exit
from carrel.ledger.leaf import banded
from carrel.systems import branch_policies
from carrel.systems.consent.change_folder import waiting
from carrel.systems.consent.text_folder import read_texts, write_examples
from carrel.systems.faults import NO_SITE
from carrel.systems.site_systems import system_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.consent.event import ConsentEvent
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy

_ORDER = (State.GIVEN, State.ASK_AGAIN, State.WITHDRAWN)


def show_person(given: Path, system_name: str | None, site_path: Path, *, by_number: bool, as_json: bool) -> None:
    """One person's states and history.

    Raises:
        CarrelError: ERA-001, CNS-001, CNS-007, and whatever stands in the way of reading the system.
    """
    with premises.enter(site_path, system_name, read_only=True) as here:
        person = person_of(here, given, by_card=not by_number)
        events, texts = here.store.consents.of(person.tag), texts_of(here)
        silent = bool(here.store.consents.suppressions.among((person.tag, *person.address_tags)))
        policies = here.in_force.policies
    purposes = tuple(dict.fromkeys((*_optional(policies), *(one.purpose for one in events))))
    standings = {purpose: state_of(events, purpose, texts) for purpose in purposes}
    if as_json:
        states = [
            {
                "purpose": purpose,
                "state": str(one.state),
                "since": one.last.at.isoformat() if one.last else None,
                "needs_consent": any(needs_consent(policy, purpose) for policy in policies),
            }
            for purpose, one in standings.items()
        ]
        put_json({"states": states, "silence": silent, "history": [_as_dict(one) for one in events]})
        return
    put_table(
        "Where this person stands",
        ("purpose", "state", "since"),
        [
            (purpose, str(one.state), f"{one.last.at:%Y-%m-%d}" if one.last else "")
            for purpose, one in standings.items()
        ],
    )
    if silent:
        put_line("On the list of silence: never written to, whatever stands above.")
    put_table(
        "What was written down",
        ("on", "act", "purpose", "text", "by", "taken by"),
        [
            (f"{one.at:%Y-%m-%d}", str(one.act), one.purpose, _text_of(one), str(one.channel), one.taker)
            for one in events
        ],
    )  # fmt: skip
    if not events:
        say("Nothing was written down.")


def _text_of(event: ConsentEvent) -> str:
    return f"{event.text} {event.version} ({event.language})" if event.text else ""


def _as_dict(event: ConsentEvent) -> dict[str, object]:
    return {
        "act": str(event.act),
        "purpose": event.purpose,
        "at": event.at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "channel": str(event.channel),
        "taker": event.taker,
        "text": event.text or None,
        "version": event.version or None,
        "language": event.language or None,
        "digest": event.digest or None,
    }


def _optional(policies: Sequence[Policy]) -> tuple[str, ...]:
    """Purposes that need consent under any policy in force."""
    named = dict.fromkeys(name for policy in policies for name in policy.body.purposes)
    return tuple(name for name in named if any(needs_consent(policy, name) for policy in policies))


def list_purposes(system_name: str | None, site_path: Path, *, as_json: bool) -> None:
    """How many people stand where, by purpose, and what waits for mailing tools."""
    site = open_site(site_path)
    system = system_of(site, system_name)
    policies = branch_policies.load(site, system).policies
    own = read_texts(site.consent.texts)
    counts: dict[str, Counter[State]] = {}
    with open_store(site) as store:
        texts = Texts(own, store.consents.used())
        for purpose in dict.fromkeys((*_optional(policies), *store.consents.purposes(system.name))):
            each = store.consents.each(system.name, purpose)
            counts[purpose] = Counter(state_of(events, purpose, texts).state for events in each)
        silent = store.consents.suppressions.count()
    files = waiting(site.consent.changes) if site.consent.changes else ()
    if as_json:
        put_json(
            {
                "purposes": [
                    {"purpose": name, **{str(state): banded(found[state]) for state in _ORDER}}
                    for name, found in counts.items()
                ],
                "list_of_silence": banded(silent),
                "changes_waiting": len(files) if site.consent.changes else None,
            }
        )
        return
    put_table(
        "Consents, by person",
        ("purpose", *map(str, _ORDER)),
        [(name, *(figure(banded(found[state])) for state in _ORDER)) for name, found in counts.items()],
        right=(1, 2, 3),
    )
    put_line(f"List of silence: {figure(banded(silent))} numbers and addresses, each a keyed hash.")
    if files:
        put_line(f"{amount(len(files), 'file')} of changes not taken away yet by any tool.")


def _everywhere(site: Site) -> list[Policy]:
    """Every policy that is in force somewhere at a site."""
    return [policy for one in site.originals for policy in branch_policies.load(site, one).policies]


def check_texts(site_path: Path, *, as_json: bool) -> int:
    """Every text, and what is wrong with them together."""
    site = open_site(site_path)
    everywhere = _everywhere(site)
    own = read_texts(site.consent.texts)
    with open_store(site) as store:
        used = store.consents.used()
    known = {name for policy in everywhere for name in policy.body.purposes}
    found = lint_texts(own, used, _optional(everywhere), known)
    keys = {one.key for one in used}
    if as_json:
        put_json(
            {
                "texts": [
                    {
                        "text": one.text,
                        "version": one.version,
                        "language": one.language,
                        "purpose": one.purpose,
                        "asks_again": one.asks_again,
                        "digest": one.digest,
                        "used": one.key in keys,
                    }
                    for one in own
                ],
                "findings": [{"at": one.at, "says": one.says, "serious": one.serious} for one in found],
            }
        )
    else:
        put_table(
            f"{amount(len(own), 'text')}",
            ("text", "version", "language", "purpose", "asks again", "used"),
            [
                (one.text, str(one.version), one.language, one.purpose, "yes" if one.asks_again else "no",
                 "yes" if one.key in keys else "no")
                for one in own
            ],
            right=(1,),
        )  # fmt: skip
        if site.consent.texts is None:
            put_line("carrel.yaml names no folder under 'consent: {texts: FOLDER}'.")
        for one in found:
            put_line(f"{one.at}: {one.says}", "  - ")
        if not found:
            say("Nothing is wrong with them.")
    return int(Exit.FINDINGS if found else Exit.DONE)


def examples_into(folder: Path, site_path: Path, *, as_json: bool) -> int:
    """Write the texts that come with Carrel; what is there is left alone.

    At a site only those that its policies ask for: each other one would be a finding. Without a site, all of them.
    """
    try:
        wanted = _optional(_everywhere(open_site(site_path)))
    except CarrelError as wrong:
        if wrong.code != NO_SITE.code:
            raise
        wanted = None
    with writing(folder):
        written = write_examples(folder, wanted)
    if as_json:
        put_json({"written": list(written)})
    else:
        say(f"{amount(len(written), 'file')} written into {folder}; edit them before anybody is asked.")
        for name in written:
            put_line(name, "  - ")
    return int(Exit.DONE)
