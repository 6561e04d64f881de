"""The desk: clients that lend, take back, renew and take money while a run goes on beside them."""

from __future__ import annotations

import multiprocessing as mp
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from queue import Empty
from statistics import median, quantiles
from typing import Any, Protocol, TypeVar

import pymysql
import sqlalchemy as sa

from bench.library import AS_OF, NAME, Library
from bench.row import Row
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.pace import Mode, first_pace, next_size
from carrel.retention.ports import Busy
from carrel.systems.sql.loans import SqlLoans

THINK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Desk:
    """What the clients saw: seconds of each transaction, how many failed, how many are not in the database."""

    seconds: list[float]
    failed: int
    lost: int

    @property
    def p99(self) -> float:
        return quantiles(self.seconds, n=100)[98]


@dataclass(frozen=True, slots=True)
class Beside:
    """What the run did beside them: loans, seconds in all, seconds of each of its transactions, chunks given up."""

    loans: int
    seconds: float
    transactions: list[float]
    busy: int


def watch(library: Library, clients: int, seconds: float, system: SqlLoans | None) -> tuple[Desk, Beside]:
    """Let the clients work for a while, with a run beside them or alone."""
    server = library.server
    mark = random.randrange(10**8)
    each = [(server.port, server.password, n, mark + n, seconds) for n in range(clients)]
    desk, beside = at_work(_client, each, seconds, library.life, system, ready=0.7)
    return replace(desk, lost=desk.lost - sum(_count(library, mark + n) for n in range(clients))), beside


def at_work(
    client: Callable[..., None],
    each: Sequence[tuple[Any, ...]],
    seconds: float,
    life: Lifecycle,
    system: SqlLoans | None,
    *,
    ready: float,
) -> tuple[Desk, Beside]:
    """Let clients work for a while, each in a process of its own, with a run beside them or alone.

    Args:
        client: one desk; puts its times, failures and marked checkouts into the queue that is its last argument.
        each: the other arguments of every one.
        seconds: how long.
        life: of the loans.
        system: that the run cuts; None for the desks alone.
        ready: seconds until all of them are at work.

    Returns:
        What they saw, all checkouts still counted as lost; and what the run did.
    """
    context = mp.get_context("spawn")
    results: Any = context.Queue()
    workers = [context.Process(target=client, args=(*one, results)) for one in each]
    for worker in workers:
        worker.start()
    time.sleep(ready)
    beside = run_beside(life, system, seconds - ready) if system is not None else Beside(0, 0.0, [], 0)
    times: list[float] = []
    failed = wanted = 0
    for _ in workers:
        try:
            own, errors, done = results.get(timeout=seconds + 60)
        except Empty:
            failed += 1
            continue
        times, failed, wanted = times + own, failed + errors, wanted + done
    for worker in workers:
        worker.join()
    return Desk(times, failed, wanted), beside


class Desked(Protocol):
    """A library with a desk, whatever its product."""

    life: Lifecycle

    def engine(self) -> sa.Engine: ...

    def loans(self, engine: sa.Engine) -> SqlLoans: ...


LibraryT = TypeVar("LibraryT", bound=Desked)


def noticed_at(
    name: str,
    library: LibraryT,
    watched: Callable[[LibraryT, int, float, SqlLoans | None], tuple[Desk, Beside]],
    seconds: float,
    clients: int,
    *,
    judge: bool,
) -> list[Row]:
    """As `noticed`, at the desk of a library: ``watched`` lets clients work there, beside a run or alone."""
    engine = library.engine()
    system = library.loans(engine)
    with system.session():
        system.prepare(library.life)
        rows = noticed(
            name,
            lambda seconds, beside: watched(library, clients, seconds, system if beside else None),
            seconds,
            clients,
            judge=judge,
        )
    engine.dispose()
    return rows


def noticed(
    name: str, watched: Callable[[float, bool], tuple[Desk, Beside]], seconds: float, clients: int, *, judge: bool
) -> list[Row]:
    """What a desk notices of a run beside it: alone, beside it, alone again.

    Args:
        name: of the desk.
        watched: has it work for so many seconds, with a run beside it or without.
        seconds: beside the run; alone half as long, twice.
        clients: how many desks.
        judge: whether targets are judged.
    """
    idle, _ = watched(seconds / 2, False)
    beside, run = watched(seconds, True)
    again, _ = watched(seconds / 2, False)
    quiet = replace(idle, seconds=idle.seconds + again.seconds)
    own, ratio = run.transactions or [0.0], beside.p99 / quiet.p99
    failed, lost = idle.failed + beside.failed + again.failed, idle.lost + beside.lost + again.lost
    rate = run.loans / run.seconds if run.seconds else 0.0
    size = (
        f"{clients} clients, {len(beside.seconds):,} transactions, {failed} failed, {lost} lost; "
        f"Carrel {rate:,.0f} loans/s"
    )
    met = ratio <= 2 and not failed and not lost
    kind = f"{run.loans:,} loans in {len(run.transactions)} transactions, {run.busy} given up"
    return [
        Row(f"{name}: p99 of its transactions", size, f"{beside.p99 * 1000:.0f} ms", f"{quiet.p99 * 1000:.0f} ms",
            "the same desk alone", "measured", ratio, "at most 2", met if judge else None),
        Row(f"{name}: Carrel's transactions, median", kind, f"{median(own) * 1000:.0f} ms", "", "", "none", None,
            "200 ms", median(own) <= 0.2 if judge else None),
        Row(f"{name}: Carrel's transactions, longest", kind, f"{max(own) * 1000:.0f} ms", "", "", "none", None,
            "below 1 s", max(own) < 1 if judge else None),
    ]  # fmt: skip


