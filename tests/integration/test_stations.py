"""Public computers end to end: the probe as a machine runs it, on homes of Linux and Windows, into a drop that is read."""

from __future__ import annotations

import ast
import json
import os
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.systems import station_probe
from tests.docs import sample_site

MORE = """\
stations:
  drop: ./drop
  groups:
    - {name: hall, machines: [pc-1, pc-2]}
"""
NOW = time.time()
BOOT = NOW - 3600


def carrel(capsys, *words: object) -> tuple[int, dict]:
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    out, err = capsys.readouterr()
    return int(str(left.value.code)), json.loads(out or err)


@pytest.fixture
def site(tmp_path, capsys) -> Path:
    (tmp_path / "site").mkdir()
    folder = sample_site.make(tmp_path / "site", MORE)
    (folder / "drop").mkdir()
    for machine in ("pc-1", "pc-2"):
        assert carrel(capsys, "station", "key", machine, "--out", tmp_path / f"{machine}.key", "--site", folder)[0] == 0
    assert carrel(capsys, "station", "probe", "--out", tmp_path / "probe.py")[0] == 0
    return folder


def machine(root: Path) -> Path:
    """A machine that nobody has used: as Linux lays it out."""
    for name in ("home/guest/Downloads", "home/guest/Desktop", "var/log", "tmp", "proc"):
        (root / name).mkdir(parents=True)
    (root / "proc/stat").write_text(f"cpu 0\nbtime {int(BOOT)}\n")
    (root / "home/guest/Desktop/catalogue.desktop").write_text("[Desktop Entry]\n")
    (root / "home/Guest's [odd]").mkdir()
    return root


def probed(
    site: Path, root: Path, name: str = "pc-1", moment: str = "session-end", *more: str
) -> subprocess.CompletedProcess:
    """As a machine runs it: the bare file, no package beside it."""
    words = ["--machine", name, "--key", str(site.parent / f"{name}.key"), "--moment", moment, "--root", str(root)]
    return subprocess.run(
        [sys.executable, "-I", "-S", str(site.parent / "probe.py"), *words, "--drop", str(site / "drop"), *more],
        capture_output=True, check=False, text=True,
    )  # fmt: skip


def listed(capsys, site: Path) -> tuple[int, dict[str, dict]]:
    code, told = carrel(capsys, "station", "list", "--site", site)
    return code, {one["machine"]: one for one in told["machines"]}


def used_by_firefox(root: Path) -> None:
    profile = root / "home/guest/.mozilla/firefox/abc.default"
    profile.mkdir(parents=True)
    with sqlite3.connect(profile / "places.sqlite") as places:
        places.execute("CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, visit_date INTEGER)")
        places.executemany(
            "INSERT INTO moz_historyvisits (visit_date) VALUES (?)",
            [((time.time() - 9000) * 1e6,), (time.time() * 1e6,)],
        )
    places.close()


