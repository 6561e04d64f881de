"""The grammar of contacts: who may be given addresses, for which purpose, and which fields (OWWL-6, WPL-3.7)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from carrel.inventory.category import Category
from carrel.policy.block import Block
from carrel.policy.rights_grammar import ToldOf
from carrel.policy.words import Clauses, Name, Text, YesNo


class Recipient(Block):
    """One entry of the closed list of those who may be given patrons' addresses, or are barred from them."""

    says: Text
    barred: YesNo = Field(default=False, description="Nothing is ever given, whatever the purpose.")
    told_of: tuple[ToldOf, ...] = Field(
        default=(), description="What it is told of when a patron's request was carried out (MITL-9.7)."
    )
    clauses: Clauses = ()


class Contacts(Block):
    """What a purpose may take of patrons' addresses. A purpose without this block takes none."""

    to: tuple[Name, ...] = Field(min_length=1, description="Recipients that may be given the addresses.")
    fields: tuple[Category, ...] = Field(min_length=1, description="Categories of fields that may be given.")
    expired_cards: Literal["left out", "included"] = Field(
        default="left out", description="Whether somebody whose card has expired is written to."
    )
    clauses: Clauses = ()
