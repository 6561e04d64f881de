"""The hand-written SQL of Evergreen's baseline: what is kept, what a chunk is, and what is cut of it."""

from __future__ import annotations

SETTINGS = (
    "SET timezone = 'America/New_York'",
    "SET jit = off",
    "SET random_page_cost = 1.1",
    "SET work_mem = '64MB'",
    "SET temp_buffers = '64MB'",
)
_ENDED = "coalesce(o.checkin_time, o.xact_finish)"
_WINDOW = (
    f"least(o.xact_start, {_ENDED}) - interval '300 seconds', "
    f"greatest(o.xact_start, {_ENDED}) + interval '86400 seconds'"
)
_KEPT = f"""
CREATE TEMPORARY TABLE k AS SELECT o.id AS loan, o.usr, o.target_copy AS item, w.lo, w.later
FROM action.circulation o, LATERAL (SELECT {_WINDOW}) AS w(lo, later)
WHERE o.xact_finish IS NOT NULL AND o.usr <> {{anonymous}} AND (
  {_ENDED} IS NULL OR {_ENDED} > '{{cutoff}}'
  OR EXISTS (SELECT 1 FROM money.materialized_billable_xact_summary s WHERE s.id = o.id AND s.balance_owed > 0)
  OR EXISTS (SELECT 1 FROM money.payment p WHERE p.xact = o.id AND NOT p.voided AND p.payment_ts > '{{cutoff}}')
  OR (o.stop_fines IN ('LOST', 'LONGOVERDUE') AND ({_ENDED} > '{{month}}' OR EXISTS (
    SELECT 1 FROM money.payment p WHERE p.xact = o.id AND NOT p.voided AND p.payment_ts > '{{month}}')))
  OR ({_ENDED} > '{{month}}' AND EXISTS (SELECT 1 FROM actor.usr_setting s WHERE s.usr = o.usr
    AND s.name IN ('history.circ.retention_start', 'history.circ.retention_age'))))
UNION ALL SELECT id, usr, target_copy, xact_start - interval '300 seconds', 'infinity'
FROM action.circulation WHERE xact_finish IS NULL"""
# A renewed loan goes with its whole chain, or stays with it.
_CHAINS = f"""
WITH RECURSIVE reached(loan) AS (
  SELECT loan FROM k UNION
  SELECT CASE WHEN o.id = r.loan THEN o.parent_circ ELSE o.id END
  FROM reached r JOIN action.circulation o ON o.id = r.loan AND o.parent_circ IS NOT NULL OR o.parent_circ = r.loan
)
INSERT INTO k SELECT o.id, o.usr, o.target_copy, w.lo, w.later
FROM reached r JOIN action.circulation o ON o.id = r.loan, LATERAL (SELECT {_WINDOW}) AS w(lo, later)
WHERE NOT EXISTS (SELECT 1 FROM k WHERE k.loan = r.loan)"""
_DUE = """
CREATE TEMPORARY TABLE d AS SELECT id AS loan, usr, (count(*) OVER (ORDER BY usr)) / {rows} AS n
FROM action.circulation o WHERE xact_finish IS NOT NULL AND usr <> {anonymous}
AND NOT EXISTS (SELECT 1 FROM k WHERE k.loan = o.id)"""
_CHUNK = """
CREATE TEMPORARY TABLE c (loan bigint, number bigint, usr integer, item bigint, lo timestamptz, later timestamptz,
  barcode text, title text, charged boolean)"""
_MOMENTS = "CREATE TEMPORARY TABLE m (usr integer, at timestamptz)"


def prepared(anonymous: int, terms: dict[str, str], rows: int) -> tuple[str, ...]:
    """What is asked once: the loans that are kept, and the due ones in chunks of whole readers."""
    given = {"anonymous": anonymous, "rows": rows, **terms}
    return (
        _KEPT.format(**given), "CREATE INDEX ON k (loan)", "ANALYZE k", _CHAINS, "CREATE INDEX ON k (usr, item)",
        "ANALYZE k", _DUE.format(**given), "CREATE INDEX ON d (n)", "ANALYZE d", _CHUNK, "CREATE INDEX ON c (loan)",
        "CREATE INDEX ON c (usr, item)", _MOMENTS, "CREATE INDEX ON m (usr, at)",
    )  # fmt: skip