def _count(library: Library, mark: int) -> int:
    return int(library.sql(f"SELECT COUNT(*) FROM statistics WHERE type = 'issue' AND other = 'desk {mark}'")[0][0])


def run_beside(life: Lifecycle, system: SqlLoans, seconds: float) -> Beside:
    """Cut chunk after chunk at the pace of a desk's mode, for so long."""
    pace, position, loans, busy = first_pace(Mode.DESK), None, 0, 0
    times: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        at = time.monotonic()
        try:
            step = system.cut_chunk(life, AS_OF, position, pace.size, lambda _position, _size: None)
        except Busy:
            busy += 1
            pace = next_size(pace, time.monotonic() - at, busy=True)
            time.sleep(pace.rest)
            continue
        if step is None:
            break
        position, result = step
        loans += result.loans
        times.append(result.seconds)
        pace = next_size(pace, result.seconds, loans=result.loans)
        time.sleep(pace.rest)
    return Beside(loans, time.monotonic() - began, times, busy)


def _client(port: int, password: str, number: int, mark: int, seconds: float, results: Any) -> None:
    """One desk: each turn is a checkout, a return, a renewal or a payment, in a transaction as Koha makes it."""
    dice = random.Random(number)
    connection = pymysql.connect(
        host="127.0.0.1", port=port, user="carrel", password=password, database=NAME, charset="utf8mb4"
    )
    times: list[float] = []
    failed = done = 0
    with connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = '', innodb_lock_wait_timeout = 50")
        cursor.execute("SELECT borrowernumber FROM borrowers WHERE borrowernumber > 2")
        people = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT itemnumber FROM items")
        items = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT issue_id FROM issues")
        out = [row[0] for row in cursor.fetchall() if row[0] % 4 == number % 4]
        connection.commit()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            turn, person, item = dice.randrange(4), dice.choice(people), dice.choice(items)
            at = time.monotonic()
            try:
                connection.begin()
                marked = _turn(cursor, turn, person, item, mark, out)
                connection.commit()
                done += marked
            except pymysql.err.MySQLError:
                connection.rollback()
                failed += 1
            times.append(time.monotonic() - at)
            time.sleep(THINK_SECONDS)
    results.put((times, failed, done))


def _turn(cursor: Any, turn: int, person: int, item: int, mark: int, out: list[int]) -> int:
    if turn == 0 or (turn in {1, 2} and not out):
        cursor.execute("SELECT COUNT(*) FROM issues WHERE borrowernumber = %s", (person,))
        cursor.execute("SELECT SUM(amountoutstanding) FROM accountlines WHERE borrowernumber = %s", (person,))
        cursor.execute(
            "UPDATE items SET onloan = CURDATE(), datelastborrowed = CURDATE() WHERE itemnumber = %s", (item,)
        )
        cursor.execute(
            "INSERT INTO statistics (datetime, branch, type, other, itemnumber, borrowernumber) "
            "VALUES (NOW(), 'CPL', 'issue', %s, %s, %s)",
            (f"desk {mark}", item, person),
        )
        cursor.execute("UPDATE borrowers SET lastseen = NOW() WHERE borrowernumber = %s", (person,))
        return 1
    if turn == 1:
        loan = out.pop()
        cursor.execute("UPDATE issues SET returndate = NOW() WHERE issue_id = %s", (loan,))
        cursor.execute(f"INSERT INTO old_issues ({_ISSUE}) SELECT {_ISSUE} FROM issues WHERE issue_id = %s", (loan,))
        cursor.execute("DELETE FROM issues WHERE issue_id = %s", (loan,))
        return 0
    if turn == 2:
        cursor.execute(
            "UPDATE issues SET renewals_count = renewals_count + 1, lastreneweddate = NOW() WHERE issue_id = %s",
            (out[-1],),
        )
        cursor.execute(
            "INSERT INTO checkout_renewals (checkout_id, renewer_id, interface, timestamp) VALUES (%s, %s, 'opac', NOW())",
            (out[-1], person),
        )
        return 0
    cursor.execute(
        "INSERT INTO accountlines (borrowernumber, date, amount, amountoutstanding, description, interface, timestamp) "
        "VALUES (%s, NOW(), -1, 0, 'Payment', 'intranet', NOW())",
        (person,),
    )
    return 0


_ISSUE = "issue_id, borrowernumber, itemnumber, date_due, branchcode, issuedate, returndate, renewals_count, timestamp"
