"""Contradictions: settings of a product that work against the policy that the library published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from carrel.inventory.system_map import Condition, Setting, SystemMap


@dataclass(frozen=True, slots=True)
class Promise:
    """What of a policy decides whether a setting contradicts it.

    Attributes:
        clauses: ids of the clauses that the policy's rules for loans carry.
        keeps_last_borrower: whether an item may name its last borrower at all (WPL-3.3).
        children: the clauses by which a child's record is shown to nobody else; None where the policy does not say so.
        shown: what it shows to guardians all the same, on a basis that it names.
        messages: the clauses by which a message needs consent; None where the policy does not say.
        free: kinds of message that need none.
    """

    clauses: tuple[str, ...]
    keeps_last_borrower: bool
    children: tuple[str, ...] | None = None
    shown: frozenset[str] = frozenset()
    messages: tuple[str, ...] | None = None
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One setting that contradicts the policy. ``value`` is the product's own word or a count, never a patron's."""

    setting: str
    severity: str
    finding: str
    value: str
    clauses: tuple[str, ...]
    fix: str
    shows: str = ""
    sends: str = ""
    speaks: tuple[str, ...] = ()  # the clauses that the map names, whatever policy is in force


def contradictions(
    system_map: SystemMap, values: Mapping[str, str | None], promise: Promise
) -> tuple[Contradiction, ...]:
    """The settings that contradict a policy, findings before notes.

    Args:
        system_map: which settings there are, and when one contradicts.
        values: what they are set to; a setting without a value is empty, one that was not read is left out.
        promise: of the policy.

    Returns:
        One entry for each, with the clauses of this policy that it goes against; where the map names none of them,
        with all that the policy's rules for loans carry.
    """
    found = [
        Contradiction(
            setting.name,
            setting.severity,
            setting.finding,
            values[setting.name] or "",
            _clauses(setting, promise),
            setting.fix,
            setting.shows or "",
            setting.sends or "",
            setting.clauses,
        )
        for setting in system_map.settings
        if setting.name in values
        and not (setting.unless == "last borrower kept" and promise.keeps_last_borrower)
        and not (setting.only == "cards lapse" and system_map.lapsing is None)
        and (setting.shows is None or matters(setting, promise))
        and (setting.sends is None or asks_first(setting, promise))
        and _contradicts(setting, values[setting.name])
    ]
    return tuple(sorted(found, key=lambda one: one.severity != "finding"))


def matters(setting: Setting, promise: Promise) -> bool:
    """Whether a policy says that what a setting shows of a child is shown to nobody else (MPL-14)."""
    return promise.children is not None and setting.shows not in promise.shown


def asks_first(setting: Setting, promise: Promise) -> bool:
    """Whether a policy says that the message which a setting sends needs a yes (OWWL-7)."""
    return promise.messages is not None and setting.sends not in promise.free


def _clauses(setting: Setting, promise: Promise) -> tuple[str, ...]:
    if setting.shows is not None:
        return promise.children or ()
    if setting.sends is not None:
        return promise.messages or ()
    if setting.only == "cards lapse":  # no clause of a rule for loans speaks of them: those of the same texts do
        texts = {clause.partition("-")[0] for clause in promise.clauses}
        return tuple(c for c in setting.clauses if c.partition("-")[0] in texts) or setting.clauses
    return tuple(c for c in setting.clauses if c in promise.clauses) or promise.clauses


def _contradicts(setting: Setting, value: str | None) -> bool:
    return all(holds(condition, value) for condition in setting.when)


def holds(condition: Condition, value: str | None) -> bool:
    """Whether one value of a setting passes a test; numbers are compared as numbers, all else as text.

    A value that is missing passes ``empty`` and ``differs`` only.
    """
    present = value is not None and value != ""
    text = value or ""
    tests = (
        condition.empty is None or condition.empty != present,
        condition.equals is None or (present and text == str(condition.equals)),
        condition.differs is None or text != str(condition.differs),
        condition.one_of is None or (present and text in {str(one) for one in condition.one_of}),
        condition.none_of is None or (present and text not in {str(one) for one in condition.none_of}),
        condition.contains is None or condition.contains in text,
        condition.lacks is None or (present and condition.lacks not in text),
        condition.above is None or (present and _above(text, condition.above)),
    )
    return all(tests)


def _above(text: str, limit: int | str) -> bool:
    try:
        return float(text) > float(limit)
    except ValueError:
        return text > str(limit)
