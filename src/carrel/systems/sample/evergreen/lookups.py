"""The lookups that an Evergreen ships with, as far as the sample's rows point at them, and its switches as shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import CONSORTIUM

if TYPE_CHECKING:
    from carrel.systems.sample.rows import Rows

STAFF_PROFILE = 10
# Profile, share among readers, weight in borrowing.
PROFILES = ((4, "Adult", 60), (5, "Juvenile", 18), (6, "Teen", 8), (7, "Non-resident", 6), (8, "Homebound", 2), (9, "ILL", 1))
JUVENILE, TEEN = 5, 6
OVERDUE, LOST, MISC = 1, 3, 101
ON_SHELF, OUT, MISSING, IN_TRANSIT, HOLD_SHELF, LONG_OVERDUE = 0, 1, 3, 6, 8, 16
# Definitions of notices: number, hook, whether a text is kept, retention.
CHECKOUT, COURTESY, LATE, HOLD_READY, HOLD_GONE = 1, 2, 3, 4, 5

_FLAGS = (
    ("history.circ.retention_age", None, True),
    ("history.circ.retention_age_is_min", None, False),
    ("history.circ.retention_count", None, True),
    ("history.circ.retention_uses_last_finished", None, False),
    ("history.hold.retention_age", None, True),
    ("history.hold.retention_age_canceled", None, False),
    ("history.hold.retention_age_canceled_1", None, False),
    ("history.hold.retention_age_canceled_2", None, False),
    ("history.hold.retention_age_canceled_3", None, True),
    ("history.hold.retention_age_canceled_4", None, True),
    ("history.hold.retention_age_canceled_5", None, True),
    ("history.hold.retention_age_canceled_6", None, False),
    ("history.hold.retention_age_fulfilled", None, False),
    ("history.money.age_with_circs", None, False),
    ("history.money.retention_age", None, False),
)
_USER_SETTINGS = (
    ("circ.send_email_checkout_receipts", "bool", None),
    ("history.circ.retention_age", "interval", None),
    ("history.circ.retention_start", "date", None),
    ("history.hold.retention_age", "interval", None),
    ("history.hold.retention_count", "integer", None),
    ("history.hold.retention_start", "interval", None),
    ("opac.default_phone", "string", None),
    ("opac.default_pickup_location", "integer", None),
    ("opac.default_sms_carrier", "link", "csc"),
    ("opac.default_sms_notify", "string", None),
    ("opac.hold_notify", "string", None),
)


def write_lookups(rows: Rows) -> None:
    """Profiles, kinds, states, switches, notices' definitions."""
    for number, name, parent in ((1, "Users", None), (2, "Patrons", 1), (3, "Staff", 1)):
        rows.add("permission.grp_tree", number, name, parent, number > 1, None)
    for number, name, _ in PROFILES:
        rows.add("permission.grp_tree", number, name, 2, True, "group_application.user.patron")
    rows.add("permission.grp_tree", STAFF_PROFILE, "Circulators", 3, True, "group_application.user.staff")
    for number, name in ((1, "Drivers License"), (2, "SSN"), (3, "Other")):
        rows.add("config.identification_type", number, name)
    for number, name in ((1, "Filtered"), (2, "Unfiltered"), (3, "No Access")):
        rows.add("config.net_access_level", number, name)
    for number, name in (
        (ON_SHELF, "Available"), (OUT, "Checked out"), (MISSING, "Lost"), (IN_TRANSIT, "In transit"),
        (7, "Reshelving"), (HOLD_SHELF, "On holds shelf"), (LONG_OVERDUE, "Long Overdue"),
    ):  # fmt: skip
        rows.add("config.copy_status", number, name, number != MISSING, True, number == ON_SHELF)
    for number, name in ((OVERDUE, "Overdue Materials"), (LOST, "Lost Materials"), (MISC, "Misc")):
        rows.add("config.billing_type", number, name, CONSORTIUM)
    for code, medium in (("BOOK", "001"), ("DVD", "007"), ("CD", "003"), ("MAGAZINE", "002")):
        rows.add("config.circ_modifier", code, code.title(), code.title(), medium)
    for number, name in ((1, "PATRON_EXCEEDS_FINES"), (21, "SILENT_NOTE"), (25, "STAFF_CHR"), (30, "PATRON_IN_COLLECTIONS")):
        rows.add("config.standing_penalty", number, name, name.replace("_", " ").capitalize(), "CIRC|HOLD")
    for kind in (
        (1, None, "login", "opensrf", "authen", True), (2, "opac", "login", None, "authen", True),
        (3, None, "verify", "remoteauth", "authz", False), (4, None, "circ", "sip2", "circ", False),
    ):  # fmt: skip
        number, who, what, how, group, passing = kind
        label = " ".join(filter(None, (who, what, how)))
        rows.add("config.usr_activity_type", number, who, what, how, label, group, passing)
    for name, kind_of, linked in _USER_SETTINGS:
        rows.add("config.usr_setting_type", name, True, name.replace(".", " ").replace("_", " "), kind_of, linked)
    for name, value, on in _FLAGS:
        rows.add("config.global_flag", name, value, on, name.replace(".", " ").replace("_", " "))
    rows.add("config.sms_carrier", 1, "US", "Eastmere Mobile", "$number@sms.example")
    for number, name, inside in ((1, "Paperback", False), (2, "Newspaper", True)):
        rows.add("config.non_cataloged_type", number, CONSORTIUM, name, inside)
    rows.add("actor.passwd_type", "main", "Main Login Password", True, "bf", 10)
    rows.add("actor.stat_cat", 1, CONSORTIUM, "School", False, True, True, True)
    rows.add("actor.stat_cat", 2, CONSORTIUM, "How they heard of us", False, False, False, True)
    for school in SCHOOLS:
        rows.numbered("actor.stat_cat_entry", 1, CONSORTIUM, school)
    _write_notices(rows)
    for code, name in (("bookbag", "Book Bag"), ("misc", "Miscellaneous"), ("temp", "Temporary")):
        rows.add("container.biblio_record_entry_bucket_type", code, name)
    rows.add("container.user_bucket_type", "misc", "Miscellaneous")


