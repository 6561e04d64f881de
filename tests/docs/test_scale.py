"""The page on scale: every figure that is derived follows from the measured ones by the formula that stands beside it."""

from __future__ import annotations

import ast
import operator
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")
]
_DOES = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
# A coefficient is `name` and its number; what is derived is `name = formula` and its number.
MEASURED = {row[0].strip("`"): float(row[1].replace(",", "")) for row in ROWS if re.fullmatch(r"`[a-z_]+`", row[0])}
DERIVED = [
    (found[1], found[2], float(row[1].replace(",", "")))
    for row in ROWS
    if (found := re.fullmatch(r"`([a-z_]+) = ([^`]+)`", row[0]))
]


def reckoned(formula: str, known: dict[str, float]) -> float:
    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant(float() | int() as number):
                return float(number)
            case ast.Name(name):
                return known[name]
            case ast.BinOp(left, how, right):
                return _DOES[type(how)](value(left), value(right))
            case _:
                raise ValueError(formula)

    return value(ast.parse(formula, mode="eval").body)


def test_there_is_something_to_reckon() -> None:
    assert len(MEASURED) >= 10
    assert len(DERIVED) >= 10
    assert len({name for name, _, _ in DERIVED} | set(MEASURED)) == len(DERIVED) + len(MEASURED)


@pytest.mark.parametrize("place", range(len(DERIVED)), ids=[name for name, _, _ in DERIVED])
def test_a_derived_figure_follows_from_those_above_it(place: int) -> None:
    name, formula, told = DERIVED[place]
    known = MEASURED | {other: number for other, _, number in DERIVED[:place]}
    found = reckoned(formula, known)
    assert told == pytest.approx(found, rel=0.02), (name, formula, found)


def test_every_coefficient_is_used() -> None:
    words = set(re.findall(r"[a-z_]+", " ".join(formula for _, formula, _ in DERIVED)))
    assert set(MEASURED) - words == set()
