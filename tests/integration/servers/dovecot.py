"""A private Dovecot from Debian's package: its own folder and loopback port, gone when the tests end."""

from __future__ import annotations

import contextlib
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

USER = "reference@elm.example"
PASSWORD = "heron-Slate-71"
_SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_login_user = {account}
default_internal_user = {account}
default_internal_group = {group}
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
mail_uid = {account}
mail_gid = {group}
first_valid_uid = 1
passdb {{
  driver = static
  args = user={user} password={password}
}}
userdb {{
  driver = static
  args = uid={account} gid={group} home={folder}/home
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def binary() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def missing() -> str:
    """Why no server can be started here, or nothing."""
    if binary() is None or shutil.which("openssl") is None:
        return "dovecot or openssl missing: apt-get install dovecot-imapd openssl"
    return ""


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


@dataclass
class Dovecot:
    """One running server with one account; use `running` to get one."""

    folder: Path
    port: int
    tls_port: int
    process: subprocess.Popen[bytes]

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def entry(self, folders: str, name: str = "reference") -> str:
        return (
            f"mailboxes:\n  - {{name: {name}, kind: imap, host: localhost, port: {self.tls_port}, "
            f"ca_file: {self.certificate}, user: {USER}, password_file: mail.dsn, folders: [{folders}]}}\n"
        )

    @contextlib.contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """Another mail program of the same account."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=context, timeout=20) as way:
            way.login(USER, PASSWORD)
            yield way

    def empty(self, folder: str) -> None:
        """A folder with nothing in it; any but the inbox is made anew."""
        with self.client() as way:
            if folder.strip('"') != "INBOX":
                way.delete(folder)
                assert way.create(folder)[0] == "OK"
            elif way.select("INBOX")[1] != [b"0"]:
                way.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
                way.expunge()

    def add(self, folder: str, at: datetime, text: bytes, flags: str = "") -> None:
        """A message, with the time at which the server took it in."""
        with self.client() as way:
            said = way.append(folder, f"({flags})", imaplib.Time2Internaldate(at), text)
            assert said[0] == "OK", said

    def texts(self, folder: str) -> list[bytes]:
        """Every message of a folder, whole."""
        with self.client() as way:
            if way.select(folder, readonly=True)[1] == [b"0"]:
                return []
            return [one[1] for one in way.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(one, tuple)]

    def left(self, folder: str) -> dict[int, str]:
        """Number → flags of what is there."""
        with self.client() as way:
            total = way.select(folder, readonly=True)[1]
            lines = [] if total == [b"0"] else way.fetch("1:*", "(UID FLAGS)")[1]
            words = [line.decode() for line in lines if isinstance(line, bytes)]
            return {int(one.partition("UID ")[2].split()[0].rstrip(")")): one.partition("FLAGS (")[2] for one in words}

    def stop(self) -> None:
        """The server is gone, with every connection."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


class Relay:
    """A way to the server that ends, or does something else, at a word that a client says.

    Args:
        server: behind it; spoken to in the clear.
        word: at which it happens; never, where there is none.
        act: what happens then, besides the end of the connection where ``ends`` is true.
    """

    def __init__(self, server: Dovecot, word: bytes = b"", act: Callable[[], None] = lambda: None) -> None:
        self.server, self.word, self.act, self.seen = server, word, act, False
        self.ends = True
        self.swap: dict[bytes, bytes] = {}  # words that either side hears otherwise, of one length
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def entry(self, folders: str) -> str:
        return (
            f"mailboxes:\n  - {{name: desk, kind: imap, host: 127.0.0.1, port: {self.port}, tls: none, "
            f"user: {USER}, password_file: mail.dsn, folders: [{folders}]}}\n"
        )

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.server.port))
                for one, other, watched in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._pass, args=(one, other, watched), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, watched: bool) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                if watched and self.word and self.word in said:
                    self.seen, self.word = True, b""
                    self.act()
                    if self.ends:
                        break
                for told, heard in self.swap.items():
                    said = said.replace(told, heard)
                other.sendall(said)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """A server in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="carrel-mail-"))
    account = pwd.getpwuid(os.geteuid()).pw_name
    group = account
    if os.geteuid() == 0:  # the processes that read mail refuse to run as root
        account, group = "dovecot", "dovecot"
        os.chown(folder, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    folder.chmod(0o755)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    for name in ("mail", "home", "run", "state"):
        (folder / name).mkdir()
        if os.geteuid() == 0:
            os.chown(folder / name, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    port, tls_port = _free_ports()
    settings = folder / "dovecot.conf"
    settings.write_text(
        _SETTINGS.format(
            folder=folder, port=port, tls_port=tls_port, user=USER, password=PASSWORD, account=account, group=group
        )
    )
    process = subprocess.Popen(
        [str(binary()), "-F", "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    server = Dovecot(folder, port, tls_port, process)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Dovecot) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            with server.client():
                return
        except (OSError, imaplib.IMAP4.error) as wrong:
            log = server.folder / "dovecot.log"
            assert server.process.poll() is None, log.read_text() if log.exists() else "the server ended"
            assert time.monotonic() < until, (wrong, log.read_text() if log.exists() else "")
            time.sleep(0.1)
