"""The hand-written SQL of the baseline: what is kept, what a chunk is, and what is cut of it."""

from __future__ import annotations

SETTINGS = (
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET sql_mode = 'STRICT_ALL_TABLES,SIMULTANEOUS_ASSIGNMENT', innodb_lock_wait_timeout = 3, max_seeks_for_key = 4",
    "SET max_heap_table_size = 1073741824",
    "SET collation_connection = utf8mb4_unicode_ci",
)
TABLES = (
    (
        "CREATE TEMPORARY TABLE k (loan INT, person INT, item INT, lo DATETIME, later DATETIME, state CHAR(1), "
        "barcode VARCHAR(20), title VARCHAR(190), known BOOL, KEY (person, item) USING BTREE, KEY (item) USING BTREE, "
        "KEY (loan) USING BTREE) ENGINE=MEMORY DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
    ),
    (
        "CREATE TEMPORARY TABLE c (loan INT, person INT, item INT, item_text VARCHAR(20), lo DATETIME, later DATETIME, "
        "opened DATETIME, closed DATETIME, renewed DATETIME, barcode VARCHAR(20), title VARCHAR(190), "
        "KEY (loan) USING HASH, KEY (person, item) USING HASH, KEY (person, barcode) USING HASH, KEY (person) USING BTREE, "
        "KEY (person, item_text) USING BTREE) ENGINE=MEMORY DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
    ),
    "CREATE TEMPORARY TABLE f (id BIGINT, KEY (id) USING BTREE) ENGINE=MEMORY",
)
_KEPT = """
INSERT INTO k SELECT issue_id, borrowernumber, o.itemnumber,
  IF(returndate IS NULL OR returndate < '1000-01-01', '1000-01-01',
     LEAST(IFNULL(issuedate, returndate), returndate) - INTERVAL 300 SECOND),
  IF(returndate IS NULL OR returndate < '1000-01-01', '9999-12-31 23:59:59',
     GREATEST(IFNULL(issuedate, returndate), returndate) + INTERVAL 86400 SECOND), 'k', {called}
FROM old_issues o {copies} WHERE borrowernumber IS NOT NULL AND borrowernumber <> {anonymous} AND (
  returndate IS NULL OR returndate < '1000-01-01' OR returndate > '{cutoff}'
  OR issue_id IN (SELECT issue_id FROM return_claims WHERE resolution IS NULL)
  OR issue_id IN (SELECT old_issue_id FROM accountlines
                  WHERE debit_type_code IS NOT NULL AND amountoutstanding > 0 AND old_issue_id IS NOT NULL)
  OR issue_id IN (SELECT a.old_issue_id FROM account_offsets f JOIN accountlines a ON a.accountlines_id = f.debit_id
                  WHERE a.debit_type_code IS NOT NULL AND f.credit_id IS NOT NULL AND f.created_on > '{cutoff}'
                    AND a.old_issue_id IS NOT NULL)
  OR (issue_id IN (SELECT old_issue_id FROM accountlines WHERE debit_type_code = 'LOST' AND old_issue_id IS NOT NULL)
      AND (returndate > '{month}' OR issue_id IN (
        SELECT a.old_issue_id FROM account_offsets f JOIN accountlines a ON a.accountlines_id = f.debit_id
        WHERE a.debit_type_code IS NOT NULL AND f.credit_id IS NOT NULL AND f.created_on > '{month}'
          AND a.old_issue_id IS NOT NULL)))
  OR (returndate > '{month}' AND borrowernumber IN (SELECT borrowernumber FROM borrowers WHERE privacy = 0)))"""
_OPEN = """INSERT INTO k SELECT issue_id, borrowernumber, o.itemnumber, issuedate - INTERVAL 300 SECOND,
  '9999-12-31 23:59:59', 'o', {called} FROM issues o {copies}"""
