"""Rows that name who of the staff acted: one that is due and one that is not for every such column of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.run.other_records import FIRST, OLD, YOUNG, at, by_themselves, insert, patron

if TYPE_CHECKING:
    from tests.integration.conftest import Koha

STAFF_OLD, STAFF_YOUNG = FIRST + 200, FIRST + 300

# Columns that name who of the staff acted, each with the rest of a row that is over; `at` stands for its time.
STAFF: dict[tuple[str, str], tuple[str, dict[str, object]]] = {
    ("checkout_renewals", "renewer_id"): ("renewal_id", {"interface": "intranet", "timestamp": at}),
    ("return_claims", "created_by"): ("id", {"itemnumber": 1, "created_on": at, "resolution": "FOUND"}),
    ("return_claims", "updated_by"): ("id", {"itemnumber": 1, "updated_on": at, "resolution": "FOUND"}),
    ("return_claims", "resolved_by"): ("id", {"itemnumber": 1, "resolved_on": at, "resolution": "FOUND"}),
    ("messages", "manager_id"): ("message_id", {"message_type": "L", "message": "called", "message_date": at}),
    ("borrower_debarments", "manager_id"): ("borrower_debarment_id", {"type": "MANUAL", "created": at}),
    ("curbside_pickups", "staged_by"): (
        "id",
        {"branchcode": "?", "scheduled_pickup_datetime": at, "staged_datetime": at, "delivered_datetime": at},
    ),
    ("curbside_pickups", "delivered_by"): (
        "id",
        {"branchcode": "?", "scheduled_pickup_datetime": at, "delivered_datetime": at},
    ),
    ("suggestions", "managedby"): ("suggestionid", {"suggesteddate": at, "manageddate": at, "STATUS": "REJECTED"}),
    ("suggestions", "acceptedby"): ("suggestionid", {"suggesteddate": at, "accepteddate": at, "STATUS": "AVAILABLE"}),
    ("suggestions", "rejectedby"): ("suggestionid", {"suggesteddate": at, "rejecteddate": at, "STATUS": "REJECTED"}),
    ("suggestions", "lastmodificationby"): (
        "suggestionid",
        {"suggesteddate": at, "lastmodificationdate": at, "STATUS": "REJECTED"},
    ),
    ("tickets", "resolver_id"): ("id", {"title": "wrong", "body": "b", "resolved_date": at}),
    ("tickets", "assignee_id"): ("id", {"title": "wrong", "body": "b", "resolved_date": at}),
    ("ticket_updates", "assignee_id"): ("id", {"ticket_id": 77_777, "message": "done", "date": at}),
    ("background_jobs", "borrowernumber"): ("id", {"status": "finished", "context": "{}", "ended_on": at}),
    ("additional_contents", "borrowernumber"): (
        "id",
        {"category": "news", "code": "c", "location": "staff", "updated_on": at},
    ),
    ("saved_sql", "borrowernumber"): ("id", {"report_name": "r", "last_modified": at}),
    ("uploaded_files", "owner"): ("id", {"hashvalue": "h", "filename": "f", "dir": "d", "dtcreated": at}),
    ("action_logs", "user"): ("action_id", {"module": "MEMBERS", "action": "MODIFY", "timestamp": at}),
}
PATRON = {  # whom the row is about, where it tells
    "return_claims": "borrowernumber", "messages": "borrowernumber", "borrower_debarments": "borrowernumber",
    "curbside_pickups": "borrowernumber", "suggestions": "suggestedby", "tickets": "reporter_id",
    "action_logs": "object", "accountlines": "borrowernumber",
}  # fmt: skip


def staff(koha: Koha) -> int:
    """A member of staff without loans, and not the patron."""
    return patron(koha) - 1


def statements(koha: Koha) -> list[str]:
    """A row that is due and one that is not for every column that names staff, and the operators of other logs."""
    who, act = patron(koha), staff(koha)
    [(branch,)] = koha.rows("SELECT min(branchcode) FROM branches")
    out = []
    for place, ((table, column), (key, rest)) in enumerate(STAFF.items()):
        for row, days in ((STAFF_OLD + place, OLD), (STAFF_YOUNG + place, YOUNG)):
            told = {
                name: branch if value == "?" else at(days) if value is at else value for name, value in rest.items()
            }
            about = {PATRON[table]: who} if table in PATRON else {}
            out.append(insert(table, **{key: row, column: act, **told, **about}))
    for row, module in ((STAFF_OLD - 1, "HOLDS"), (STAFF_OLD - 2, "CATALOGUING")):
        out.append(insert("action_logs", action_id=row, timestamp=at(OLD), module=module, action="X", user=act))
    for term, days in (("cats", OLD), ("dogs", YOUNG)):
        out.append(insert("tags_approval", term=term, approved_by=act, date_approved=at(days)))
    return by_themselves(koha, out)


def named(koha: Koha, first: int) -> set[tuple[str, str]]:
    """The columns whose row, numbered from `first`, still names the member of staff."""
    act = staff(koha)
    found = set()
    for place, ((table, column), (key, _)) in enumerate(STAFF.items()):
        if koha.rows(f"SELECT 1 FROM {table} WHERE {key} = {first + place} AND {column} = {act}"):
            found.add((table, column))
    return found
