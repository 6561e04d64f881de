"""The health files are replaced as a whole."""

import json
import threading
from datetime import UTC, datetime

import pytest

from carrel.accountability.health import Health, SystemHealth
from carrel.systems.durable_file import replace_file
from carrel.systems.health_files import write_health

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def health(overdue):
    return Health(NOW, (SystemHealth("koha", NOW, overdue),))


def test_both_files_are_written_into_a_new_folder(tmp_path):
    json_file, prometheus_file = write_health(tmp_path / "state" / "health", health(0))
    assert json.loads(json_file.read_text())["state"] == "ok"
    assert 'carrel_overdue_rows{system="koha"} 0\n' in prometheus_file.read_text()
    assert sorted(path.name for path in json_file.parent.iterdir()) == ["carrel.prom", "health.json"]


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, _ = write_health(tmp_path, health(0))
    seen, stop = set(), threading.Event()

    def read():
        while not stop.is_set():
            seen.add(json.loads(path.read_text())["overdue_rows"])

    reader = threading.Thread(target=read)
    reader.start()
    for count in range(40):
        write_health(tmp_path, health(count))
    stop.set()
    reader.join()
    assert seen
    assert seen <= set(range(40))


def test_a_failed_write_leaves_the_old_file_and_no_scrap(tmp_path):
    path = tmp_path / "health.json"
    replace_file(path, "old")
    with pytest.raises(UnicodeEncodeError):
        replace_file(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
