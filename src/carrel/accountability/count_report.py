"""A report of counts from a custodian who gives nothing else: nothing about a person can come in with it."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from carrel.accountability import faults
from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.policy.record_type import RecordType

MOST_BYTES = 1 << 20
MOST_ROWS = 5_000
LARGEST = 10**10
NEEDED = ("record", "as_of", "overdue")
OPTIONAL = ("branch", "removed", "kept")
_COUNT = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class RecordCount:
    """One kind of record, over all branches of a report.

    Attributes:
        record: as the policy names it.
        overdue: past their period, and still naming a person.
        removed, kept: since the report before, and for a reason; None where the report does not tell.
        as_of: the oldest day that a line of the report speaks of.
        branches: that the report has lines for; 0 where it has no branches.
        without: of the branches that the library has written down, those for which the report has no line while it has
            one for others, in order.
    """

    record: str
    overdue: int
    removed: int | None
    kept: int | None
    as_of: date
    branches: int
    without: tuple[str, ...] = ()


class Counted:
    """Anything that holds a report's counts by kind of record, and what they come to."""

    __slots__ = ()
    counts: tuple[RecordCount, ...]

    @property
    def overdue(self) -> int:
        """Records of all kinds that are past their period."""
        return sum(one.overdue for one in self.counts)

    @property
    def as_of(self) -> date:
        """The oldest day that the figures speak of."""
        return min(one.as_of for one in self.counts)


@dataclass(frozen=True, slots=True)
class CountReport(Counted):
    """What is taken from a report: sums by kind of record, and the digest of the file."""

    digest: str
    rows: int
    counts: tuple[RecordCount, ...]


def read_report(
    raw: bytes, known_until: date, branches: Collection[str] = (), wanted: Collection[str] = ()
) -> CountReport:
    """The counts of a report.

    Args:
        raw: the file, whole: CSV in UTF-8 with the columns of `NEEDED`, and of `OPTIONAL` if it likes.
        known_until: no line may speak of a later day.
        branches: as the library itself writes them; no line may name another one. Which texts could be a person's
            number or name nobody can tell, so none is taken that the library has not written down beforehand.
        wanted: of these, the ones that a report by branches has to speak of.

    Raises:
        CarrelError: CUS-013, it cannot be read, or a line is no line of counts; CUS-014, it has a column or a value
            that could speak of a person.

    Guarantees:
        No text of the file is in the result but kinds of record; a branch is named only where the file does
        not name it. A line without a branch speaks for all branches only where its kind has no other line.
        No fault quotes the file.
    """
    if len(raw) > MOST_BYTES:
        raise _unusable("the file", f"{MOST_BYTES:,} bytes at most", "more", "have counts exported, not records")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unusable("the file", "text in UTF-8", "other bytes", "save the report as CSV in UTF-8") from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise _unusable("the file", "CSV with commas", "something else", "save the report as CSV with commas") from None
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if len(lines) < 2:  # noqa: PLR2004  (a line with names, and one with counts)
        raise _unusable("the file", "a line with names of columns, and lines with counts", "fewer lines", _COLUMNS)
    if len(lines) - 1 > MOST_ROWS:
        raise _unusable(
            "the file", f"{MOST_ROWS:,} lines at most", f"{len(lines) - 1:,}", "have counts exported, not records"
        )
    names = _names(lines[0])
    _refuse_unknown(names, lines[1:], frozenset(branches))
    found: dict[tuple[str, str], dict[str, int | date | None]] = {}
    for number, line in enumerate(lines[1:], 2):
        key, values = _line(number, names, line, known_until)
        if key in found:
            raise _unusable(f"line {number}", "each kind and branch once", "one that stands twice", "take one out")
        found[key] = values
    return CountReport(hashlib.sha256(raw).hexdigest(), len(found), tuple(_sums(found, wanted)))


_OTHER_SIGNS = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}
_COLUMNS = f"have a report with the columns {', '.join(NEEDED)}, and if you like {', '.join(OPTIONAL)}"


