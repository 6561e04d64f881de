"""Carrel's probe for public computers: what users left on this machine, in counts and ages, and nothing else.

One file, so that a machine needs nothing else: Python 3.8 or newer, Linux or Windows. It reads, and changes nothing on
the machine. Run it as an administrator or root at boot, at the end of each session, and once a day. No name of a file,
of a user or of a site stands in its report: for each kind of trace how many there are, how many hours old the oldest
is, and what could not be read. The report tells its time by the hour alone, so that it does not say when somebody left.

    python3 carrel_probe.py --machine reading-room-1 --key probe.key --drop /mnt/drop --moment boot
"""

from __future__ import annotations

import argparse
import ctypes
import glob
import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

HEAD = "carrel station report, version 1"
MOMENTS = ("boot", "session end", "daily")
MOST = 200_000  # of one kind; beyond it the count is told as "at least"
_MACHINE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_1601 = 11_644_473_600  # seconds from the beginning of Windows' calendar to that of Unix
_ORDINARY = 1000  # the first number of an ordinary user's account on Linux
_NO_USERS = frozenset({"default", "default user", "all users", "defaultapppool", "defaultaccount"})
_PLACED = re.compile(r"(?i)(desktop\.ini|thumbs\.db|\.directory|.*\.lnk|.*\.desktop|\.localized)")
_CHROMIUM = {
    "linux": (".config/google-chrome", ".config/chromium", ".config/microsoft-edge",
              ".config/BraveSoftware/Brave-Browser", "snap/chromium/common/chromium",
              ".var/app/org.chromium.Chromium/config/chromium"),
    "windows": ("AppData/Local/Google/Chrome/User Data", "AppData/Local/Chromium/User Data",
                "AppData/Local/Microsoft/Edge/User Data", "AppData/Local/BraveSoftware/Brave-Browser/User Data"),
}  # fmt: skip
_FIREFOX = {
    "linux": (".mozilla/firefox", "snap/firefox/common/.mozilla/firefox",
              ".var/app/org.mozilla.firefox/.mozilla/firefox"),
    "windows": ("AppData/Roaming/Mozilla/Firefox/Profiles",),
}  # fmt: skip
_CACHES = {
    "linux": (".cache/mozilla/firefox/*/cache2/entries", ".cache/google-chrome/*/Cache", ".cache/chromium/*/Cache",
              ".cache/microsoft-edge/*/Cache", "snap/firefox/common/.cache/mozilla/firefox/*/cache2/entries"),
    "windows": ("AppData/Local/Mozilla/Firefox/Profiles/*/cache2/entries",
                "AppData/Local/Microsoft/Windows/INetCache"),
}  # fmt: skip
_COMMANDS = {
    "linux": (".bash_history", ".zsh_history", ".python_history", ".lesshst", ".local/share/fish/fish_history"),
    "windows": ("AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/*_history.txt",),
}
_LOGS = ("syslog*", "messages*", "auth.log*", "secure*", "user.log*", "daemon.log*", "kern.log*")


class Tally:
    """How many of one kind, and since when."""

    def __init__(self) -> None:
        self.count = 0
        self.first: float | None = None
        self.at_least = False
        self.unread = False

    def add(self, count: int, first: float | None) -> None:
        """So many more, the oldest of them from a time."""
        self.count += count
        if count and first is not None:
            self.first = first if self.first is None else min(self.first, first)


