"""Consents and exports on record, for the audit; and the night, which tells mailing tools what they were not told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from carrel.accountability.consent_record import ConsentFacts
    from carrel.cli.audited import Subject
    from carrel.consent.text import ConsentText
    from carrel.inventory.site import Site, System
    from carrel.retention.consortium import InForce
    from carrel.store.mailing_lists import ListCourse
    from carrel.store.store import Store

_A_NIGHT = timedelta(hours=24)
_AT_ONCE = 500


def wanted(subject: Subject, engine: Engine) -> tuple[int, ...] | None:
    """Who has a history on in the product, where a policy names the purpose that it serves; None if untold."""
    from carrel.systems.sql.history_wanted import history_wanted

    if not _history_purpose(subject.policies):
        return ()
    try:
        with engine.connect() as connection:
            return history_wanted(connection, subject.system_map)
    except CarrelError:  # what is wrong with the database is told by whatever reads it first
        return None


def _history_purpose(in_force: InForce) -> tuple[str, bool]:
    """For which a history in the product is kept, and whether every policy of the system says the same of it."""
    named = {"" if one.loans is None else one.loans.opted_in.purpose or "" for one in in_force.policies}
    return min(filter(None, named), default=""), len(named) == 1


def _unrecorded(store: Store, system: str, purpose: str, numbers: tuple[int, ...]) -> int:
    """How many of the people whose history is on did not say yes to it on record, or took it back."""
    from carrel.consent.event import Act, in_order

    tags = store.consents.tags(system)
    if tags is None:
        return len(numbers)
    agreed = 0
    for first in range(0, len(numbers), _AT_ONCE):
        part = {one.hex() for one in tags.numbers(numbers[first : first + _AT_ONCE])}
        said = store.consents.among(part, purpose)
        agreed += sum(in_order(events)[-1].act is Act.GIVEN for events in said.values())
    return len(numbers) - agreed


def consent_facts(
    site: Site,
    store: Store,
    system: System,
    in_force: InForce,
    at: datetime,
    histories: tuple[int, ...] | None = (),
) -> ConsentFacts:
    """What stands on record of a system, judged again; only reads.

    Args:
        site: whose.
        store: of the site.
        system: of it.
        in_force: its policies.
        at: aware time.
        histories: numbers of those whose history is on in the product; None where nobody could look.
    """
    from carrel.accountability.consent_record import ConsentFacts
    from carrel.consent.gate import needs_consent
    from carrel.consent.on_record import judged, without_words
    from carrel.consent.text import lint_texts
    from carrel.systems.consent.text_folder import read_texts

    policies, consents, name = in_force.policies, store.consents, system.name
    purpose, alike = _history_purpose(in_force)
    if not alike:
        histories = None  # whose history falls under which policy is not known here
    known = dict.fromkeys(purpose for policy in policies for purpose in policy.body.purposes)
    optional = tuple(one for one in known if any(needs_consent(policy, one) for policy in policies))
    named = {
        purpose: tuple(
            clause for policy in policies if (one := policy.body.purposes.get(purpose)) for clause in one.clauses
        )
        for purpose in known
    }
    exports = store.contact_exports.of(name)
    try:
        consents.tags(name)
        used = consents.used()
        own = read_texts(site.consent.texts)
        texts = lint_texts(own, used, optional, known)
    except CarrelError as wrong:
        closed = f"{wrong.code}: {wrong.faults[0].condition.title}"
        return ConsentFacts(optional, named, closed=closed)
    bare = {
        purpose: sum(without_words(events, used) for events in consents.each(name, purpose))
        for purpose in consents.purposes(name)
    }
    late = [one for one in consents.untold(name) if one.event.recorded_at < at - _A_NIGHT]
    tools = site.consent.changes is not None
    return ConsentFacts(
        optional,
        named,
        tuple(judged(one, policies, in_force.digest, consents.each(name, one.purpose)) for one in exports),
        consents.given(name),
        sum(bare.values()),
        bare,
        tuple(f"{one.at}: {one.says}" for one in texts if one.serious),
        *_plainness(own, optional, () if site.portal is None else site.portal.languages),
        tools,
        len(late) if tools else 0,
        min((one.event.recorded_at for one in late), default=None) if tools else None,
        lists=len(courses := {one.name: store.mailing_lists.course(one.name) for one in site.lists_of(system)}),
        lists_unread=tuple(one for one, course in courses.items() if course is None or course.verified_at is None),
        lists_late=tuple(one for one, course in courses.items() if course is not None and _is_late(course, at)),
        history_purpose=purpose,
        histories=None if histories is None else len(histories),
        unrecorded=0 if not (purpose and histories) else _unrecorded(store, name, purpose, histories),
    )


def _is_late(course: ListCourse, at: datetime) -> bool:
    """Whether a list was left with somebody who said no, or was not read back, for longer than a night."""
    if course.owed_since is not None and course.owed_since < at - _A_NIGHT:
        return True
    return course.outcome is not Outcome.VERIFIED and (course.verified_at or course.at) < at - 2 * _A_NIGHT


def _plainness(
    own: Iterable[ConsentText], optional: Iterable[str], languages: Iterable[str]
) -> tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Of the newest texts: how many were measured, those that could not be, those too hard, and who is not asked."""
    from carrel.consent.readability import readability

    wanted = set(optional)
    newest = {(one.purpose, one.language): one for one in sorted(own, key=lambda each: each.version)}
    mine = [one for (purpose, _), one in sorted(newest.items()) if purpose in wanted]
    found = [(one.file_name, readability(one)) for one in mine]
    asked = {(one.purpose, one.language) for one in mine}
    spoken = tuple(languages)
    unasked = [
        f"{purpose} ({language})"
        for purpose in sorted(wanted)
        for language in spoken
        if mine and (purpose, language) not in asked
    ]
    return (
        sum(figure is not None for _, figure in found),
        tuple(name for name, figure in found if figure is None),
        tuple(f"{name} ({figure.figure:g})" for name, figure in found if figure is not None and not figure.plain),
        tuple(unasked),
    )


def tell_again(site_path: Path, site: Site, systems: Iterable[System], at: datetime) -> tuple[str, ...]:
    """Tell mailing tools of each system what they were not told yet, as a night does.

    Returns:
        Codes of what went wrong; the consents hold all the same.
    """
    from carrel.cli import premises
    from carrel.cli.consent_changes import tell_tools
    from carrel.cli.consent_stops import stop_restricted
    from carrel.cli.store_place import begun, open_store

    if site.consent.changes is None or not begun(site):
        return ()
    codes: list[str] = []
    for system in systems:
        try:
            with open_store(site) as store:
                waits = bool(store.consents.untold(system.name)) or bool(store.restrictions.asking(system.name))
            if waits:
                with premises.enter(site_path, system.name, read_only=True) as here:
                    tell_tools(here, at)
                    stop_restricted(here, lists=False)
        except CarrelError as wrong:
            codes.append(wrong.code)
    return tuple(dict.fromkeys(codes))