def _names(line: Sequence[str]) -> list[str]:
    other = next((sign for sign in _OTHER_SIGNS if len(line) == 1 and sign in line[0]), None)
    if other is not None:
        raise _unusable(
            "the first line",
            "columns parted by commas",
            f"columns parted by {_OTHER_SIGNS[other]}",
            "save the report as CSV with commas; a spreadsheet asks for the sign when it exports",
        )
    names = [cell.strip().lower().replace(" ", "_") for cell in line]
    if beyond := sum(name not in {*NEEDED, *OPTIONAL} for name in names):
        raise fault(
            faults.REPORT_OF_PERSONS,
            at="the first line",
            wanted=f"no other column than {', '.join((*NEEDED, *OPTIONAL))}",
            found=f"{beyond} of another name",
            because="any other column could tell of one person, and only counts are taken",
            fix="take these columns out of the report at the custodian's, and have it sent anew",
        )
    missing = [name for name in NEEDED if name not in names]
    if missing or len(set(names)) < len(names):
        twice = "a column that stands twice"
        raise _unusable("the first line", ", ".join(NEEDED), f"no {', '.join(missing)}" if missing else twice, _COLUMNS)
    return names


def _refuse_unknown(names: Sequence[str], lines: Sequence[Sequence[str]], branches: frozenset[str]) -> None:
    """Refuse a branch that the library has not written down; all such lines are counted at once.

    Raises:
        CarrelError: CUS-014.
    """
    if "branch" not in names:
        return
    place = names.index("branch")
    told = [(number, line[place].strip()) for number, line in enumerate(lines, 2) if place < len(line)]
    unknown = [number for number, branch in told if branch and branch not in branches]
    if unknown:
        more = f", and {amount(len(unknown) - 1, 'further line')}" if len(unknown) > 1 else ""
        raise fault(
            faults.REPORT_OF_PERSONS,
            at=f"line {unknown[0]}, branch{more}",
            wanted="a branch as the site file has it, under 'custodian:' in 'branches:'",
            found="another text" if branches else "a branch, and the site file has none there",
            because="nobody can tell the code of a branch from the number or the name of a person",
            fix="add the branch to 'branches: [...]' under 'custodian:', or take the column out of the report",
        )


def _line(
    number: int, names: Sequence[str], line: Sequence[str], known_until: date
) -> tuple[tuple[str, str], dict[str, int | date | None]]:
    at = f"line {number}"
    if len(line) != len(names):
        raise _unusable(at, f"{len(names)} cells", f"{len(line)}", "mend the line, or have the report made anew")
    cells = {name: cell.strip() for name, cell in zip(names, line, strict=True)}
    kinds = {kind.value for kind in RecordType}
    if cells["record"] not in kinds:
        raise _unusable(at, "a kind of record that a policy can name", "another", "docs/policy.md lists the kinds")
    branch = cells.get("branch", "")
    values: dict[str, int | date | None] = {"as_of": _day(at, cells["as_of"], known_until)}
    for name in ("overdue", *(one for one in ("removed", "kept") if one in names)):
        if not _COUNT.fullmatch(cells[name]) or int(cells[name]) > LARGEST:
            raise _unusable(f"{at}, {name}", "a whole number from 0", "something else", "write digits only")
        values[name] = int(cells[name])
    return (cells["record"], branch), values


def _day(at: str, text: str, known_until: date) -> date:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None  # noqa: PLR2004  (year-month-day)
    except ValueError:
        day = None
    if day is None or day > known_until:
        found = "no day" if day is None else "a day that is still to come"
        raise _unusable(
            f"{at}, as_of", "a day such as 2026-11-25, not after today", found, "write the day of the count"
        )
    return day


def _sums(found: dict[tuple[str, str], dict[str, int | date | None]], wanted: Collection[str]) -> list[RecordCount]:
    sums = []
    for record in dict.fromkeys(record for record, _ in found):
        lines = {branch: values for (kind, branch), values in found.items() if kind == record}
        days = [day for one in lines.values() if isinstance(day := one["as_of"], date)]
        sums.append(
            RecordCount(
                record=record,
                overdue=_sum(lines.values(), "overdue") or 0,
                removed=_sum(lines.values(), "removed"),
                kept=_sum(lines.values(), "kept"),
                as_of=min(days),
                branches=sum(branch != "" for branch in lines),
                without=tuple(sorted(set(wanted) - set(lines))) if set(lines) != {""} else (),
            )
        )
    return sums


def _sum(lines: Iterable[Mapping[str, int | date | None]], name: str) -> int | None:
    found = [one.get(name) for one in lines]
    numbers = [one for one in found if isinstance(one, int)]
    return sum(numbers) if numbers else None


def _unusable(at: str, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(
        faults.REPORT_FORM,
        at=at,
        wanted=wanted,
        found=found,
        because="a figure that was guessed would be attested as if it were the custodian's",
        fix=fix,
    )
