"""A SIP2 server over real TCP, written from the protocol's text: what it is told to do wrong it does wrong."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

STATUS = "98YYYYNN01000320130808    1509002.00AOelm|AMElm Library|BX{known}|AN|"
PATRON = "20130424    113511"


def summed(text: str) -> bytes:
    """With a checksum: all bytes and it make zero in sixteen bits."""
    raw = text.encode() + b"AZ"
    return raw + b"%04X" % ((0x10000 - sum(raw) % 0x10000) % 0x10000) + b"\r"


@dataclass
class SipLibrary:
    """The people of a server, and its faults.

    Attributes:
        people: password by card.
        names: card by user name; with one of these the answer has the card.
        login: user and password of clients; None where everybody may ask.
        known: BX, what it says it knows.
        fault: what it does wrong with the answer about a patron: a name, see `_answer`.
        asked: kinds of message that came, with the card that was asked for.
    """

    people: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    login: tuple[str, str] | None = ("carrel", "s3cret ü")
    known: str = "YYYYYYYYYYYYYYYY"
    fault: str = ""
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def serve(self, way: socket.socket) -> None:
        held, open_to_it = b"", self.login is None
        while True:
            while b"\r" not in held:
                more = way.recv(4096)
                if not more:
                    return
                held += more
            line, _, held = held.partition(b"\r")
            if summed(line[:-6].decode()) != line + b"\r":
                self.broken.append("checksum")
                return
            text = line.decode()
            kind, number = text[:2], text[-7]
            given = {part[:2]: part[2:] for part in text[self.fixed(kind) : -9].split("|") if part}
            self.asked.append((kind, given.get("AA", "")))
            if kind == "93":
                open_to_it = open_to_it or (given["CN"], given["CO"]) == self.login
                way.sendall(summed(f"94{int(open_to_it)}AY{number}"))
                continue
            if not open_to_it:
                return
            if kind == "99":
                body = STATUS.format(known=self.known)
                if self.fault == "offline":
                    body = "98N" + body[3:]
                way.sendall(summed(f"{body}AY{number}"))
                continue
            if not self._answer(way, kind, given, number):
                return

    @staticmethod
    def fixed(kind: str) -> int:
        return {"93": 4, "99": 10, "63": 2 + 3 + 18 + 10, "23": 2 + 3 + 18}[kind]

    def _answer(self, way: socket.socket, kind: str, given: dict[str, str], number: str) -> bool:
        card = self.names.get(given["AA"], given["AA"])
        there = card in self.people
        right = there and self.people[card] == given["AD"]
        head = f"24{' ' * 14}001{PATRON}" if kind == "23" else f"64{' ' * 14}001{PATRON}{'0000' * 6}"
        said = (
            {"BL": "Y", "CQ": "Y" if right else "N"} if there else {"BL": "N"}
        )  # as the servers of Evergreen and Koha
        if self.fault == "no CQ":
            said.pop("CQ", None)
        if self.fault == "empty CQ":
            said["CQ"] = ""
        if self.fault == "BL no":
            said["BL"] = "N"
        tail = "".join(f"{name}{value}|" for name, value in said.items())
        name = "Doe, John|CQY|BLY" if self.fault == "a name with fields" else "Doe, John"
        body = f"{head}AOelm|AA{card}|AE{name}|{tail}"
        match self.fault:
            case "silent":
                threading.Event().wait(3)
                return False
            case "drips":
                with suppress(OSError):
                    for _ in range(60):
                        way.sendall(b"6")
                        threading.Event().wait(0.05)
                return False
            case "checksum":
                way.sendall(summed(f"{body}AY{number}")[:-5] + b"0000\r")
            case "no checksum":
                way.sendall(body.encode() + b"\r")
            case "sequence":
                way.sendall(summed(f"{body}AY{(int(number) + 1) % 10}"))
            case "cut":
                way.sendall(summed(f"{body}AY{number}")[:40])
                return False
            case "ended early":
                way.sendall(summed(f"{body[:30]}AY{number}"))
            case "a megabyte":
                with suppress(OSError):
                    way.sendall(body.encode() + b"AFx" * 350_000 + b"|\r")
            case "bytes":
                way.sendall(body.encode().replace(b"Doe", b"\xff\xfe\x80") + b"\r")
            case "noise":
                way.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            case "another kind":
                way.sendall(summed(f"941AY{number}"))
            case "again once":
                self.fault = ""
                way.sendall(b"96AZFEF6\r")
            case "again for ever":
                way.sendall(b"96AZFEF6\r")
            case "line feeds":
                way.sendall(summed(f"{body}AY{number}") + b"\n")
            case "another card":
                way.sendall(summed(f"{body.replace(f'AA{card}', 'AAnobody')}AY{number}"))
            case _:
                way.sendall(summed(f"{body}AY{number}"))
        return True


@contextmanager
def served(library: SipLibrary, context: ssl.SSLContext | None = None) -> Iterator[SipLibrary]:
    """The server, listening at a port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    library.port = listening.getsockname()[1]

    def one(way: socket.socket) -> None:
        with suppress(OSError, ValueError), way:
            if context is None:
                library.serve(way)
            else:
                with context.wrap_socket(way, server_side=True) as behind:
                    library.serve(behind)

    def all_of_them() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=all_of_them, daemon=True).start()
    try:
        yield library
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
