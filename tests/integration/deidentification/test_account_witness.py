"""An account of privacy that a site knows: two at once never overspend it, not even from two copies of its file."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from carrel.cli.account_witness import SiteWitness
from carrel.cli.at_site import open_site
from carrel.cli.store_place import open_store
from carrel.deidentification.statistics.budget import Spending
from carrel.errors import CarrelError
from carrel.systems.analytics.budget_account import BudgetAccount
from tests.docs import sample_site

BUDGET, EACH = Spending(Decimal(1), Decimal(0)), Spending(Decimal("0.3"), Decimal(0))


@pytest.fixture
def witness(tmp_path: Path) -> SiteWitness:
    made = SiteWitness(open_site(sample_site.make(tmp_path)))
    with open_store(made.site):
        return made


def spend(place: Path, witness: SiteWitness | None) -> str:
    try:
        BudgetAccount(place, witness).spend("loans", BUDGET, EACH, datetime.now(UTC))
    except CarrelError as wrong:
        return wrong.code
    return "spent"


@pytest.mark.parametrize("known", [True, False])
def test_runs_at_once_never_overspend(tmp_path: Path, witness: SiteWitness, known: bool) -> None:
    place, seen = tmp_path / "account", witness if known else None
    with ThreadPoolExecutor(6) as pool:
        told = sorted(pool.map(lambda _: spend(place, seen), range(6)))
    assert told == ["STC-016"] * 3 + ["spent"] * 3
    assert len(place.read_text().splitlines()) == 3


def test_two_copies_are_one_account(tmp_path: Path, witness: SiteWitness) -> None:
    first, copy = tmp_path / "account", tmp_path / "copy"
    assert spend(first, witness) == "spent"
    shutil.copy(first, copy)
    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(lambda place: spend(place, witness), (first, copy)))
    assert told == ["STC-018", "spent"]


def test_a_kill_between_file_and_site_leaves_it_spent_once(
    tmp_path: Path, witness: SiteWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "account"
    with monkeypatch.context() as patch:
        patch.setattr(SiteWitness, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            spend(place, witness)
    assert spend(place, witness) == "spent"
    assert len(place.read_text().splitlines()) == 2
    place.write_text(place.read_text().splitlines(keepends=True)[0])
    assert spend(place, witness) == "STC-018"
