"""Why something is kept, and for how long: need, owner and review of what was de-identified, reasons, laws."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, State, cannot_tell
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import judged
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.inventory.category import Category
from carrel.inventory.collection import DEMANDS
from carrel.inventory.risk import RiskClass
from carrel.retention.reasons import figure

_NUMBERS = "national identity numbers"
_REQUIRED = (Category.NAME, Category.BIRTH_DATE, Category.POSTAL_ADDRESS)
_OPTIONAL = (Category.EMAIL_ADDRESS, Category.SOCIAL_SECURITY_NUMBER)


@provides("MITL-6.9")
def what_is_de_identified_is_still_needed(facts: AuditFacts) -> Reading:
    """Each rule that de-identifies high-risk data names need, owner and review, and no review has gone by."""
    today = facts.as_of.date()
    high = {one.record for one in facts.policy.datasets if one.risk is RiskClass.HIGH}
    rules = [one for one in facts.policy.rules if one.de_identifies and one.record in high]
    nameless = [one.said for one in rules if one.afterwards is None]
    lapsed = [one.said for one in rules if one.afterwards is not None and one.afterwards.review_by < today]
    wrong = [f"no need, owner and review is named for what is left of {', '.join(nameless)}"] if nameless else []
    if lapsed:
        wrong.append(f"due for disposal, because the review has gone by: what is left of {', '.join(lapsed)}")
    return judged(
        facts,
        wrong,
        kept="Whatever is de-identified names its need, its owner and a review that has not gone by.",
        measured={"rules that de-identify": len(rules), "reviews gone by": len(lapsed)},
        because="de-identified data outlives its period only while a need goes on",
        fix="write 'afterwards:' at the rule, review the need, or delete what is left",
    )


@provides("MPL-5.1")
def everything_has_its_need_and_its_reason(facts: AuditFacts) -> Reading:
    """Each field names its need, each kind of record a period and why it is not shorter; lapsed cards are gone."""
    policy = facts.policy
    needless = [
        f"{one.record}: {f.name}" for one in policy.datasets for f in one.fields if f.purpose not in policy.purposes
    ]
    unreasoned = [one.said for one in policy.rules if not one.why_not_shorter]
    ruled = {one.record for one in policy.rules}
    unreasoned += [one.record for one in policy.datasets if one.record not in ruled and not one.why_not_shorter]
    wrong = [f"no need is named for {', '.join(needless)}"] if needless else []
    if unreasoned:
        wrong.append(f"no reason why it is not shorter is named for {', '.join(unreasoned)}")
    if facts.collection is not None and facts.collection.superfluous:
        wrong.append(
            f"{amount(len(facts.collection.superfluous), 'thing is', 'things are')} collected that nothing needs"
        )
    wrong += _lapsed(facts)
    reading = judged(
        facts,
        wrong,
        kept="Every field names its need, each kind of record a period and why it is not shorter; lapsed cards go.",
        measured={
            "kinds of record": len(policy.datasets),
            "without a reason": len(unreasoned),
            **_cards(facts),
        },
        because="only what is reasonably necessary is kept, for the shortest time",
        fix="write 'why not shorter:' at the rule, or shorten it; plan and apply where cards are due",
        unseen=facts.collection.unread if facts.collection is not None else (),
    )
    return _with_undated(facts, reading)


@provides("WPL-3.1")
def a_card_asks_for_no_more(facts: AuditFacts) -> Reading:
    """Name, birth date and mailing address are required, email and identity number a choice; lapsed cards are gone."""
    dataset = facts.policy.dataset("registrations")
    fields = {one.category: one for one in (dataset.fields if dataset else ())}
    wrong = [
        f"{one} is no required field of a registration"
        for one in _REQUIRED
        if one not in fields or fields[one].optional
    ]
    wrong += [
        f"{one} is required, and is to be optional" for one in _OPTIONAL if one in fields and not fields[one].optional
    ]
    seen = facts.collection
    if seen is not None:
        wrong += [f"the library system makes {one} mandatory" for one in _OPTIONAL if one in seen.demanded]
    numbers = seen.unchosen if seen is not None else 0
    if numbers:
        held = amount(figure(numbers), "row holds", "rows hold")
        wrong.append(f"{held} a national identity number without a recorded choice of the patron")
    wrong += _lapsed(facts)
    reading = judged(
        facts,
        wrong,
        kept="A card asks for name, birth date and mailing address, the rest is a choice, and lapsed cards are erased.",
        measured={
            "fields": len(fields),
            "rows with an identity number": figure(numbers) if numbers else 0,
            **_cards(facts),
        },
        because="a card needs no more than these",
        fix="take the numbers out or record the patron's choice; demand nothing optional; plan and apply what is due",
        unseen=[one for one in seen.unread if one in {_NUMBERS, DEMANDS}] if seen is not None else (),
    )
    return _with_undated(facts, reading)


def _cards(facts: AuditFacts) -> dict[str, int | str]:
    undated = facts.undated_cards
    return {
        "lapsed cards that are due": facts.lapsed_cards or 0,
        "cards without a usable day of expiry": figure(undated) if undated else 0,
    }


def _with_undated(facts: AuditFacts, reading: Reading) -> Reading:
    """Cards of which nobody knows when they lapse take away "holds", never a finding."""
    if not facts.undated_cards or reading.state is not State.HOLDS:
        return reading
    return cannot_tell(
        amount(figure(facts.undated_cards), "card has", "cards have")
        + " no usable day of expiry, so nobody can tell whether they lapsed.",
        reading.measured,
        because="a card is erased by its expiry, and these never come due",
        fix="enter a day of expiry in the library system, and audit again",
    )


def _lapsed(facts: AuditFacts) -> list[str]:
    """What is wrong with the cards of those who are no users any more."""
    if facts.lapsed_cards is None:
        return ["no rule erases lapsed cards on which nothing is owed"]
    return (
        [amount(figure(facts.lapsed_cards), "lapsed card is", "lapsed cards are") + " due and still there"]
        if facts.lapsed_cards
        else []
    )


@provides("WPL-2.4", partly="whether grants, stored reports and exports fit the purposes")
def data_serves_the_listed_purposes(facts: AuditFacts) -> Reading:
    """Each field serves a purpose of the closed list, and nothing is collected that none of them needs."""
    policy, seen = facts.policy, facts.collection
    other = sorted({f.purpose for one in policy.datasets for f in one.fields} - policy.purposes)
    wrong = [f"fields serve purposes that are not on the list: {', '.join(other)}"] if other else []
    if seen is not None and seen.superfluous:
        wrong.append(f"{amount(len(seen.superfluous), 'thing is', 'things are')} collected that no purpose needs")
    return judged(
        facts,
        wrong,
        kept="Every field serves a purpose of the closed list, and nothing is collected without one.",
        measured={"purposes": len(policy.purposes)},
        because="user data serves the library's services and their improvement, and nothing else",
        fix="switch off what nothing needs, or let the policy name its purpose",
        unseen=seen.unread if seen is not None else (),
    )


@provides("MITL-1.3", partly="whether the clock of a request is that of the law which sets it")
def laws_are_cited_with_what_they_set(facts: AuditFacts) -> Reading:
    """The institution's policy is adopted, and each law that is named is cited with what it sets."""
    policy = facts.policy
    empty = [one.name for one in policy.laws if not one.parameters]
    wrong = [] if policy.adopts else ["the institution's own policy is not adopted"]
    if not policy.laws:
        wrong.append("no law is cited")
    if empty:
        wrong.append(f"named and without anything that it sets: {', '.join(empty)}")
    return judged(
        facts,
        wrong,
        kept="The institution's policy is adopted and made no laxer, and each law is cited with what it sets.",
        measured={"laws": len(policy.laws), "policies adopted": len(policy.adopts)},
        because="a law that is only named decides nothing",
        fix="write under 'laws:' what the law sets, with its citation",
    )