def fingerprint(root: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in sorted(root.rglob("*")):
        known = path.lstat()
        text = path.read_bytes() if stat.S_ISREG(known.st_mode) else b""
        found[str(path)] = (known.st_mode, known.st_mtime_ns, text)
    return found


def test_a_disk_that_is_mounted_elsewhere_and_a_wrong_file_is_named(site, tmp_path) -> None:
    root = machine(tmp_path / "disk")
    (root / "proc/stat").unlink()
    (root / "proc").rmdir()
    done = probed(site, root)
    assert (done.returncode, done.stderr) == (0, "")
    for option, file in (("--key", tmp_path / "none.key"), ("--drop", tmp_path / "none")):
        done = probed(site, root, "pc-1", "boot", option, str(file))
        assert done.returncode == 2
        assert option in done.stderr


def test_a_clean_machine_a_survivor_and_a_silent_one(site, tmp_path, capsys) -> None:
    root = machine(tmp_path / "pc")
    assert probed(site, root).returncode == 0
    code, found = listed(capsys, site)
    assert (code, found["pc-1"]["standing"], found["pc-2"]["standing"]) == (3, "clean", "silent")
    assert probed(site, root, "pc-2", "boot").returncode == 0
    assert listed(capsys, site)[0] == 0

    used_by_firefox(root)
    before = fingerprint(root)
    assert probed(site, root).returncode == 0
    assert fingerprint(root) == before  # it changed nothing, not even a time
    code, found = listed(capsys, site)
    assert (code, found["pc-1"]["standing"], found["pc-1"]["survived"]) == (3, "left behind", ["browser history"])
    assert "2, the oldest 2 hours" in found["pc-1"]["says"]

    code, told = carrel(capsys, "check", "--system", "koha", "--site", site)
    (line,) = [one for one in told["checks"] if one["name"] == "public computers"]
    assert (code, line["state"], line["detail"]) == (3, "finding", "1 left behind")
    _, told = carrel(capsys, "audit", "--system", "koha", "--site", site)
    (clause,) = [one for one in told["clauses"] if one["clause"] == "MITL-2.9"]
    assert clause["standing"] == "finding"
    assert clause["evidence"]["measured"]["with something left behind"] == 1


def test_nothing_of_a_name_a_place_or_a_minute_leaves_the_machine(site, tmp_path) -> None:
    root = machine(tmp_path / "pc")
    used_by_firefox(root)
    (root / "home/guest/Downloads/divorce-lawyer.pdf").write_text("x")
    assert probed(site, root).returncode == 0
    (left,) = (site / "drop").iterdir()
    text = left.read_text()
    assert not [
        word for word in ("guest", "divorce", "firefox", "abc.default", "places", str(tmp_path)) if word in text
    ]
    assert time.strftime("%Y-%m-%dT%HZ", time.gmtime(NOW))[:-3] in text
    assert left.name.split(".")[1].isdigit() and len(left.name.split(".")[1]) == 10  # year, month, day, hour


def test_every_kind_of_trace_is_found_on_linux_and_on_windows(tmp_path) -> None:
    old = NOW - 7200

    def put(path: Path, content: bytes = b"x") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (old, old))

    def rows(path: Path, table: str, column: str, value: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as database:
            database.execute(f"CREATE TABLE {table} ({column} INTEGER)")
            database.execute(f"INSERT INTO {table} VALUES (?)", (int(value),))
        database.close()

    since_1601 = (old + 11_644_473_600) * 1e6
    logins = json.dumps({"logins": [{"timeCreated": old * 1000, "hostname": "https://bank.example"}]}).encode()
    evtx = bytearray(4096 + 65536)
    evtx[:8], evtx[4096:4104], evtx[4608:4612] = b"ElfFile\0", b"ElfChnk\0", b"**\0\0"
    struct.pack_into("<Q", evtx, 4624, int((old + 11_644_473_600) * 1e7))
    roots = {"linux": tmp_path / "linux", "windows": tmp_path / "windows"}
    chrome = {
        "linux": "home/u/.config/google-chrome/Default",
        "windows": "Users/u/AppData/Local/Google/Chrome/User Data/Default",
    }
    fox = {"linux": "home/u/.mozilla/firefox/p", "windows": "Users/u/AppData/Roaming/Mozilla/Firefox/Profiles/p"}
    cache = {"linux": "home/u/.cache/google-chrome/Default/Cache/Cache_Data/f_1",
             "windows": "Users/u/AppData/Local/Google/Chrome/User Data/Default/Cache/Cache_Data/f_1"}  # fmt: skip
    for system, root in roots.items():
        profile, firefox = root / chrome[system], root / fox[system]
        rows(profile / "History", "visits", "visit_time", since_1601)
        rows(profile / "Network/Cookies", "cookies", "creation_utc", since_1601)
        rows(profile / "Web Data", "autofill", "date_created", old)
        rows(profile / "Login Data", "logins", "date_created", since_1601)
        put(profile / "Sessions/Session_1")
        rows(profile / "Favicons", "icon_mapping", "icon_id", 7)
        os.utime(profile / "Favicons", (old, old))
        rows(firefox / "cookies.sqlite", "moz_cookies", "creationTime", old * 1e6)
        rows(firefox / "formhistory.sqlite", "moz_formhistory", "firstUsed", old * 1e6)
        put(firefox / "logins.json", logins)
        put(root / cache[system])
        home = root / ("home/u" if system == "linux" else "Users/u")
        put(home / "Downloads/a.pdf")
        put(home / "Documents/sub/b.odt")
        put(home / "Desktop/desktop.ini")
    linux, windows = roots["linux"], roots["windows"]
    put(linux / "home/u/.local/share/recently-used.xbel", b'<bookmark href="x" added="2026-11-01T10:00:00Z">\n')
    put(linux / "home/u/.local/share/Trash/files/c")
    put(linux / "home/u/.bash_history", b"ls\n")
    put(linux / "tmp/left")
    os.chown(linux / "tmp/left", 1000, 1000) if os.geteuid() == 0 else None
    put(linux / "var/spool/cups/d00017-001")
    put(linux / "var/log/auth.log", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(old)).encode() + b" host sshd: x\n")
    put(windows / "Users/u/AppData/Roaming/Microsoft/Windows/Recent/a.lnk")
    put(windows / "$Recycle.Bin/S-1-5/$RABC.pdf")
    put(windows / "Users/u/AppData/Local/Temp/t.tmp")
    put(windows / "Users/u/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt")
    put(windows / "Windows/System32/spool/PRINTERS/00002.SPL")
    put(windows / "Windows/System32/winevt/Logs/Security.evtx", bytes(evtx))
    for system, root in roots.items():
        found = station_probe.Probe(root, system, BOOT).look()
        assert {name: tally.unread for name, tally in found.items() if tally.unread} == {}
        missing = {name for name, tally in found.items() if not tally.count}
        assert missing <= ({"temporary files"} if os.geteuid() else set()), system
        two = {"cookies", "form entries", "saved passwords", "downloads"}
        assert all(found[name].count == (1 if name == "downloads" else 2) for name in two)
        for name, tally in found.items():
            if tally.count and not (name == "recent files" and system == "linux"):
                assert tally.first is not None and abs(tally.first - old) < 2, (system, name)
        spared = station_probe.Probe(root, system, BOOT, ["U"]).look()
        assert spared["cookies"].count == 0


