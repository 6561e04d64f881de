"""The page on policies says what is true: its example parses, and each fault has its line and its test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from carrel.errors import Exit, catalogue
from carrel.policy import faults
from carrel.policy.grammar import PolicyBody
from carrel.policy.parse import parse_policy
from carrel.policy.record_grammar import LoansRule, Retention
from carrel.policy.resolve import resolve

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
TESTS = "".join(
    path.read_text(encoding="utf-8")
    for path in [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests" / "integration" / "test_policy_cli.py"]
    if path != Path(__file__)
)
CODES = [condition.code for condition in vars(faults).values() if hasattr(condition, "code")]


def test_the_example_of_the_page_is_one_sound_policy() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    document = parse_policy("\n".join(blocks).replace("adopts: [city.yaml]", ""), "policy.md")
    rules = resolve(document).loan_schedule().rules
    assert [str(period.keep) for period in rules[0].periods] == ["30 days", "7 days"]


@pytest.mark.parametrize("code", CODES)
def test_each_fault_is_documented_and_provoked(code: str) -> None:
    assert f"| {code} |" in PAGE
    assert f'"{code}"' in TESTS
    assert next(condition.exit for condition in catalogue() if condition.code == code) is Exit.USAGE


@pytest.mark.parametrize("model", [LoansRule, Retention, PolicyBody])
def test_each_key_is_on_the_page(model) -> None:
    for field in model.model_fields.values():
        assert f"{field.alias}" in PAGE, field.alias
