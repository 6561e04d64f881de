-- The views through which aged rows and live rows look alike; a search that reads one of them reads both tables.

CREATE VIEW action.all_circulation AS
  SELECT id, usr_post_code, usr_home_ou, usr_profile, usr_birth_year, copy_call_number::bigint, copy_location,
    copy_owning_lib, copy_circ_lib, copy_bib_record, xact_start, xact_finish, target_copy, circ_lib, circ_staff,
    checkin_staff, checkin_lib, renewal_remaining, grace_period, due_date, stop_fines_time, checkin_time, create_time,
    duration, fine_interval, recurring_fine, max_fine, phone_renewal, desk_renewal, opac_renewal, duration_rule,
    recurring_fine_rule, max_fine_rule, stop_fines, workstation, checkin_workstation, checkin_scan_time, parent_circ,
    auto_renewal, auto_renewal_remaining, NULL::integer AS usr
  FROM action.aged_circulation
  UNION ALL
  SELECT c.id, coalesce(m.post_code, b.post_code), u.home_ou, u.profile, extract(year FROM u.dob)::integer,
    i.call_number, c.copy_location, n.owning_lib, i.circ_lib, n.record, c.xact_start, c.xact_finish, c.target_copy,
    c.circ_lib, c.circ_staff, c.checkin_staff, c.checkin_lib, c.renewal_remaining, c.grace_period, c.due_date,
    c.stop_fines_time, c.checkin_time, c.create_time, c.duration, c.fine_interval, c.recurring_fine, c.max_fine,
    c.phone_renewal, c.desk_renewal, c.opac_renewal, c.duration_rule, c.recurring_fine_rule, c.max_fine_rule,
    c.stop_fines, c.workstation, c.checkin_workstation, c.checkin_scan_time, c.parent_circ, c.auto_renewal,
    c.auto_renewal_remaining, c.usr
  FROM action.circulation c
  JOIN asset.copy i ON i.id = c.target_copy
  JOIN asset.call_number n ON n.id = i.call_number
  JOIN actor.usr u ON u.id = c.usr
  LEFT JOIN actor.usr_address m ON m.id = u.mailing_address
  LEFT JOIN actor.usr_address b ON b.id = u.billing_address;

CREATE VIEW action.all_circulation_slim AS
  SELECT * FROM action.circulation
  UNION ALL
  SELECT id, NULL::integer, xact_start, xact_finish, unrecovered, target_copy, circ_lib, circ_staff, checkin_staff,
    checkin_lib, renewal_remaining, grace_period, due_date, stop_fines_time, checkin_time, create_time, duration,
    fine_interval, recurring_fine, max_fine, phone_renewal, desk_renewal, opac_renewal, duration_rule,
    recurring_fine_rule, max_fine_rule, stop_fines, workstation, checkin_workstation, copy_location, checkin_scan_time,
    auto_renewal, auto_renewal_remaining, parent_circ
  FROM action.aged_circulation;

CREATE VIEW action.all_hold_request AS
  SELECT coalesce(m.post_code, b.post_code) AS usr_post_code, u.home_ou AS usr_home_ou, u.profile AS usr_profile,
    extract(year FROM u.dob)::integer AS usr_birth_year, h.requestor <> h.usr AS staff_placed, h.id, h.request_time,
    h.capture_time, h.fulfillment_time, h.checkin_time, h.return_time, h.prev_check_time, h.expire_time, h.cancel_time,
    h.cancel_cause, h.cancel_note, h.target, h.current_copy, h.fulfillment_staff, h.fulfillment_lib, h.request_lib,
    h.selection_ou, h.selection_depth, h.pickup_lib, h.hold_type, h.holdable_formats,
    coalesce(h.phone_notify, '') <> '' AS phone_notify, h.email_notify, coalesce(h.sms_notify, '') <> '' AS sms_notify,
    h.frozen, h.thaw_date, h.shelf_time, h.cut_in_line, h.mint_condition, h.shelf_expire_time, h.current_shelf_lib,
    h.behind_desk
  FROM action.hold_request h
  JOIN actor.usr u ON u.id = h.usr
  LEFT JOIN actor.usr_address m ON m.id = u.mailing_address
  LEFT JOIN actor.usr_address b ON b.id = u.billing_address
  UNION ALL
  SELECT usr_post_code, usr_home_ou, usr_profile, usr_birth_year, staff_placed, id, request_time, capture_time,
    fulfillment_time, checkin_time, return_time, prev_check_time, expire_time, cancel_time, cancel_cause, cancel_note,
    target, current_copy, fulfillment_staff, fulfillment_lib, request_lib, selection_ou, selection_depth, pickup_lib,
    hold_type, holdable_formats, phone_notify, email_notify, sms_notify, frozen, thaw_date, shelf_time, cut_in_line,
    mint_condition, shelf_expire_time, current_shelf_lib, behind_desk
  FROM action.aged_hold_request;

CREATE VIEW action.open_circulation AS
  SELECT * FROM action.circulation WHERE checkin_time IS NULL ORDER BY due_date;

CREATE VIEW action.billable_circulations AS
  SELECT * FROM action.circulation WHERE xact_finish IS NULL;

CREATE VIEW money.all_billings AS
  SELECT id, xact, billing_ts, voided, voider, void_time, amount, billing_type, btype, note, create_date, period_start,
    period_end
  FROM money.billing
  UNION ALL
  SELECT id, xact, billing_ts, voided, voider, void_time, amount, billing_type, btype, note, create_date, period_start,
    period_end
  FROM money.aged_billing;

CREATE VIEW actor.usr_message_limited AS
  SELECT * FROM actor.usr_message WHERE pub AND NOT deleted;