class Probe:
    """One look at a machine.

    Args:
        root: of its files; another than ``/`` for a disk that is mounted.
        system: ``linux`` or ``windows``.
        boot: when the machine was started, in seconds since 1970.
        spare: accounts of the staff, by the names of their folders, that are not looked at.
    """

    def __init__(self, root: Path, system: str, boot: float, spare: Sequence[str] = ()) -> None:
        self.root, self.system, self.boot = root, system, boot
        self.spare = {name.lower() for name in spare}
        self.found: dict[str, Tally] = {}

    def look(self) -> dict[str, Tally]:
        """Every kind of trace that this system can hold."""
        for name in ("browser history", "cookies", "form entries", "saved passwords", "open tabs kept", "browser cache",
                     "downloads", "documents and desktop", "recent files", "wastebasket", "temporary files",
                     "command history", "print jobs", "event logs from before the last boot"):  # fmt: skip
            self.found[name] = Tally()
        for home in self._homes():
            self._browsers(home)
            self._files(home)
        self._machine()
        self._event_logs()
        return self.found

    def _homes(self) -> Iterator[Path]:
        folders = ["home/*", "tmp/guest-*"] if self.system == "linux" else ["Users/*"]
        if not (self.root / folders[0].split("/")[0]).is_dir():
            self._all_unread()
        for pattern in folders:
            for home in self._matching(self.root, pattern):
                name = home.name.lower()
                if not home.is_dir() or home.is_symlink() or name in self.spare or name in _NO_USERS:
                    continue
                if not os.access(home, os.R_OK | os.X_OK):
                    self._all_unread()
                yield home

    def _all_unread(self) -> None:
        for tally in self.found.values():
            tally.unread = True

    def _browsers(self, home: Path) -> None:
        for place in _FIREFOX[self.system]:
            for profile in self._folders(home / place):
                self._rows("browser history", profile / "places.sqlite", "moz_historyvisits", "visit_date", _micro)
                self._rows("cookies", profile / "cookies.sqlite", "moz_cookies", "creationTime", _micro)
                self._rows("form entries", profile / "formhistory.sqlite", "moz_formhistory", "firstUsed", _micro)
                self._rows("browser history", profile / "favicons.sqlite", "moz_pages_w_icons", "", float)
                self._tree("cookies", profile / "storage" / "default")
                self._logins(profile / "logins.json")
                self._tree("open tabs kept", profile / "sessionstore-backups")
                self._one("open tabs kept", profile / "sessionstore.jsonlz4")
        for place in _CHROMIUM[self.system]:
            for profile in self._folders(home / place):
                self._rows("browser history", profile / "History", "visits", "visit_time", _windows)
                self._rows("cookies", profile / "Network" / "Cookies", "cookies", "creation_utc", _windows)
                self._rows("cookies", profile / "Cookies", "cookies", "creation_utc", _windows)
                self._rows("form entries", profile / "Web Data", "autofill", "date_created", float)
                self._rows("saved passwords", profile / "Login Data", "logins", "date_created", _windows)
                self._rows("browser history", profile / "Favicons", "icon_mapping", "", float)
                self._tree("cookies", profile / "IndexedDB")
                self._tree("open tabs kept", profile / "Sessions")
                self._tree("browser cache", profile / "Cache" / "Cache_Data")
        for place in _CACHES[self.system]:
            for folder in self._matching(home, place):
                self._tree("browser cache", folder)

    def _files(self, home: Path) -> None:
        self._tree("downloads", home / "Downloads", placed=True)
        for name in ("Desktop", "Documents", "Pictures", "Videos", "Music"):
            self._tree("documents and desktop", home / name, placed=True)
        for place in _COMMANDS[self.system]:
            for path in self._matching(home, place):
                self._one("command history", path)
        if self.system == "linux":
            self._bookmarks(home / ".local/share/recently-used.xbel")
            self._tree("wastebasket", home / ".local/share/Trash/files")
        else:
            self._tree("recent files", home / "AppData/Roaming/Microsoft/Windows/Recent")
            self._tree("temporary files", home / "AppData/Local/Temp")

    def _machine(self) -> None:
        if self.system == "linux":
            self._tree("temporary files", self.root / "tmp", owned=True)
            self._tree("temporary files", self.root / "var/tmp", owned=True)
            self._tree("print jobs", self.root / "var/spool/cups", names=r"[cd][0-9].*")
        else:
            self._tree("wastebasket", self.root / "$Recycle.Bin", names=r"(?i)\$R.*")
            self._tree("print jobs", self.root / "Windows/System32/spool/PRINTERS")

    def _event_logs(self) -> None:
        tally = self.found["event logs from before the last boot"]
        if self.system == "windows":
            paths = self._matching(self.root, "Windows/System32/winevt/Logs/*.evtx")
            self._before_boot(tally, paths, _first_of_evtx)
            return
        logs = self.root / "var/log"
        tally.unread = tally.unread or not os.access(logs, os.R_OK | os.X_OK)
        self._before_boot(tally, self._matching(logs, "journal/*/*.journal*"), _first_of_journal)
        self._before_boot(tally, (one for name in _LOGS for one in self._matching(logs, name)), _first_of_text)
        self._before_boot(tally, self._matching(logs, "[wb]tmp*"), _first_of_wtmp)

    def _before_boot(self, tally: Tally, paths: Iterator[Path], first_of: Callable[[Path], float | None]) -> None:
        for path in paths:
            try:
                first = first_of(path)
            except (OSError, ValueError, struct.error):
                tally.unread = True
                continue
            if first is not None and first < self.boot - 1:
                tally.add(1, first)

    def _matching(self, folder: Path, pattern: str) -> Iterator[Path]:
        """What a pattern names below a folder; the folder's own name is no pattern."""
        yield from (Path(path) for path in sorted(glob.glob(f"{glob.escape(str(folder))}/{pattern}")))  # noqa: PTH207  (Path.glob cannot escape)

    def _folders(self, folder: Path) -> Iterator[Path]:
        try:
            inside = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError:
            for name in ("browser history", "cookies", "form entries", "saved passwords", "open tabs kept"):
                self.found[name].unread = True
            return
        for path in inside:
            if path.is_dir() and not path.is_symlink():
                yield path

    def _rows(self, name: str, path: Path, table: str, column: str, clock: Callable[[float], float]) -> None:
        """Rows of a browser's own database: as it lies on the disk, without a lock and without a file beside it.

        A table without times has the file's own.
        """
        if not path.is_file():
            return
        tally = self.found[name]
        wal = Path(f"{path}-wal")
        try:
            tally.at_least = tally.at_least or (wal.exists() and wal.stat().st_size > 0)
            database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            try:
                when = f'min("{column}")' if column else "NULL"
                count, first = database.execute(f'SELECT count(*), {when} FROM "{table}"').fetchone()
            finally:
                database.close()
        except (sqlite3.Error, OSError):
            tally.unread = True
            return
        dated = isinstance(first, (int, float)) and first > 0
        tally.add(int(count), clock(first) if dated else path.stat().st_mtime)

    def _logins(self, path: Path) -> None:
        tally = self.found["saved passwords"]
        try:
            logins = json.loads(path.read_bytes())["logins"]
            times = [float(one["timeCreated"]) / 1000 for one in logins if one.get("timeCreated")]
            tally.add(len(logins), min(times, default=path.stat().st_mtime))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            tally.unread = True

    def _bookmarks(self, path: Path) -> None:
        tally = self.found["recent files"]
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError:
            tally.unread = True
            return
        times = [_iso(one) for one in re.findall(r'<bookmark [^>]*?added="([^"]+)"', text)]
        known = [one for one in times if one is not None]
        tally.add(len(re.findall(r"<bookmark ", text)), min(known, default=path.stat().st_mtime))

    def _one(self, name: str, path: Path) -> None:
        """One file with something in it."""
        try:
            known = path.lstat()
        except FileNotFoundError:
            return
        except OSError:
            self.found[name].unread = True
            return
        if stat.S_ISREG(known.st_mode) and known.st_size:
            self.found[name].add(1, known.st_mtime)

    def _tree(self, name: str, folder: Path, names: str = "", *, placed: bool = False, owned: bool = False) -> None:
        """Every file below a folder; no link is followed. What the library put there itself may be told by its name."""
        tally = self.found[name]

        def unread(wrong: OSError) -> None:
            if not isinstance(wrong, (FileNotFoundError, NotADirectoryError)):
                tally.unread = True

        if folder.is_symlink():
            return
        for here, _, files in os.walk(folder, onerror=unread, followlinks=False):
            for file in files:
                if tally.count >= MOST:
                    tally.at_least = True
                    return
                if (not names or re.fullmatch(names, file)) and not (placed and _PLACED.fullmatch(file)):
                    self._file(tally, Path(here, file), owned=owned)

    def _file(self, tally: Tally, path: Path, *, owned: bool) -> None:
        try:
            known = path.lstat()
        except FileNotFoundError:
            return
        except OSError:
            tally.unread = True
            return
        if stat.S_ISREG(known.st_mode) and not (owned and known.st_uid < _ORDINARY):
            tally.add(1, known.st_mtime)