def test_what_cannot_be_read_is_told_and_a_link_is_not_followed(site, tmp_path, capsys) -> None:
    root = machine(tmp_path / "pc")
    profile = root / "home/guest/.mozilla/firefox/p"
    profile.mkdir(parents=True)
    (profile / "places.sqlite").write_bytes(b"no database at all" * 100)
    (profile / "logins.json").write_text("[]")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "big").write_text("x")
    (root / "home/guest/Documents").symlink_to(outside)
    (root / "home/linked").symlink_to(outside)
    assert probed(site, root).returncode == 0
    _, found = listed(capsys, site)
    assert found["pc-1"]["standing"] == "cannot tell"
    assert "browser history" in found["pc-1"]["says"] and "saved passwords" in found["pc-1"]["says"]
    shutil.rmtree(root / "home")
    assert probed(site, root, "pc-2").returncode == 0
    assert listed(capsys, site)[1]["pc-2"]["standing"] == "cannot tell"


def test_a_database_with_a_journal_beside_it_is_at_least_what_it_holds(tmp_path) -> None:
    root = machine(tmp_path / "pc")
    profile = root / "home/guest/.config/chromium/Default"
    profile.mkdir(parents=True)
    database = sqlite3.connect(profile / "History")
    database.execute("PRAGMA journal_mode=wal")
    database.execute("CREATE TABLE visits (visit_time INTEGER)")
    database.execute("PRAGMA wal_checkpoint(truncate)")
    database.execute("INSERT INTO visits VALUES (1)")
    database.commit()
    try:
        found = station_probe.Probe(root, "linux", BOOT).look()["browser history"]
    finally:
        database.close()
    assert (found.count, found.at_least) == (0, True)  # told as not wholly read


def test_a_report_is_left_whole_or_not_at_all_and_a_loose_key_is_refused(site, tmp_path) -> None:
    root = machine(tmp_path / "pc")
    gone = probed(site, root, "pc-1", "boot", "--drop", str(tmp_path / "nowhere"))
    assert (gone.returncode, "no report was left" in gone.stderr) == (2, True)
    (tmp_path / "pc-1.key").chmod(0o644)
    loose = probed(site, root)
    assert (loose.returncode, "chmod 600" in loose.stderr) == (2, True)
    assert list((site / "drop").iterdir()) == []