# One number, drawn in random order, for each loan of the chunk; the loans are locked.
PICK = f"""
INSERT INTO c SELECT o.id, 0, o.usr, o.target_copy, w.lo, w.later, i.barcode, left(t.title, 190),
  EXISTS (SELECT 1 FROM money.billing b WHERE b.xact = o.id AND NOT b.voided)
  OR EXISTS (SELECT 1 FROM money.payment p WHERE p.xact = o.id AND NOT p.voided AND p.payment_ts IS NOT NULL)
FROM (SELECT o.* FROM d JOIN action.circulation o ON o.id = d.loan AND o.usr = d.usr WHERE d.n = {{chunk}} FOR UPDATE OF o) o
JOIN asset.copy i ON i.id = o.target_copy JOIN asset.call_number n ON n.id = i.call_number
LEFT JOIN reporter.materialized_simple_record t ON t.id = n.record, LATERAL (SELECT {_WINDOW}) AS w(lo, later)"""
NUMBERED = (
    (
        "UPDATE c SET number = x.number FROM (SELECT loan, nextval('money.billable_xact_id_seq') AS number FROM "
        "(SELECT loan FROM c ORDER BY random()) r) x WHERE x.loan = c.loan"
    ),
    "ANALYZE c",
    (
        "INSERT INTO m SELECT DISTINCT c.usr, v.at FROM c JOIN action.circulation o ON o.id = c.loan, LATERAL (VALUES "
        "(o.xact_start), (o.checkin_time), (o.xact_finish), (o.create_time), (o.stop_fines_time), (o.checkin_scan_time)) "
        "v(at) WHERE v.at IS NOT NULL"
    ),
    "ANALYZE m",
)
_READERS = "(SELECT DISTINCT usr FROM c)"
_COVERED = (
    "EXISTS (SELECT 1 FROM k WHERE k.usr = {p} AND k.item = c.item AND k.later >= {at} AND k.lo <= "
    "CASE WHEN {at} = date_trunc('day', {at}) THEN {at} + interval '86399 seconds' ELSE {at} END)"
)
# A copy's audit row is written by the product's trigger: this one comes before triggers are off.
AWAKE = (
    (
        "UPDATE asset.copy i SET editor = {anonymous}, edit_date = date_trunc('day', edit_date) FROM c WHERE "
        "i.editor = c.usr AND i.id = c.item AND i.editor <> {anonymous} AND (i.edit_date <= '{cutoff}' OR "
        f"(i.edit_date BETWEEN c.lo AND c.later AND NOT {_COVERED.format(p='i.editor', at='i.edit_date')}))"
    ),
)
ASLEEP = "SET LOCAL session_replication_role = replica"


def _clock(table: str, person: str, at: str, *also: str) -> str:
    """Times of a reader's other rows: the old ones, and those in a second of a loan."""
    days = ", ".join(f"{column} = date_trunc('day', {column})" for column in (at, *also))
    near = (
        f"EXISTS (SELECT 1 FROM m WHERE m.usr = x.{person} AND m.at BETWEEN x.{at} - interval '2 seconds' "
        f"AND x.{at} + interval '2 seconds')"
    )
    return (
        f"UPDATE {table} x SET {days} FROM {_READERS} r WHERE x.{person} = r.usr AND x.{person} <> {{anonymous}} "
        f"AND x.{at} <> date_trunc('day', x.{at}) AND (x.{at} <= '{{cutoff}}' OR {near})"
    )


def _word(column: str) -> str:
    return (
        f"replace(replace({column}, coalesce(nullif(c.barcode, ''), {column} || '#'), '[item]'), "
        f"CASE WHEN octet_length(c.title) >= 6 THEN c.title ELSE {column} || '#' END, '[title]')"
    )


_NAMED = " OR ".join(
    f"strpos({column}, c.barcode) > 0 OR (octet_length(c.title) >= 6 AND strpos({column}, c.title) > 0)"
    for column in ("x.title", "x.message")
)
MESSAGES = (
    f"UPDATE actor.usr_message x SET title = {_word('x.title')}, message = {_word('x.message')}, "
    "create_date = date_trunc('day', create_date) FROM c WHERE x.usr = c.usr AND x.usr <> {anonymous} "
    "AND CASE WHEN x.create_date = date_trunc('day', x.create_date) THEN x.create_date + interval '86399 seconds' "
    "ELSE x.create_date END >= c.lo AND (x.create_date <= c.later OR NOT EXISTS (SELECT 1 FROM k WHERE k.usr = x.usr "
    f"AND k.item = c.item AND k.lo <= x.create_date)) AND ({_NAMED})"
)
_EVENTS = """
WITH gone AS (
  DELETE FROM action_trigger.event e USING c, action_trigger.event_definition d, action_trigger.hook h
  WHERE e.target = c.loan AND d.id = e.event_def AND h.key = d.hook AND h.core_type = 'circ'
    AND e.state IN ('complete', 'error', 'invalid') RETURNING e.template_output, e.error_output, e.async_output
)
UPDATE action_trigger.event_output o SET data = '' FROM (
  SELECT template_output AS id FROM gone UNION SELECT error_output FROM gone UNION SELECT async_output FROM gone
) x WHERE o.id = x.id AND o.data <> ''"""
_DAY = "{0} = date_trunc('day', {0})"


def _days(*columns: str) -> str:
    return ", ".join(_DAY.format(column) for column in columns)


