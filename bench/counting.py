"""The bare counts behind a plan, by hand: what is due, and how many rows of each table still lead to a reader."""

from __future__ import annotations

import time

from bench.handwritten import _terms
from bench.library import Library
from bench.statements import SETTINGS, TABLES, kept

_TRACES = (
    ("statistics", "borrowernumber", "k.item = t.itemnumber", "datetime",
     "type IN ('issue','return','renew','localuse','onsite_checkout','item_found','item_lost','recall')"),
    ("action_logs", "object", "CAST(k.item AS CHAR) = t.info", "timestamp", "module = 'CIRCULATION'"),
    ("message_queue", "borrowernumber", "TRUE", "time_queued", "status IN ('sent','failed','deleted')"),
)  # fmt: skip


def seconds(library: Library, anonymous: int) -> float:
    """How long an administrator's counts take: the same tables, no stray but by date and a kept loan's spell."""
    terms = _terms(library)
    count = "SELECT COUNT(*) FROM {} t WHERE {}"
    questions = [
        ("SELECT branchcode, COUNT(*) FROM old_issues o WHERE borrowernumber IS NOT NULL "
        f"AND borrowernumber <> {anonymous} AND NOT EXISTS (SELECT 1 FROM k WHERE k.loan = o.issue_id) GROUP BY 1"),
        count.format("accountlines", "old_issue_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM k WHERE k.loan = t.old_issue_id)"),
        count.format("checkout_renewals", "renewer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM k WHERE k.loan = t.checkout_id)"),
        count.format("action_logs", f"module = 'FINES' AND object IS NOT NULL AND timestamp <= '{terms['cutoff']}' "
                     "AND NOT EXISTS (SELECT 1 FROM k WHERE k.person = t.object AND k.lo <= t.timestamp)"),
        count.format("items_last_borrower", "NOT EXISTS (SELECT 1 FROM k WHERE k.person = t.borrowernumber AND k.item = t.itemnumber "
                     "AND k.lo <= t.created_on AND k.later >= t.created_on)"),
        count.format("pseudonymized_transactions", f"hashed_borrowernumber <> '' AND datetime <= '{terms['cutoff']}' AND NOT EXISTS "
                     "(SELECT 1 FROM k WHERE k.item = t.itemnumber AND k.lo <= t.datetime AND k.later >= t.datetime)"),
    ]  # fmt: skip
    for table, person, same, at, only in _TRACES:
        questions.append(
            count.format(table, f"{only} AND {person} IS NOT NULL AND {person} <> {anonymous} AND {at} <= '{terms['cutoff']}' "
                         f"AND NOT EXISTS (SELECT 1 FROM k WHERE k.person = t.{person} AND {same} AND k.lo <= t.{at} AND k.later >= t.{at})")
        )  # fmt: skip
    began = time.monotonic()
    library.sql(*SETTINGS, TABLES[0], *kept(anonymous, terms, called=False), *questions)
    return time.monotonic() - began
