"""A format as one regular expression over many lines at once, and where in it each field's pieces stand.

Every line of a block is found by one pass: one that fits gives its fields, any other gives itself as unknown. Classes
of signs exclude what follows the field and give nothing back, so no line costs more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from carrel.deidentification.logs.circulation_message import FORM
from carrel.deidentification.logs.log_field import Field, Kind
from carrel.deidentification.logs.log_format import LogFormat

_QUOTED = r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+'
NUMBER_FORMS: Mapping[Kind, str] = {
    Kind.STATUS: r"\d{3}|-",
    Kind.SIZE: r"\d{1,12}|-",
    Kind.DURATION: r"\d{1,9}(?:\.\d{1,6})?|-",
    Kind.PORT: r"\d{1,5}|-",
}
_FORMS: Mapping[Kind, str] = {**NUMBER_FORMS, Kind.MESSAGE: FORM}
# One or nothing is written as two ways: the engine goes through these faster than through a repetition.
_METHOD, _PROTOCOL = r"[A-Z]{1,12} ", r" HTTP/\d(?:\.\d|)"


@dataclass(frozen=True, slots=True)
class Placed:
    """A field and the groups of the expression that hold its pieces; none where it is not looked at.

    Attributes:
        field: of the format.
        groups: numbers of columns. A request has method, folder, name, protocol, and the question part where it is
            looked at; a url the same without method and protocol; any other field has one.
    """

    field: Field
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinePattern:
    """The expression.

    Attributes:
        expression: over the whole of a block; its last group is a line that does not fit.
        parts: literal text and placed fields, as in the format.
    """

    expression: re.Pattern[bytes]
    parts: tuple[bytes | Placed, ...]


def line_pattern(log_format: LogFormat, looked_at: Collection[Kind]) -> LinePattern:
    """The expression for a format.

    Args:
        log_format: as it was read.
        looked_at: kinds of fields whose text is wanted; of the others only the place is found.
    """
    source, placed, groups = "", list[bytes | Placed](), 0
    parts = log_format.parts
    for n, part in enumerate(parts):
        if isinstance(part, str):
            source += re.escape(part)
            placed.append(part.encode())
            continue
        before = parts[n - 1] if n else ""
        after = parts[n + 1] if n + 1 < len(parts) else ""
        quoted = isinstance(before, str) and before.endswith('"') and isinstance(after, str) and after.startswith('"')
        taken = _pieces(part, after if isinstance(after, str) else "", looked_at, quoted=quoted)
        source += taken[0]
        placed.append(Placed(part, tuple(range(groups, groups + taken[1]))))
        groups += taken[1]
    whole = rf"^(?:{source}\r?|([^\n]+))$"
    return LinePattern(re.compile(whole.encode("latin-1"), re.MULTILINE), tuple(placed))


def _pieces(field: Field, after: str, looked_at: Collection[Kind], *, quoted: bool) -> tuple[str, int]:
    """The expression of one field, and how many groups it has."""
    free = _QUOTED if quoted else _until(after)
    if field.kind is Kind.TIME and field.form is not None:
        return f"({field.form.pattern})", 1
    if field.kind is Kind.REQUEST:
        return _request(free, after, asked=Kind.QUERY in looked_at)
    if field.kind is Kind.REFERRER and quoted and field.kind in looked_at:
        return rf'(?:(https?://[^/"\\\n]*+)|){free}', 1
    if field.kind is Kind.URL:
        pieces, count = _address(after, asked=Kind.QUERY in looked_at)
        return f"(?:{pieces}|{free})" if after else f"(?:{pieces}|[^\\r\\n]*)", count
    pattern = _FORMS.get(field.kind, free)
    return (f"({pattern})", 1) if field.kind in looked_at else (f"(?:{pattern})", 0)


def _until(after: str) -> str:
    """Anything up to the text that follows the field; up to the bracket where it has one, so that names have blanks."""
    if not after:
        return r"[^\r\n]*"
    stop = "[" if after.startswith(" [") else after[0]
    return rf"[^{re.escape(stop)}\n]*{'' if stop == '[' else '+'}"  # before a bracket a blank is given back


def _request(free: str, after: str, *, asked: bool) -> tuple[str, int]:
    address, count = _address(after, asked=asked)
    return f"(?:({_METHOD}){address}(?:({_PROTOCOL})|)(?={re.escape(after[:1]) or '$'})|{free})", count + 2


def _address(after: str, *, asked: bool) -> tuple[str, int]:
    stop = re.escape("".join(sorted({" ", '"', "\t", after[:1]})))
    one = rf"[^{stop}?\n\r\\]"
    name = rf"[^{stop}/?\n\r\\]"
    rest = rf"\?[^{stop}\n\r\\]*+"
    if asked:
        return rf"(?:({one}*/)|)({name}*+)(?:({rest})|)", 3
    return rf"(?:({one}*/)|)({name}*+)(?:{rest}|)", 2
