"""Every word of an answer that is Carrel's own, in one place, so that it can be said in another language."""

from __future__ import annotations

from collections.abc import Mapping

from carrel.inventory.category import Category
from carrel.policy.duration import Duration, Unit
from carrel.rights.answer import HeldRecords, HeldTable
from carrel.rights.ending import Rule
from carrel.rights.third_persons import HeldColumn

Words = Mapping[str, str]

ENGLISH: Words = {
    "lang": "en",
    "title": "What {library} holds on you",
    "made": "Read on {at}, live from the library's systems. Nothing of it was kept.",
    "policy": "By the policy: {policy}, version {version}.",
    "how": "For each kind of record this page says what is held, why, since when, and until when.",
    "what": "What",
    "why": "Why",
    "since": "Since",
    "until": "How long",
    "where": "Where",
    "who": "Who has seen it",
    "no_purpose": "The policy names no purpose for it. You may ask the library why it is held.",
    "not_known": "No time is recorded.",
    "unseen": "None of the library's systems records who has looked at your data, so nobody can tell you. What was "
    "changed is told under the logs of each system, where it keeps any.",
    "rule": "{keep} after {until}; then it is {then}",
    "rule at once": "until {until}; then it is {then}",
    "rule of session": "until you leave the computer; then it is {then}",
    "rule of part": "of it, {part}: {said}",
    "and": "and",
    "event returned": "the book is back",
    "event settled": "everything is paid",
    "event ended": "it is over",
    "event sent": "it was sent",
    "event made": "it was made",
    "event answered": "it was answered",
    "event lapsed": "the card has run out",
    "event gone": "the card is gone",
    "hour": "1 hour",
    "hours": "{count} hours",
    "day": "1 day",
    "days": "{count} days",
    "week": "1 week",
    "weeks": "{count} weeks",
    "month": "1 month",
    "months": "{count} months",
    "year": "1 year",
    "years": "{count} years",
    "promised": "The policy promises: {promised}",
    "stays": "No rule of the policy ends it: {why}.",
    "stays_plain": "no time is set, and you may ask for its erasure",
    "goes_on": "Goes by",
    "stayed": "was due on {day}; kept for now",
    "yes": "yes",
    "no": "no",
    "in_use": "still in use, or no time is set",
    "rows": "{count} entries",
    "row": "1 entry",
    "first": "The first {count} are shown here; the files in the folder csv hold all.",
    "withheld": "Not shown",
    "nobody": "Nobody is registered here under your number.",
    "gone": "Your record here was deleted; this is what it left.",
    "nothing": "Nothing is held here.",
    "acted": "In entries that are about somebody else, or about nobody, you stand {count} times: {says} ({column}).",
    "unread": "Could not be read: {says} ({code}). Ask the library for it.",
    "not_looked": "Not in this answer: {says}. It takes too long to look up at once. Ask the library for it.",
    "not_searched": "The library also keeps these, which were not searched for this answer: {names}.",
    "not_searched_none": "Copies in backups, mail and printed lists were not searched.",
    "texts": "Notes can speak of other people. Where somebody is known to the library, the name is left out.",
    "rights": "If something is wrong, or you want it gone, tell the library: you may have it corrected, erased, or "
    "used no more, and you may have this answer as files that other programs read.",
    "fields": "Fields of {says}",
    "field": "field",
    "is": "what it is",
    "value": "value",
    "nothing_of_you": "describes the record itself",
    "then delete": "deleted",
    "then de-identify": "parted from you, so that it names nobody",
    "then transfer to archives": "handed over to the archives",
    "secret": "it serves to sign in, or opens something; it is never shown, for your safety",
    "staff": "a member of the staff",
    "another person": "another person",
    "a relative, guarantor or contact": "a relative, guarantor or contact",
}

SPECIAL = {"_title": "title", "_barcode": "barcode of the item", "_there": "an entry is there"}


def category_words(category: Category | None, words: Words) -> str:
    """What a column holds, for people."""
    return words["nothing_of_you"] if category is None else category.description


def label(column: str) -> str:
    """A column's name as words."""
    return SPECIAL.get(column, column.replace("_", " ").strip())


def why_withheld(column: HeldColumn, why: str, words: Words) -> str:
    """Why a value is not shown, in a few words."""
    del column
    return words[why]


def rule_words(rule: Rule, words: Words, *, named: bool = False) -> str:
    """One rule of the policy as a sentence.

    Args:
        rule: of the policy.
        words: of the language.
        named: begin with the part that it is about: one of several rules would else seem to speak of all.
    """
    until = f" {words['and']} ".join(words.get(f"event {one}", one) for one in rule.until)
    then = words.get(f"then {rule.then.value}", rule.then.value)
    if rule.keep.unit is Unit.SESSION:
        said = words["rule of session"].format(then=then)
    elif not rule.keep.amount:
        said = words["rule at once"].format(until=until, then=then)
    else:
        said = words["rule"].format(until=until, keep=_period(rule.keep, words), then=then)
    if named:
        said = words["rule of part"].format(part=rule.id, said=said)
    return f"{said} ({', '.join(rule.clauses)})" if rule.clauses else said


def _period(keep: Duration, words: Words) -> str:
    unit = str(keep.unit)
    return words[unit.removesuffix("s")] if keep.amount == 1 else words[unit].format(count=keep.amount)


def until_words(records: HeldRecords, words: Words) -> tuple[str, ...]:
    """Until when a kind of record is held: by promise, by rule, or why it stays; what speaks of all of it first."""
    held = records.keeping
    found: list[str] = []
    if held.promised:
        found.append(words["promised"].format(promised=held.promised))
    found += [rule_words(one, words, named=bool(held.promised) or len(held.rules) > 1) for one in held.rules]
    if not found:
        found.append(words["stays"].format(why=records.while_there or words["stays_plain"]))
    return tuple(found)


def table_words(table: HeldTable) -> str:
    """What a table holds, as a heading."""
    return table.says[:1].upper() + table.says[1:]
