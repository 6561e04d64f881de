"""One person of Evergreen's sample, erased from every table, and nobody else."""

from __future__ import annotations

import pytest

from tests.integration.evergreen import person_site

DONE = ("verified", "applied, residue until")


@pytest.fixture
def site(evergreen, tmp_path, monkeypatch):
    monkeypatch.setattr(person_site.map_files, "_FOLDER", person_site.map_files._FOLDER)
    person_site.use_maps(person_site.proved_maps(tmp_path / "maps"))
    yield person_site.make(tmp_path / "site", evergreen)
    person_site.map_files._shipped.cache_clear()


def test_erase(site):
    canary = site.koha.sample.canaries[1]
    card = site.koha.one("SELECT min(barcode) FROM actor.card WHERE usr = :usr", usr=canary.usr)
    place = site.folder / "erase.json"
    before = site.rows()
    site.ok("plan", "--erase", site.card(card), "--as", "Cal Example", "--out", place)
    site.approve(place)
    answer = site.run("apply", place)
    print(answer.text)
    after = site.rows()
    for name in before:
        lost = [r for r in before[name] if r not in set(after[name])]
        new = [r for r in after[name] if r not in set(before[name])]
        if lost or new:
            print("==", name); print("  -", "\n  - ".join(lost)); print("  +", "\n  + ".join(new))
    assert 0
