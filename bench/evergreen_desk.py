"""Evergreen's desk: clients that lend, take back, renew and take money while a run goes on beside them."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import Any

import psycopg

from bench.desk import THINK_SECONDS, Beside, Desk, at_work
from bench.evergreen_library import EvergreenLibrary
from carrel.systems.sql.loans import SqlLoans

_LEND = (
    "INSERT INTO action.circulation (usr, target_copy, circ_lib, circ_staff, renewal_remaining, grace_period, due_date, "
    "duration, duration_rule, recurring_fine_rule, max_fine_rule, parent_circ, workstation) VALUES (%s, %s, 4, 1, 2, '0', "
    "now() + interval '21 days', '21 days', 'desk', 'desk', 'desk', %s, %s) RETURNING id"
)
_BACK = (
    "UPDATE action.circulation SET checkin_time = now(), checkin_scan_time = now(), checkin_staff = 1, "
    "xact_finish = now(), stop_fines = %s, stop_fines_time = now() WHERE id = %s"
)
_MONEY = (
    "INSERT INTO money.billing (xact, amount, billing_type, btype, note) VALUES (%s, 1, 'Overdue', 1, NULL)",
    "INSERT INTO money.cash_payment (xact, amount, amount_collected, accepting_usr) VALUES (%s, 1, 1, 1)",
)


def watch(library: EvergreenLibrary, clients: int, seconds: float, system: SqlLoans | None) -> tuple[Desk, Beside]:
    """Let the clients work for a while, with a run beside them or alone."""
    address = f"host=127.0.0.1 port={library.server.port} user=carrel password={library.server.password}"
    address += f" dbname={library.database}"
    before = _lent(library)
    each = [(address, n, clients, seconds) for n in range(clients)]
    desk, beside = at_work(_client, each, seconds, library.life, system, ready=1.0)
    return replace(desk, lost=desk.lost - (_lent(library) - before)), beside


def _lent(library: EvergreenLibrary) -> int:
    return int(str(library.sql("SELECT count(*) FROM action.circulation WHERE duration_rule = 'desk'")[0][0]))


def _client(address: str, number: int, clients: int, seconds: float, results: Any) -> None:
    """One desk: each turn is a checkout, a return, a renewal or a payment, in a transaction as the product makes it."""
    dice = random.Random(number)
    times: list[float] = []
    failed = done = 0
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM actor.usr WHERE id > 1 AND NOT deleted")
        people = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT id FROM asset.copy c WHERE id %% %s = %s AND NOT EXISTS "
            "(SELECT 1 FROM action.circulation WHERE target_copy = c.id AND checkin_time IS NULL)",
            (clients, number),
        )
        copies = [row[0] for row in cursor.fetchall()]
        dice.shuffle(copies)
        connection.commit()
        out: list[tuple[int, int, int]] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            turn = dice.randrange(4) if out else 0
            at = time.monotonic()
            try:
                lent = _turn(cursor, turn, dice.choice(people), copies, out)
                connection.commit()
                done += lent
            except psycopg.Error:
                connection.rollback()
                failed += 1
            times.append(time.monotonic() - at)
            time.sleep(THINK_SECONDS)
    results.put((times, failed, done))


def _turn(
    cursor: psycopg.Cursor[Any], turn: int, person: int, copies: list[int], out: list[tuple[int, int, int]]
) -> int:
    """What stands in the database afterwards more than before, in loans lent here."""
    if turn == 0:
        cursor.execute(
            "SELECT sum(balance_owed) FROM money.materialized_billable_xact_summary WHERE usr = %s", (person,)
        )
        copy = copies.pop()
        cursor.execute(_LEND, (person, copy, None, None))
        out.append((int((cursor.fetchone() or (0,))[0]), person, copy))
        cursor.execute("INSERT INTO actor.usr_activity (usr, etype) VALUES (%s, 1)", (person,))
        return 1
    if turn == 1:
        loan, _, _ = out.pop()
        cursor.execute(_BACK, ("CHECKIN", loan))
        return 0
    loan, reader, item = out[-1]
    if turn == 2:
        cursor.execute(_BACK, ("RENEW", loan))
        cursor.execute(_LEND, (reader, item, loan, None))
        out[-1] = (int((cursor.fetchone() or (0,))[0]), reader, item)
        return 1
    for statement in _MONEY:
        cursor.execute(statement, (loan,))
    return 0
