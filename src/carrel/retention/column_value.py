"""Whether a value fits the column that it is meant for, judged before anything is written."""

from __future__ import annotations

import re
from datetime import date

from carrel.amount import amount
from carrel.inventory.schema import Column

_LENGTH = re.compile(r"(?:var)?char\((\d+)\)")
_BYTES = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215, "longtext": 4_294_967_295}
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}
_WORDS = re.compile(r"'((?:[^']|'')*)'")
_FIRST_YEAR, _LAST_YEAR = 1000, 9998
_BEYOND_THREE_BYTES = 0x10000


def unfit(column: Column, value: str, *, charset: str = "", not_after: date | None = None) -> str:
    """Why a value cannot stand in a column.

    Args:
        column: live.
        value: as it would be written; empty for none.
        charset: of the table, as the server names it; empty where it has one for every sign.
        not_after: for a day, the last one that may be meant.

    Returns:
        What would be wanted, in words; empty where the value fits.

    Guarantees:
        A value for which this is empty is written and read back without loss by a column of that type.
    """
    declared = column.type.lower().strip()
    kind = re.split(r"[ (]", declared, maxsplit=1)[0]
    if not value:
        texts = kind in {*_BYTES, "varchar", "char"}
        return "" if column.nullable or texts else "a value: the column may not be empty"
    if (length := _LENGTH.match(declared)) is not None:
        most = int(length[1])
        return f"at most {amount(most, 'sign')}" if len(value) > most else _signs(value, charset)
    if kind in _BYTES:
        most = _BYTES[kind]
        return f"at most {amount(most, 'byte')}" if len(value.encode()) > most else _signs(value, charset)
    return _other(column, kind, value, not_after)


def _other(column: Column, kind: str, value: str, not_after: date | None) -> str:
    if kind == "date":
        return _day(value, not_after)
    if kind in _BITS:
        return _whole_number(value, kind, column.type.lower())
    if kind == "enum":
        words = [one.replace("''", "'") for one in _WORDS.findall(column.type)]
        return "" if value in words else f"one of: {', '.join(words)}"
    return f"no column of type {kind}, which a correction does not write"


def _signs(value: str, charset: str) -> str:
    if charset in {"utf8", "utf8mb3"} and any(ord(sign) >= _BEYOND_THREE_BYTES for sign in value):
        return f"signs that {charset} has"
    if charset in {"latin1", "ascii"}:
        try:
            value.encode("cp1252" if charset == "latin1" else "ascii")
        except UnicodeEncodeError:
            return f"signs that {charset} has"
    return ""


def _day(value: str, not_after: date | None) -> str:
    wanted = "a day as year-month-day, such as 1990-12-31"
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return wanted
    if found.isoformat() != value or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return wanted
    return "a day that is not to come" if not_after is not None and found > not_after else ""


def _whole_number(value: str, kind: str, declared: str) -> str:
    bits = _BITS[kind]
    least, most = (0, (1 << bits) - 1) if "unsigned" in declared else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    if not re.fullmatch(r"-?[0-9]{1,20}", value) or not least <= int(value) <= most or str(int(value)) != value:
        return f"a whole number from {least} to {most}"
    return ""
