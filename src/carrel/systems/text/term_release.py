"""Search terms read from where they were kept, released as CSV, and counted again by another way."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from carrel.deidentification.text.reader import TextReader
from carrel.deidentification.text.search_terms import ROUNDED_TO, TermCount, has_number, normalised, person
from carrel.errors import fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.text import faults
from carrel.systems.text.list_rows import batches_of, columns_of, others
from carrel.systems.text.release_place import released_file
from carrel.systems.text.text_file import reading

HEADER = ("term", "searchers")
_DAY = 10  # signs of a day as ISO 8601 writes it


def searches(
    source: NamedSource, term: str, searcher: str | None, session: str | None, time: str | None
) -> Iterator[tuple[str, str]]:
    """Each search: its term and who made it, a person or a session of one day.

    Raises:
        CarrelError: TXT-012, TXT-015, TXT-020; SRC, SQL and SIT codes.
    """
    if searcher is None and (session is None or time is None):
        raise fault(
            faults.NOTHING_TO_GO_BY,
            at=source.at,
            wanted="a column that tells persons apart, or one for sessions and one for the time",
            found="neither",
            because="ten searches of one person are not ten people",
            fix="name --searcher, or --session and --time",
        )
    who = (searcher,) if searcher is not None else (session or "", time or "")
    columns = columns_of(source, "add --delimiter")
    if missing := [one for one in (term, *who) if one not in columns]:
        raise fault(
            faults.NO_FIELD, at=source.at, wanted=", ".join(missing), found=others(columns),
            fix="write the name as it stands there",
        )  # fmt: skip
    with batches_of(source, (term, *who), columns) as batches:
        for batch in batches:
            for said, *by in zip(*batch, strict=True):
                yield said, by[0] if len(by) == 1 or not person(by[0]) else f"{by[0]}\x1f{by[1].strip()[:_DAY]}"


def release(
    read: Callable[[], Iterator[tuple[str, str]]], counting: TermCount, reader: TextReader, target: Path, *, force: bool
) -> int:
    """Count searches and write the terms that may leave; the file takes its name when it was read back and agrees.

    Args:
        read: reads the searches, each time anew.
        counting: takes them.
        reader: with the roster and the forms of numbers.
        target: the released file.
        force: whether it may replace another.

    Returns:
        How many terms were read back and counted again.

    Raises:
        CarrelError: TXT-013, TXT-014, TXT-019, and as the searches are read.
    """
    verified = 0

    @contextmanager
    def agreeing(written: Path) -> Iterator[None]:
        nonlocal verified
        verified = require_true(written, read(), counting.fewest, target.name)
        yield

    with released_file(target, force=force, whole=agreeing) as out:
        for term, searcher in read():
            counting.add(term, searcher)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        for one in counting.released(reader):
            writer.writerow((_harmless(one.term), one.searchers))
        out.write(text.getvalue().encode("utf-8"))
    return verified


def _harmless(term: str) -> str:
    """A term that no spreadsheet takes for a formula."""
    return f"'{term}" if term[:1] in "=@" else term


def require_true(written: Path, found: Iterator[tuple[str, str]], fewest: int, at: str) -> int:
    """Read the released terms back and count them again, by the searches themselves.

    Args:
        written: the file, before it has its name.
        found: the searches, read anew.
        fewest: people that a term needs.
        at: what faults call the file.

    Returns:
        How many terms were counted.

    Raises:
        CarrelError: TXT-019, a term is there for too few people, with another count, or with a number of a person's.
    """
    with reading(written) as stream:
        rows = list(csv.reader(io.StringIO(stream.read().decode("utf-8"), newline="")))
    terms = {row[0].removeprefix("'"): int(row[1]) for row in rows[1:]}
    who: dict[str, set[str]] = {one: set() for one in terms}
    for said, searcher in found:
        plain = normalised(said)
        if plain in who and (one := person(searcher)):
            who[plain].add(one)
    wrong = sum(not _fits(terms[one], len(who[one]), fewest) for one in terms)
    named = sum(map(has_number, terms))
    if wrong or named or tuple(rows[0]) != HEADER:
        raise fault(
            faults.UNVERIFIED,
            at=at,
            wanted=f"terms that {fewest} people and more searched for, and no number of a person's",
            found=f"{wrong} with another count, {named} with such a number",
            changed="nothing: no file took that name",
            fix="run it when nothing writes to the searches; if it stays so, report it",
        )
    return len(terms)


def _fits(told: int, counted: int, fewest: int) -> bool:
    return counted >= fewest and fewest <= told <= counted and counted - told < ROUNDED_TO
