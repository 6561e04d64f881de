"""The desk: clients that lend, take back, renew and take money while a run goes on beside them."""

from __future__ import annotations

import multiprocessing as mp
import random
import time
from dataclasses import dataclass
from queue import Empty
from statistics import quantiles
from typing import Any

import pymysql

from bench.library import AS_OF, NAME, Library
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
    context = mp.get_context("spawn")
    results: Any = context.Queue()
    server = library.server
    mark = random.randrange(10**8)
    workers = [
        context.Process(target=_client, args=(server.port, server.password, n, mark + n, seconds, results))
        for n in range(clients)
    ]
    for worker in workers:
        worker.start()
    time.sleep(0.7)  # until they are all at work
    beside = _run(library, system, seconds - 0.7) if system is not None else Beside(0, 0.0, [], 0)
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
    found = sum(_count(library, mark + n) for n in range(clients))
    return Desk(times, failed, wanted - found), beside


def _count(library: Library, mark: int) -> int:
    return int(library.sql(f"SELECT COUNT(*) FROM statistics WHERE type = 'issue' AND other = 'desk {mark}'")[0][0])


def _run(library: Library, system: SqlLoans, seconds: float) -> Beside:
    pace, position, loans, busy = first_pace(Mode.DESK), None, 0, 0
    times: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        at = time.monotonic()
        try:
            step = system.cut_chunk(library.life, AS_OF, position, pace.size, lambda _position, _size: None)
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
