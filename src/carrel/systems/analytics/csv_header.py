"""The first line of a CSV file: the names of its columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from carrel.errors import CarrelError, fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import faults
from carrel.systems.analytics.csv_quotes import require_closed, text_of

_VALUE = re.compile(r"@|\d{5}")
_HEADER = 1 << 20  # characters; a first line that is longer names no columns


def header_of(source: NamedSource) -> tuple[str, ...]:
    """The names that the first line of a CSV file gives to its columns.

    Raises:
        CarrelError: SRC-002, the file is empty or no text in this encoding; SRC-003, a column has no name, or two
            have one.
    """
    try:
        with text_of(source) as file:
            first = file.readline(_HEADER)
            while first.count('"') % 2 and len(first) < _HEADER:  # a name that goes over the end of a line
                more = file.readline(_HEADER)
                if not more:
                    break
                first += more
        row = next(csv.reader([first], delimiter=source.delimiter, strict=True), [])
        require_closed(source)
    except UnicodeError:
        raise unreadable(source, "bytes that are no text in it", "name its encoding, or write it as UTF-8") from None
    except (OSError, EOFError, csv.Error):
        raise unreadable(source, "a file, or a first line, that cannot be read", "look at its first line") from None
    if not row:
        raise unreadable(source, "an empty file, or an empty first line", "a first line has to name the columns")
    columns = tuple(row)
    if any(_VALUE.search(one) for one in columns):
        raise fault(
            faults.NOT_THERE,
            at=source.at,
            wanted="a first line that names the columns",
            found="one with an e-mail address, or a number of five digits and more: it could be a record",
            fix="put a line with names before it",
        )
    require_names(columns, source)
    return columns


def require_names(columns: Sequence[str], source: NamedSource) -> None:
    """Whether each column has a name, and each another one.

    Raises:
        CarrelError: SRC-003.
    """
    folded = [one.casefold() for one in columns]
    twice = len(set(folded)) < len(folded)
    if twice or not all(one.strip() for one in columns):
        raise fault(
            faults.NOT_THERE,
            at=source.at,
            wanted="a name for each column, each another one (capitals do not count)",
            found="two columns of one name" if twice else "a column without a name",
            fix="give them names; of a query with AS",
        )


def unreadable(source: NamedSource, found: str, fix: str) -> CarrelError:
    """The error of a file that is not what its source says."""
    wanted = "Parquet" if source.is_parquet else f"CSV in {source.encoding}"
    return fault(faults.UNREADABLE, at=source.at, wanted=wanted, found=found, fix=fix)
