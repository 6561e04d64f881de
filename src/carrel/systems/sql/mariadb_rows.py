"""Rows of a MariaDB answer, taken apart with few calls: what is held of a person has thousands of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pymysql
from pymysql import err
from pymysql.connections import MySQLResult

_NULL, _TWO, _THREE, _EIGHT = 251, 252, 253, 254  # the first byte of a value, where it is not its length
_LENGTHS = {_TWO: 2, _THREE: 3, _EIGHT: 8}


class RowsOfAnswer(MySQLResult):
    """As the driver's own, but for how a row is taken apart."""

    converters: Sequence[tuple[str | None, Callable[[Any], Any] | None]]

    def _read_row_from_packet(self, packet: Any) -> tuple[Any, ...]:
        data, at = packet.get_all_data(), packet._position  # noqa: SLF001  (as the driver's own does)
        row: list[Any] = []
        end = len(data)
        for encoding, converter in self.converters:
            if at >= end:
                break
            length = data[at]
            at += 1
            if length == _NULL:
                row.append(None)
                continue
            if length > _NULL:
                width = _LENGTHS.get(length, 0)
                length = int.from_bytes(data[at : at + width], "little")
                at += width
            value: Any = data[at : at + length]
            at += length
            if encoding is not None:
                value = value.decode(encoding)
            row.append(value if converter is None else converter(value))
        if at > end:
            raise err.InternalError("a row that is cut")
        return tuple(row)


class RowConnection(pymysql.Connection):
    """A connection whose answers are read so."""

    def _read_query_result(self, unbuffered: bool = False) -> int:
        self._result = None
        result = RowsOfAnswer(self)
        if unbuffered:
            result.init_unbuffered_query()
        else:
            result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows or 0)
