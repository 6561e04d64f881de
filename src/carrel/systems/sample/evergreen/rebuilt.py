"""Which of Evergreen's triggers the sample rebuilds, with what argument, and which it leaves out and why.

A trigger that is left out touches nothing of a patron, or its rule was not read.
"""

from __future__ import annotations

_CATALOGUING = "catalogue records and their indexing, nothing of a patron"
_ACQUISITIONS = "acquisitions, nothing of a patron"
_BRANCHES = "settings and distances of branches, nothing of a patron"
_UNREAD = "its rule was not read"

NOT_REBUILT: dict[str, str] = {
    "acq.audit_acq_lineitem_detail_func": _ACQUISITIONS,
    "acq.audit_acq_lineitem_func": _ACQUISITIONS,
    "acq.audit_acq_purchase_order_func": _ACQUISITIONS,
    "acq.fap_limit_100": _ACQUISITIONS,
    "acq.fund_alloc_percent_val": _ACQUISITIONS,
    "acq.po_org_name_date_unique": _ACQUISITIONS,
    "acq.purchase_order_name_default": _ACQUISITIONS,
    "action.complete_duplicated_entries": _CATALOGUING,
    "action.hold_copy_calculated_proximity_update": _BRANCHES,
    "action_trigger.check_valid_retention_interval": _UNREAD,
    "actor.org_unit_parent_protect": _BRANCHES,
    "actor.org_unit_prox_update": _BRANCHES,
    "actor.stat_cat_check": _UNREAD,
    "asset.acp_created": _CATALOGUING,
    "asset.acp_location_fixer": _CATALOGUING,
    "asset.autogenerate_placeholder_barcode": _CATALOGUING,
    "asset.cache_copy_visibility": _CATALOGUING,
    "asset.copy_location_validate_edit": _CATALOGUING,
    "asset.copy_may_float_to_inventory_workstation": _CATALOGUING,
    "asset.label_normalizer": _CATALOGUING,
    "biblio.check_marcxml_well_formed": _CATALOGUING,
    "biblio.fingerprint_trigger": _CATALOGUING,
    "cleanup_acq_marc": _ACQUISITIONS,
    "config.setting_is_user_or_ws": _BRANCHES,
    "indexing_ingest_or_delete": _CATALOGUING,
    "ingest_acq_marc": _ACQUISITIONS,
    "limit_oustl": _BRANCHES,
    "maintain_901": _CATALOGUING,
    "maintain_control_numbers": _CATALOGUING,
    "money.mbts_refundable_balance_check": _UNREAD,
    "oils_i18n_id_tracking": _CATALOGUING,
    "ous_change_log": _BRANCHES,
    "ous_delete_log": _BRANCHES,
    "raise_protected_row_exception": _CATALOGUING,
    "reporter.simple_rec_trigger": _CATALOGUING,
    "serial.materialize_holding_code": _CATALOGUING,
}

_PAYMENTS = (
    "account_adjustment", "bnm_desk_payment", "bnm_payment", "cash_payment", "check_payment", "credit_card_payment",
    "credit_payment", "debit_card_payment", "forgive_payment", "goods_payment", "payment", "work_payment",
)  # fmt: skip

# What a trigger tells its function: the column that stands for a key, the kind of a transaction, the kind of a payment.
ARGUMENTS: dict[tuple[str, str], str] = {
    ("action.circulation", "fake_fkey_tgr"): "target_copy",
    ("action.usr_circ_history", "fake_fkey_tgr"): "target_copy",
    ("action.hold_request_reset_reason_entry", "fake_fkey_tgr"): "previous_copy",
    ("action_trigger.event", "fake_fkey_tgr"): "context_item",
    ("action.circulation", "money.mat_summary_create"): "circulation",
    ("money.grocery", "money.mat_summary_create"): "grocery",
    ("booking.reservation", "money.mat_summary_create"): "reservation",
    **{
        (f"money.{kind}", f"money.materialized_summary_payment_{event}"): kind
        for kind in _PAYMENTS
        for event in ("add", "del", "update")
    },
}
