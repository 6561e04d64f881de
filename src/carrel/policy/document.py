"""A policy as its author wrote it: the checked body and the places where everything stands."""

from __future__ import annotations

from dataclasses import dataclass

from carrel.errors import Condition, Fault
from carrel.policy.grammar import PolicyBody
from carrel.policy.yaml_source import Path, YamlSource


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """One policy file that is well-formed and agrees with itself.

    Attributes:
        source: what faults call the file.
        body: the policy by the grammar.
        text: the same as plain data with the place of every entry.
    """

    source: str
    body: PolicyBody
    text: YamlSource

    def has(self, path: Path) -> bool:
        """Whether the author wrote an entry at this path."""
        return path in self.text.places


def told(
    source: YamlSource,
    path: Path,
    condition: Condition,
    *,
    key: bool = False,
    wanted: str = "",
    found: str = "",
    because: str = "",
    fix: str = "",
) -> Fault:
    """One fault at one entry of a policy file."""
    return Fault(condition, source.at(path, key=key), wanted, found, because, "nothing", fix)
