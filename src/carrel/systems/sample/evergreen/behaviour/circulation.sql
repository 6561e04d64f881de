-- Loans: what a checkout writes beside itself, and what becomes of a row that is deleted.

-- A loan and its renewals, oldest first, from any number of the chain.
CREATE FUNCTION action.circ_chain(member bigint) RETURNS SETOF action.circulation LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up (id, parent) AS (
    SELECT id, parent_circ FROM action.circulation WHERE id = member
    UNION ALL
    SELECT c.id, c.parent_circ FROM up JOIN action.circulation c ON c.id = up.parent
  ), down (id) AS (
    SELECT min(id) FROM up WHERE parent IS NULL OR NOT EXISTS (SELECT 1 FROM action.circulation WHERE id = up.parent)
    UNION ALL
    SELECT c.id FROM down JOIN action.circulation c ON c.parent_circ = down.id
  )
  SELECT c.* FROM down JOIN action.circulation c ON c.id = down.id ORDER BY c.xact_start, c.id
$$;

-- BEFORE DELETE: a row that was renewed stays, and nobody is told; any other is copied without its reader.
CREATE FUNCTION action.age_circ_on_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reader actor.usr;
  place text;
  item asset.copy;
  shelf asset.call_number;
BEGIN
  IF EXISTS (SELECT 1 FROM action.circulation WHERE parent_circ = OLD.id) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO reader FROM actor.usr WHERE id = OLD.usr;
  SELECT post_code INTO place FROM actor.usr_address
  WHERE id = coalesce(reader.mailing_address, reader.billing_address);
  SELECT * INTO item FROM asset.copy WHERE id = OLD.target_copy;
  SELECT * INTO shelf FROM asset.call_number WHERE id = item.call_number;
  INSERT INTO action.aged_circulation (
    usr_post_code, usr_home_ou, usr_profile, usr_birth_year, copy_call_number, copy_owning_lib, copy_circ_lib,
    copy_bib_record, id, xact_start, xact_finish, unrecovered, target_copy, circ_lib, circ_staff, checkin_staff,
    checkin_lib, renewal_remaining, grace_period, due_date, stop_fines_time, checkin_time, create_time, duration,
    fine_interval, recurring_fine, max_fine, phone_renewal, desk_renewal, opac_renewal, duration_rule,
    recurring_fine_rule, max_fine_rule, stop_fines, workstation, checkin_workstation, copy_location, checkin_scan_time,
    auto_renewal, auto_renewal_remaining, parent_circ
  ) VALUES (
    CASE WHEN NOT evergreen.spares_detail('circ.do_not_retain_post_code_on_aged', OLD.circ_lib) THEN place END,
    reader.home_ou, reader.profile,
    CASE WHEN NOT evergreen.spares_detail('circ.do_not_retain_year_of_birth_on_aged', OLD.circ_lib)
      THEN extract(year FROM reader.dob) END,
    item.call_number, shelf.owning_lib, item.circ_lib, shelf.record,
    OLD.id, OLD.xact_start, OLD.xact_finish, OLD.unrecovered, OLD.target_copy, OLD.circ_lib, OLD.circ_staff,
    OLD.checkin_staff, OLD.checkin_lib, OLD.renewal_remaining, OLD.grace_period, OLD.due_date, OLD.stop_fines_time,
    OLD.checkin_time, OLD.create_time, OLD.duration, OLD.fine_interval, OLD.recurring_fine, OLD.max_fine,
    OLD.phone_renewal, OLD.desk_renewal, OLD.opac_renewal, OLD.duration_rule, OLD.recurring_fine_rule,
    OLD.max_fine_rule, OLD.stop_fines, OLD.workstation, OLD.checkin_workstation, OLD.copy_location,
    OLD.checkin_scan_time, OLD.auto_renewal, OLD.auto_renewal_remaining, OLD.parent_circ
  );
  IF EXISTS (SELECT 1 FROM config.global_flag WHERE name = 'history.money.age_with_circs' AND enabled) THEN
    PERFORM money.age_billings_and_payments_for_xact(OLD.id);
  END IF;
  UPDATE action_trigger.event e SET context_user = NULL
  FROM action_trigger.event_definition d JOIN action_trigger.hook h ON h.key = d.hook
  WHERE e.event_def = d.id AND h.core_type = 'circ' AND e.target = OLD.id AND e.context_user = OLD.usr;
  RETURN OLD;