def _micro(stored: float) -> float:
    return stored / 1_000_000


def _windows(stored: float) -> float:
    return stored / 1_000_000 - _1601


def _iso(text: str) -> float | None:
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)", text)
    if match is None:
        return None
    import calendar

    return float(calendar.timegm(tuple(int(one) for one in match.groups())))


def _first_of_journal(path: Path) -> float | None:
    """The oldest entry of a file of systemd's journal, by its header."""
    with path.open("rb") as file:
        header = file.read(200)
    if header[:8] != b"LPKSHHRH":
        raise ValueError("no journal")
    entries, first = struct.unpack_from("<Q", header, 152)[0], struct.unpack_from("<Q", header, 184)[0]
    return first / 1_000_000 if entries else None


def _first_of_evtx(path: Path) -> float | None:
    """The oldest record of an event log of Windows: the first of its first chunk, wherever in the file that lies."""
    with path.open("rb") as file:
        header = file.read(128)
        if header[:8] != b"ElfFile\0":
            raise ValueError("no event log")
        (chunk,) = struct.unpack_from("<Q", header, 8)
        file.seek(4096 + chunk * 65536)
        if file.read(8) != b"ElfChnk\0":
            return None
        file.seek(4096 + chunk * 65536 + 512)
        record = file.read(24)
    if record[:4] != b"**\0\0":
        return None
    return float(struct.unpack_from("<Q", record, 16)[0]) / 10_000_000 - _1601


def _first_of_wtmp(path: Path) -> float | None:
    """The first entry of the log of sign-ins."""
    with path.open("rb") as file:
        entry = file.read(384)
    return float(struct.unpack_from("<i", entry, 340)[0]) if len(entry) == 384 else None  # noqa: PLR2004  (the size of an entry)


