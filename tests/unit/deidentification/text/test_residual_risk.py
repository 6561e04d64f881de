"""The bound for a text whose records are counted: what was read cannot leak unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from math import comb

import pytest

from carrel.deidentification.text.residual_risk import ResidualRisk, most_leaking
from carrel.systems.text.release_note import ReleaseNote
from carrel.systems.text.text_shape import TextShape


@pytest.mark.parametrize(("hits", "tries", "records"), [(0, 20, 60), (2, 20, 60), (0, 1, 5), (3, 59, 60), (0, 0, 7)])
def test_the_bound_is_the_exact_one_of_drawing_without_putting_back(hits: int, tries: int, records: int) -> None:
    def chance(leaking: int) -> float:
        found = sum(comb(leaking, one) * comb(records - leaking, tries - one) for one in range(min(hits, tries) + 1))
        return found / comb(records, tries)

    possible = range(hits, records - tries + hits + 1)
    assert most_leaking(hits, tries, records) == max(one for one in possible if one == hits or chance(one) > 0.05)


def test_of_a_text_that_was_read_whole_the_share_is_known() -> None:
    whole, leaking = ResidualRisk(4, 0, 0, records=4), ResidualRisk(50, 2, 3, records=50)
    assert (whole.bound, whole.is_low) == (0.0, True)
    assert (leaking.bound, leaking.is_low) == (0.04, False)
    assert not ResidualRisk(2, 0, 0, records=4).is_low


@pytest.mark.parametrize(("records", "wanted"), [(1, 1), (100, 78), (1_000, 238), (10_000_000, 299), (0, 299)])
def test_no_more_is_asked_for_than_is_needed(records: int, wanted: int) -> None:
    assert ResidualRisk(0, 0, 0, records=records).wanted == wanted
    assert ResidualRisk(wanted, 0, 0, records=records).is_low
    assert not ResidualRisk(wanted - 1, 0, 0, records=records).is_low


def test_a_note_counts_the_records_of_its_text() -> None:
    shape = TextShape("csv")
    note = ReleaseNote.of("0", datetime(2026, 1, 1, tzinfo=UTC), {"records": 3}, shape, 0.01)
    note.read = {1: 0, 2: 0, 3: 1}
    assert note.risk.bound == pytest.approx(1 / 3)
