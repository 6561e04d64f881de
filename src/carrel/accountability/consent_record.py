"""Consents and exports of addresses in an audit: on record with their words, within the policy, and told to the tools.

What the audit sees is what went through Carrel. Addresses that somebody took out of the product are not seen, so no
clause is said to hold in full by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading, State, cannot_tell, finding, holds
from carrel.accountability.own_account import settings_against
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.consent.on_record import Judged
from carrel.retention.reasons import figure

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.accountability.facts import AuditFacts

_UNSEEN = "addresses that were taken out of the product without Carrel"
_FIX = "stop the message; look at who exported (carrel ledger), and let the policy name what it should allow"
_TELL = "see to the folder of 'consent: {changes: FOLDER}'; carrel run-due tells the tools again"
_APPLY = "carrel doctor tells what is in the way; then carrel mailing-list apply"


@dataclass(frozen=True)
class ConsentFacts:
    """What stands on record of one system.

    Attributes:
        optional: purposes of the policies in force that need consent.
        named: clauses that each purpose carries, by purpose.
        exports: of addresses, judged again.
        consents: events that say yes.
        without_words: of them, those that cannot show their text, their channel or who took them.
        by_purpose: the same of each purpose.
        texts: findings of the library's own texts that are serious.
        read: how many of the texts in use were measured for how hard they are to read.
        unmeasured: those in a language for which nobody knows a measure here.
        hard: those that are too hard, each with its figure.
        unasked: optional purposes for which no text asks in some language of the pages.
        tools: whether mailing tools are told at all, in a folder.
        lists: how many mailing lists of the site hold its people.
        lists_unread: of them, those that never were read back as consents say.
        lists_late: of them, those that were not brought to hold what consents say for longer than a night.
        untold: events of which they were not told, older than a night.
        untold_since: the oldest of them; aware.
        history_purpose: for which a history in the product is kept; empty where no policy says so.
        histories: how many people have one on; None where nobody could look, or the
            policies of the system differ in the purpose.
        unrecorded: of them, those of whom no yes that still stands is on record.
        closed: why nothing can be told: the key is gone, or a text cannot be read.
    """

    optional: tuple[str, ...] = ()
    named: dict[str, tuple[str, ...]] | None = None
    exports: tuple[Judged, ...] = ()
    consents: int = 0
    without_words: int = 0
    by_purpose: dict[str, int] | None = None
    texts: tuple[str, ...] = ()
    read: int = 0
    unmeasured: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    tools: bool = False
    untold: int = 0
    untold_since: datetime | None = None
    closed: str = ""
    lists: int = 0
    lists_unread: tuple[str, ...] = ()
    lists_late: tuple[str, ...] = ()
    history_purpose: str = ""
    histories: int | None = 0
    unrecorded: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written down, and nothing is the matter."""
        return not (self.exports or self.consents or self.texts or self.untold or self.lists_late or self.closed)


@provides("OWWL-6", partly=_UNSEEN, at_some_sites=True)
def no_address_to_whom_the_policy_bars(facts: AuditFacts) -> Reading | None:
    """No export on record went to a recipient, for a purpose or with a field that the policy does not name."""
    return _exports(facts, lambda _: True, "Exports of addresses are within the policy.", "uses are a closed list")


@provides("OWWL-7", partly=_UNSEEN + ", and messages that the product sends by what no map names", at_some_sites=True)
def no_message_without_an_opt_in(facts: AuditFacts) -> Reading | None:
    """No export for an optional purpose has more addresses than people had agreed by then, and the product writes to
    nobody by itself but what the policy lists.
    """
    because = "every message beyond those that the policy lists needs an opt-in"
    kept = "No export for an optional purpose has more addresses than people had agreed."
    exported = _exports(facts, lambda one: one.optional, kept, because)
    if facts.schedule.messages is None or (exported is not None and exported.state is not State.HOLDS):
        return exported
    sent = [one for one in facts.contradictions if one.sends and one.severity == "finding"]
    measured: dict[str, int | str] = {
        **({} if exported is None else exported.measured),
        "settings by which the product sends messages": facts.sending,
        "of these on for whoever did not ask": len(sent),
    }
    if sent:
        return finding(
            f"{'; '.join(f'{one.setting}: {one.says}' for one in sent)}.",
            measured,
            because=because,
            fix="; ".join(dict.fromkeys(one.fix for one in sent if one.fix)),
        )
    if facts.notices is not None and facts.notices.unread:
        return cannot_tell(
            f"Not everything by which the product sends messages could be looked at: {facts.notices.unread[0]}.",
            measured,
            because="a message that nobody looked at is not said to need a yes",
            fix="GRANT SELECT on the whole database, for the account to read",
        )
    if not facts.sending:
        return exported
    own = "The product sends by itself only what the policy lists"
    return holds(f"{own}. {kept}" if exported is not None else f"{own}, or what the person switched on.", measured)


