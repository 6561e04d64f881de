"""The baseline: what a good administrator would write for Koha by hand, to the same final state.

Chunks of 5,000 loans in order of reader, one transaction each, in which the same columns of the same tables are cut.
Payments, last visits, notices and the log of fines go with their reader by their own date, unless a kept loan explains
them; only what is left of them is compared with the loans.
It knows Koha (where a dump holds the item's number, how a notice writes a barcode), one policy and no legal hold; it
counts nothing, reads nothing back, keeps no journal and cannot say what it did.
"""

from __future__ import annotations

import time
from datetime import datetime

import pymysql

from bench.library import NAME, Library
from bench.statements import PICK, SETTINGS, TABLES, cuts, kept
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.predicate import AllOf, AtOrBefore, Fact, Not, Predicate

_CHUNK = 5_000


def cut(library: Library, anonymous: int, *, at_most: int | None = None) -> tuple[int, float]:
    """Cut every due loan; how many, and in how many seconds."""
    terms = _terms(library)
    server = library.server
    connection = pymysql.connect(
        host="127.0.0.1", port=server.port, user="carrel", password=server.password, database=NAME, charset="utf8mb4"
    )
    done, person, loan = 0, -1, -1
    began = time.monotonic()
    with connection, connection.cursor() as cursor:
        for statement in (*SETTINGS, *TABLES, *kept(anonymous, terms, called=True)):
            cursor.execute(statement)
        connection.commit()
        while at_most is None or done < at_most:
            cursor.execute("DELETE FROM c")
            size = cursor.execute(PICK.format(person=person, loan=loan, anonymous=anonymous, limit=_CHUNK))
            if not size:
                break
            cursor.execute("SELECT MIN(person), MAX(person) FROM c")
            first, person = cursor.fetchone()  # type: ignore[misc]  # an aggregate always has its row
            cursor.execute(f"SELECT MAX(loan) FROM c WHERE person = {person}")
            (loan,) = cursor.fetchone()  # type: ignore[misc]
            for statement in cuts():
                cut = statement.format(first=first, last=person, anonymous=anonymous, **terms)
                # A text of several items loses one of them each time.
                while cursor.execute(cut) and "[title]" in cut:
                    pass
            connection.commit()
            done += size
    return done, time.monotonic() - began


def _terms(library: Library) -> dict[str, str]:
    """The three dates that an administrator would have worked out on paper."""
    return {**terms_of(library.life), "last_borrower": str(_last_borrower(library))}


def terms_of(life: Lifecycle) -> dict[str, str]:
    """The cut-off, and the one of loans that wait a month longer."""
    months = [moment for moment in sorted(set(_moments(life.due))) if 0 < (life.older_than - moment).days < 60]
    return {"cutoff": str(life.older_than), "month": str(months[-1])}


def _moments(predicate: Predicate) -> list[datetime]:
    match predicate:
        case AllOf(of):
            return [moment for one in of for moment in _moments(one)]
        case Not(of):
            return _moments(of)
        case AtOrBefore(Fact.CLOSED, moment):
            return [moment]
        case _:
            return []


def _last_borrower(library: Library) -> datetime:
    from bench.library import AS_OF, ZONE
    from carrel.retention.cutoff import local_cutoff

    limit = library.schedule.last_borrower.at_most
    return library.life.older_than if limit is None else local_cutoff(limit.before(AS_OF), ZONE)
