"""Rows on their way into the tables: which columns are filled, and the writing of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = tuple[Any, ...]
BATCH = 2_000

_LOAN = (
    "issue_id borrowernumber issuer_id itemnumber date_due branchcode returndate checkin_library lastreneweddate "
    "renewals_count auto_renew timestamp issuedate note notedate noteseen"
)
_PERSON = (
    "borrowernumber cardnumber surname firstname title address city zipcode country email phone mobile dateofbirth "
    "branchcode categorycode dateenrolled dateexpiry borrowernotes sex password flags userid opacnote sort1 sort2 "
    "privacy updated_on lastseen login_attempts anonymized"
)
_HOLD = (
    "reserve_id borrowernumber reservedate biblionumber branchcode cancellationdate reservenotes priority found "
    "timestamp itemnumber waitingdate expirationdate"
)
_COLUMNS = {
    "branches": "branchcode branchname branchcity branchzip",
    "categories": "categorycode description enrolmentperiod category_type default_privacy can_be_guarantee",
    "itemtypes": "itemtype description rentalcharge defaultreplacecost",
    "message_transport_types": "message_transport_type",
    "account_debit_types": "code description is_system",
    "account_credit_types": "code description is_system",
    "borrower_attribute_types": "code description keep_for_pseudonymization",
    "systempreferences": "variable value",
    "borrowers": _PERSON,
    "deletedborrowers": _PERSON,
    "borrower_relationships": "id guarantor_id guarantee_id relationship",
    "borrower_attributes": "id borrowernumber code attribute",
    "borrower_modifications": "timestamp verification_token changed_fields borrowernumber surname firstname email",
    "biblio": "biblionumber author title copyrightdate timestamp datecreated",
    "biblioitems": "biblioitemnumber biblionumber itemtype isbn timestamp",
    "items": (
        "itemnumber biblionumber biblioitemnumber barcode dateaccessioned homebranch replacementprice datelastborrowed "
        "datelastseen itemlost itemlost_on itemcallnumber issues renewals holdingbranch timestamp location onloan "
        "ccode itype"
    ),
    "issues": _LOAN,
    "old_issues": _LOAN,
    "statistics": (
        "datetime branch value type other itemnumber itemtype location borrowernumber ccode categorycode interface"
    ),
    "action_logs": "action_id timestamp user module action object info interface diff",
    "checkout_renewals": "renewal_id checkout_id renewer_id seen interface timestamp renewal_type",
    "pseudonymized_transactions": (
        "id hashed_borrowernumber has_cardnumber city zipcode branchcode categorycode dateenrolled sex datetime "
        "transaction_branchcode transaction_type itemnumber itemtype holdingbranch homebranch location itemcallnumber "
        "ccode"
    ),
    "pseudonymized_borrower_attributes": "id transaction_id code attribute",
    "background_jobs": (
        "id status progress size borrowernumber type queue data context enqueued_on started_on ended_on"
    ),
    "accountlines": (
        "accountlines_id issue_id old_issue_id borrowernumber itemnumber date amount description credit_type_code "
        "debit_type_code status payment_type amountoutstanding timestamp note manager_id interface branchcode"
    ),
    "account_offsets": "id credit_id debit_id type amount created_on",
    "message_queue": (
        "message_id borrowernumber subject content letter_code message_transport_type status time_queued updated_on "
        "to_address content_type failure_code"
    ),
    "messages": "message_id borrowernumber branchcode message_type message message_date manager_id",
    "items_last_borrower": "id itemnumber borrowernumber created_on",
    "return_claims": (
        "id itemnumber issue_id borrowernumber notes created_on created_by updated_on updated_by resolution "
        "resolved_on resolved_by"
    ),
    "reserves": _HOLD,
    "old_reserves": _HOLD,
    "curbside_pickups": (
        "id borrowernumber branchcode scheduled_pickup_datetime staged_datetime staged_by arrival_datetime "
        "delivered_datetime delivered_by notes"
    ),
    "curbside_pickup_issues": "id curbside_pickup_id issue_id reserve_id",
    "search_history": "id userid sessionid query_desc query_cgi type total time",
    "linktracker": "id biblionumber borrowernumber url timeclicked",
    "borrower_password_recovery": "borrowernumber uuid valid_until",
    "article_requests": (
        "id borrowernumber biblionumber branchcode patron_notes status format created_on updated_on toc_request"
    ),
    "recalls": (
        "recall_id patron_id created_date biblio_id pickup_library_id completed_date status timestamp completed "
        "item_level"
    ),
    "bookings": (
        "booking_id patron_id biblio_id pickup_library_id start_date end_date creation_date modification_date status"
    ),
    "illrequests": "illrequest_id borrowernumber branchcode status placed updated completed notesopac backend",
    "illrequestattributes": "illrequest_id backend type value readonly",
    "illcomments": "illcomment_id illrequest_id borrowernumber comment timestamp",
    "suggestions": (
        "suggestionid suggestedby suggesteddate lastmodificationdate STATUS archived note title date patronreason"
    ),
    "tickets": "id source reporter_id reported_date title body resolved_date",
    "ticket_updates": "id ticket_id user_id public date message",
    "discharges": "discharge_id borrower needed validated",
    "saved_sql": "id borrowernumber date_created last_modified savedsql last_run report_name notes",
    "saved_reports": "id report_id report date_run",
}
COLUMNS: dict[str, tuple[str, ...]] = {table: tuple(names.split()) for table, names in _COLUMNS.items()}


class Rows:
    """Rows waiting to be written, per table, and how many have gone.

    Args:
        write: takes a table's name and its rows.
        batch: how many rows of a table wait before they are worth writing; the rows do not depend on it.
        tables: the names of the tables that are filled; Koha's unless told otherwise.
    """

    def __init__(
        self, write: Callable[[str, list[Row]], None], batch: int = BATCH, tables: Iterable[str] = COLUMNS
    ) -> None:
        self._write, self._batch = write, batch
        names = tuple(tables)
        self.waiting: dict[str, list[Row]] = {table: [] for table in names}
        self.counts: dict[str, int] = dict.fromkeys(names, 0)
        self._numbers: dict[str, int] = dict.fromkeys(names, 0)

    def number(self, table: str) -> int:
        """The next number of a table's own."""
        self._numbers[table] += 1
        return self._numbers[table]

    def add(self, table: str, *values: Any) -> None:
        """One row, its values in the order of `COLUMNS`."""
        self.waiting[table].append(values)

    def numbered(self, table: str, *values: Any) -> int:
        """One row under the next number, which is its first value."""
        number = self._numbers[table] + 1
        self._numbers[table] = number
        self.waiting[table].append((number, *values))
        return number

    def flush_full(self) -> None:
        """Write the tables in which a batch has come together."""
        self.flush(over=self._batch)

    def flush(self, *, over: int = 0) -> None:
        """Write what waits in tables that hold more than ``over`` rows."""
        for table, rows in self.waiting.items():
            if len(rows) > over:
                self._write(table, rows)
                self.counts[table] += len(rows)
                rows.clear()
