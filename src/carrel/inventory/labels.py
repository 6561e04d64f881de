"""Labels: which category of personal data each column holds, and what an unlabelled one may be (MITL-1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import Field, PrivateAttr

from carrel.inventory.category import Category
from carrel.inventory.map_part import Part


class _Known:
    """What was looked up of labels; it makes no difference between two of them."""

    def __init__(self) -> None:
        self.held: tuple[object, object, dict[str, Category | None]] = (None, None, {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known)

    __hash__ = None  # type: ignore[assignment]  # as of whatever compares by value


class Labels(Part):
    """The taxonomy on one product's columns.

    Attributes:
        categories: columns by category, each as ``column`` in any table, or as ``table.column`` in that one alone.
        nothing: columns that say nothing of a person.
    """

    categories: dict[Category, tuple[str, ...]] = Field(default_factory=dict)
    nothing: tuple[str, ...] = ()
    _known: _Known = PrivateAttr(default_factory=_Known)

    def of(self, table: str, column: str) -> Category | None:
        """The category of a column; None where it has none, or says nothing of a person."""
        known = self._by_name
        return known.get(f"{table}.{column}", known.get(column))

    def knows(self, table: str, column: str) -> bool:
        """Whether a column is labelled: with a category, or as one that says nothing of a person."""
        return f"{table}.{column}" in self._by_name or column in self._by_name

    @property
    def _by_name(self) -> dict[str, Category | None]:
        """The category of each name as it is written in the map; the first that has it."""
        categories, nothing, found = self._known.held
        if categories is self.categories and nothing is self.nothing:  # a copy with others has this one's memory
            return found
        found = {}
        for category, columns in self.categories.items():
            for name in columns:
                found.setdefault(name, category)
        for name in self.nothing:
            found.setdefault(name, None)
        self._known.held = self.categories, self.nothing, found
        return found


def unlabelled(labels: Labels, columns: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The columns without a label, as ``table.column``.

    Args:
        labels: of the map.
        columns: by table, as the live database has them.
    """
    return tuple(
        sorted(f"{table}.{name}" for table, names in columns.items() for name in names if not labels.knows(table, name))
    )


# Parts of column names, the first that fits decides.
_WORDS: tuple[tuple[Category, tuple[str, ...]], ...] = (
    (Category.EMAIL_ADDRESS, ("email", "e_mail", "mailaddr")),
    (Category.TELEPHONE_NUMBER, ("phone", "mobile", "fax", "sms")),
    (Category.POSTAL_ADDRESS, ("address", "street", "zipcode", "postcode", "city")),
    (Category.BIRTH_DATE, ("birth", "dob", "age_group")),
    (Category.SOCIAL_SECURITY_NUMBER, ("ssn", "social_security", "national_id")),
    (Category.PASSPORT_NUMBER, ("passport",)),
    (Category.DRIVERS_LICENSE_NUMBER, ("licence", "license")),
    (Category.CREDENTIAL, ("password", "pin_code", "secret", "token")),
    (Category.LIBRARY_CARD_NUMBER, ("cardnumber", "card_no", "patron_barcode")),
    (Category.INSTITUTIONAL_ID, ("borrower", "patron", "user_id", "student", "employee", "member")),
    (Category.IP_ADDRESS, ("ip_addr", "ipaddress", "remote_addr")),
    (Category.SESSION_IDENTIFIER, ("session", "cookie")),
    (Category.GENDER, ("gender", "pronoun")),
    (Category.RACE, ("race", "ethnic")),
    (Category.NAME, ("surname", "firstname", "lastname", "fullname")),
    (Category.UNPUBLISHED_RESEARCH, ("research", "thesis")),
    (Category.COURSEWORK, ("course", "assignment")),
    (Category.SEARCH_TERMS, ("query", "search")),
    (Category.STAFF_NOTE, ("note", "comment", "remark")),
    (Category.CIRCULATION_RECORD, ("item", "biblio", "barcode", "loan", "issue")),
    (Category.FINANCIAL_INFORMATION, ("amount", "fine", "fee", "payment")),
    (Category.EVENT_TIME, ("date", "time", "_at", "_on")),
)


def proposed(column: str) -> Category:
    """The category that a column's name suggests; whatever could be linked back to a person where it suggests none."""
    bare = column.rpartition(".")[2].lower()
    return next(
        (category for category, words in _WORDS if any(word in bare for word in words)), Category.OTHER_LINKABLE
    )
