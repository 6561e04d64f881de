"""What a policy promises of patrons' requests, in words: one entry per right, and who answers elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.policy.rights_grammar import RightRule, Rights

NAMES = (
    "access", "rectification", "erasure", "restriction", "objection", "portability", "challenge", "question",
)  # fmt: skip
_RULES = {
    "gdpr": "within a month, or two more for a reason that you are told",
    "ferpa": "within 45 days",
}


def within_words(within: str) -> str:
    """A time for an answer in words."""
    return _RULES.get(within, f"within {within}")


def rights_lines(rights: Rights) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each right that stands in a policy: its name, what is promised, and by which clauses; then who answers elsewhere.

    Guarantees:
        The same promises give the same lines, in the order of the grammar.
    """
    for name in NAMES:
        rule: RightRule | None = getattr(rights, name)
        if rule is not None:
            told = [rule.says] if rule.says else []
            told.append(f"Answered {within_words(rule.within)}." if rule.within else "Answered; no time is set.")
            told += [f"Seen to by {rule.owner}."] if rule.owner else []
            chosen = " The time is the library's choice." if "within" in rule.chosen else ""
            yield name, " ".join(told) + chosen, rule.clauses
    if rights.identity:
        yield "identity", f"Who asks is known by {' or '.join(rights.identity)}, or signs in.", ()
    if rights.kept is not None:
        yield "kept", f"Whose request it was, and the words, can be read for {rights.kept} after its end.", ()
    for one in rights.controllers:
        yield one.name, f"{one.says} Answers for {', '.join(one.for_)}: {one.contact}.", one.clauses
