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
