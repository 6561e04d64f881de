-- Holds: what a hold writes beside itself, and what becomes of a row that is deleted.

-- BEFORE DELETE: a copy without the two people and their numbers; what somebody typed on cancelling goes with it.
CREATE FUNCTION action.age_hold_on_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reader actor.usr;
  place text;
BEGIN
  SELECT * INTO reader FROM actor.usr WHERE id = OLD.usr;
  SELECT post_code INTO place FROM actor.usr_address
  WHERE id = coalesce(reader.mailing_address, reader.billing_address);
  INSERT INTO action.aged_hold_request (
    usr_post_code, usr_home_ou, usr_profile, usr_birth_year, staff_placed, id, request_time, capture_time,
    fulfillment_time, checkin_time, return_time, prev_check_time, expire_time, cancel_time, cancel_cause, cancel_note,
    canceled_by, canceling_ws, target, current_copy, fulfillment_staff, fulfillment_lib, request_lib, selection_ou,
    selection_depth, pickup_lib, hold_type, holdable_formats, phone_notify, email_notify, sms_notify, frozen, thaw_date,
    shelf_time, cut_in_line, mint_condition, shelf_expire_time, current_shelf_lib, behind_desk, hopeless_date
  ) VALUES (
    CASE WHEN NOT evergreen.spares_detail('holds.do_not_retain_post_code_on_aged', OLD.pickup_lib) THEN place END,
    reader.home_ou, reader.profile,
    CASE WHEN NOT evergreen.spares_detail('holds.do_not_retain_year_of_birth_on_aged', OLD.pickup_lib)
      THEN extract(year FROM reader.dob) END,
    OLD.requestor <> OLD.usr, OLD.id, OLD.request_time, OLD.capture_time, OLD.fulfillment_time, OLD.checkin_time,
    OLD.return_time, OLD.prev_check_time, OLD.expire_time, OLD.cancel_time, OLD.cancel_cause, OLD.cancel_note,
    OLD.canceled_by, OLD.canceling_ws, OLD.target, OLD.current_copy, OLD.fulfillment_staff, OLD.fulfillment_lib,
    OLD.request_lib, OLD.selection_ou, OLD.selection_depth, OLD.pickup_lib, OLD.hold_type, OLD.holdable_formats,
    coalesce(OLD.phone_notify, '') <> '', OLD.email_notify, coalesce(OLD.sms_notify, '') <> '', OLD.frozen,
    OLD.thaw_date, OLD.shelf_time, OLD.cut_in_line, OLD.mint_condition, OLD.shelf_expire_time, OLD.current_shelf_lib,
    OLD.behind_desk, OLD.hopeless_date
  );
  UPDATE action_trigger.event e SET context_user = NULL
  FROM action_trigger.event_definition d JOIN action_trigger.hook h ON h.key = d.hook
  WHERE e.event_def = d.id AND h.core_type = 'ahr' AND e.target = OLD.id AND e.context_user = OLD.usr;
  RETURN OLD;
END $$;

-- A hold that has just been filled, caught, cancelled or frozen no longer waits for any copy.
CREATE FUNCTION action.hold_request_clear_map() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.fulfillment_time IS NOT NULL AND OLD.fulfillment_time IS NULL)
    OR (NEW.capture_time IS NOT NULL AND OLD.capture_time IS NULL)
    OR (NEW.cancel_time IS NOT NULL AND OLD.cancel_time IS NULL)
    OR (NEW.frozen AND NOT OLD.frozen)
  THEN
    DELETE FROM action.hold_copy_map WHERE hold = NEW.id;
  END IF;
  RETURN NULL;
END $$;

-- Which title a hold is for, whatever it names.
CREATE FUNCTION reporter.hold_request_record_mapper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.target, OLD.hold_type) IS NOT DISTINCT FROM (NEW.target, NEW.hold_type) THEN
    RETURN NEW;
  END IF;
  DELETE FROM reporter.hold_request_record WHERE id = NEW.id;
  INSERT INTO reporter.hold_request_record (id, target, hold_type, bib_record) VALUES (
    NEW.id, NEW.target, NEW.hold_type,
    CASE
      WHEN NEW.hold_type = 'T' THEN NEW.target
      WHEN NEW.hold_type = 'V' THEN (SELECT record FROM asset.call_number WHERE id = NEW.target)
      WHEN NEW.hold_type IN ('C', 'R', 'F') THEN (
        SELECT n.record FROM asset.copy c JOIN asset.call_number n ON n.id = c.call_number WHERE c.id = NEW.target
      )
    END
  );
  RETURN NEW;
END $$;

CREATE FUNCTION action.survey_response_answer_date_fixup() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.answer_date := now();
  RETURN NEW;
END $$;

-- The holds of a patron that the catalogue shows: open ones, and as many past ones as the patron chose to see.
CREATE FUNCTION action.usr_visible_holds(usr_id integer) RETURNS SETOF action.hold_request LANGUAGE sql STABLE AS $$
  WITH choice AS (
    SELECT max(value::jsonb #>> '{}') FILTER (WHERE name = 'history.hold.retention_start') AS since,
      max(value::jsonb #>> '{}') FILTER (WHERE name = 'history.hold.retention_age') AS age,
      max(value::jsonb #>> '{}') FILTER (WHERE name = 'history.hold.retention_count') AS number
    FROM actor.usr_setting WHERE usr = usr_id
  ), past AS (
    SELECT h, row_number() OVER (ORDER BY coalesce(h.fulfillment_time, h.cancel_time) DESC, h.id DESC) AS place
    FROM action.hold_request h
    WHERE h.usr = usr_id AND (h.fulfillment_time IS NOT NULL OR h.cancel_time IS NOT NULL)
  )
  SELECT h.* FROM action.hold_request h WHERE h.usr = usr_id AND h.fulfillment_time IS NULL AND h.cancel_time IS NULL
  UNION ALL
  SELECT (past.h).* FROM past, choice
  WHERE choice.since IS NOT NULL AND (past.h).request_time >= choice.since::timestamptz
    AND (past.place <= choice.number::integer
      OR coalesce((past.h).fulfillment_time, (past.h).cancel_time) > now() - choice.age::interval)
$$;