def test_what_else_lies_in_the_drop_is_counted_and_does_no_more(site, tmp_path, capsys) -> None:
    root, drop = machine(tmp_path / "pc"), site / "drop"
    assert probed(site, root).returncode == probed(site, root, "pc-2").returncode == 0
    one, two = sorted(drop.iterdir())
    (drop / "copy.report").write_bytes(one.read_bytes().replace(b"pc-1", b"pc-2"))
    (drop / "altered.report").write_bytes(two.read_bytes().replace(b'"count":0', b'"count":7', 1))
    (drop / "other.report").write_bytes(b'{"machine": "pc-9"}\nhmac-sha256 00\n')
    (drop / "big.report").write_bytes(b"[" * 2_000_000)
    (drop / "link.report").symlink_to(site / "carrel.yaml")
    (drop / "folder.report").mkdir()
    os.mkfifo(drop / "pipe.report")
    (drop / "notes.txt").write_text("not looked at")
    code, told = carrel(capsys, "station", "list", "--site", site)
    assert (code, told["refused"], told["strange"]) == (3, {"STA-001": 2}, 5)
    with pytest.raises(SystemExit):
        main(["station", "list", "--site", str(site)])
    shown = capsys.readouterr().out
    assert "machine's own" in shown
    assert "5 files in the drop are no report" in shown
    assert {one["standing"] for one in told["machines"]} == {"clean"}
    kept = sorted(path.name for path in drop.iterdir())
    assert carrel(capsys, "station", "tidy", "--site", site) == (0, {"format_version": 1, "deleted": 0})
    assert sorted(path.name for path in drop.iterdir()) == kept


def test_only_old_reports_that_a_machine_signed_are_deleted(site, capsys) -> None:
    secret = (site / "stations/pc-1.key").read_text().strip()
    clean = {name: station_probe.Tally() for name in ("cookies",)}
    for days in (36, 34):
        body = station_probe.report("pc-1", "boot", clean, NOW - days * 86_400)
        (site / "drop" / f"{days}.report").write_bytes(station_probe.signed(body, secret))
    (site / "drop/forged.report").write_bytes(station_probe.signed(station_probe.report("pc-1", "boot", clean, 0), "x"))
    assert carrel(capsys, "station", "tidy", "--site", site)[1]["deleted"] == 1
    assert sorted(path.name for path in (site / "drop").iterdir()) == ["34.report", "forged.report"]


def test_a_secret_is_not_replaced_by_accident_and_its_files_are_the_owners(site, tmp_path, capsys) -> None:
    before = (site / "stations/pc-1.key").read_bytes()
    assert stat.S_IMODE((site / "stations/pc-1.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pc-1.key").stat().st_mode) == 0o600
    code, told = carrel(capsys, "station", "key", "pc-1", "--out", tmp_path / "again", "--site", site)
    assert (code, told["errors"][0]["code"]) == (4, "STA-005")
    assert (site / "stations/pc-1.key").read_bytes() == before and not (tmp_path / "again").exists()
    code, told = carrel(capsys, "station", "key", "pc-9", "--out", tmp_path / "nine", "--site", site)
    assert (code, told["errors"][0]["code"]) == (2, "STA-004")
    assert carrel(capsys, "station", "key", "pc-1", "--replace", "--out", tmp_path / "new", "--site", site)[0] == 0
    assert (site / "stations/pc-1.key").read_bytes() == (tmp_path / "new").read_bytes() != before


def test_a_missing_secret_a_missing_drop_and_a_site_without_stations(site, tmp_path, capsys) -> None:
    (site / "stations/pc-2.key").chmod(0o644)  # others could read it: nothing signed with it is believed
    code, told = carrel(capsys, "station", "list", "--site", site)
    assert (code, told["without_secret"]) == (3, ["pc-2"])
    (site / "drop").rmdir()
    code, told = carrel(capsys, "station", "list", "--site", site)
    assert (code, told["errors"][0]["code"]) == (1, "STA-003")
    _, told = carrel(capsys, "check", "--system", "koha", "--site", site)
    assert [one["state"] for one in told["checks"] if one["name"] == "public computers"] == ["refused"]
    _, told = carrel(capsys, "audit", "--system", "koha", "--site", site)
    (clause,) = [one for one in told["clauses"] if one["clause"] == "MITL-2.9"]
    assert clause["standing"] == "cannot tell"
    (tmp_path / "bare").mkdir()
    bare = sample_site.make(tmp_path / "bare")
    code, told = carrel(capsys, "station", "list", "--site", bare)
    assert (code, told["errors"][0]["code"]) == (2, "STA-004")


def test_the_probe_is_written_for_the_oldest_python_that_it_names() -> None:
    source = Path(station_probe.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names
