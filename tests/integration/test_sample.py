"""The sample library on real databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.conftest import Koha


def test_counts_are_what_the_database_holds(koha: Koha) -> None:
    for table, count in koha.sample.counts.items():
        assert koha.rows(f"SELECT count(*) FROM {table}") == [(count,)], table
