"""The error reference and the code name the same conditions, and every one of them is provoked by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.fault_catalogue import conditions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([A-Z]{3}-\d{3}) \| (.+?) \| (\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = {row[1]: row for row in ROW.finditer(PAGE)}
# A test that only lists codes provokes nothing, so what checks the pages does not count.
LISTS = {"test_policy_docs.py"}
TESTS = "".join(
    path.read_text(encoding="utf-8")
    for path in (ROOT / "tests").rglob("*.py")
    if path.parent.name != "docs" and path.name not in LISTS
) + (ROOT / "tests" / "docs" / "test_provoked.py").read_text(encoding="utf-8")


def test_no_code_is_documented_that_does_not_exist() -> None:
    assert set(ROWS) == {condition.code for condition in conditions()}
    assert len(ROW.findall(PAGE)) == len(ROWS), "a code stands twice"


@pytest.mark.parametrize("condition", conditions(), ids=lambda one: one.code)
def test_each_code_stands_with_its_title_and_exit_code(condition) -> None:
    row = ROWS[condition.code]
    assert (row[2], int(row[3])) == (condition.title, int(condition.exit))


@pytest.mark.parametrize("condition", conditions(), ids=lambda one: one.code)
def test_each_code_is_provoked_by_a_test(condition) -> None:
    assert f'"{condition.code}"' in TESTS or f"'{condition.code}'" in TESTS


def test_other_pages_name_no_code_that_does_not_exist() -> None:
    known = {condition.code for condition in conditions()}
    chapters = {code[:4] for code in known}
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for code in re.findall(r"\b[A-Z]{3}-\d{3}\b", page.read_text(encoding="utf-8")):
            assert code in known or code[:4] not in chapters, f"{page.name}: {code}"
