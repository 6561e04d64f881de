-- What the product deletes when it is told to: loans and holds by number and age, notices by age, patrons one by one.

-- For each copy the newest N chains stay; an older one goes when all of it is finished, long enough ago. The last row
-- of a chain is deleted; triggers take the rest. Without a number nothing is done; the flag "at least the age" has no
-- effect.
CREATE FUNCTION action.purge_circulations() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  kept integer := evergreen.global_flag('history.circ.retention_count')::integer;
  kept_for interval := evergreen.global_flag('history.circ.retention_age')::interval;
  by_newest boolean := EXISTS (
    SELECT 1 FROM config.global_flag WHERE name = 'history.circ.retention_uses_last_finished' AND enabled
  );
  first bigint;
  chain record;
  done integer := 0;
BEGIN
  FOR first IN
    SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY target_copy ORDER BY xact_start DESC, id DESC) AS place
      FROM action.circulation WHERE parent_circ IS NULL
    ) placed WHERE place > kept
  LOOP
    SELECT bool_and(c.xact_finish IS NOT NULL) AS finished, max(c.xact_finish) AS newest,
      (array_agg(c.xact_finish ORDER BY c.xact_start DESC, c.id DESC))[1] AS last,
      (array_agg(c.id ORDER BY c.xact_start DESC, c.id DESC))[1] AS tail
    INTO chain FROM action.circ_chain(first) c;
    IF chain.finished AND (CASE WHEN by_newest THEN chain.newest ELSE chain.last END) < now() - kept_for THEN
      DELETE FROM action.circulation WHERE id = chain.tail;
      done := done + 1;
    END IF;
  END LOOP;
  RETURN done;
END $$;

-- A finished hold goes unless the site's age for its kind, or its patron's own choice, keeps it. A flag that is on
-- without a value keeps nothing.
CREATE FUNCTION action.purge_holds() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  one record;
  kept_for interval;
  done integer := 0;
