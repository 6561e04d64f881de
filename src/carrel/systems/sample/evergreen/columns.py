"""Which columns of which of Evergreen's tables the sample fills; the rest have the product's defaults."""

from __future__ import annotations

_CIRCULATION = (
    "xact_start xact_finish target_copy circ_lib circ_staff checkin_staff checkin_lib renewal_remaining grace_period "
    "due_date stop_fines_time checkin_time create_time duration fine_interval recurring_fine max_fine phone_renewal "
    "desk_renewal opac_renewal duration_rule recurring_fine_rule max_fine_rule stop_fines workstation "
    "checkin_workstation copy_location checkin_scan_time auto_renewal auto_renewal_remaining parent_circ"
)
_DEMOGRAPHY = "usr_post_code usr_home_ou usr_profile usr_birth_year"
_USR = (
    "id card profile usrname email passwd standing ident_type ident_value net_access_level prefix first_given_name "
    "second_given_name family_name guardian guardian_email pref_first_given_name name_keywords alias day_phone "
    "evening_phone other_phone mailing_address billing_address home_ou dob active master_account super_user barred "
    "deleted juvenile usrgroup claims_returned_count credit_forward_balance last_xact_id create_date expire_date "
    "claims_never_checked_out_count last_update_time"
)
_ADDRESS = (
    "id valid within_city_limits address_type usr street1 street2 city county state country post_code pending replaces"
)
_COPY = (
    "id circ_lib creator call_number editor create_date edit_date copy_number status location loan_duration fine_level "
    "circulate deposit ref holdable deposit_amount price barcode circ_modifier opac_visible deleted "
    "status_changed_time active_date mint_condition"
)
_AUDIT = "audit_id audit_time audit_action audit_user audit_ws"
_HOLD = (
    "id request_time capture_time fulfillment_time expire_time cancel_time cancel_cause cancel_note canceled_by target "
    "current_copy fulfillment_staff fulfillment_lib request_lib {people} selection_ou selection_depth pickup_lib "
    "hold_type phone_notify email_notify sms_notify {carrier} frozen thaw_date shelf_time mint_condition "
    "shelf_expire_time current_shelf_lib behind_desk"
)
_BILLING = (
    "id xact billing_ts voided voider void_time amount billing_type btype note create_date period_start period_end"
)
_PAYMENT = "id xact payment_ts voided amount note amount_collected accepting_usr"
_STAGED = "row_id row_date usrname street1 city state post_code complete"