@provides("WPL-3.7", partly=_UNSEEN, at_some_sites=True)
def campaigns_take_two_fields(facts: AuditFacts) -> Reading | None:
    """Exports for the library's campaigns went to the library alone, with the fields that the policy gives."""
    because = "nothing is disclosed to outsiders; campaigns may use email and postal addresses"
    return _exports(
        facts, lambda one: "WPL-3.7" in one.clauses, "Exports for campaigns are within the policy.", because
    )


@provides("WPL-6.2", partly=_UNSEEN, at_some_sites=True)
def questions_about_satisfaction_pass_the_gate(facts: AuditFacts) -> Reading | None:
    """Exports to ask about satisfaction went through the gate."""
    because = "details that were left serve to clarify a question or to ask about satisfaction"
    return _exports(facts, lambda one: "WPL-6.2" in one.clauses, "Exports to ask are within the policy.", because)


@provides("OWWL-8", partly="whether leaving is as easy as joining, and settings of the product that no map names",
          at_some_sites=True)  # fmt: skip
def withdrawals_reach_the_tools(facts: AuditFacts) -> Reading | None:
    """Optional purposes are off until somebody agrees, in the product too, and the mailing tools were told."""
    seen = facts.consent
    if offered := _offered(facts, "OWWL-8", "what is optional is off until somebody switches it on, and can be left"):
        return offered
    if seen is None or seen.is_empty:
        return None
    if seen.closed:
        return _closed(seen)
    measured: dict[str, int | str] = {
        "optional purposes, all off by default": len(seen.optional),
        "mailing tools are told": "yes" if seen.tools or seen.lists else "no folder and no list is named",
        "mailing lists": seen.lists,
        "of them, not as consents say": len(seen.lists_late),
        "events not told for a night": figure(seen.untold) if seen.untold else 0,
        "settings of the product, none against it": facts.settings_on.get("OWWL-8", 0),
    }
    if seen.untold:
        since = "" if seen.untold_since is None else f" since {seen.untold_since:%Y-%m-%d}"
        return finding(
            f"Mailing tools were not told of {amount(figure(seen.untold), 'consent or withdrawal')}{since}.",
            measured,
            because="a withdrawal reaches every tool that holds the address",
            fix=_TELL,
        )
    if of_lists := _lists_read(seen, measured):
        return of_lists
    told = (
        "the mailing tools were told of each withdrawal"
        if seen.tools or seen.lists
        else "no mailing tool is named to be told"
    )
    return holds(f"Optional purposes are off by default, and {told}.", measured)


def _lists_read(seen: ConsentFacts, measured: Mapping[str, int | str]) -> Reading | None:
    """What keeps a mailing list from being known to hold what consents say; None for nothing."""
    if seen.lists_late:
        return finding(
            f"Mailing lists that were not brought to hold what consents say: {', '.join(seen.lists_late)}.",
            measured,
            because="a withdrawal reaches every tool that holds the address",
            fix=_APPLY,
        )
    if seen.lists_unread:
        return cannot_tell(
            f"Mailing lists that were never read back, so nobody knows who is on them: {', '.join(seen.lists_unread)}.",
            measured,
            because="a withdrawal reaches every tool that holds the address",
            fix=_APPLY,
        )
    return None


@provides("OWWL-9", Kind.PUBLISHED, partly="whether people find the choices, can all use the page, and understand it",
          at_some_sites=True)  # fmt: skip
def choices_are_told_plainly(facts: AuditFacts) -> Reading | None:
    """Each optional purpose has a text in each language of the pages, and none is harder to read than plain words."""
    seen = facts.consent
    if seen is None or not (seen.read or seen.unmeasured or seen.closed):
        return None
    if seen.closed:
        return _closed(seen)
    measured: dict[str, int | str] = {
        "texts measured": seen.read,
        "too hard to read": len(seen.hard),
        "in a language without a measure": len(seen.unmeasured),
        "optional purposes that are not asked for": len(seen.unasked),
    }
    wrong = [f"harder to read than plain words: {', '.join(seen.hard)}"] if seen.hard else []
    wrong += [f"nobody is asked for {', '.join(seen.unasked)}"] if seen.unasked else []
    if wrong:
        return finding(
            f"{'; '.join(wrong)}.",
            measured,
            because="options are prominent, accessible and understandable",
            fix="write a next version in shorter sentences and words; carrel consent texts names what is missing",
        )
    if seen.unmeasured:
        return cannot_tell(
            f"How hard a text is to read is not known: {', '.join(seen.unmeasured)}.",
            measured,
            because="there is a measure for English and Spanish alone",
            fix="let readers say whether they understand it",
        )
    return holds("Each optional purpose is asked for in plain words, in each language of the pages.", measured)


@provides("OWWL-10",
          partly="histories where the policy names no purpose for them, and other options of the product",
          at_some_sites=True)  # fmt: skip
