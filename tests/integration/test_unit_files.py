"""The systemd units: complete, hardened, and accepted by systemd itself."""

import configparser
import shutil
import subprocess
from datetime import time
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.systems.unit_files import units

HARDENING = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "UMask": "0077", "ProtectHome": "read-only",
    "RestrictSUIDSGID": "yes", "MemoryDenyWriteExecute": "yes", "CapabilityBoundingSet": "", "LimitCORE": "0",
}  # fmt: skip


def parsed(text):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return parser


def made(**options):
    return units(Path("/srv/carrel"), Path("/usr/bin/carrel"), **options)


def test_the_service_is_hardened_and_writes_only_where_it_must():
    service = parsed(made(writable=[Path("/mnt/copy")])["carrel.service"])["Service"]
    assert {name: service[name] for name in HARDENING} == HARDENING
    assert service["ReadWritePaths"] == "/srv/carrel -/mnt/copy"
    assert service["ExecStart"] == "/usr/bin/carrel run-due --site /srv/carrel"
    assert service["SuccessExitStatus"] == "6"


def test_the_timer_makes_up_for_a_night_that_was_missed():
    timer = parsed(made(at=time(1, 15))["carrel.timer"])["Timer"]
    assert (timer["OnCalendar"], timer["Persistent"]) == ("*-*-* 01:15:00", "yes")


@pytest.mark.parametrize("path", ["relative", "/srv/a b", "/srv/%h", "/srv/a\nUser=root", '/srv/"x'])
def test_a_path_that_systemd_would_read_otherwise_is_refused(path):
    with pytest.raises(CarrelError) as wrong:
        units(Path(path), Path("/usr/bin/carrel"))
    assert wrong.value.code == "ACC-001"


def test_systemd_accepts_them(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    command = tmp_path / "carrel"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    for name, text in units(tmp_path, command, user="root").items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", str(tmp_path / "carrel.service"), str(tmp_path / "carrel.timer")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "carrel." in line]
    assert ours == []


def test_the_command_prints_them(koha_sqlite, tmp_path):
    from tests.integration import nightly_site

    site = nightly_site.make(tmp_path, koha_sqlite, more="outside_copies:\n  - folder: /mnt/copy\n")
    found = site.ok("run-due", "--print-units")["units"]
    assert sorted(found) == ["carrel.service", "carrel.timer"]
    assert f"ReadWritePaths={tmp_path} -/mnt/copy" in found["carrel.service"]
    assert not (tmp_path / "carrel.sqlite3").exists()