BEGIN
  FOR one IN
    SELECT h.id, h.cancel_time, h.cancel_cause, coalesce(h.fulfillment_time, h.cancel_time) AS ended, h.request_time,
      row_number() OVER (
        PARTITION BY h.usr ORDER BY coalesce(h.fulfillment_time, h.cancel_time) DESC, h.id DESC
      ) AS place,
      s.since, s.number, s.age
    FROM action.hold_request h
    LEFT JOIN LATERAL (
      SELECT max(value::jsonb #>> '{}') FILTER (WHERE name = 'history.hold.retention_start') AS since,
        max(value::jsonb #>> '{}') FILTER (WHERE name = 'history.hold.retention_count') AS number,
        max(value::jsonb #>> '{}') FILTER (WHERE name = 'history.hold.retention_age') AS age
      FROM actor.usr_setting WHERE usr = h.usr AND name LIKE 'history.hold.%'
    ) s ON true
    WHERE h.fulfillment_time IS NOT NULL OR h.cancel_time IS NOT NULL
  LOOP
    kept_for := CASE
      WHEN one.cancel_time IS NULL THEN evergreen.global_flag('history.hold.retention_age_fulfilled')
      ELSE coalesce(
        evergreen.global_flag('history.hold.retention_age_canceled_' || one.cancel_cause),
        evergreen.global_flag('history.hold.retention_age_canceled')
      )
    END::interval;
    kept_for := coalesce(kept_for, evergreen.global_flag('history.hold.retention_age')::interval);
    CONTINUE WHEN one.ended > now() - kept_for;
    CONTINUE WHEN one.since IS NOT NULL AND one.request_time >= one.since::timestamptz
      AND (one.place <= one.number::integer OR one.ended > now() - one.age::interval);
    DELETE FROM action.hold_request WHERE id = one.id;
    done := done + 1;
  END LOOP;
  RETURN done;
END $$;

-- Notices go by the age that their definition names, if it names one; then the texts that no notice points at.
CREATE FUNCTION action_trigger.purge_events() RETURNS void LANGUAGE sql AS $$
  DELETE FROM action_trigger.event e USING action_trigger.event_definition d
  WHERE d.id = e.event_def AND d.retention_interval IS NOT NULL
    AND coalesce(e.complete_time, e.update_time, e.run_time) < now() - d.retention_interval;

  DELETE FROM action_trigger.event_output o WHERE NOT EXISTS (
    SELECT 1 FROM action_trigger.event e
    WHERE o.id IN (e.template_output, e.error_output, e.async_output)
  );
$$;

CREATE FUNCTION staging.purge_pending_users() RETURNS void LANGUAGE sql AS $$
  DELETE FROM staging.user_stage u
  USING actor.org_unit o, actor.org_unit_ancestor_setting('opac.pending_user_expire_interval', o.id) s
  WHERE o.id = u.home_ou AND u.row_date < now() - (s.value::jsonb #>> '{}')::interval
$$;

CREATE FUNCTION evergreen.repoint(places text[], old integer, new integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place text;
BEGIN
  FOREACH place IN ARRAY places LOOP
    EXECUTE format(
      'UPDATE %s SET %I = $1 WHERE %2$I = $2', substring(place FROM '^(\w+\.\w+)'), substring(place FROM '(\w+)$')
    ) USING new, old;
  END LOOP;
END $$;

-- Everything that hangs on a patron: what is the patron's own is deleted, what the patron did as staff goes to another.
-- Order matters, and it is the product's: audit rows first, although later statements write new ones; the history of
-- addresses is looked up by a number that is no patron's.
CREATE FUNCTION actor.usr_purge_data(src_usr integer, specified_dest_usr integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  heir integer := coalesce(specified_dest_usr, 1);
  own text;
BEGIN
  DELETE FROM auditor.actor_usr_history WHERE id = src_usr;
  DELETE FROM auditor.actor_usr_address_history WHERE id = src_usr;

  UPDATE actor.usr SET active = false, card = NULL, mailing_address = NULL, billing_address = NULL WHERE id = src_usr;
  UPDATE actor.usr SET mailing_address = NULL
  WHERE id <> src_usr AND mailing_address IN (SELECT id FROM actor.usr_address WHERE usr = src_usr);
  UPDATE actor.usr SET billing_address = NULL
  WHERE id <> src_usr AND billing_address IN (SELECT id FROM actor.usr_address WHERE usr = src_usr);
  UPDATE actor.usr_address SET replaces = NULL WHERE usr = src_usr;

  UPDATE action.hold_request SET requestor = heir WHERE requestor = src_usr AND usr <> src_usr;
  DELETE FROM action.hold_request_reset_reason_entry r USING action.hold_request h
  WHERE h.id = r.hold AND h.usr = src_usr;
  FOREACH own IN ARRAY ARRAY[
    'action.circulation:usr', 'action.hold_request:usr', 'action.non_cataloged_circulation:patron',
    'action.usr_circ_history:usr', 'action.survey_response:usr', 'booking.reservation:usr', 'money.grocery:usr',
    'money.billable_xact:usr', 'money.collections_tracker:usr', 'acq.user_request:usr', 'actor.card:usr',
    'actor.passwd:usr', 'actor.stat_cat_entry_usr_map:target_usr', 'actor.toolbar:usr', 'actor.usr_address:usr',
    'actor.usr_mfa_exception:usr', 'actor.usr_mfa_factor_map:usr', 'actor.usr_org_unit_opt_in:usr',
    'actor.usr_privacy_waiver:usr', 'actor.usr_saved_search:owner', 'actor.usr_setting:usr',
    'actor.usr_standing_penalty:usr', 'asset.course_module_course_users:usr',
    'container.biblio_record_entry_bucket_usr_flags:usr', 'container.user_bucket_item:target_user',
    'openapi.integrator:id', 'permission.usr_grp_map:usr', 'permission.usr_object_perm_map:usr',
    'permission.usr_perm_map:usr', 'permission.usr_work_ou_map:usr', 'serial.routing_list_user:reader'
  ] LOOP
    EXECUTE format('DELETE FROM %s WHERE %I = $1', split_part(own, ':', 1), split_part(own, ':', 2)) USING src_usr;
  END LOOP;
  UPDATE actor.usr_message SET title = 'purged', message = 'purged', read_date = now() WHERE usr = src_usr;
  DELETE FROM actor.usr_message WHERE usr = src_usr;
  UPDATE action_trigger.event SET context_user = NULL WHERE context_user = src_usr;

  PERFORM evergreen.repoint(ARRAY[
    'acq.claim_event:creator', 'acq.distribution_formula_application:creator', 'acq.fund_allocation:allocator',
    'acq.fund_allocation_percent:allocator', 'acq.fund_transfer:transfer_user', 'acq.invoice:closed_by',
    'acq.lineitem:creator', 'acq.lineitem:editor', 'acq.lineitem:selector', 'acq.lineitem_detail:receiver',
    'acq.lineitem_note:creator', 'acq.lineitem_note:editor', 'acq.lineitem_usr_attr_definition:usr',
    'acq.picklist:creator', 'acq.picklist:editor', 'acq.po_note:creator', 'acq.po_note:editor',
    'acq.provider_note:creator', 'acq.provider_note:editor', 'acq.purchase_order:creator', 'acq.purchase_order:editor',
    'acq.purchase_order:owner', 'acq.serial_claim_event:creator', 'action.circulation:circ_staff',
    'action.circulation:checkin_staff',
    'action.fieldset:owner', 'action.hold_notification:notify_staff', 'action.hold_request:canceled_by',
    'action.hold_request:fulfillment_staff', 'action.hold_request_reset_reason_entry:requestor',
    'action.in_house_use:staff', 'action.non_cat_in_house_use:staff', 'action.non_cataloged_circulation:staff',
    'actor.usr_message:editor', 'actor.usr_org_unit_opt_in:staff', 'actor.usr_standing_penalty:staff',
    'asset.call_number:creator', 'asset.call_number:editor', 'asset.call_number_note:creator', 'asset.copy:creator',
    'asset.copy:editor', 'asset.copy_note:creator', 'asset.copy_template:creator', 'asset.copy_template:editor',
    'biblio.record_entry:creator', 'biblio.record_entry:editor', 'biblio.record_note:creator',
    'biblio.record_note:editor', 'booking.reservation:capture_staff', 'container.carousel:creator',
    'container.carousel:editor', 'money.bnm_payment:accepting_usr', 'money.billing:voider',
    'money.collections_tracker:collector', 'reporter.report:owner', 'reporter.schedule:runner',
    'reporter.template:owner', 'serial.distribution_note:creator', 'serial.issuance:creator', 'serial.issuance:editor',
    'serial.item:creator', 'serial.item:editor', 'serial.item_note:creator', 'serial.subscription_note:creator',
    'url_verify.session:creator', 'url_verify.verification_attempt:usr', 'vandelay.queue:owner',
    'vandelay.session_tracker:usr'
  ], src_usr, heir);
  -- Lists and folders keep their content and get a name that says whose they were.
  FOREACH own IN ARRAY ARRAY[
    'acq.picklist', 'container.biblio_record_entry_bucket', 'container.call_number_bucket', 'container.copy_bucket',
    'container.user_bucket', 'reporter.output_folder', 'reporter.report_folder', 'reporter.template_folder'
  ] LOOP
    EXECUTE format('UPDATE %s SET owner = $1, name = name || $2 WHERE owner = $3', own)
    USING heir, format(' (%s)', src_usr), src_usr;
  END LOOP;
END $$;

-- The record itself stays, as a stone with a number on it.
CREATE FUNCTION actor.usr_delete(src_usr integer, dest_usr integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  stone text := format('%s-PURGED-%s', src_usr, now());
BEGIN
  PERFORM actor.usr_purge_data(src_usr, dest_usr);
  UPDATE actor.usr SET
    usrname = stone, first_given_name = stone, family_name = stone, second_given_name = NULL, prefix = NULL,
    suffix = NULL, pref_prefix = NULL, pref_first_given_name = NULL, pref_second_given_name = NULL,
    pref_family_name = NULL, pref_suffix = NULL, name_keywords = NULL, guardian = NULL, guardian_email = NULL,
    email = NULL, passwd = gen_random_uuid()::text, ident_type = 3, ident_value = NULL, ident_type2 = NULL,
    ident_value2 = NULL, photo_url = NULL, alias = NULL, day_phone = NULL, evening_phone = NULL, other_phone = NULL,
    claims_returned_count = 0, credit_forward_balance = 0, last_xact_id = 'none', claims_never_checked_out_count = 0,
    active = false, barred = false, master_account = false, super_user = false, deleted = true,
    dob = date_trunc('year', dob)::date, create_date = now()
  WHERE id = src_usr;
END $$;

-- In small: one account goes into another, which gets what the first one had; then the first is deleted.
CREATE FUNCTION actor.usr_merge(
  src_usr integer, dest_usr integer, del_addrs boolean, del_cards boolean, deactivate_cards boolean
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE actor.usr SET card = NULL, mailing_address = NULL, billing_address = NULL WHERE id = src_usr;
  IF del_cards THEN
    DELETE FROM actor.card WHERE usr = src_usr;
  ELSIF deactivate_cards THEN
    UPDATE actor.card SET active = false WHERE usr = src_usr;
  END IF;
  IF del_addrs THEN
    DELETE FROM actor.usr_address WHERE usr = src_usr;
  END IF;
  DELETE FROM actor.usr_setting s WHERE usr = src_usr
    AND EXISTS (SELECT 1 FROM actor.usr_setting WHERE usr = dest_usr AND name = s.name);
  DELETE FROM actor.stat_cat_entry_usr_map m WHERE target_usr = src_usr
    AND EXISTS (SELECT 1 FROM actor.stat_cat_entry_usr_map WHERE target_usr = dest_usr AND stat_cat = m.stat_cat);
  PERFORM evergreen.repoint(ARRAY[
    'actor.card:usr', 'actor.usr_address:usr', 'actor.usr_setting:usr', 'actor.stat_cat_entry_usr_map:target_usr',
    'actor.usr_message:usr', 'actor.usr_standing_penalty:usr', 'actor.usr_activity:usr', 'actor.usr_privacy_waiver:usr',
    'action.circulation:usr', 'action.hold_request:usr', 'action.hold_request:requestor', 'action.usr_circ_history:usr',
    'action.non_cataloged_circulation:patron', 'action.survey_response:usr', 'booking.reservation:usr',
    'money.grocery:usr', 'money.collections_tracker:usr', 'action_trigger.event:context_user'
  ], src_usr, dest_usr);
  PERFORM actor.usr_delete(src_usr, dest_usr);
END $$;