END $$;

-- AFTER DELETE: the loan that this one renewed goes too, and so on to the first of the chain.
CREATE FUNCTION action.age_parent_circ_on_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.parent_circ IS NOT NULL THEN
    DELETE FROM action.circulation WHERE id = OLD.parent_circ;
  END IF;
  RETURN OLD;
END $$;

-- What was said of the reader at the time of the checkout, under the loan's number.
CREATE FUNCTION action.archive_stat_cats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO action.archive_actor_stat_cat (xact, stat_cat, value)
  SELECT NEW.id, m.stat_cat, m.stat_cat_entry
  FROM actor.stat_cat_entry_usr_map m JOIN actor.stat_cat c ON c.id = m.stat_cat
  WHERE m.target_usr = NEW.usr AND c.checkout_archive;
  RETURN NULL;
END $$;

CREATE FUNCTION action.fill_circ_copy_location() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT location INTO NEW.copy_location FROM asset.copy WHERE id = NEW.target_copy;
  RETURN NEW;
END $$;

-- A loan of whole days is due at the last second of its day, where the branch is.
CREATE FUNCTION action.push_circ_due_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  zone text := coalesce(
    (SELECT value::jsonb #>> '{}' FROM actor.org_unit_ancestor_setting('lib.timezone', NEW.circ_lib)),
    current_setting('timezone')
  );
BEGIN
  IF NEW.duration IS NOT NULL AND extract(epoch FROM NEW.duration)::bigint % 86400 = 0 THEN
    NEW.due_date := ((NEW.due_date AT TIME ZONE zone)::date + time '23:59:59') AT TIME ZONE zone;
  END IF;
  RETURN NEW;
END $$;

-- Claims are counted on the reader's record; a lost loan marks its copy.
CREATE FUNCTION action.circulation_claims_returned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.stop_fines IS NOT DISTINCT FROM OLD.stop_fines THEN
    RETURN NEW;
  END IF;
  IF NEW.stop_fines = 'CLAIMSRETURNED' THEN
    UPDATE actor.usr SET claims_returned_count = claims_returned_count + 1 WHERE id = NEW.usr;
  ELSIF NEW.stop_fines = 'CLAIMSNEVERCHECKEDOUT' THEN
    UPDATE actor.usr SET claims_never_checked_out_count = claims_never_checked_out_count + 1 WHERE id = NEW.usr;
  ELSIF NEW.stop_fines = 'LOST' THEN
    UPDATE asset.copy SET status = 3 WHERE id = NEW.target_copy;
  END IF;
  RETURN NEW;
END $$;

-- A reader who chose to keep a history has every loan in it; a renewal moves the entry on.
CREATE FUNCTION action.maintain_usr_circ_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    UPDATE action.usr_circ_history SET due_date = NEW.due_date, checkin_time = NEW.checkin_time
    WHERE source_circ = NEW.id AND (due_date, checkin_time) IS DISTINCT FROM (NEW.due_date, NEW.checkin_time);
    RETURN NEW;
  END IF;
  IF NEW.parent_circ IS NOT NULL THEN
    UPDATE action.usr_circ_history SET due_date = NEW.due_date, source_circ = NEW.id, checkin_time = NULL
    WHERE source_circ = NEW.parent_circ;
    IF FOUND THEN
      RETURN NEW;
    END IF;
  END IF;
  INSERT INTO action.usr_circ_history (usr, xact_start, target_copy, due_date, checkin_time, source_circ)
  SELECT NEW.usr, NEW.xact_start, NEW.target_copy, NEW.due_date, NEW.checkin_time, NEW.id
  WHERE EXISTS (
    SELECT 1 FROM actor.usr_setting
    WHERE usr = NEW.usr AND name IN ('history.circ.retention_start', 'history.circ.retention_age')
  );
  RETURN NEW;
END $$;

CREATE FUNCTION action.copy_transit_is_unique() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM action.transit_copy
    WHERE target_copy = NEW.target_copy AND id <> NEW.id AND dest_recv_time IS NULL AND cancel_time IS NULL
  ) THEN
    RAISE unique_violation USING MESSAGE = 'the copy is already on its way';
  END IF;
  RETURN NULL;
END $$;
