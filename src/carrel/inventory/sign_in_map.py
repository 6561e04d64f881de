"""The `sign_in` section of a map: where a product keeps the names and the password of an account."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Condition, Part
from carrel.inventory.password_rules import PasswordRules

Scheme = Literal["bcrypt", "salted md5 in bcrypt"]


class SignInName(Part):
    """A column with what somebody may type to say who is there.

    Attributes:
        table, column: where it stands.
        person: column of that table with the number of the person.
        where: which of its rows count, such as cards that are in use.
    """

    table: str
    column: str
    person: str
    where: tuple[Condition, ...] = ()


class PasswordEnd(Part):
    """The day after which a product no longer takes a password: so many days from when it was set.

    Attributes:
        column: of the password's table, with the day; empty for never. Versions that lack it know no such day.
        table, days: where a library says after how many days; empty for never.
        key, equals: column of that table, and of the password's, that lead from one to the other.
    """

    column: str
    table: str
    days: str
    key: str
    equals: str


class Password(Part):
    """Where the password of an account stands, and how it was hashed.

    Attributes:
        scheme: ``bcrypt`` of what was typed, or of the md5 in hex of the salt and the md5 in hex of what was typed.
        salt: column with the salt, where the scheme has one of its own.
        where: which rows of the table count.
        cost: of a new hash, as a power of two; what the product itself writes.
        resets: columns that the product sets with each new password, and to what.
        changed: column with the time of the last change; the product sets it.
        ends: where the product says by when a password is too old; None where it knows no such day.
        rules: what the product asks of a new one; None where it asks for nothing.
    """

    table: str
    column: str
    person: str
    scheme: Scheme
    salt: str = ""
    where: tuple[Condition, ...] = ()
    cost: int = Field(default=10, ge=4, le=14)
    resets: dict[str, int] = Field(default_factory=dict)
    changed: str = ""
    ends: PasswordEnd | None = None
    rules: PasswordRules | None = None

    @model_validator(mode="after")
    def _salted(self) -> Self:
        if bool(self.salt) != (self.scheme != "bcrypt"):
            raise ValueError("a salt goes with 'salted md5 in bcrypt', and with nothing else")
        return self


class SignInMap(Part):
    """How a patron shows to be who she says, by the account that she has with the library.

    Attributes:
        names: any of them names an account.
        password: of it.
        where: which records of people may sign in at all.
    """

    names: tuple[SignInName, ...] = Field(min_length=1)
    password: Password
    where: tuple[Condition, ...] = ()
