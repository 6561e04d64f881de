"""The message that takes another one's place: its date, stand-ins for ids and people, a text without names."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from typing import Final

from carrel.deidentification.mail.plain_message import PEOPLE, Address, PlainMessage
from carrel.deidentification.mail.seal import sealed, stand_in

_LONGEST_LINE: Final = 900  # bytes; longer lines do not pass every server
_MOST_PEOPLE: Final = 500


@dataclass
class People:
    """Who stands for whom in the headers of one thread; the list ends with it.

    Args:
        keep: addresses that stay, in small letters.
    """

    keep: Collection[str]
    _known: dict[str, int] = field(default_factory=dict, repr=False)

    def line(self, people: Sequence[Address]) -> str:
        """What a header says of these people, each on a line of its own."""
        said = (one.address if one.address in self.keep else self._stand_in(one.address) for one in people)
        return ",\n ".join(dict.fromkeys(list(said)[:_MOST_PEOPLE]))

    def _stand_in(self, address: str) -> str:
        return f"person-{self._known.setdefault(address, len(self._known) + 1)}@invalid"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a message keeps of the one in whose place it comes.

    Attributes:
        name: stands for it.
        at: aware time from which its period counts.
        message_id: its own, or something that stands for one; never written.
        links: ids before it; never written.
    """

    name: str
    at: datetime
    message_id: str = field(repr=False)
    links: tuple[str, ...] = field(repr=False)


def rewritten(key: bytes, origin: Origin, plain: PlainMessage, texts: tuple[str, str], people: People) -> bytes:
    """The bytes of the message, with plain ends of lines.

    Args:
        key: of the site.
        origin: what is kept of the other one.
        plain: what the other one said.
        texts: its subject and its body without what names a person.
        people: of its thread.

    Guarantees:
        The same from the same. No header of the other one stands in it.
    """
    subject, body = texts
    lines = [f"Date: {format_datetime(origin.at.astimezone(UTC).replace(microsecond=0))}"]
    lines += [f"{name}: {line}" for name in PEOPLE if (line := people.line(plain.people.get(name, ())))]
    if "From" not in plain.people:
        lines.append("From: nobody@invalid")
    lines += [f"Subject: {_subject(subject)}", f"Message-ID: <{stand_in(key, origin.message_id)}>"]
    if links := [f"<{stand_in(key, one)}>" for one in origin.links]:
        lines += [f"In-Reply-To: {links[-1]}", "References: " + "\n ".join(links)]
    text, way = _body(body)
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {way}"]
    head = "".join(f"{one}\n" for one in lines).encode()
    return head + sealed(key, head, text, origin.name) + b"\n\n" + text


def _subject(text: str) -> str:
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name="Subject").encode(linesep="\n")


def _body(text: str) -> tuple[bytes, str]:
    plain = text.encode("utf-8", "replace")
    if max(map(len, plain.split(b"\n"))) > _LONGEST_LINE:
        return encodebytes(plain), "base64"
    return plain if plain.endswith(b"\n") else plain + b"\n", "8bit"
