"""The lookups that an Evergreen ships with, as far as the sample's rows point at them, and its switches as shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import CONSORTIUM

if TYPE_CHECKING:
    from carrel.systems.sample.rows import Rows

STAFF_PROFILE = 10
# Profile, share among readers, weight in borrowing.
PROFILES = (
    (4, "Adult", 60),
    (5, "Juvenile", 18),
    (6, "Teen", 8),
    (7, "Non-resident", 6),
    (8, "Homebound", 2),
    (9, "ILL", 1),
)
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
SCHOOLS = ("North Primary", "Mill Lane School", "Ebony Court High", "Taught at home")


def _said(name: str) -> str:
    return name.replace(".", " ").replace("_", " ")


_USUAL: dict[str, tuple[tuple[object, ...], ...]] = {
    "permission.grp_tree": (
        (1, "Users", None, False, None),
        (2, "Patrons", 1, True, None),
        (3, "Staff", 1, True, None),
        *((number, name, 2, True, "group_application.user.patron") for number, name, _ in PROFILES),
        (STAFF_PROFILE, "Circulators", 3, True, "group_application.user.staff"),
    ),
    "config.identification_type": ((1, "Drivers License"), (2, "SSN"), (3, "Other")),
    "config.net_access_level": ((1, "Filtered"), (2, "Unfiltered"), (3, "No Access")),
    "config.copy_status": (
        (ON_SHELF, "Available", True, True, True),
        (OUT, "Checked out", True, True, False),
        (MISSING, "Lost", False, True, False),
        (IN_TRANSIT, "In transit", True, True, False),
        (7, "Reshelving", True, True, False),
        (HOLD_SHELF, "On holds shelf", True, True, False),
        (LONG_OVERDUE, "Long Overdue", True, True, False),
    ),
    "config.billing_type": (
        (OVERDUE, "Overdue Materials", CONSORTIUM),
        (LOST, "Lost Materials", CONSORTIUM),
        (MISC, "Misc", CONSORTIUM),
    ),
    "config.circ_modifier": (
        ("BOOK", "Book", "Book", "001"),
        ("DVD", "Dvd", "Dvd", "007"),
        ("CD", "Cd", "Cd", "003"),
        ("MAGAZINE", "Magazine", "Magazine", "002"),
    ),
    "config.standing_penalty": (
        (1, "PATRON_EXCEEDS_FINES", "Patron exceeds fine threshold", "CIRC|HOLD"),
        (21, "SILENT_NOTE", "Note, no blocks", None),
        (25, "STAFF_CHR", "Alerting block on circ, hold and renew", "CIRC|HOLD|RENEW"),
        (30, "PATRON_IN_COLLECTIONS", "Patron has been referred to a collections agency", "CIRC|HOLD"),
    ),
    "config.usr_activity_type": (
        (1, None, "login", "opensrf", "Login via opensrf", "authen", True),
        (2, "opac", "login", None, "Login via opac", "authen", True),
        (3, None, "verify", "remoteauth", "Verification", "authz", False),
        (4, None, "circ", "sip2", "Self check", "circ", False),
    ),
    "config.usr_setting_type": tuple((name, True, _said(name), kind, of) for name, kind, of in _USER_SETTINGS),
    "config.global_flag": tuple((name, value, on, _said(name)) for name, value, on in _FLAGS),
    "config.sms_carrier": ((1, "US", "Eastmere Mobile", "$number@sms.example"),),
    "config.non_cataloged_type": ((1, CONSORTIUM, "Paperback", False), (2, CONSORTIUM, "Newspaper", True)),
    "actor.passwd_type": (("main", "Main Login Password", True, "bf", 10),),
    "actor.stat_cat": (
        (1, CONSORTIUM, "School", False, True, True, True),
        (2, CONSORTIUM, "How they heard of us", False, False, False, True),
    ),
    "actor.stat_cat_entry": tuple((n, 1, CONSORTIUM, school) for n, school in enumerate(SCHOOLS, 1)),
    "action.hold_request_cancel_cause": (
        (1, "Untargeted expiration", False),
        (2, "Hold Shelf expiration", False),
        (3, "Patron via phone", True),
        (4, "Patron in person", True),
        (5, "Staff forced", True),
        (6, "Patron via OPAC", True),
    ),
    "action.hold_request_reset_reason": ((1, True, "HOLD_TARGETED"),),
    "action_trigger.validator": (("NOOP_True",), ("CircIsOpen",), ("HoldIsAvailable",)),
    "action_trigger.reactor": (("NOOP_True",), ("SendEmail",), ("SendSMS",)),
    "action_trigger.hook": (
        ("checkout", "circ", "checkout", False),
        ("checkout.due", "circ", "due", True),
        ("hold.available", "ahr", "hold ready", False),
        ("hold_request.cancel.expire_no_target", "ahr", "hold expired", True),
    ),
    "container.biblio_record_entry_bucket_type": (
        ("bookbag", "Book Bag"),
        ("misc", "Miscellaneous"),
        ("temp", "Temporary"),
    ),
    "container.user_bucket_type": (("misc", "Miscellaneous"),),
}
# Number, hook, name, delay, retention: only late notices have one, as on most sites that set any.
_NOTICES = (
    (CHECKOUT, "checkout", "Checkout receipt", "0 seconds", None),
    (COURTESY, "checkout.due", "Courtesy notice", "-3 days", None),
    (LATE, "checkout.due", "7 days late", "7 days", "2 years"),
    (HOLD_READY, "hold.available", "Hold ready", "30 minutes", None),
    (HOLD_GONE, "hold_request.cancel.expire_no_target", "Hold expired", "30 minutes", None),
)


def write_lookups(rows: Rows) -> None:
    """Profiles, kinds, states, switches, definitions of notices."""
    for table, values in _USUAL.items():
        for row in values:
            rows.add(table, *row)
    for number, hook, name, delay, kept in _NOTICES:
        rows.add(
            "action_trigger.event_definition", number, CONSORTIUM, name, hook, "NOOP_True", "SendEmail", delay, kept
        )