def consents_have_their_words(facts: AuditFacts) -> Reading | None:
    """Every consent on record shows its words, channel and taker, no text has changed, and nobody is marked unasked."""
    seen = facts.consent
    if offered := _offered(facts, "OWWL-10", "nothing is switched on for somebody who was not asked"):
        return offered
    if seen is None or (seen.is_empty and not seen.histories):
        return None
    if seen.closed:
        return _closed(seen)
    measured: dict[str, int | str] = {
        "consents on record": figure(seen.consents) if seen.consents else 0,
        "without their words": figure(seen.without_words) if seen.without_words else 0,
        "texts that cannot stand": len(seen.texts),
        "settings of the product, none against it": facts.settings_on.get("OWWL-10", 0),
    }
    wrong = [f"{figure(seen.without_words)} consents cannot show what was agreed to"] if seen.without_words else []
    wrong += [f"texts: {seen.texts[0]}"] if seen.texts else []
    if seen.history_purpose:
        measured["people with a history in the product"] = (
            "nobody could look" if seen.histories is None else figure(seen.histories) if seen.histories else 0
        )
        measured["of these without a yes on record"] = figure(seen.unrecorded) if seen.unrecorded else 0
    if seen.unrecorded:
        wrong.append(
            f"{figure(seen.unrecorded)} people have a history on in the product, and no yes to "
            f"'{seen.history_purpose}' is on record"
        )
    if wrong:
        return finding(
            f"{'; '.join(wrong)}.",
            measured,
            because="no record without the exact words, the time, the channel and who took it",
            fix="carrel consent texts names each text; put the words back, and ask these people again (on the pages, "
            "or carrel consent give); a history to which nobody says yes is switched off in the product",
        )
    if seen.history_purpose and seen.histories is None:
        return cannot_tell(
            "Nobody could look who has a history on in the product, or the policies of its branches differ in that.",
            measured,
            because="an option that is on without a yes on record was not looked for",
            fix="see what carrel check says of the database",
        )
    return holds("Every consent on record shows its words, its channel and who took it.", measured)


@provides("MITL-3.4", partly="what was published by name without Carrel", at_some_sites=True)
def named_only_who_agreed(facts: AuditFacts) -> Reading | None:
    """Whoever is named agreed in words that are on record; what left without names is within its threshold."""
    seen = facts.consent
    if seen is None or seen.closed:
        return None if seen is None else _closed(seen)
    naming = [purpose for purpose, clauses in (seen.named or {}).items() if "MITL-3.4" in clauses]
    if not naming or not (seen.consents or facts.releases):
        return None
    bare = sum((seen.by_purpose or {}).get(purpose, 0) for purpose in naming)
    bad = sum(bool(one.against) for one in facts.releases)
    measured: dict[str, int | str] = {
        "releases on record": len(facts.releases),
        "of these beyond their threshold": bad,
        "agreements to be named without their words": figure(bare) if bare else 0,
    }
    if bare or bad:
        return finding(
            f"{amount(bad, 'release')} on record cannot stand, and {figure(bare)} agreements to be named have no words."
            if bare
            else f"{amount(bad, 'release')} on record cannot stand.",
            measured,
            because="data are public without names, unless the originator agreed to be named",
            fix="carrel release list and carrel consent texts name them",
        )
    return holds(
        "Releases on record are within their thresholds, and agreements to be named show their words.", measured
    )


def _offered(facts: AuditFacts, clause: str, because: str) -> Reading | None:
    """A finding where the product itself switches on what nobody chose, or lets nobody switch it off."""
    against = settings_against(facts, clause)
    if not against:
        return None
    return finding(
        f"{'; '.join(f'{one.setting}: {one.says}' for one in against)}.",
        {"settings of the product": facts.settings_on.get(clause, 0), "of these against it": len(against)},
        because=because,
        fix="; ".join(dict.fromkeys(one.fix for one in against if one.fix)) or "mend the setting in the product",
    )


def _exports(facts: AuditFacts, mine: Callable[[Judged], bool], kept: str, because: str) -> Reading | None:
    seen = facts.consent
    if seen is None:
        return None
    if seen.closed:
        return _closed(seen)
    own = [one for one in seen.exports if mine(one)]
    if not own:
        return None
    wrong = [one for one in own if one.against]
    measured: dict[str, int | str] = {
        "exports on record": len(own),
        "under an earlier policy": sum(one.earlier for one in own),
        "that should not have gone": len(wrong),
    }
    if wrong:
        first = wrong[0]
        said = f"{amount(len(wrong), 'export')} should not have gone ({first.purpose}: {first.against[0]})."
        return finding(said, measured, because=because, fix=_FIX)
    return holds(kept, measured)


def _closed(seen: ConsentFacts) -> Reading:
    return cannot_tell(
        "What stands on record cannot be read in full.",
        {},
        because=seen.closed,
        fix="carrel doctor tells what is wrong with the key of consents and with the texts",
    )
