-- What a patron owes: one summary row for each transaction, kept by triggers, with a second copy of the last notes.

CREATE FUNCTION money.mat_summary_create() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO money.materialized_billable_xact_summary
    (id, usr, xact_start, xact_finish, total_paid, total_owed, balance_owed, xact_type)
  VALUES (NEW.id, NEW.usr, NEW.xact_start, NEW.xact_finish, 0, 0, 0, TG_ARGV[0]);
  RETURN NEW;
END $$;

CREATE FUNCTION money.mat_summary_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE money.materialized_billable_xact_summary
  SET usr = NEW.usr, xact_start = NEW.xact_start, xact_finish = NEW.xact_finish
  WHERE id = NEW.id;
  RETURN NEW;
END $$;

CREATE FUNCTION money.mat_summary_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM money.materialized_billable_xact_summary WHERE id = OLD.id;
  RETURN OLD;
END $$;

-- The charges of one transaction into its summary; one row may be on its way out.
CREATE FUNCTION money.sum_charges(number bigint, leaving bigint) RETURNS void LANGUAGE sql AS $$
  WITH standing AS (
    SELECT * FROM money.billing WHERE xact = number AND NOT voided AND id IS DISTINCT FROM leaving
  ), last AS (
    SELECT billing_ts, note, billing_type FROM standing ORDER BY billing_ts DESC, id DESC LIMIT 1
  )
  UPDATE money.materialized_billable_xact_summary s
  SET total_owed = totals.owed, balance_owed = totals.owed - s.total_paid,
    last_billing_ts = last.billing_ts, last_billing_note = last.note, last_billing_type = last.billing_type
  FROM (SELECT coalesce(sum(amount), 0) AS owed FROM standing) totals LEFT JOIN last ON true
  WHERE s.id = number
$$;

-- The payments of one transaction into its summary; the table that a payment stands in is its kind.
CREATE FUNCTION money.sum_payments(number bigint, leaving bigint) RETURNS void LANGUAGE sql AS $$
  WITH standing AS (
    SELECT p.*, c.relname FROM money.payment p JOIN pg_class c ON c.oid = p.tableoid
    WHERE p.xact = number AND NOT p.voided AND p.id IS DISTINCT FROM leaving
  ), last AS (
    SELECT payment_ts, note, relname FROM standing ORDER BY payment_ts DESC, id DESC LIMIT 1
  )
  UPDATE money.materialized_billable_xact_summary s
  SET total_paid = totals.paid, balance_owed = s.total_owed - totals.paid,
    last_payment_ts = last.payment_ts, last_payment_note = last.note, last_payment_type = last.relname
  FROM (SELECT coalesce(sum(amount), 0) AS paid FROM standing) totals LEFT JOIN last ON true
  WHERE s.id = number
$$;

CREATE FUNCTION money.materialized_summary_billing_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM money.sum_charges(NEW.xact, NULL);
  RETURN NEW;
END $$;

CREATE FUNCTION money.materialized_summary_billing_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM money.sum_charges(NEW.xact, NULL);
  RETURN NEW;
END $$;

CREATE FUNCTION money.materialized_summary_billing_del() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM money.sum_charges(OLD.xact, OLD.id);
  RETURN OLD;
END $$;

CREATE FUNCTION money.materialized_summary_payment_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM money.sum_payments(NEW.xact, NULL);
  RETURN NEW;
END $$;

CREATE FUNCTION money.materialized_summary_payment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM money.sum_payments(NEW.xact, NULL);
  RETURN NEW;
END $$;

CREATE FUNCTION money.materialized_summary_payment_del() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM money.sum_payments(OLD.xact, OLD.id);
  RETURN OLD;
END $$;

-- A charge for a period counts from the end of it.
CREATE FUNCTION money.maintain_billing_ts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.billing_ts := coalesce(NEW.period_end, NEW.create_date);
  RETURN NEW;
END $$;

-- Charges and payments of one transaction move to the aged tables, with its number and their notes as they are.
-- Which kinds are refundable was not read: those that somebody takes at a desk are said to be.
CREATE FUNCTION money.age_billings_and_payments_for_xact(xact_id bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO money.aged_billing (
    id, xact, billing_ts, voided, voider, void_time, amount, billing_type, btype, note, create_date, period_start,
    period_end
  )
  SELECT id, xact, billing_ts, voided, voider, void_time, amount, billing_type, btype, note, create_date, period_start,
    period_end
  FROM money.billing WHERE xact = xact_id;

  INSERT INTO money.aged_payment (
    id, xact, payment_ts, voided, amount, note, payment_type, refundable, accepting_usr, cash_drawer, billing
  )
  SELECT p.id, p.xact, p.payment_ts, p.voided, p.amount, p.note, c.relname, d.id IS NOT NULL, b.accepting_usr,
    d.cash_drawer, a.billing
  FROM money.payment p
  JOIN pg_class c ON c.oid = p.tableoid
  LEFT JOIN money.bnm_payment b ON b.id = p.id
  LEFT JOIN money.bnm_desk_payment d ON d.id = p.id
  LEFT JOIN money.account_adjustment a ON a.id = p.id
  WHERE p.xact = xact_id;

  DELETE FROM money.payment WHERE xact = xact_id;
  DELETE FROM money.billing WHERE xact = xact_id;
$$;

-- By age, transaction by transaction; those of loans are left to the aging of loans where that switch is on.
CREATE FUNCTION money.age_billings_and_payments() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  kept_for interval := evergreen.global_flag('history.money.retention_age')::interval;
  with_loans boolean := EXISTS (
    SELECT 1 FROM config.global_flag WHERE name = 'history.money.age_with_circs' AND enabled
  );
  one bigint;
  moved integer := 0;
BEGIN
  FOR one IN
    SELECT x.id FROM money.billable_xact x
    WHERE x.xact_finish < now() - kept_for
      AND EXISTS (SELECT 1 FROM money.billing WHERE xact = x.id)
      AND NOT (with_loans AND x.tableoid = 'action.circulation'::regclass)
  LOOP
    PERFORM money.age_billings_and_payments_for_xact(one);
    moved := moved + 1;
  END LOOP;
  RETURN moved;
END $$;
