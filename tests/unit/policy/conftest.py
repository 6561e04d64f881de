from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from carrel.errors import CarrelError, Fault
from carrel.policy.document import PolicyDocument
from carrel.policy.parse import parse_policy

MINIMAL = Path(__file__).with_name("minimal.yaml")


@pytest.fixture
def minimal() -> str:
    """A small sound policy."""
    return MINIMAL.read_text(encoding="utf-8")


@pytest.fixture
def edited(minimal: str) -> Callable[..., str]:
    """The small policy with some texts replaced; each must occur once."""

    def edit(*changes: tuple[str, str]) -> str:
        text = minimal
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text

    return edit


@pytest.fixture
def faults_of() -> Callable[[str], tuple[Fault, ...]]:
    """All faults that a text is refused for."""

    def refuse(text: str) -> tuple[Fault, ...]:
        with pytest.raises(CarrelError) as refused:
            parse_policy(text, "policy.yaml")
        assert refused.value.exit == 2
        return refused.value.faults

    return refuse


@pytest.fixture
def parsed(edited: Callable[..., str]) -> Callable[..., PolicyDocument]:
    """The small policy, edited and parsed."""

    def parse(*changes: tuple[str, str], name: str = "policy.yaml") -> PolicyDocument:
        return parse_policy(edited(*changes), name)

    return parse