SCHOOLS = ("North Primary", "Mill Lane School", "Ebony Court High", "Taught at home")


def _write_notices(rows: Rows) -> None:
    """Hooks and definitions; only late notices have a retention, as on most sites that set any."""
    for number, label in enumerate(
        ("Untargeted expiration", "Hold Shelf expiration", "Patron via phone", "Patron in person", "Staff forced",
         "Patron via OPAC"), 1,
    ):  # fmt: skip
        rows.add("action.hold_request_cancel_cause", number, label, True)
    rows.add("action.hold_request_reset_reason", 1, True, "HOLD_TARGETED")
    for module in ("NOOP_True", "CircIsOpen", "HoldIsAvailable"):
        rows.add("action_trigger.validator", module)
    for module in ("NOOP_True", "SendEmail", "SendSMS"):
        rows.add("action_trigger.reactor", module)
    for key, core, passive in (
        ("checkout", "circ", False), ("checkout.due", "circ", True), ("hold.available", "ahr", False),
        ("hold_request.cancel.expire_no_target", "ahr", True),
    ):  # fmt: skip
        rows.add("action_trigger.hook", key, core, key, passive)
    for number, hook, name, delay, kept in (
        (CHECKOUT, "checkout", "Checkout receipt", "0 seconds", None),
        (COURTESY, "checkout.due", "Courtesy notice", "-3 days", None),
        (LATE, "checkout.due", "7 days late", "7 days", "2 years"),
        (HOLD_READY, "hold.available", "Hold ready", "30 minutes", None),
        (HOLD_GONE, "hold_request.cancel.expire_no_target", "Hold expired", "30 minutes", None),
    ):
        rows.add(
            "action_trigger.event_definition", number, CONSORTIUM, name, hook, "NOOP_True", "SendEmail", delay, kept
        )
