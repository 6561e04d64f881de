"""A private core of GNU Mailman 3 from Debian's package: its REST interface on a loopback port, in its own folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

USER = "carrel"
PASSWORD = "plover-Basalt-29"
LIST = "news.lists.example"
_RUNNER = Path("/usr/lib/mailman3/bin/runner")
_NOBODY = 65534
# No other runner of it is started: nothing is sent, and what would be sent stays in its folder.
_SETTINGS = """
[mailman]
site_owner: owner@lists.example
layout: here

[paths.here]
var_dir: {folder}/var

[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///{folder}/mailman.db

[webservice]
hostname: 127.0.0.1
port: {port}
admin_user: {user}
admin_pass: {password}

[mta]
incoming: mailman.mta.null.NullMTA
lmtp_port: {lmtp}
smtp_port: {smtp}
"""


def missing() -> str:
    """Why no server can be started here, or nothing."""
    return "" if _RUNNER.exists() else "mailman3 missing: apt-get install --no-install-recommends mailman3"


def _free_ports() -> list[int]:
    with contextlib.ExitStack() as stack:
        some = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in some:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in some]


@dataclass
class Mailman:
    """One running core; use `running` to get one."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/3.1"

    def ask(self, method: str, path: str, /, **form: str) -> Any:
        """Ask it, as whoever runs it."""
        said = urllib.request.Request(self.url + path, urlencode(form).encode() if form else None, method=method)
        said.add_header("Authorization", "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode())
        with urllib.request.urlopen(said, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def make(self, name: str = "news") -> str:
        """A list without members; its id."""
        with contextlib.suppress(urllib.error.HTTPError):
            self.ask("POST", "/domains", mail_host="lists.example")
        with contextlib.suppress(urllib.error.HTTPError):
            self.ask("DELETE", f"/lists/{name}.lists.example")
        self.ask("POST", "/lists", fqdn_listname=f"{name}@lists.example", style_name="private-default")
        return f"{name}.lists.example"

    def join(self, *addresses: str, name: str = LIST, role: str = "member") -> None:
        """Somebody signs up at the tool."""
        agreed = dict.fromkeys(("pre_verified", "pre_confirmed", "pre_approved"), "true") if role == "member" else {}
        for one in addresses:
            self.ask("POST", "/members", list_id=name, subscriber=one, role=role, **agreed)

    def leave(self, *addresses: str, name: str = LIST) -> None:
        """Somebody leaves at the tool."""
        for one in addresses:
            self.ask("DELETE", f"/lists/{name}/member/{one}?pre_confirmed=true&pre_approved=true")

    def members(self, name: str = LIST, role: str = "member") -> list[str]:
        found = self.ask("GET", f"/lists/{name}/roster/{role}").get("entries", [])
        return sorted(one["email"] for one in found)

    def texts(self) -> bytes:
        """Every log that it wrote."""
        return b"".join(one.read_bytes() for one in (self.folder / "var" / "logs").rglob("*") if one.is_file())

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Its REST runner, as nobody in particular: Mailman refuses root."""
    account = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(
        [_RUNNER, "-C", folder / "mailman.cfg", "-r", "rest"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}, cwd=folder, start_new_session=True,
        **account,
    )  # fmt: skip
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return process
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < until, "the server does not answer"
        time.sleep(0.1)


@contextlib.contextmanager
def running() -> Iterator[Mailman]:
    """A core in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="carrel-lists-"))
    port, lmtp, smtp = _free_ports()
    settings = _SETTINGS.format(folder=folder, port=port, lmtp=lmtp, smtp=smtp, user=USER, password=PASSWORD)
    (folder / "mailman.cfg").write_text(settings)
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    server = Mailman(folder, port, start(folder, port))
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