_COLUMNS = {
    "actor.org_unit_type": "id name opac_label depth parent can_have_vols can_have_users",
    "actor.org_unit": "id parent_ou ou_type shortname name email phone",
    "actor.org_address": "id org_unit street1 city state country post_code",
    "actor.workstation": "id name owning_lib",
    "actor.org_unit_setting": "id org_unit name value",
    "actor.passwd_type": "code name login crypt_algo iter_count",
    "actor.stat_cat": "id owner name opac_visible usr_summary checkout_archive allow_freetext",
    "actor.stat_cat_entry": "id stat_cat owner value",
    "permission.grp_tree": "id name parent usergroup application_perm",
    "config.identification_type": "id name",
    "config.net_access_level": "id name",
    "config.copy_status": "id name holdable opac_visible is_available",
    "config.billing_type": "id name owner",
    "config.circ_modifier": "code name description sip2_media_type",
    "config.standing_penalty": "id name label block_list",
    "config.usr_activity_type": "id ewho ewhat ehow label egroup transient",
    "config.usr_setting_type": "name opac_visible label datatype fm_class",
    "config.org_unit_setting_type": "name label datatype",
    "config.global_flag": "name value enabled label",
    "config.sms_carrier": "id region name email_gateway",
    "config.non_cataloged_type": "id owning_lib name in_house",
    "action.hold_request_cancel_cause": "id label manual",
    "action.hold_request_reset_reason": "id manual name",
    "action_trigger.hook": "key core_type description passive",
    "action_trigger.validator": "module",
    "action_trigger.reactor": "module",
    "action_trigger.event_definition": "id owner name hook validator reactor delay retention_interval",
    "container.biblio_record_entry_bucket_type": "code label",
    "container.user_bucket_type": "code label",
    "asset.copy_location": "id name owning_lib",
    "actor.usr": _USR,
    "actor.card": "id usr barcode active",
    "actor.usr_address": _ADDRESS,
    "actor.passwd": "id usr salt passwd passwd_type create_date edit_date",
    "actor.usr_setting": "id usr name value",
    "actor.stat_cat_entry_usr_map": "id stat_cat_entry stat_cat target_usr",
    "actor.usr_activity": "id usr etype event_time event_data",
    "actor.usr_message": "id usr title message create_date deleted read_date sending_lib pub editor",
    "actor.usr_standing_penalty": "id org_unit usr standing_penalty staff set_date stop_date usr_message",
    "actor.usr_password_reset": "id uuid usr request_time has_been_reset",
    "actor.usr_privacy_waiver": "id usr name place_holds pickup_holds view_history checkout_items",
    "actor.usr_saved_search": "id owner name create_date query_text target",
    "actor.usr_org_unit_opt_in": "id org_unit usr staff opt_in_ts opt_in_ws",
    "auditor.actor_usr_history": f"{_AUDIT} {_USR}",
    "auditor.actor_usr_address_history": f"{_AUDIT} {_ADDRESS}",
    "auditor.asset_copy_history": f"{_AUDIT} {_COPY}",
    "permission.usr_work_ou_map": "id usr work_ou",
    "permission.usr_grp_map": "id usr grp",
    "biblio.record_entry": "id creator editor create_date edit_date tcn_source tcn_value marc last_xact_id",
    "reporter.materialized_simple_record": "id tcn_source tcn_value title author pubdate",
    "asset.call_number": "id creator create_date editor edit_date record owning_lib label label_class label_sortkey",
    "asset.copy": _COPY,
    "asset.copy_note": "id owning_copy creator create_date title value",
    "action.circulation": f"id usr {_CIRCULATION}",
    "action.aged_circulation": (
        f"{_DEMOGRAPHY} copy_call_number copy_owning_lib copy_circ_lib copy_bib_record id {_CIRCULATION}"
    ),
    "action.usr_circ_history": "id usr xact_start target_copy due_date checkin_time source_circ",
    "action.archive_actor_stat_cat": "id xact stat_cat value",
    "money.grocery": "id usr xact_start xact_finish billing_location note",
    "money.billing": _BILLING,
    "money.aged_billing": _BILLING,
    "money.cash_payment": f"{_PAYMENT} cash_drawer",
    "money.credit_card_payment": f"{_PAYMENT} cash_drawer cc_number cc_order_number approval_code",
    "money.forgive_payment": _PAYMENT,
    "money.goods_payment": _PAYMENT,
    "money.aged_payment": "id xact payment_ts voided amount note payment_type refundable accepting_usr cash_drawer",
    "money.collections_tracker": "id usr collector location enter_time",
    "action.hold_request": _HOLD.format(people="requestor usr", carrier="sms_carrier"),
    "action.aged_hold_request": f"{_DEMOGRAPHY} staff_placed {_HOLD.format(people='', carrier='')}",
    "action.hold_request_note": "id hold title body slip pub staff",
    "action.hold_notification": "id hold notify_staff notify_time method note",
    "action.hold_copy_map": "id hold target_copy proximity",
    "action.hold_request_reset_reason_entry": "id hold reset_reason note reset_time previous_copy requestor",
    "reporter.hold_request_record": "id target hold_type bib_record",
    "action.unfulfilled_hold_list": "id current_copy hold circ_lib fail_time",
    "action.transit_copy": "id source_send_time dest_recv_time target_copy source dest copy_status",
    "action.hold_transit_copy": "id source_send_time dest_recv_time target_copy source dest copy_status hold",
    "action_trigger.event": (
        "id target event_def add_time run_time start_time update_time complete_time state user_data template_output "
        "context_user context_library context_bib context_item"
    ),
    "action_trigger.event_output": "id create_time is_error data",
    "action.in_house_use": "id item staff org_unit use_time",
    "action.non_cat_in_house_use": "id item_type staff org_unit use_time",
    "action.non_cataloged_circulation": "id patron staff circ_lib item_type circ_time",
    "action.survey": "id owner start_date end_date name description",
    "action.survey_question": "id survey question",
    "action.survey_answer": "id question answer",
    "action.survey_response": "id response_group_id usr survey question answer answer_date effective_date",
    "action.curbside": "id patron org slot staged stage_staff arrival delivered delivery_staff notes",
    "booking.resource_type": "id name owner",
    "booking.resource": "id owner type barcode",
    "booking.reservation": (
        "id usr xact_start xact_finish request_time start_time end_time pickup_time return_time target_resource_type "
        "target_resource current_resource request_lib pickup_lib note"
    ),
    "container.biblio_record_entry_bucket": "id owner name btype description pub create_time",
    "container.biblio_record_entry_bucket_item": "id bucket target_biblio_record_entry pos create_time",
    "container.biblio_record_entry_bucket_note": "id bucket note",
    "container.user_bucket": "id owner name btype description create_time",
    "container.user_bucket_item": "id bucket target_user create_time",
    "acq.user_request": "id usr pickup_lib email_notify request_date request_type title author other_info",
    "serial.routing_list_user": "id stream pos reader note",
    "offline.session": "key org description creator create_time in_process num_complete",
    "offline.script": "id session requestor create_time workstation logfile time_delta count",
    "openapi.endpoint": "operation_id path http_method summary method_source method_name",
    "openapi.authen_attempt_log": "request_id attempt_time ip_addr cred_user token",
    "openapi.endpoint_access_attempt_log": "request_id attempt_time endpoint allowed ip_addr accessor token",
    "sip.setting_group": "id label institution",
    "sip.account": "id setting_group sip_username usr workstation",
    "sip.session": "key ils_token account create_time",
    "reporter.template_folder": "id owner create_time name",
    "reporter.report_folder": "id owner create_time name",
    "reporter.output_folder": "id owner create_time name",
    "reporter.template": "id owner create_time name description data folder",
    "reporter.report": "id owner create_time name description data template folder",
    "reporter.schedule": "id report folder runner run_time start_time complete_time email",
    "staging.user_stage": (
        "row_id row_date usrname profile email ident_type first_given_name family_name day_phone home_ou dob complete "
        "requesting_usr"
    ),
    "staging.card_stage": "row_id row_date usrname barcode complete",
    "staging.mailing_address_stage": _STAGED,
    "actor.patron_loader_log": "id session org_unit event record_count logtime",
}
COLUMNS: dict[str, tuple[str, ...]] = {table: tuple(names.split()) for table, names in _COLUMNS.items()}
