"""Which format a log is in, by how many of its lines fit: known formats only, and a doubtful log is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from carrel.amount import amount
from carrel.deidentification.logs import faults
from carrel.deidentification.logs.line_pattern import LinePattern, Placed, line_pattern
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_format import LogFormat
from carrel.errors import fault

LEAST_SHARE = 0.9  # of the lines looked at that must fit


def fitting(log_format: LogFormat, lines: Iterable[bytes]) -> int:
    """How many of these lines, without their ends, fit a format and bear a time that is one."""
    pattern = _pattern(log_format)
    time = next((one for one in pattern.parts if isinstance(one, Placed) and one.field.kind is Kind.TIME), None)
    count = 0
    for line in lines:
        if log_format.header and line.rstrip(b"\r") == log_format.header:
            count += 1
            continue
        match = pattern.expression.fullmatch(line)
        if match is None or match[match.re.groups]:
            continue
        form = time.field.form if time is not None else None
        count += form is None or time is None or form.read(match[time.groups[0] + 1]) is not None
    return count


def detected(lines: Sequence[bytes], formats: Sequence[LogFormat]) -> LogFormat | None:
    """The format that most lines fit, of those that nine tenths of them fit; of several, the one with most fields.

    Args:
        lines: some of a log, without their ends; blank ones do not count.
        formats: the known ones; of equals the first wins.
    """
    looked_at = [one for one in lines if one.strip()]
    if not looked_at:
        return None
    fits = [(len(one.fields), count, -n) for n, one in enumerate(formats) if (count := fitting(one, looked_at))]
    good = [one for one in fits if one[1] >= LEAST_SHARE * len(looked_at)]
    return formats[-max(good)[2]] if good else None


def require_detected(lines: Sequence[bytes], formats: Sequence[LogFormat], at: str) -> LogFormat:
    """The same; a log that fits none is refused.

    Raises:
        CarrelError: LOG-002.
    """
    found = detected(lines, formats)
    if found is not None:
        return found
    looked_at = [one for one in lines if one.strip()]
    near = sorted(((fitting(one, looked_at), one.name) for one in formats), reverse=True)[:3]
    told = ", ".join(f"{name} {count}" for count, name in near if count)
    raise fault(
        faults.UNKNOWN_FORMAT,
        at=at,
        wanted=f"a format that nine tenths of the first {amount(len(looked_at), 'line')} fit",
        found=f"of these fit: {told}" if told else "no known format that any of them fits",
        because="a line whose fields are not known cannot be scrubbed, and nothing passes unscrubbed",
        fix="name the format with --format: a known name, or the text from the server's settings",
    )


@lru_cache(maxsize=64)
def _pattern(log_format: LogFormat) -> LinePattern:
    return line_pattern(log_format, ())
