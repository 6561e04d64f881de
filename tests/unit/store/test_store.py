from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from carrel.errors import CarrelError, Exit
from carrel.store import gate, tables
from carrel.store.moment import FORM, Moment
from carrel.store.store import FILE, Store
from tests.store_place import StorePlace


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


def test_a_store_of_the_first_shape_is_brought_up_and_keeps_what_it_holds(no_store_yet: StorePlace) -> None:
    with no_store_yet.open() as store:
        store.signals.stop("Ada", datetime.now(UTC), "inventory")
    first = {"clock", "plan", "approval", "lease", "run", "chunk", "keeping", "keeping_subject", "night_count"}
    first |= {"sweep", "residue", "signal", "night"}
    for table in tables.metadata.tables.keys() - first:
        no_store_yet.rows(f"DROP TABLE {table}")
    later = (("run", "server"), ("run", "moved"), ("run", "schema_changes"), ("residue", "lasting"), ("chunk", "job"))
    for table, column in later:
        no_store_yet.rows(f"ALTER TABLE {table} DROP COLUMN {column}")
    no_store_yet.rows(
        "CREATE TABLE gate (system VARCHAR PRIMARY KEY, owner VARCHAR, generation INTEGER NOT NULL, "
        "entered_at VARCHAR(27) NOT NULL, expires_at VARCHAR(27) NOT NULL)"
    )
    begun, over = (f"{datetime.now(UTC) + timedelta(minutes=n):{FORM}}" for n in (0, 5))
    no_store_yet.rows(
        f"INSERT INTO gate VALUES ('koha', 'another/host/1/1', 4, '{begun}', '{over}'), ('old', NULL, 9, '', '')"
    )
    no_store_yet.rows("UPDATE alembic_version SET version_num = '0001'")
    (no_store_yet.folder / "store.mark").unlink(missing_ok=True)  # which the first shape had not
    with no_store_yet.open() as store:
        assert store.signals.stopped() is not None
        assert store.owed.count() == 0
        with store._database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
            (inside,) = gate.inside(connection, "koha", datetime.now(UTC))  # a chunk of the older program
            assert (inside.owner, inside.job) == ("another/host/1/1", None)
            assert gate.inside(connection, "old", datetime.now(UTC)) == ()


def test_opening_again_keeps_what_is_there(store_place: StorePlace) -> None:
    with store_place.open() as store:
        store.signals.stop("Ada", datetime.now(UTC), "inventory")
    with store_place.open() as store:
        assert store.signals.stopped() is not None


def test_a_store_of_a_newer_program_is_refused_and_left_alone(no_store_yet: StorePlace) -> None:
    no_store_yet.open().close()
    no_store_yet.rows("UPDATE alembic_version SET version_num = '9999'")
    before = shape(no_store_yet)
    with pytest.raises(CarrelError) as refused:
        no_store_yet.open()
    assert refused.value.code == "STO-002"
    assert refused.value.exit is Exit.REFUSED
    assert shape(no_store_yet) == before


def shape(place: StorePlace) -> object:
    """Everything that is in a store that nobody has used."""
    if place.is_file:
        return (place.folder / FILE).read_bytes()
    columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = "
    return place.rows(f"{columns} '{place.schema}' ORDER BY 1, 2"), place.rows("SELECT * FROM owner_mark")


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


def test_a_writer_that_waits_too_long_is_told(store_place: StorePlace) -> None:
    with store_place.open() as one, store_place.open(patience=timedelta(milliseconds=20)) as other:
        with one._database.writing(), pytest.raises(CarrelError) as busy:
            other.signals.clear()
        assert busy.value.code == "STO-003"
        assert not other.signals.clear()


def test_times_are_aware_and_come_back_as_they_went_in() -> None:
    moment = Moment()
    with pytest.raises(ValueError, match="aware"):
        moment.process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001  (naive on purpose)
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 7, UTC)
    texts = [moment.process_bind_param(one, None) for one in (early, late)]  # type: ignore[arg-type]
    assert texts == sorted(texts)  # type: ignore[type-var]
    assert moment.process_result_value(texts[1], None) == late  # type: ignore[arg-type]
