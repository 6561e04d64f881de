"""A public report that is to be handed over: it may tell of nobody whom the library knows (MPL-4.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from carrel.disclosure import faults
from carrel.errors import CarrelError, fault
from carrel.rights.third_persons import contacts, suspects
from carrel.rights.words_of_others import Own
from carrel.systems.access_answer import OpenSystem
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_naming import Naming

MOST_BYTES = 16 << 20
_BETWEEN = re.compile(r"[\s,;\"'|]+")


def read(place: Path) -> bytes:
    """The content of a report.

    Raises:
        CarrelError: DSC-065, it is no text, so that nobody can look whom it tells of; DSC-050, it cannot be read.
    """
    try:
        with place.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        raise fault(
            faults.SCOPE, at=str(place), wanted="a file that you may read", found="none",
            fix="name the report as it lies beside the scope",
        ) from None  # fmt: skip
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(str(place), "bytes that are no text, so that nobody can tell") from None
    if len(content) > MOST_BYTES:
        raise _refused(str(place), f"more than {MOST_BYTES} bytes")
    return content


def require_no_people(content: bytes, systems: Sequence[OpenSystem], at: str) -> None:
    """Refuse a report with a card, a whole name or an address of somebody whom a system knows.

    Args:
        content: of the report.
        systems: of the library.
        at: what errors call it.

    Raises:
        CarrelError: DSC-065; how many, and never whom.
    """
    text = content.decode("utf-8")
    if contacts(text):
        raise _refused(at, "an e-mail address or a telephone number")
    cards, names = suspects(text)
    plain = f" {_BETWEEN.sub(' ', text).casefold()} "
    for system in systems:
        with told(system.name), system.engine.connect() as connection:
            naming = Naming(connection, system.layout.selection.of(()), whole=True)
            words = naming.of_others((), cards, names, Own(frozenset()))
        hits = {word for word in words if f" {_BETWEEN.sub(' ', word).strip().casefold()} " in plain}
        if hits:
            raise _refused(at, f"{len(hits)} words that name somebody in {system.name}")


def _refused(at: str, found: str) -> CarrelError:
    return fault(
        faults.TELLS_OF_PEOPLE,
        at=at,
        wanted="a text with figures, and nobody's card, name or address",
        found=found,
        because="records that tell of patrons are not open records",
        fix="attach figures alone, such as those of `carrel counts` or `carrel stats`",
    )
