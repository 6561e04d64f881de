"""The answer as JSON, in pieces: nothing but one row is held in memory at a time (schema/access.schema.json)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from carrel.rights.answer import FORMAT_VERSION, Answer, DatedRow, HeldInSystem, HeldRecords, HeldTable
from carrel.rights.wording import Words, category_words, until_words

SCHEMA = "access.schema.json"


def pieces(answer: Answer, words: Words) -> Iterator[str]:
    """The text of the whole document.

    Args:
        answer: open, so that its rows can be read.
        words: of the language in which it is told.
    """
    head = {
        "format": "carrel-access",
        "format_version": FORMAT_VERSION,
        "case": answer.case,
        "library": answer.library,
        "made_at": answer.made_at.isoformat(),
        "language": words["lang"],
        "policy": {"title": answer.policy, "version": answer.policy_version},
        "complete": answer.complete,
        "seen_by": {"recorded": False, "says": words["unseen"]},
        "not_searched": list(answer.not_searched),
    }
    yield f'{_text(head)[:-1]}, "systems": ['
    for n, system in enumerate(answer.systems):
        yield ",\n" if n else "\n"
        yield from _system(system, words)
    yield "]}\n"


def _system(system: HeldInSystem, words: Words) -> Iterator[str]:
    head = {
        "name": system.name,
        "product": system.product,
        "time_zone": system.zone,
        "found": system.found,
        "record_deleted": system.gone,
        "unread": [
            {"table": one.table, "says": one.says, "code": one.code, "because": one.because} for one in system.unread
        ],
        "acted": [
            {"table": one.table, "column": one.column, "says": one.says, "entries": one.rows} for one in system.acted
        ],
    }
    yield f'{_text(head)[:-1]}, "records": ['
    for n, records in enumerate(system.records):
        yield ",\n" if n else "\n"
        yield from _records(records, words)
    yield "]}"


def _records(records: HeldRecords, words: Words) -> Iterator[str]:
    rules = [
        {"id": one.id, "active_until": list(one.until), "keep": str(one.keep), "then": one.then.value,
         "clauses": list(one.clauses)}
        for one in records.keeping.rules
    ]  # fmt: skip
    head = {
        "name": records.name,
        "policy_record": records.keeping.record or None,
        "why": list(records.keeping.purposes),
        "since": None if records.since is None else value_of(records.since),
        "until": list(until_words(records, words)),
        "rules": rules,
    }
    yield f'{_text(head)[:-1]}, "tables": ['
    for n, table in enumerate(records.tables):
        yield ",\n" if n else "\n"
        yield from _table(table, words)
    yield "]}"


def _table(table: HeldTable, words: Words) -> Iterator[str]:
    head = {
        "table": table.table,
        "says": table.says,
        "fields": [
            {"name": one.name, "category": None if one.category is None else one.category.value,
             "says": category_words(one.category, words), "shown": not one.is_secret}
            for one in table.columns
        ],
    }  # fmt: skip
    yield f'{_text(head)[:-1]}, "entries": ['
    for n, row in enumerate(table.every()):
        yield ",\n" if n else "\n"
        yield _text(_row(row))
    yield "]}"


def _row(dated: DatedRow) -> dict[str, Any]:
    found: dict[str, Any] = {"values": {name: value_of(value) for name, value in dated.row.values.items()}}
    if dated.row.withheld:
        found["withheld"] = {name: why.value for name, why in dated.row.withheld.items()}
    if dated.row.redacted:
        found["others_left_out_of"] = list(dated.row.redacted)
    if dated.goes_on is not None:
        found["goes_by"] = dated.goes_on.isoformat()
    return found


def value_of(value: Any) -> Any:
    """A database's value as JSON has it: times and days as ISO 8601, sums as texts, files as base64."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, Decimal | timedelta):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
