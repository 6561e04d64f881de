"""Logs rotated by Debian's own logrotate, with the hook that the page on scrubbing shows."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LOGROTATE = shutil.which("logrotate", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(LOGROTATE is None, reason="logrotate missing: apt-get install logrotate")

NEEDLES = (b"jane.doe@x.org", b"192.0.2.17", b"pK7sWmZqYtBvNcX", b"23529000651071")
LINE = (
    b'192.0.2.17 pK7sWmZqYtBvNcX jane.doe@x.org [05/Mar/2026:00:07:21 +0100] "GET http://www.jstor.org/stable/'
    b'23529000651071?q=egypt HTTP/1.1" 200 1293\n'
)


class Rotation:
    """A folder with a log, and what rotates it."""

    def __init__(self, place: Path, pattern: str, *settings: str) -> None:
        self.logs, self._state, self._conf = place / "logs", place / "state", place / "rotate.conf"
        self.logs.mkdir(mode=0o755)
        self.current = self.logs / "ezproxy.log"
        source = Path(__file__).parents[3] / "src"
        hook = (
            f"PYTHONPATH={source} {sys.executable} -m carrel scrub {self.logs} --in-place --name '{pattern}' "
            f"--keys {place / 'keys'}"
        )
        lines = ["rotate 5", "nomail", *settings, "lastaction", f"    {hook}", "endscript"]
        self._conf.write_text(f"{self.logs}/*.log {{\n" + "".join(f"    {one}\n" for one in lines) + "}\n")
        self._conf.chmod(0o600)

    def night(self, lines: int = 30) -> subprocess.CompletedProcess[str]:
        self.current.write_bytes(LINE * lines)
        words = [str(LOGROTATE), "--force", "--state", str(self._state), str(self._conf)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def rotated(self) -> dict[str, bytes]:
        """What each rotated log holds, unpacked."""
        found = {}
        for one in sorted(self.logs.iterdir()):
            if one != self.current and not one.is_symlink():
                found[one.name] = gzip.decompress(one.read_bytes()) if one.suffix == ".gz" else one.read_bytes()
        return found


@pytest.mark.parametrize(
    ("pattern", "settings", "nights"),
    [("*.log.*", ("compress", "delaycompress"), 3), ("*.log-*", ("dateext", "compress"), 1)],
    ids=["numbers", "dates"],
)
def test_every_rotated_log_is_scrubbed_once_and_stays_so(
    pattern: str, settings: tuple[str, ...], nights: int, tmp_path: Path
) -> None:
    rotation = Rotation(tmp_path, pattern, *settings)
    for night in range(1, nights + 1):
        done = rotation.night(lines=30 + night)
        assert done.returncode == 0, done.stderr
        held = rotation.rotated()
        assert sorted(one.count(b"\n") for one in held.values()) == [31 + one for one in range(1, night + 1)]
        assert not any(needle in text for needle in NEEDLES for text in held.values())
        assert all(text.splitlines()[-1].startswith(b"#carrel scrubbed 1 sha256:") for text in held.values())
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_hook_that_left_something_fails_the_rotation_and_misses_nothing_the_next_night(tmp_path: Path) -> None:
    rotation = Rotation(tmp_path, "*.log.*", "compress", "delaycompress")
    (rotation.logs / "odd.log.1").symlink_to("/etc/hostname")
    for night in (1, 2):
        done = rotation.night()
        assert done.returncode == 1
        assert "error running last action script" in done.stderr
        assert "LOG-016" in done.stderr
        held = rotation.rotated()
        assert len(held) == night, "rotated all the same"
        assert not any(needle in text for needle in NEEDLES for text in held.values())
    (rotation.logs / "odd.log.1").unlink()
    assert rotation.night().returncode == 0
