"""No value of a CSV file is taken for a formula, whatever stands unseen in front of it."""

from __future__ import annotations

import io

import pytest

from carrel.inventory.csv_writing import harmless
from carrel.systems.consent.contact_file import ContactFile, plain


@pytest.mark.parametrize("front", ["", " ", "\u00a0", "\u200b", "\ufeff", " \u200b ", "\u202e", "\u3000", "\x1f"])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "|", "%", "\uff1d"])
def test_a_formula_is_told_as_text(front: str, sign: str) -> None:
    value = f"{front}{sign}1+1"
    assert harmless(value) == plain(value) == f"'{value}"
    written = io.StringIO()
    ContactFile(written).rows([["Ann", "Bo"], [value, "x"]])
    assert written.getvalue().splitlines()[0] == f"Ann,'{value}"


@pytest.mark.parametrize("value", ["", " ", " a=b", "Ann", "\u200bAnn", " 1-2", "\u0625=1"])
def test_anything_else_stays(value: str) -> None:
    assert harmless(value) == value