_COPIES = "LEFT JOIN items i ON i.itemnumber = o.itemnumber LEFT JOIN biblio b ON b.biblionumber = i.biblionumber"
PICK = """
INSERT INTO c SELECT o.issue_id, o.borrowernumber, o.itemnumber, o.itemnumber,
  LEAST(IFNULL(issuedate, returndate), returndate) - INTERVAL 300 SECOND,
  GREATEST(IFNULL(issuedate, returndate), returndate) + INTERVAL 86400 SECOND,
  issuedate, returndate, lastreneweddate, i.barcode, LEFT(b.title, 190)
FROM old_issues o FORCE INDEX (old_issuesborridx)
LEFT JOIN items i ON i.itemnumber = o.itemnumber LEFT JOIN biblio b ON b.biblionumber = i.biblionumber
WHERE (o.borrowernumber > {person} OR (o.borrowernumber = {person} AND o.issue_id > {loan}))
  AND o.borrowernumber <> {anonymous} AND NOT EXISTS (SELECT 1 FROM k WHERE k.loan = o.issue_id AND k.state = 'k')
ORDER BY o.borrowernumber, o.issue_id LIMIT {limit} FOR UPDATE"""
_COVERED = (
    "EXISTS (SELECT 1 FROM k WHERE k.person = {t}.{p} AND k.item = c.item AND k.lo <= {t}.{at} AND k.later >= {t}.{at})"
)
_NEAR = (
    "({at} BETWEEN c.opened - INTERVAL {s} SECOND AND c.opened + INTERVAL {s} SECOND OR "
    "{at} BETWEEN c.closed - INTERVAL {s} SECOND AND c.closed + INTERVAL {s} SECOND OR "
    "{at} BETWEEN c.renewed - INTERVAL {s} SECOND AND c.renewed + INTERVAL {s} SECOND)"
)
# A pseudonym names nobody: at a second of the due loan, the next reader's kept loan shields only its own two seconds.
_NEXT = (
    "EXISTS (SELECT 1 FROM k WHERE k.item = p.itemnumber AND k.lo <= p.datetime AND k.later >= p.datetime "
    f"AND ({_NEAR.format(at='p.datetime', s=2)} IS NOT TRUE "
    "OR p.datetime BETWEEN k.lo + INTERVAL 298 SECOND AND k.lo + INTERVAL 302 SECOND "
    "OR p.datetime BETWEEN k.later - INTERVAL 86402 SECOND AND k.later - INTERVAL 86398 SECOND))"
)
_DAY = "{0} = CAST(DATE({0}) AS DATETIME)"
_WORD = "REPLACE(REPLACE({0}, IFNULL(NULLIF(c.barcode, ''), '\\0'), '[item]'), IF(LENGTH(c.title) >= 6, c.title, '\\0'), '[title]')"
_FINES = """
UPDATE (SELECT a.action_id, a.object, a.timestamp t, n.number
        FROM action_logs a, JSON_TABLE(CONCAT('["', REGEXP_REPLACE(a.info, '[^0-9]+', '","'), '"]'), '$[*]'
                                       COLUMNS (number VARCHAR(20) PATH '$')) n
        WHERE a.module = 'FINES' AND a.object BETWEEN {first} AND {last} AND n.number <> '') x
STRAIGHT_JOIN c STRAIGHT_JOIN action_logs a
SET a.user = IF(a.user = a.object, 0, a.user), a.object = NULL, a.info = NULL, a.diff = NULL, a.trace = NULL,
  a.timestamp = CAST(DATE(a.timestamp) AS DATETIME)
WHERE c.{key} = x.number AND c.person = x.object AND x.t >= c.lo AND a.action_id = x.action_id"""
_AGAIN = "EXISTS (SELECT 1 FROM k WHERE k.person = {t}.borrowernumber AND k.item = c.item AND k.lo <= {t}.{at})"
# A time of which an earlier cut left the day is as late as the day's end.
_LATEST = "IF({0} >= '1000-01-01' AND {0} = CAST(DATE({0}) AS DATETIME), {0} + INTERVAL 86399 SECOND, {0})"
_AGAIN_BY_DAY = (
    "EXISTS (SELECT 1 FROM k WHERE k.person = {t}.borrowernumber AND k.item = c.item AND k.lo <= "
    + _LATEST.format("{t}.{at}")
    + ")"
)
# A row of a reader of the chunk that is old enough by its own date; the readers of a chunk are neighbours, not all of it.
_READER = "EXISTS (SELECT 1 FROM c WHERE c.person = {0})"
_OLD = "{0} BETWEEN '1000-01-01' AND '{{cutoff}}' AND {0} <> CAST(DATE({0}) AS DATETIME)"
_OLD_FINES = f"""
UPDATE action_logs a SET a.user = IF(a.user = a.object, 0, a.user), a.object = NULL, a.info = NULL, a.diff = NULL,
  a.trace = NULL, a.timestamp = CAST(DATE(a.timestamp) AS DATETIME)
WHERE a.module = 'FINES' AND a.object BETWEEN {{first}} AND {{last}} AND a.timestamp <= '{{cutoff}}'
  AND INSTR(a.info, 'itemnumber') AND {_READER.format("a.object")} AND NOT EXISTS (
    SELECT 1 FROM k WHERE k.person = a.object AND k.lo <= a.timestamp AND (
      NOT k.known OR a.timestamp <= k.lo + INTERVAL 600 SECOND
      OR (INSTR(CAST(a.info AS BINARY), k.item) AND a.info REGEXP CONCAT('(^|[^0-9])', k.item, '([^0-9]|$)'))
      OR (INSTR(CAST(a.info AS BINARY), k.loan) AND a.info REGEXP CONCAT('(^|[^0-9])', k.loan, '([^0-9]|$)'))
      OR INSTR(a.info, k.barcode) OR (LENGTH(k.title) >= 6 AND INSTR(a.info, k.title))))"""