def _history(table: str) -> str:
    return (
        f"UPDATE {table} h SET editor = 0, edit_date = date_trunc('day', edit_date), audit_user = CASE WHEN "
        "audit_user = editor THEN NULL ELSE audit_user END FROM c WHERE h.editor = c.usr AND h.id = c.item "
        "AND h.editor <> {anonymous} AND h.edit_date BETWEEN c.lo AND c.later "
        f"AND NOT {_COVERED.format(p='h.editor', at='h.edit_date')}"
    )


_ALONG = (
    "xact_start, xact_finish, unrecovered, target_copy, circ_lib, checkin_lib, renewal_remaining, grace_period, due_date, "
    "stop_fines_time, checkin_time, create_time, duration, fine_interval, recurring_fine, max_fine, phone_renewal, "
    "desk_renewal, opac_renewal, duration_rule, recurring_fine_rule, max_fine_rule, stop_fines, workstation, "
    "checkin_workstation, copy_location, checkin_scan_time, auto_renewal, auto_renewal_remaining"
)
_MOVE = f"""
INSERT INTO action.aged_circulation (id, parent_circ, circ_staff, checkin_staff, usr_home_ou, usr_profile,
  copy_call_number, copy_circ_lib, copy_owning_lib, copy_bib_record, {_ALONG})
SELECT c.number, b.number, CASE WHEN o.circ_staff = o.usr THEN 0 ELSE o.circ_staff END,
  nullif(o.checkin_staff, o.usr), u.home_ou, u.profile, i.call_number, i.circ_lib, n.owning_lib, n.record,
  {", ".join(f"o.{name.strip()}" for name in _ALONG.split(","))}
FROM c JOIN action.circulation o ON o.id = c.loan JOIN actor.usr u ON u.id = o.usr JOIN asset.copy i ON i.id = o.target_copy
JOIN asset.call_number n ON n.id = i.call_number LEFT JOIN c b ON b.loan = o.parent_circ ORDER BY c.number"""
CUTS = (
    (
        "UPDATE money.billing b SET note = NULL, "
        f"{_days('create_date', 'period_start', 'period_end', 'billing_ts', 'void_time')} FROM c WHERE b.xact = c.loan"
    ),
    f"UPDATE money.payment p SET note = NULL, {_days('payment_ts')} FROM c WHERE p.xact = c.loan",
    "UPDATE money.credit_card_payment p SET cc_number = NULL FROM c WHERE p.xact = c.loan AND p.cc_number IS NOT NULL",
    _EVENTS,
    "DELETE FROM action.archive_actor_stat_cat s USING c WHERE s.xact = c.loan",
    "DELETE FROM action.archive_asset_stat_cat s USING c WHERE s.xact = c.loan",
    "DELETE FROM action.usr_circ_history h USING c WHERE h.source_circ = c.loan AND h.usr <> {anonymous}",
    (
        "DELETE FROM action.usr_circ_history h USING c WHERE h.source_circ IS NULL AND h.usr = c.usr AND h.usr <> {anonymous} "
        "AND h.target_copy = c.item AND h.xact_start BETWEEN c.lo AND c.later "
        f"AND NOT {_COVERED.format(p='h.usr', at='h.xact_start')}"
    ),
    _clock("actor.usr_activity", "usr", "event_time"),
    _clock("actor.usr_message", "usr", "create_date", "edit_date"),
    _clock("actor.usr_standing_penalty", "usr", "set_date"),
    _clock("action.curbside", "patron", "delivered", "slot", "staged", "arrival"),
    _clock("auditor.actor_usr_history", "id", "audit_time", "last_update_time"),
    _history("auditor.asset_copy_history"),
    _history("auditor.serial_unit_history"),
    "DELETE FROM action.circulation_limit_group_map g USING c WHERE g.circ = c.loan",
    "DELETE FROM action.emergency_closing_circulation e USING c WHERE e.circulation = c.loan",
    "DELETE FROM money.materialized_billable_xact_summary s USING c WHERE s.id = c.loan AND NOT c.charged",
    (
        "UPDATE money.materialized_billable_xact_summary s SET xact_type = 'grocery', last_payment_note = NULL, "
        f"last_billing_note = NULL, {_days('xact_start', 'xact_finish', 'last_payment_ts', 'last_billing_ts')} "
        "FROM c WHERE s.id = c.loan AND c.charged"
    ),
    (
        "INSERT INTO money.grocery (id, usr, xact_start, xact_finish, unrecovered, billing_location) SELECT o.id, o.usr, "
        "date_trunc('day', o.xact_start), date_trunc('day', o.xact_finish), o.unrecovered, o.circ_lib "
        "FROM c JOIN action.circulation o ON o.id = c.loan WHERE c.charged"
    ),
    "UPDATE action.usr_circ_history h SET source_circ = NULL FROM c WHERE h.source_circ = c.loan",
    _MOVE,
    "DELETE FROM action.circulation o USING c WHERE o.id = c.loan AND o.usr = c.usr",
)