def _first_of_text(path: Path) -> float | None:
    """The first line of a text log, by the time that it begins with; of a packed one, when it was packed."""
    known = path.lstat()
    if not stat.S_ISREG(known.st_mode) or not known.st_size:
        return None
    with path.open("rb") as file:
        line = file.read(64).decode("latin-1")
    if (told := _iso(line)) is not None:
        return told
    try:
        year = time.localtime(known.st_mtime).tm_year
        then = time.mktime(time.strptime(f"{year} {line[:15]}", "%Y %b %d %H:%M:%S"))
    except ValueError:
        return known.st_mtime
    return (
        then
        if then <= known.st_mtime + 86_400
        else time.mktime(time.strptime(f"{year - 1} {line[:15]}", "%Y %b %d %H:%M:%S"))
    )


def boot_time(root: Path, system: str) -> float:
    """When the machine was started; now for a disk that is mounted elsewhere, since its machine does not run."""
    if system == "windows":
        ticks = ctypes.windll.kernel32.GetTickCount64  # type: ignore[attr-defined,unused-ignore]  # there on Windows alone
        ticks.restype = ctypes.c_uint64
        return time.time() - float(ticks()) / 1000
    if root != Path("/") and not (root / "proc/stat").exists():
        return time.time()
    for line in (root / "proc/stat").read_text(encoding="ascii").splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    raise OSError("no time of boot in /proc/stat")


def report(machine: str, moment: str, found: dict[str, Tally], now: float) -> dict[str, Any]:
    """What is sent: closed words, counts, hours."""
    read = {name: tally for name, tally in found.items() if not tally.unread or tally.count}
    return {
        "format": HEAD,
        "machine": machine,
        "moment": moment,
        "at": time.strftime("%Y-%m-%dT%HZ", time.gmtime(now)),
        "found": {
            name: {
                "count": tally.count,
                "oldest": 0 if tally.first is None else max(0, int((now - tally.first) // 3600)),
                "at_least": tally.at_least or tally.unread,
            }
            for name, tally in read.items()
        },
        "unread": sorted(set(found) - set(read)),
    }


def signed(body: dict[str, Any], secret: str) -> bytes:
    """The report with its signature."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return text + b"hmac-sha256 " + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode() + b"\n"


def leave(drop: Path, name: str, text: bytes) -> None:
    """Write a report whole, or not at all."""
    aside = drop / f".{name}.part"
    try:
        with aside.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(drop / name)
    except OSError as wrong:
        raise ValueError(f"--drop: {wrong.strerror}") from None


def main(words: list[str] | None = None) -> int:
    """Look once, and leave one report."""
    parser = argparse.ArgumentParser(description="Carrel's probe for public computers: counts and ages, nothing else.")
    parser.add_argument("--machine", required=True, help="name of this machine in the site file")
    parser.add_argument("--key", required=True, type=Path, help="file with its secret, readable by root alone")
    parser.add_argument("--drop", type=Path, help="folder for the report; without it the report is printed")
    parser.add_argument("--moment", required=True, choices=[one.replace(" ", "-") for one in MOMENTS])
    parser.add_argument("--spare", action="append", default=[], metavar="ACCOUNT", help="of the staff, not looked at")
    parser.add_argument("--root", type=Path, help="of a disk that is mounted elsewhere")
    said = parser.parse_args(words)
    system = "windows" if os.name == "nt" else "linux"
    root: Path = said.root or Path("C:/" if system == "windows" else "/")
    try:
        secret, boot = _secret(said.machine, said.key, system), boot_time(root, system)
        now = time.time()
        text = signed(
            report(said.machine, said.moment.replace("-", " "), Probe(root, system, boot, said.spare).look(), now),
            secret,
        )
        if said.drop is None:
            sys.stdout.buffer.write(text)
        else:
            hour = time.strftime("%Y%m%d%H", time.gmtime(now))
            leave(said.drop, f"{said.machine}.{hour}.{said.moment}.{secrets.token_hex(4)}.report", text)
    except (OSError, ValueError) as wrong:
        what = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        sys.stderr.write(f"carrel probe: {what}; no report was left\n")
        return 2
    return 0


def _secret(machine: str, key: Path, system: str) -> str:
    if not _MACHINE.fullmatch(machine):
        raise ValueError("--machine: write small letters, digits and hyphens, as in the site file")
    try:
        mode, secret = stat.S_IMODE(key.stat().st_mode), key.read_text(encoding="utf-8").strip()
    except OSError as wrong:
        raise ValueError(f"--key: {wrong.strerror}") from None
    if system == "linux" and mode & 0o077:
        raise ValueError("--key: others can read this file; chmod 600, and run the probe as root")
    if not secret:
        raise ValueError("--key: the file is empty")
    return secret


if __name__ == "__main__":
    sys.exit(main())
