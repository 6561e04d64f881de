-- The audit tables: the whole old row of every change, with who made it and where, as far as the session said so.

CREATE FUNCTION auditor.set_audit_info(integer, integer) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('eg.audit_user', $1::text, false), set_config('eg.audit_ws', $2::text, false)
$$;

CREATE FUNCTION auditor.clear_audit_info() RETURNS void LANGUAGE sql AS $$
  SELECT set_config('eg.audit_user', '', false), set_config('eg.audit_ws', '', false)
$$;

CREATE FUNCTION auditor.get_audit_info(OUT eg_user integer, OUT eg_ws integer) RETURNS SETOF record
LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('eg.audit_user', true), '')::integer,
    nullif(current_setting('eg.audit_ws', true), '')::integer
$$;

-- Makes the function that a table's audit trigger calls, and the view of the row as it is beside the rows as they were.
CREATE FUNCTION auditor.create_auditor(sch text, tbl text) RETURNS boolean LANGUAGE plpgsql AS $do$
DECLARE
  stem text := sch || '_' || tbl;
  names text;
  olds text;
BEGIN
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
    string_agg('OLD.' || quote_ident(attname), ', ' ORDER BY attnum)
  INTO names, olds
  FROM pg_attribute WHERE attrelid = format('%I.%I', sch, tbl)::regclass AND attnum > 0 AND NOT attisdropped;
  EXECUTE format($f$
    CREATE FUNCTION auditor.audit_%1$s_func() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      INSERT INTO auditor.%1$s_history (audit_id, audit_time, audit_action, audit_user, audit_ws, %2$s)
      SELECT nextval('auditor.%1$s_pkey_seq'), now(), left(TG_OP, 1), who.eg_user, who.eg_ws, %3$s
      FROM auditor.get_audit_info() who;
      RETURN NULL;
    END $body$ $f$, stem, names, olds);
  EXECUTE format($f$
    CREATE VIEW auditor.%1$s_lifecycle AS
    SELECT -1::bigint AS audit_id, now() AS audit_time, '-'::text AS audit_action, -1 AS audit_user,
      -1 AS audit_ws, %2$s
    FROM %3$I.%4$I
    UNION ALL SELECT audit_id, audit_time, audit_action, audit_user, audit_ws, %2$s FROM auditor.%1$s_history
    $f$, stem, names, sch, tbl);
  RETURN true;
END $do$;

SELECT auditor.create_auditor(sch, tbl) FROM (VALUES
  ('acq', 'invoice'), ('actor', 'org_unit'), ('actor', 'usr'), ('actor', 'usr_address'), ('asset', 'call_number'),
  ('asset', 'copy'), ('biblio', 'record_entry'), ('serial', 'unit')
) audited (sch, tbl);