_OLD_NOTICES = f"""
DELETE FROM message_queue WHERE status IN ('sent','failed','deleted') AND letter_code IN ({{notices}})
  AND borrowernumber BETWEEN {{first}} AND {{last}} AND time_queued <= '{{cutoff}}'
  AND {_READER.format("message_queue.borrowernumber")} AND NOT EXISTS (
    SELECT 1 FROM k WHERE k.person = message_queue.borrowernumber AND k.lo <= time_queued AND k.later >= time_queued
      AND (NOT k.known OR time_queued <= k.lo + INTERVAL 600 SECOND OR INSTR(content, k.barcode)
        OR (LENGTH(k.title) >= 6 AND (INSTR(content, k.title) OR INSTR(subject, k.title)))))"""
_NOTICES = (
    "'ISSUESLIP','ISSUEQSLIP','CHECKIN','CHECKOUT','CHECKINSLIP','DUE','DUEDGST','PREDUE','PREDUEDGST','ODUE','ODUE2',"
    "'ODUE3','OVERDUE_FINE_DESC','RENEWAL','AUTO_RENEWALS','AUTO_RENEWALS_DGST','CHECKOUT_NOTE'"
)


def kept(anonymous: int, terms: dict[str, str], *, called: bool) -> tuple[str, ...]:
    """What fills the table of loans that are kept or open; ``called``: with what their copies are called."""
    names = "i.barcode, LEFT(b.title, 190), i.itemnumber IS NOT NULL" if called else "NULL, NULL, NULL"
    given = {"called": names, "copies": _COPIES if called else "", "anonymous": anonymous, **terms}
    return _KEPT.format(**given), _OPEN.format(**given)


