"""The codes of a telephone, by the vectors of RFC 6238 and RFC 4226, and each only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.inventory.time_code import SECONDS, address, code, fitting, step_of, written

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "said"), [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
])  # fmt: skip
def test_the_vectors_of_rfc_6238(seconds: int, said: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code(SECRET, step_of(at), 8) == said
    assert fitting(SECRET, said[2:], at, 0) == step_of(at)


def test_the_vectors_of_rfc_4226() -> None:
    said = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert [code(SECRET, step) for step in range(10)] == said


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_code_counts_a_step_aside_and_never_again(aside: int, used: int) -> None:
    now = step_of(NOW)
    found = fitting(SECRET, code(SECRET, now + aside), NOW, now + used)
    assert found == (now + aside if abs(aside) <= 1 and aside > used else None)


@given(st.text(max_size=12))
def test_anything_else_is_no_code(said: str) -> None:
    right = {code(SECRET, step_of(NOW) + aside) for aside in (-1, 0, 1)}
    assert (fitting(SECRET, said, NOW, 0) is not None) == ("".join(said.split()) in right)


def test_blanks_do_not_count_and_other_digits_do() -> None:
    said = code(SECRET, step_of(NOW))
    assert fitting(SECRET, f" {said[:3]} {said[3:]}\n", NOW, 0) == step_of(NOW)
    arabic = said.translate({ord("0") + one: 0x0660 + one for one in range(10)})
    assert fitting(SECRET, arabic, NOW, 0) is None
    assert fitting(SECRET, said, NOW + timedelta(seconds=2 * SECONDS), 0) is None


def test_the_seed_is_written_for_people_and_for_programs() -> None:
    assert written(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    told = address(SECRET, "Ada & Ben", "Elm: a/b?")
    assert told.startswith("otpauth://totp/Elm%3A%20a%2Fb%3F:Ada%20%26%20Ben?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&")
