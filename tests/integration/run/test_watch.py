"""The sweep around a run also follows loans that the product's own batch had parted before Carrel came."""

from __future__ import annotations

from random import Random

import pytest

from carrel.cli.watch import Watch
from carrel.retention.ports import StrayPosition
from carrel.systems.sample.koha_habits import koha_anonymise
from carrel.systems.sql import live
from tests.integration.conftest import AS_OF, Koha
from tests.integration.run.library import Library
from tests.integration.sweep_rig import Rig


def anonymised(koha: Koha) -> Rig:
    """Koha's batch has run on older loans; the younger half waits for Carrel."""
    rig = Rig(koha)
    older = rig.life.older_than.replace(year=rig.life.older_than.year - 1)
    with rig.engine.connect() as connection:
        assert koha_anonymise(connection, older) > 500
    return rig


@pytest.mark.slow
def test_a_run_that_comes_to_all_draws_rebuilt_pairs(koha: Koha) -> None:
    rig = anonymised(koha)
    with rig.engine.connect() as connection:
        schema = live.read(connection, rig.map)
    loans = rig.loans()
    with loans.session():
        before = Watch(loans, schema, AS_OF)
        before.draw(rig.life, 120, None)
        # Nothing is cut: those that still name somebody are left alone, and what stays was rebuilt.
        report = before.look(schema, rig.life)
        assert 30 <= report.pairs <= 60
        assert report.led_back == report.pairs
        staged = Watch(loans, schema, AS_OF)
        staged.draw(rig.life, 120, 400)
        assert staged.look(schema, rig.life).pairs == 0
        watch = Watch(loans, schema, AS_OF)
        watch.draw(rig.life, 120, None)
        position = None
        while (step := loans.cut_chunk(rig.life, AS_OF, position, 5_000, lambda *_: None)) is not None:
            position = step[0]
        for name in loans.path_names():
            after = StrayPosition(name, -1)
            while (stray := loans.cut_strays(rig.life, AS_OF, after, 5_000, lambda *_: None)) is not None:
                after = stray[0]
        report = watch.look(schema, rig.life)
    assert report.pairs == 120
    assert [(a.kind, a.name, a.table, a.hits) for a in report.failing] == []


@pytest.mark.slow
def test_a_library_that_anonymised_by_itself_ends_clean(elm_sqlite: Library) -> None:
    rig = anonymised(elm_sqlite.koha)
    for _ in range(6):
        run = elm_sqlite.ok("apply", elm_sqlite.approved())["run"]
        assert run["sweep"]["led_back"] == 0
        if run["complete"]:
            break
    assert run["complete"]
    with rig.engine.connect() as connection:
        found = rig.sweep(connection).draw(200, Random(1))
    assert found.rebuilt == 0
