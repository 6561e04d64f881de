from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from carrel.errors import CarrelError, Exit
from carrel.store import tables
from carrel.store.moment import Moment
from carrel.store.store import FILE, Store


def test_a_store_is_one_private_file_in_the_site_folder(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert store.folder == tmp_path
        store.signals.stop("Ada", datetime.now(UTC))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir() if path.is_file()}
    assert FILE in modes
    assert set(modes.values()) == {0o600}


def test_a_file_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / FILE).touch(mode=0o644)
    Store.open(tmp_path).close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_the_migrations_make_the_tables_that_the_code_reads(store: Store) -> None:
    with store._database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_the_first_shape_can_be_written_for_a_server_too() -> None:
    from io import StringIO

    from alembic.migration import MigrationContext as Context
    from alembic.operations import Operations

    from carrel.store.migrations.versions import (
        circulation,
        custody,
        erasures,
        initial,
        lasting_residues,
        open_joins,
        owed_leaves,
        person_cases,
    )  # fmt: skip

    out = StringIO()
    context = Context.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out})
    with Operations.context(context):
        initial.upgrade()
        owed_leaves.upgrade()
        lasting_residues.upgrade()
        open_joins.upgrade()
        circulation.upgrade()
        erasures.upgrade()
        person_cases.upgrade()
        custody.upgrade()
    written = out.getvalue()
    assert written.count("CREATE TABLE") == len(tables.metadata.tables)
    assert '"left" JSON' in written  # a reserved word there


def test_a_store_of_the_first_shape_is_brought_up_and_keeps_what_it_holds(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.signals.stop("Ada", datetime.now(UTC), "inventory")
    with sqlite3.connect(tmp_path / FILE) as raw:
        raw.execute("DROP TABLE owed_leaf")
        later = ("open_join", "erasure", "person_case", "custody", "circulation", "loan_in_flight", "loan_counted")
        for table in (*later, "circulation_told"):
            raw.execute(f"DROP TABLE {table}")
        raw.execute("ALTER TABLE residue DROP COLUMN lasting")
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
    raw.close()
    with Store.open(tmp_path) as store:
        assert store.signals.stopped() is not None
        assert store.owed.count() == 0
        with store._database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.signals.stop("Ada", datetime.now(UTC), "inventory")
    with Store.open(tmp_path) as store:
        assert store.signals.stopped() is not None


def test_a_store_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(CarrelError) as refused:
        Store.open(tmp_path)
    assert refused.value.code == "STO-002"
    assert refused.value.exit is Exit.REFUSED
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_that_is_no_store_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"card 23529000035676, Henry Acevedo" * 100)
    with pytest.raises(CarrelError) as refused:
        Store.open(tmp_path)
    assert refused.value.code == "STO-001"
    assert "Acevedo" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file, not a folder")
    with pytest.raises(CarrelError) as refused:
        Store.open(tmp_path / "site" / FILE)
    assert refused.value.code == "STO-001"


def test_a_store_on_a_server_needs_its_driver_and_a_folder_and_keeps_its_password(tmp_path: Path) -> None:
    url = "postgresql+pg8000://carrel:correct-horse@db.example/carrel"
    for folder, wanted in ((None, "a folder"), (tmp_path, "the Python package pg8000")):
        with pytest.raises(CarrelError) as refused:
            Store.open(url, folder)
        assert refused.value.code == "STO-001"
        assert wanted in str(refused.value)
        assert "correct-horse" not in str(refused.value)


def test_a_writer_that_waits_too_long_is_told(store: Store) -> None:
    place = store.folder / FILE
    raw = sqlite3.connect(place, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with Store.open(place, patience=timedelta(milliseconds=20)) as other, pytest.raises(CarrelError) as busy:
        other.signals.clear()
    raw.execute("ROLLBACK")
    raw.close()
    assert busy.value.code == "STO-003"


def test_times_are_aware_and_come_back_as_they_went_in() -> None:
    moment = Moment()
    with pytest.raises(ValueError, match="aware"):
        moment.process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001  (naive on purpose)
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 7, UTC)
    texts = [moment.process_bind_param(one, None) for one in (early, late)]  # type: ignore[arg-type]
    assert texts == sorted(texts)  # type: ignore[type-var]
    assert moment.process_result_value(texts[1], None) == late  # type: ignore[arg-type]
