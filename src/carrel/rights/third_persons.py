"""What of a row about one person is shown to that person: no secret, and nothing of anybody else.

A row about a patron names others: who stood at the desk, a guarantor, a family, whoever a note speaks of. The patron is
told that somebody stands there, and not who (GDPR Art. 15(4); MITP-11.2.3).
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from carrel.inventory.category import Category
from carrel.rights.words_of_others import Others, Own

_SECRETS = frozenset({Category.CREDENTIAL, Category.SESSION_IDENTIFIER})
_RELATIVES = frozenset({Category.FAMILY_MEMBER, Category.EMERGENCY_CONTACT})
_NAMES_SOMEBODY = frozenset(
    {
        Category.NAME,
        Category.LIBRARY_CARD_NUMBER,
        Category.EMAIL_ADDRESS,
        Category.POSTAL_ADDRESS,
        Category.TELEPHONE_NUMBER,
        Category.SOCIAL_SECURITY_NUMBER,
        Category.DRIVERS_LICENSE_NUMBER,
        Category.PASSPORT_NUMBER,
        Category.CARD_OR_ACCOUNT_NUMBER,
        Category.IMAGE_OR_VIDEO,
    }
)
_FREE = frozenset(
    {
        Category.STAFF_NOTE,
        Category.TRANSACTION_CONTENT,
        Category.REFERENCE_QUESTION,
        Category.TRANSACTION_LOG,
        Category.PREFERENCE,
        Category.OTHER_LINKABLE,
    }
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w-])(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])|(?<!\w)\+\d[\d ]{7,16}\d")
_NUMBER = re.compile(r"(?<!\w)[A-Za-z]{0,4}\d{5,20}(?!\w)")
_WORD = re.compile(r"(?<!\w)[^\W\d_][\w'\u2019-]+")
_CAPITAL = re.compile(r"(?<!\w)[^\W\d_a-z][\w'\u2019-]+")


class Withheld(enum.StrEnum):
    """Why a value is not shown."""

    SECRET = "secret"  # noqa: S105  (the word for one)
    STAFF = "staff"
    OTHER = "another person"
    RELATIVE = "a relative, guarantor or contact"


class Role(enum.StrEnum):
    """What a column of a row is to the person whose answer it is."""

    PLAIN = "plain"
    PERSON = "person"  # it names somebody: this person, or another
    STAFF = "staff"  # it names whoever acted


@dataclass(frozen=True, slots=True)
class HeldColumn:
    """One column of a table that holds something of the person.

    Attributes:
        name: of the column.
        category: of what stands there; None where it says nothing of a person.
        role: what it is to the person.
        secret: it is never read.
    """

    name: str
    category: Category | None = None
    role: Role = Role.PLAIN
    secret: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether its values are shown to nobody, the person included."""
        return self.secret or self.category in _SECRETS

    @property
    def is_free(self) -> bool:
        """Whether somebody wrote in it what they liked."""
        return self.category in _FREE

    @property
    def is_of_relatives(self) -> bool:
        """Whether it names a relative, a guarantor or a contact."""
        return self.category in _RELATIVES


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One row as the person is told it.

    Attributes:
        values: by column, without what is withheld.
        withheld: by column, why it is not shown.
        redacted: columns out of whose text others were taken.
    """

    values: dict[str, Any]
    withheld: dict[str, Withheld] = field(default_factory=dict)
    redacted: tuple[str, ...] = ()


class ToldColumns:
    """The columns of one table, sorted by how they are told; the same for everybody.

    Args:
        columns: of the rows.
        own_table: the table is a record of the person, so that a name in it is the person's.
    """

    def __init__(self, columns: Sequence[HeldColumn], *, own_table: bool = False) -> None:
        self.own_table = own_table
        self.known = {one.name: one for one in columns}
        self.secret = {one.name: Withheld.SECRET for one in columns if one.is_secret}
        self.free = frozenset(one.name for one in columns if one.is_free)
        # Most say nothing of anybody, and are looked at for words of others alone.
        self.plain = frozenset(one.name for one in columns if not self._may_name(one))

    def _may_name(self, one: HeldColumn) -> bool:
        """Whether a value of a column can be withheld for whom it names."""
        named = one.category in _NAMES_SOMEBODY and not self.own_table
        return named or one.role is not Role.PLAIN or one.category in _RELATIVES


class Telling:
    """Tells rows of one table to one person, without secrets and without anybody else.

    Args:
        columns: of the rows, or the same sorted already.
        own: the person.
        others: words that name other people.
        own_table: the table is a record of the person, so that a name in it is the person's.

    Guarantees:
        No value of a secret column; no number of another person; none of the others' words in any text, whatever
        column it stands in, but for a value that is the person's own to the letter; no relative. An empty value stays
        empty, and tells nobody anything.
    """

    def __init__(
        self, columns: Sequence[HeldColumn] | ToldColumns, own: Own, others: Others, *, own_table: bool = False
    ) -> None:
        self._columns = columns if isinstance(columns, ToldColumns) else ToldColumns(columns, own_table=own_table)
        self._own, self._others = own, others

    def __call__(self, row: Mapping[str, Any]) -> HeldRow:
        """One row.

        Args:
            row: by column; what is not among the columns is a word beside the row, such as a title.
        """
        values: dict[str, Any] = {}
        columns, others = self._columns, self._others
        withheld: dict[str, Withheld] = dict(columns.secret)
        redacted: list[str] = []
        for name, value in row.items():
            if name in columns.secret:
                continue
            if value is None or value == "":
                values[name] = value
                continue
            if name not in columns.plain and (why := self._why_not(columns.known.get(name, _BESIDE), value)):
                withheld[name] = why
            elif isinstance(value, str):
                values[name] = clean = self._without(name, value)
                if clean != value:
                    redacted.append(name)
            elif isinstance(value, bytes) and others.in_bytes(value):
                withheld[name] = Withheld.OTHER
            else:
                values[name] = value
        return HeldRow(values, withheld, tuple(redacted))

    def _why_not(self, one: HeldColumn, value: Any) -> Withheld | None:
        if one.role is not Role.PLAIN:
            if value == 0 or self._own.is_named(value):
                return None
            return Withheld.STAFF if one.role is Role.STAFF else Withheld.OTHER
        if one.category in _RELATIVES:
            return Withheld.RELATIVE
        if one.category in _NAMES_SOMEBODY and not self._columns.own_table and not self._own.is_named(value):
            return Withheld.OTHER
        return None

    def _without(self, name: str, text: str) -> str:
        clean = self._others.out_of(text)
        if name in self._columns.free:
            if "@" in clean:
                clean = _MAIL.sub(lambda met: met[0] if self._own.is_named(met[0]) else "[an e-mail address]", clean)
            clean = _PHONE.sub(lambda met: met[0] if self._own.is_named(met[0]) else "[a telephone number]", clean)
        return text if clean != text and self._own.is_named(text) else clean


_BESIDE = HeldColumn("")


def suspects(text: str, *, whole: bool = False) -> tuple[frozenset[str], frozenset[str]]:
    """What in a text may be somebody's card number, and which words may be names: to be looked up.

    Args:
        text: any.
        whole: words in small letters, too.
    """
    joined = unicodedata.normalize("NFC", text)
    return frozenset(_NUMBER.findall(joined)), frozenset((_WORD if whole else _CAPITAL).findall(joined))


def contacts(text: str) -> int:
    """How many e-mail addresses and telephone numbers stand in a text."""
    return len(_MAIL.findall(text)) + len(_PHONE.findall(text))
