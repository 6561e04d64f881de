"""Records with values of every kind, plain and odd, and what a release asks of them."""

from __future__ import annotations

from collections import Counter
from itertools import product

from carrel.deidentification.records.release import ReleasedColumn
from carrel.deidentification.records.representative import Representative, representative

COLUMNS = ("zip", "born", "borrowed", "callno", "category", "patron")
_SAID = {
    "zip": {"as": "postcode", "levels": ["3", "1"]},
    "born": {"as": "birth year", "levels": ["10 years"]},
    "borrowed": {"as": "time", "levels": ["month", "year"]},
    "callno": {"as": "call number", "levels": ["ten", "hundred"]},
    "category": {"as": "patron category", "tree": {"old": ["AD", "SR", "O'D", "B\\S"], "new": ["J", "É"]}, "levels": ["group"]},
}  # fmt: skip
_VALUES: dict[str, tuple[str | None, ...]] = {
    "zip": (None, "", "02139", "02138", " 02139", "02139 ", "02139\n", "021390", "2139", "02139-1234", "h2x 1y4", "é2139"),
    "born": ("1984", "1984-02-29", "1985-02-29", "1849", "1850-01-01", "2099", "2100", "1900-02-29", "1984-12-31 23:59",
             "2000-02-29T00:00:00", "1984 ", None, "84"),
    "borrowed": ("2026-03-04", "2026-03-05T10:00:00", "2026-03-31 10:00:00.123456", "2026-04-31", "2026-13-01", None,
                 "2026-03-04 24:00", "20260304", "2026-03-04 10:00:00+02:00", "2026-02-29", "2024-02-29 10:00", "x"),
    "callno": ("523.4 SIM", "529", "J 523.4 SIM", "FIC", "523.4.5", "5234", "523\n", "523 É", None, "523.", "52"),
    "category": ("AD", "ad", "AD ", " AD", "SR", "O'D", "B\\S", "J", "É", "é", "e\u0301", None, ""),
}  # fmt: skip


def rules() -> dict[str, Representative]:
    """What is enough of each column's values."""
    made = {name: representative(ReleasedColumn.model_validate(said).hierarchy()) for name, said in _SAID.items()}
    return {**made, "patron": Representative()}


def rows() -> list[tuple[str | None, ...]]:
    """Every value beside plain ones, and beside other odd ones; several persons."""
    plain = ("02139", "1984", "2026-03-04", "523.4 SIM", "AD")
    made: list[tuple[str | None, ...]] = [(*plain, f"P{one}") for one in range(3)]
    for at, name in enumerate(COLUMNS[:-1]):
        made += [(*plain[:at], one, *plain[at + 1 :], patron) for one, patron in product(_VALUES[name], ("P1", "p1"))]
    longest = max(map(len, _VALUES.values()))
    made += [(*(_VALUES[name][(at + turn) % len(_VALUES[name])] for turn, name in enumerate(COLUMNS[:-1])), None)
             for at in range(longest * 5)]  # fmt: skip
    return made


def expected() -> Counter[tuple[str | None, ...]]:
    """The groups and their counts, without any engine."""
    told = rules()
    return Counter(tuple(told[name].of(one) for name, one in zip(COLUMNS, row, strict=True)) for row in rows())
