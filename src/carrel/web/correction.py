"""The fields of somebody's own record that a page shows for correction, with what stands there now."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from carrel.errors import unseen
from carrel.inventory.category import Category
from carrel.inventory.correction_map import CONTACT
from carrel.retention.identifiers import Subject
from carrel.retention.person_request import Wanted
from carrel.systems.sql.correction import SqlCorrection
from carrel.systems.sql.person_rows import PersonRows
from carrel.web.patron import Patron

_OWN = (Category.NAME, Category.PREFIX_OR_TITLE, Category.GENDER, Category.BIRTH_DATE, *CONTACT)
_FIRST_YEAR = 1850  # in which somebody can be born who has a card
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True, slots=True)
class OwnField:
    """One part of one field.

    Attributes:
        name, part: of the map.
        column: of the person's own row; empty where it stands in another table, which no correction writes.
        category: what it says of the person.
        value: that stands there now; of another table it is not read.
    """

    name: str
    part: str
    column: str
    category: Category
    value: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """Its name in a form."""
        return f"{self.name}: {self.part}"

    @property
    def is_contact(self) -> bool:
        """Whether it is one of the contact details that a site may let people change by themselves."""
        return bool(self.column) and self.category in CONTACT


def own_fields(who: Patron) -> tuple[OwnField, ...]:
    """The fields that are about the person alone, in the order of the map.

    Whoever else a record names (a guarantor, a contact) is not among them, and neither is what the staff wrote.

    Raises:
        CarrelError: of the SQL codes; REQ-005, the record is gone.
    """
    with who.door.reading() as (system, connection):
        rectify, table = system.system_map.rectify, system.schema.tables[system.system_map.people.table]
        if rectify is None:
            return ()
        found = [
            OwnField(name, part, "" if one.table else column, one.category)
            for name, one in rectify.fields.items()
            if one.category in _OWN
            for part, column in one.parts.items()
            if one.table or table.column(column) is not None
        ]
        rows = PersonRows(system.schema, system.system_map, (Subject(who.number),), system.stand_in)
        correction = SqlCorrection(system.schema, system.system_map, rectify, rows, system.name)
        now = correction.current(connection, [one.column for one in found if one.column])
        return tuple(OwnField(one.name, one.part, one.column, one.category, now.get(one.column, "")) for one in found)


def seal(key: bytes, fields: Iterable[OwnField]) -> str:
    """What a form carries of the values that it was made of, so that a change by somebody else meanwhile is seen."""
    values = json.dumps([[one.key, one.value] for one in fields])
    return hmac.new(key, b"seen\0" + values.encode(), hashlib.sha256).hexdigest()


def wanted(fields: Iterable[OwnField], sent: Mapping[str, str]) -> tuple[Wanted, ...]:
    """The values of a form that differ from what stands there."""
    return tuple(
        Wanted(one.name, one.part, one.column, sent[one.key].strip())
        for one in fields
        if one.key in sent and sent[one.key].strip() != one.value
    )


def odd(fields: Collection[OwnField], new: Iterable[Wanted]) -> tuple[str, ...]:
    """Keys of values that are nothing of the kind: signs that nobody sees, an address without ``@``, no day."""
    mail = {one.key for one in fields if one.category is Category.EMAIL_ADDRESS}
    days = {one.key for one in fields if one.category is Category.BIRTH_DATE}
    found = []
    for one in new:
        key = f"{one.name}: {one.part}"
        no_mail = key in mail and one.value and not _MAIL.fullmatch(one.value)
        if unseen(one.value, lines=False) or no_mail or (key in days and one.value and not _is_day(one.value)):
            found.append(key)
    return tuple(found)


def _is_day(said: str) -> bool:
    try:
        return _DAY.fullmatch(said) is not None and date.fromisoformat(said).year >= _FIRST_YEAR
    except ValueError:
        return False


def as_request(new: Iterable[Wanted]) -> str:
    """The values as `carrel plan --rectify` reads them, so that whoever handles the request types none of them anew."""
    parts: dict[str, dict[str, str]] = {}
    for one in new:
        parts.setdefault(one.name, {})[one.part] = one.value
    lines = [f"  {name}: {json.dumps(said, ensure_ascii=False)}" for name, said in parts.items()]
    return "\n".join(["correct:", *lines]) if lines else ""


def from_request(words: str) -> tuple[tuple[OwnField, ...], str]:
    """What `as_request` wrote, as fields again, and what the person wrote beside it."""
    head, _, rest = words.partition("\n\n")
    first, *lines = head.split("\n")
    if first != "correct:":
        return (), words
    found = []
    for line in lines:
        name, _, said = line.strip().partition(": ")
        try:
            parts = json.loads(said)
        except ValueError:
            return (), words
        if not isinstance(parts, dict):
            return (), words
        found += [OwnField(name, str(part), "", Category.OTHER_LINKABLE, str(value)) for part, value in parts.items()]
    return tuple(found), rest
