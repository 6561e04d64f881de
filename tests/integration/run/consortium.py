"""A small consortium for tests: policies that differ, and loans that touch units of several of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from tests.integration.run.library import Library

MINIMAL = Path(__file__).parents[2] / "unit" / "policy" / "minimal.yaml"
REST, A, B, C, GONE = "SPL", "CPL", "MPL", "FRL", "XPL"
PERIODS = {"rest": "14 days", "a": "3 days", "b": "7 days", "c": "25 days"}


def policy(name: str, keep: str, *changes: tuple[str, str]) -> str:
    """The text of a policy that keeps loans for a time."""
    text = MINIMAL.read_text(encoding="utf-8")
    for old, new in (("policy: minimal", f"policy: {name}"), ("keep: 7 days", f"keep: {keep}"), *changes):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def write_policies(folder: Path, periods: dict[str, str]) -> None:
    """The policies' files: that of the rest is the site's own."""
    for name, keep in periods.items():
        (folder / ("policy.yaml" if name == "rest" else f"{name}.yaml")).write_text(policy(name, keep))


def branches(**units: str) -> str:
    """The lines of a site file: unit=policy file without its end."""
    return "branches:\n" + "".join(f"  - {{unit: {unit}, policy: ./{name}.yaml}}\n" for unit, name in units.items())


@dataclass(frozen=True)
class Seed:
    """One loan that came back ten days ago, and the units that it touches."""

    number: int
    made: str
    returned: str | None
    owner: str
    home: str
    due: bool


SEEDS = (
    Seed(1, C, C, C, C, due=False),
    Seed(2, C, None, B, C, due=True),
    Seed(3, C, C, C, A, due=True),
    Seed(4, C, B, C, C, due=True),
    Seed(5, REST, None, REST, REST, due=False),
    Seed(6, GONE, None, C, C, due=True),
    Seed(7, REST, C, C, REST, due=False),
)


def seed(small: Library, now: datetime) -> dict[int, int]:
    """Make the seeds out of loans of the sample that owe nothing; number of each seed → number of the loan."""
    stand_in = small.koha.sample.anonymous_patron
    free = small.koha.rows(
        "SELECT o.issue_id, o.borrowernumber, o.itemnumber FROM old_issues o "
        f"WHERE o.borrowernumber IS NOT NULL AND o.borrowernumber <> {stand_in} AND o.returndate IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM accountlines a WHERE a.old_issue_id = o.issue_id) "
        "AND NOT EXISTS (SELECT 1 FROM return_claims r WHERE r.issue_id = o.issue_id) "
        "AND o.itemnumber IN (SELECT itemnumber FROM items) "
        "AND o.borrowernumber IN (SELECT borrowernumber FROM borrowers WHERE privacy <> 0) "
        "AND o.returndate > '2001-01-01' ORDER BY 1"
    )
    found: dict[int, int] = {}
    items, persons = set[int](), set[int]()
    with small.koha.engine().begin() as connection:
        for one in SEEDS:
            loan, person, item = next(row for row in free if row[2] not in items and row[1] not in persons)
            items.add(int(str(item)))
            persons.add(int(str(person)))
            back = (now - timedelta(days=10)).replace(microsecond=0).isoformat(" ")
            out = (now - timedelta(days=20)).replace(microsecond=0).isoformat(" ")
            for statement in (
                "UPDATE old_issues SET branchcode = :made, checkin_library = :returned WHERE issue_id = :loan",
                "UPDATE old_issues SET returndate = :back, issuedate = :out, date_due = :back WHERE issue_id = :loan",
                "UPDATE items SET homebranch = :owner WHERE itemnumber = :item",
                "UPDATE borrowers SET branchcode = :home WHERE borrowernumber = :person",
            ):
                values = {**one.__dict__, "back": back, "out": out, "loan": loan, "item": item, "person": person}
                connection.execute(
                    sa.text(statement), {name: v for name, v in values.items() if f":{name}" in statement}
                )
            found[one.number] = int(str(loan))
    return found


def still_named(small: Library, loans: dict[int, int]) -> set[int]:
    """Numbers of the seeds whose loan still names a reader."""
    stand_in = small.koha.sample.anonymous_patron
    numbers = ", ".join(map(str, loans.values()))
    rows = small.koha.rows(
        f"SELECT issue_id FROM old_issues WHERE issue_id IN ({numbers}) "
        f"AND borrowernumber IS NOT NULL AND borrowernumber <> {stand_in}"
    )
    named = {int(str(loan)) for (loan,) in rows}
    return {number for number, loan in loans.items() if loan in named}
