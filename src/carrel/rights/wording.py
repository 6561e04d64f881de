"""Every word of an answer that is Carrel's own, in one place, so that it can be said in another language."""

from __future__ import annotations

from collections.abc import Mapping

from carrel.inventory.category import Category
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
    "until": "Until",
    "where": "Where",
    "who": "Who has seen it",
    "no_purpose": "The policy names no purpose for it. You may ask the library why it is held.",
    "not_known": "No time is recorded.",
    "unseen": "None of the library's systems records who has looked at your data, so nobody can tell you. What was "
    "changed is told under the logs of each system, where it keeps any.",
    "rule": "{until}, and {keep} after that; then it is {then}",
    "promised": "The policy promises: {promised}",
    "stays": "No rule of the policy ends it: {why}.",
    "stays_plain": "no time is set, and you may ask for its erasure",
    "goes_on": "Goes by",
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
    "secret": "a secret, such as a password; it is never shown",
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


def rule_words(rule: Rule, words: Words) -> str:
    """One rule of the policy as a sentence."""
    until = " and ".join(f"until {one}" if not one.startswith("until") else one for one in rule.until)
    then = words.get(f"then {rule.then.value}", rule.then.value)
    said = words["rule"].format(until=until, keep=rule.keep, then=then)
    return f"{said} ({', '.join(rule.clauses)})" if rule.clauses else said


def until_words(records: HeldRecords, words: Words) -> tuple[str, ...]:
    """Until when a kind of record is held: by rule, by promise, or why it stays."""
    found = [rule_words(one, words) for one in records.keeping.rules]
    if records.keeping.promised:
        found.append(words["promised"].format(promised=records.keeping.promised))
    if not found:
        found.append(words["stays"].format(why=records.while_there or words["stays_plain"]))
    return tuple(found)


def table_words(table: HeldTable) -> str:
    """What a table holds, as a heading."""
    return table.says[:1].upper() + table.says[1:]
