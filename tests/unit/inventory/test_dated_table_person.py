"""Which columns name the person whom a row is about: an entry that would leave somebody behind is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from carrel.inventory.dated_table import DatedTable

ENTRY = {
    "name": "pcs", "record": "computer bookings", "purpose": "provide", "dsn_file": "pc.dsn", "table": "bookings",
    "key": "id", "clock": "ended", "zone": "America/New_York",
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"person": {"card": "number"}}, "a 'number' is one system's own"),
        ({"person": {"id": "card"}}, "the key must name nobody"),
        ({"person": {"ended": "card"}}, "neither the clock nor the key"),
        ({"system": "koha"}, "write both, or neither"),
        ({"blank": ["who"], "person": {"card": "card"}}, "must take card as well"),
        ({"person": {"card": "passport"}}, "'card', 'user name', 'email' or 'number'"),
        ({"person": {"ca\u200brd": "card"}}, "signs that nobody sees"),
    ],
)
def test_what_would_leave_the_person_is_refused(more, says):
    with pytest.raises(ValidationError, match=says):
        DatedTable.model_validate({**ENTRY, **more})


def test_totals_are_of_nobody():
    said = {"name": "gate", "record": "gate counts", "purpose": "improve", "dsn_file": "g.dsn", "table": "hourly"}
    with pytest.raises(ValidationError, match="totals have no clock"):
        DatedTable.model_validate({**said, "aggregate": True, "person": {"card": "card"}})


def test_a_person_column_is_read_with_the_others_and_changes_what_a_plan_stands_on():
    bare = DatedTable.model_validate(ENTRY)
    named = DatedTable.model_validate({**ENTRY, "person": {"card": "card"}, "system": "koha"})
    assert (named.named, named.is_about("koha"), named.is_about("evergreen")) == (("ended", "id", "card"), True, False)
    assert DatedTable.model_validate({**ENTRY, "person": {"card": "card"}}).is_about("evergreen")
    assert not bare.is_about("koha")
    assert bare.entry != named.entry
