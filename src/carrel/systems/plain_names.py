"""What stands in a column, in plain words for whoever reads a release: a court, counsel, an officer.

The pages for patrons say the same to the person ("your number"); a release speaks of her.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from carrel.rights.wording import label

_PLAIN: dict[str, str] = {
    "B_email": "Second e-mail", "B_phone": "Second phone", "_barcode": "Barcode of the item",
    "_there": "An entry is there", "_title": "Title", "accepting_usr": "Who took the money",
    "accountlines_id": "Number of the entry", "action": "What was done", "action_id": "Number of the entry",
    "active": "In use", "add_time": "Made on", "address": "Street", "address2": "Second line",
    "address_type": "Kind of address", "alias": "Other names", "amount": "Amount", "amount_collected": "Paid",
    "amountoutstanding": "Still to pay", "anonymized": "Name was taken off", "approval_code": "Code of the bank",
    "attribute": "What stands in the field", "audit_action": "What was done", "audit_id": "Number of the entry",
    "audit_time": "When", "audit_user": "Who did it", "audit_ws": "At which computer", "auth_method": "Way to sign in",
    "author": "Author", "auto_renew": "Renews by itself", "auto_renewal": "Renewed by itself",
    "auto_renewal_remaining": "How often it still renews by itself", "autorenew_checkouts": "Loans renew by themselves",
    "balance_owed": "Still to pay", "barcode": "Barcode", "barred": "Closed to borrowing",
    "behind_desk": "Kept behind the desk", "bib_record": "Number of the title", "biblionumber": "Number of the title",
    "billing_address": "Number of the address for bills", "billing_ts": "Charged on", "billing_type": "Kind of charge",
    "borrowernotes": "Note of the staff", "borrowernumber": "Number of the person", "branch": "Branch",
    "branchcode": "Branch", "btype": "Kind of charge", "cancel_cause": "Why it was taken back",
    "cancel_note": "Note of the staff", "cancel_time": "Taken back on", "canceled_by": "Who took it back",
    "cancellationdate": "Taken back on", "capture_time": "Set aside on", "card": "Number of the card's entry",
    "cardnumber": "Card number", "cash_drawer": "At which till", "categorycode": "Kind of reader",
    "cc_number": "Last numbers of the bank card", "ccode": "Collection", "checkin_lib": "Came back at",
    "checkin_library": "Came back at", "checkin_scan_time": "Came back on", "checkin_staff": "Who took it back",
    "checkin_time": "Came back on", "checkin_workstation": "At which computer it came back",
    "checkout_id": "Number of the loan", "checkout_items": "May borrow",
    "checkprevcheckout": "Desk is told of an earlier loan", "circ_lib": "Lent at", "circ_staff": "Who lent it",
    "city": "City", "claims_never_checked_out_count": "Books said never to be borrowed",
    "claims_returned_count": "Books said to be back", "code": "Field", "complete_time": "Ended on",
    "contactfirstname": "First name of the guarantor", "contactname": "Guarantor",
    "contactnote": "Note on how to reach the person", "content": "Text", "content_type": "Form of the text",
    "context_library": "Branch", "context_user": "Number of the person", "copy_location": "Where it stands",
    "copy_status": "How the item stands", "country": "Country", "county": "County", "create_date": "Made on",
    "create_time": "Made on", "created_by": "Who did it", "created_on": "Made on",
    "credit_forward_balance": "Money left with the library", "credit_id": "Number of the payment",
    "credit_type_code": "Kind of payment", "current_copy": "Number of the item", "current_shelf_lib": "Waits at",
    "data": "Text", "date": "Day", "date_due": "Due on", "date_renewed": "Card renewed on",
    "dateenrolled": "Reader since", "dateexpiry": "Card good until", "dateofbirth": "Birth date", "datetime": "When",
    "day_phone": "Phone by day", "debarred": "Closed to borrowing until", "debarredcomment": "Why borrowing is closed",
    "debit_id": "Number of the charge", "debit_type_code": "Kind of charge", "deleted": "Was it deleted",
    "delivered_by": "Who handed it out", "description": "What for", "desk_renewal": "Renewed at the desk", "dest": "To",
    "dest_recv_time": "Came there on", "dob": "Birth date", "due_date": "Due on", "duration": "How long it was lent",
    "duration_rule": "Rule for how long", "edit_date": "Last changed on", "email": "E-mail",
    "email_notify": "Notice by e-mail", "emailpro": "E-mail at work", "etype": "What was done",
    "evening_phone": "Phone in the evening", "event_def": "Kind of notice", "event_time": "When",
    "expirationdate": "Ends on", "expire_date": "Card good until", "expire_time": "Ends on",
    "family_name": "Family name", "fax": "Fax", "fine_interval": "How often a fine is added",
    "first_given_name": "First name", "firstname": "First name", "flags": "Rights of staff", "found": "How it stands",
    "from_address": "Sent from", "frozen": "On pause", "fulfillment_lib": "Handed out at",
    "fulfillment_staff": "Who handed it out", "fulfillment_time": "Handed out on",
    "gonenoaddress": "Address not known any more", "grace_period": "Days late without a fine", "guardian": "Guardian",
    "guardian_email": "E-mail of the guardian", "has_cardnumber": "Had a card",
    "hashed_borrowernumber": "Code made of the number", "hold": "Number of the hold", "hold_type": "Kind of hold",
    "holdingbranch": "Branch that has the item", "home_ou": "Branch", "homebranch": "Branch that owns the item",
    "id": "Number of the entry", "ident_type": "Identity document", "ident_type2": "Second identity document",
    "ident_value": "Number on the identity document", "ident_value2": "Number on the second identity document",
    "info": "Details", "initials": "Initials", "interface": "By which way", "is_error": "Did it fail",
    "issue_id": "Number of the loan", "issuedate": "Borrowed on", "issuer_id": "Who lent it",
    "item": "Number of the item", "itemcallnumber": "Shelf mark", "itemnumber": "Number of the item",
    "itemtype": "Kind of item", "juvenile": "Counts as a child", "lang": "Language",
    "last_billing_note": "Note on the last charge", "last_billing_ts": "Last charged on",
    "last_billing_type": "Kind of the last charge", "last_payment_ts": "Last paid on",
    "last_payment_type": "Last way of paying", "last_update_time": "Last changed on",
    "last_xact_id": "Mark of the last change", "lastreneweddate": "Renewed last on", "lastseen": "Last seen on",
    "letter_code": "Kind of notice", "locale": "Language", "location": "Where it stands",
    "login_attempts": "Wrong tries to sign in", "lost": "Card is lost", "mailing_address": "Number of the address",
    "manager_id": "Who did it", "master_account": "Leads a group of accounts", "max_fine": "Most that it can cost",
    "max_fine_rule": "Rule for the most", "message": "Text", "message_date": "Written on",
    "message_id": "Number of the notice", "message_transport_type": "Sent by", "message_type": "For whom",
    "middle_name": "Middle name", "mint_condition": "Only a copy without damage", "mobile": "Mobile phone",
    "module": "Part of the system", "name": "Name", "name_keywords": "Words to find the name by",
    "net_access_level": "Web pages that may be opened", "note": "Note", "notedate": "Note of",
    "notes": "Note of the staff", "noteseen": "Note was read", "object": "To what",
    "old_issue_id": "Number of the loan", "onsite_checkout": "To use in the library",
    "opac_renewal": "Renewed by the person", "opacnote": "Note to the person", "other_phone": "Other phone",
    "othernames": "Other names", "overdrive_auth_token": "Key for e-books", "parent_circ": "Number of the loan before",
    "passwd": "Password", "passwd_type": "Kind of password", "password": "Password",
    "password_expiration_date": "Password good until", "payment_ts": "Paid on", "payment_type": "How it was paid",
    "pending": "Waits for the staff", "period_end": "To", "period_start": "From", "phone": "Phone",
    "phone_notify": "Phone for the notice", "phone_renewal": "Renewed by phone", "phonepro": "Phone at work",
    "photo_url": "Address of the picture", "pickup_holds": "May pick up holds", "pickup_lib": "Place to pick it up",
    "place_holds": "May place holds", "post_code": "ZIP code", "pref_family_name": "Preferred family name",
    "pref_first_given_name": "Preferred first name", "pref_prefix": "Preferred title",
    "pref_second_given_name": "Preferred middle name", "pref_suffix": "Preferred ending of the name",
    "preferred_name": "Preferred name", "prefix": "Title before the name", "priority": "Place in the line",
    "privacy": "How long loans are to be kept", "privacy_guarantor_checkouts": "Guarantor may see loans",
    "privacy_guarantor_fines": "Guarantor may see fines", "profile": "Kind of reader", "pronouns": "Pronouns",
    "protected": "Guarded from being deleted", "query_desc": "What was searched for", "rating_value": "Stars given",
    "recurring_fine": "Fine each time", "recurring_fine_rule": "Rule for the fine", "relationship": "Relationship",
    "renewal_remaining": "Renewals left", "renewals_count": "How often renewed", "request_lib": "Asked for at",
    "request_time": "Asked for on", "requestor": "Who asked for it", "reserve_id": "Number of the hold",
    "reservedate": "Asked for on", "reservenotes": "Note of the person", "resolution": "How it ended",
    "resolved_by": "Who ended it", "resolved_on": "Ended on", "returndate": "Came back on", "review": "Review",
    "run_time": "To be sent on", "salt": "A part of the password", "scheduled_pickup_datetime": "To be picked up on",
    "second_given_name": "Middle name", "secret": "Key for signing in", "selection_depth": "From how far",
    "selection_ou": "From which branch", "sex": "Gender", "shelf_expire_time": "Waits until",
    "shelf_time": "Waits since", "shelfname": "Name of the list", "shelfnumber": "Number of the list",
    "sms_carrier": "Phone company", "sms_notify": "Number for text messages",
    "smsalertnumber": "Number for text messages", "sort1": "Group for counts", "sort2": "Second group for counts",
    "source": "From", "source_send_time": "Sent on", "staged_by": "Who got it ready",
    "standing": "Standing of the account", "start_time": "Began on", "stat_cat": "Field",
    "stat_cat_entry": "What stands in the field", "state": "State", "status": "How it stands",
    "stop_fines": "Why fines ended", "stop_fines_time": "Fines ended on", "street1": "Street", "street2": "Second line",
    "streetnumber": "House number", "subject": "Subject", "suffix": "Ending of the name",
    "super_user": "All rights in the system", "surname": "Family name", "suspend": "On pause",
    "target": "Number of what was asked for", "target_copy": "Number of the item", "target_usr": "For whose account",
    "template_output": "Number of the text", "time": "When", "time_queued": "Written on",
    "timestamp": "Last changed on", "title": "Title", "to_address": "Sent to", "total_owed": "Charged in all",
    "total_paid": "Paid in all", "transaction_branchcode": "Branch", "transaction_id": "Number of the entry",
    "transaction_type": "What was done", "type": "Kind", "unseen_renewals": "Renewed without the book being seen",
    "update_time": "Last changed on", "updated_by": "Who changed it", "updated_on": "Last changed on",
    "user": "Who did it", "userid": "User name", "usr": "Number of the person",
    "usrgroup": "Number of the family's group", "usrname": "User name", "valid": "Is it right", "value": "What is set",
    "view_history": "May see past loans", "voided": "Taken off", "waitingdate": "Waits since",
    "within_city_limits": "In the town", "workstation": "At which computer", "xact": "Number of the entry",
    "xact_finish": "Ended on", "xact_start": "Began on", "xact_type": "Kind", "zipcode": "ZIP code",
}  # fmt: skip


_IN_TABLE: dict[tuple[str, str], str] = {
    ("actor.card", "barcode"): "Card number", ("statistics", "value"): "Amount",
}  # fmt: skip


def plain_names(columns: Sequence[str], table: str) -> tuple[str, ...]:
    """A name for each column of one file.

    Args:
        columns: as the database calls them.
        table: of a product, whose map tells what they hold; empty for what a library keeps beside: there a column may
            be called like one of the product, and hold something else.

    Guarantees:
        No two are alike: of columns that would have one name each has its own beside it, in brackets. One of which no
        plain name is known has its own, as words.
    """
    known = _PLAIN if table else {}
    found = [_IN_TABLE.get((table, one)) or known.get(one) or _first_large(label(one)) for one in columns]
    several = Counter(name.casefold() for name in found)
    return tuple(
        f"{name} ({column})" if several[name.casefold()] > 1 else name
        for name, column in zip(found, columns, strict=True)
    )


def _first_large(words: str) -> str:
    return words[:1].upper() + words[1:]
