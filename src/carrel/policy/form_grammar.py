"""The grammar of forms: what is asked on each, and what follows where it is not answered (MITP-11.2.2a)."""

from __future__ import annotations

from pydantic import Field

from carrel.policy.block import Block
from carrel.policy.record_type import RecordType
from carrel.policy.words import Clauses, Name, Text


class FormRule(Block):
    """One form by which people give something: on paper, at the desk or on a page."""

    says: Text = Field(description="What it is called for whoever fills it in.")
    record: RecordType = Field(description="The kind of record that it fills.")
    asks: tuple[Name, ...] = Field(min_length=1, description="Fields of that record, in the order of the form.")
    otherwise: Text = Field(description="What follows where a field that is required is left out.")
    without: dict[Name, Text] = Field(
        default_factory=dict, description="What follows where this field is left out, where it is something else."
    )
    clauses: Clauses = ()


class EmailWarning(Block):
    """That e-mail can be read by others (WPL-6.4)."""

    says: Text
    clauses: Clauses = ()