def cuts() -> tuple[str, ...]:
    """What is cut of a chunk, in this order."""
    span = "BETWEEN {first} AND {last}"
    return (
        (
            "UPDATE c STRAIGHT_JOIN accountlines a SET a.old_issue_id = NULL, a.issue_id = NULL, a.itemnumber = NULL, "
            f"a.description = NULL, a.note = {_WORD.format('a.note')}, {_DAY.format('a.date')}, {_DAY.format('a.timestamp')} "
            "WHERE a.old_issue_id = c.loan"
        ),
        (
            f"UPDATE accountlines a STRAIGHT_JOIN c SET a.note = {_WORD.format('a.note')}, "
            f"a.description = {_WORD.format('a.description')}, {_DAY.format('a.timestamp')} "
            f"WHERE a.note IS NOT NULL AND a.borrowernumber {span} AND a.borrowernumber = c.person AND {_LATEST.format('a.date')} >= c.lo "
            "AND (INSTR(a.note, c.barcode) OR INSTR(a.description, c.barcode) "
            "OR (LENGTH(c.title) >= 6 AND (INSTR(a.note, c.title) OR INSTR(a.description, c.title)))) "
            f"AND (a.date <= c.later OR NOT {_AGAIN_BY_DAY.format(t='a', at='date')})"
        ),
        (
            f"UPDATE accountlines a SET {_DAY.format('a.date')}, {_DAY.format('a.timestamp')} "
            f"WHERE a.credit_type_code IS NOT NULL AND a.borrowernumber {span} AND {_OLD.format('a.date')} "
            f"AND {_READER.format('a.borrowernumber')}"
        ),
        (
            f"UPDATE accountlines a STRAIGHT_JOIN c SET {_DAY.format('a.date')}, {_DAY.format('a.timestamp')} "
            f"WHERE a.credit_type_code IS NOT NULL AND a.borrowernumber {span} AND a.borrowernumber = c.person "
            f"AND a.date > '{{cutoff}}' AND a.date <> CAST(DATE(a.date) AS DATETIME) AND {_NEAR.format(at='a.date', s=2)}"
        ),
        (
            "UPDATE checkout_renewals r STRAIGHT_JOIN c SET r.renewer_id = NULL, r.timestamp = r.timestamp "
            f"WHERE r.renewer_id {span} AND r.renewer_id = c.person AND r.checkout_id = c.loan"
        ),
        "DELETE r FROM return_claims r STRAIGHT_JOIN c WHERE r.issue_id = c.loan",
        (
            "UPDATE statistics s STRAIGHT_JOIN c SET s.borrowernumber = NULL, s.other = NULL WHERE s.type IN ('issue','return',"
            f"'renew','localuse','onsite_checkout','item_found','item_lost','recall') AND s.borrowernumber {span} "
            "AND s.borrowernumber = c.person AND s.itemnumber = c.item AND s.datetime >= c.lo AND s.datetime <= c.later "
            f"AND NOT {_COVERED.format(t='s', p='borrowernumber', at='datetime')}"
        ),
        (
            f"UPDATE statistics s SET s.borrowernumber = NULL, {_DAY.format('s.datetime')} WHERE s.type IN ('payment', 'writeoff') "
            f"AND s.borrowernumber {span} AND {_OLD.format('s.datetime')} AND {_READER.format('s.borrowernumber')}"
        ),
        (
            f"UPDATE statistics s STRAIGHT_JOIN c SET s.borrowernumber = NULL, {_DAY.format('s.datetime')} "
            "WHERE s.type IN ('payment', 'writeoff') "
            f"AND s.borrowernumber {span} AND s.borrowernumber = c.person AND s.datetime > '{{cutoff}}' AND {_NEAR.format(at='s.datetime', s=2)} "
            "AND s.datetime <> CAST(DATE(s.datetime) AS DATETIME)"
        ),
        (
            "UPDATE action_logs a STRAIGHT_JOIN c SET a.object = NULL, a.diff = NULL, a.trace = NULL, "
            "a.user = IF(a.user = a.object, 0, a.user), a.timestamp = a.timestamp "
            f"WHERE a.module = 'CIRCULATION' AND a.object {span} AND a.object = c.person AND a.info = c.item_text "
            f"AND a.timestamp >= c.lo AND a.timestamp <= c.later AND NOT {_COVERED.format(t='a', p='object', at='timestamp')}"
        ),
        _OLD_FINES,
        _FINES.replace("{key}", "loan"),
        _FINES.replace("{key}", "item"),
        _OLD_NOTICES.replace("{notices}", _NOTICES),
        (
            "DELETE m FROM message_queue m STRAIGHT_JOIN c WHERE m.status IN ('sent','failed','deleted') "
            f"AND m.letter_code IN ({_NOTICES}) AND m.borrowernumber {span} AND c.person = m.borrowernumber "
            r"AND c.barcode = REGEXP_SUBSTR(m.content, '(?<=\\()[0-9]{{14}}(?=\\))') AND m.time_queued >= c.lo "
            "AND (m.time_queued <= c.later OR (m.time_queued <= c.later + INTERVAL 45 DAY "
            f"AND NOT {_AGAIN.format(t='m', at='time_queued')}))"
        ),
        (
            "DELETE m FROM message_queue m STRAIGHT_JOIN c WHERE m.status IN ('sent','failed','deleted') "
            f"AND m.letter_code IN ({_NOTICES}) AND m.borrowernumber {span} AND c.person = m.borrowernumber "
            "AND m.time_queued >= c.lo AND (m.time_queued <= c.later OR (m.time_queued <= c.later + INTERVAL 45 DAY "
            f"AND NOT {_AGAIN.format(t='m', at='time_queued')})) AND ({_NEAR.format(at='m.time_queued', s=300)} "
            "OR INSTR(m.content, c.barcode) OR (LENGTH(c.title) >= 6 AND (INSTR(m.content, c.title) OR INSTR(m.subject, c.title))))"
        ),
        (
            f"DELETE l FROM items_last_borrower l STRAIGHT_JOIN c WHERE l.borrowernumber {span} AND l.borrowernumber = c.person "
            "AND l.itemnumber = c.item AND (l.created_on <= '{last_borrower}' OR (l.created_on >= c.lo AND l.created_on <= c.later "
            "AND NOT EXISTS (SELECT 1 FROM k WHERE k.person = l.borrowernumber AND k.item = l.itemnumber "
            "AND k.lo <= l.created_on AND k.later >= l.created_on)))"
        ),
        # Pseudonyms are dear to find, so they are found once.
        "DELETE FROM f",
        (
            "INSERT INTO f SELECT DISTINCT p.id FROM c STRAIGHT_JOIN pseudonymized_transactions p "
            "WHERE p.hashed_borrowernumber <> '' AND p.itemnumber = c.item AND p.datetime >= c.lo "
            f"AND p.datetime <= c.later AND NOT {_NEXT}"
        ),
        "DELETE q FROM f STRAIGHT_JOIN pseudonymized_borrower_attributes q WHERE q.transaction_id = f.id",
        (
            "UPDATE f STRAIGHT_JOIN pseudonymized_transactions p SET p.hashed_borrowernumber = '', p.has_cardnumber = 0, "
            "p.title = NULL, p.city = NULL, p.state = NULL, p.zipcode = NULL, p.country = NULL, p.dateenrolled = NULL, "
            "p.sex = NULL, p.sort1 = NULL, p.sort2 = NULL WHERE p.id = f.id"
        ),
        "DELETE u FROM c STRAIGHT_JOIN curbside_pickup_issues u WHERE u.issue_id = c.loan",
        (
            f"UPDATE messages m STRAIGHT_JOIN c SET m.message = {_WORD.format('m.message')}, m.message_date = m.message_date "
            f"WHERE m.borrowernumber {span} AND m.borrowernumber = c.person AND {_LATEST.format('m.message_date')} >= c.lo "
            f"AND (m.message_date <= c.later OR NOT {_AGAIN_BY_DAY.format(t='m', at='message_date')}) "
            "AND (INSTR(m.message, c.barcode) OR (LENGTH(c.title) >= 6 AND INSTR(m.message, c.title)))"
        ),
        (
            f"UPDATE messages m SET {_DAY.format('m.message_date')} "
            f"WHERE m.borrowernumber {span} AND {_OLD.format('m.message_date')} AND {_READER.format('m.borrowernumber')}"
        ),
        (
            f"UPDATE messages m STRAIGHT_JOIN c SET {_DAY.format('m.message_date')} WHERE m.borrowernumber {span} "
            "AND m.borrowernumber = c.person AND m.message_date > '{cutoff}' "
            f"AND m.message_date <> CAST(DATE(m.message_date) AS DATETIME) AND {_NEAR.format(at='m.message_date', s=2)}"
        ),
        (
            f"UPDATE borrowers b SET {_DAY.format('b.lastseen')}, {_DAY.format('b.updated_on')} "
            f"WHERE b.borrowernumber {span} AND {_OLD.format('b.lastseen')} AND {_READER.format('b.borrowernumber')}"
        ),
        (
            f"UPDATE borrowers b STRAIGHT_JOIN c SET {_DAY.format('b.lastseen')}, {_DAY.format('b.updated_on')} "
            f"WHERE b.borrowernumber {span} AND b.borrowernumber = c.person AND b.lastseen > '{{cutoff}}' AND {_NEAR.format(at='b.lastseen', s=2)}"
        ),
        (
            f"UPDATE borrowers b SET {_DAY.format('b.updated_on')} "
            f"WHERE b.borrowernumber {span} AND {_OLD.format('b.updated_on')} AND {_READER.format('b.borrowernumber')}"
        ),
        (
            f"UPDATE borrowers b STRAIGHT_JOIN c SET {_DAY.format('b.updated_on')} "
            f"WHERE b.borrowernumber {span} AND b.borrowernumber = c.person AND b.updated_on > '{{cutoff}}' AND {_NEAR.format(at='b.updated_on', s=2)}"
        ),
        (
            "UPDATE c STRAIGHT_JOIN old_issues o SET o.borrowernumber = {anonymous}, o.note = NULL, o.notedate = NULL, "
            "o.noteseen = NULL, o.issuer_id = IF(o.issuer_id = o.borrowernumber, NULL, o.issuer_id), "
            "o.timestamp = o.timestamp WHERE o.issue_id = c.loan AND o.borrowernumber = c.person"
        ),
    )
