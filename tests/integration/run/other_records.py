"""Rows of every table that holds records of other kinds than loans: due, not due, still open, and without a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.conftest import Koha
    from tests.integration.run.library import Library

NOW = datetime.now(UTC)
OLD, YOUNG = 45, 3  # days; the rules below keep 30
FIRST = 9_000  # above every number of the sample
OLD_ROW, YOUNG_ROW, OPEN_ROW = FIRST + 1, FIRST + 2, FIRST + 3
OF_CHARGES = 200  # numbers of their own fields begin so much later
OF_TWO = FIRST - 1  # a batch of somebody else with a request of the patron
SECOND = FIRST  # a due row of another kind in the same table

# Beside what mit-libraries rules: every other kind that the map of Koha knows.
RULES = """
  contributions:
    says: What patrons publish.
    source: patron
    custodian: the desk
    class: medium
    fields:
      patron: {category: institutional id, purpose: provide}
    retention:
      - {id: published, active until: made, keep: 30 days, then: de-identify}
  reading histories:
    says: Lists that patrons keep.
    source: patron
    custodian: the desk
    class: high
    fields:
      patron: {category: institutional id, purpose: provide}
    retention:
      - {id: lists of nobody, active until: gone, keep: 30 days, then: delete}
"""
NOTES = "      - {id: notes, active until: made, keep: 30 days, then: delete}\n"
SETTLED = "    retention:\n      - {id: settled charges, active until: settled, keep: 30 days, then: de-identify}\n"
FINANCE = "      event times: {category: event time, purpose: finance}\n"


def at(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


def day(days: float) -> str:
    return at(days)[:10]


def rule_all(library: Library) -> None:
    """Give the library's policy a rule of at most 30 days for every kind that the map knows."""
    for old, new in (
        ("  computer sessions:\n", RULES.lstrip("\n") + "  computer sessions:\n"),
        ("      - id: answered suggestions\n", NOTES + "      - id: answered suggestions\n"),
        (FINANCE, FINANCE + SETTLED),
    ):
        library.edit(old, new, "policy.yaml")
    for _ in range(2):  # of events and of staff
        library.edit("        keep: 5 years\n", "        keep: 30 days\n", "policy.yaml")


def patron(koha: Koha) -> int:
    """A patron with no loans at all, so that only the record itself decides."""
    [(number,)] = koha.rows(
        f"SELECT max(borrowernumber) FROM borrowers WHERE borrowernumber <> {koha.sample.anonymous_patron} AND "
        "borrowernumber NOT IN (SELECT borrowernumber FROM issues) AND borrowernumber NOT IN "
        "(SELECT borrowernumber FROM old_issues WHERE borrowernumber IS NOT NULL)"
    )
    return int(str(number))


def statements(koha: Koha) -> list[str]:
    """One row that is due, one that is not, and one that is open or tells no date, in every table."""
    return by_themselves(koha, [*_patrons(koha), *_of_others(koha)])


def of_two(koha: Koha) -> list[str]:
    """A batch of requests that was made for somebody else, with an old request of the patron."""
    who = patron(koha)
    [(other,)] = koha.rows(f"SELECT min(borrowernumber) FROM borrowers WHERE borrowernumber <> {who}")
    [(branch,)] = koha.rows(f"SELECT branchcode FROM borrowers WHERE borrowernumber = {who}")
    return [
        insert("illbatches", ill_batch_id=OF_TWO, name="for both", backend="FreeForm", patron_id=other),
        insert("illrequests", illrequest_id=OF_TWO, borrowernumber=who, branchcode=branch, status="COMP",
            batch_id=OF_TWO, placed=day(OLD + 9), updated=at(OLD), completed=day(OLD), backend="FreeForm"),
    ]  # fmt: skip


def by_themselves(koha: Koha, rows: list[str]) -> list[str]:
    """The statements, where some rows hang on others that are not there: only their own table is asked here."""
    off, on = {
        "mariadb": (["SET foreign_key_checks = 0"], ["SET foreign_key_checks = 1"]),
        "postgresql": (["SET session_replication_role = replica"], ["SET session_replication_role = origin"]),
    }.get(koha.dialect, ([], []))
    return [*off, *rows, *on]


def insert(table: str, **values: object) -> str:
    told = ", ".join("NULL" if value is None else repr(value) for value in values.values())
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({told})"


def _patrons(koha: Koha) -> list[str]:
    who = patron(koha)
    [(title,)] = koha.rows("SELECT min(biblionumber) FROM biblio")
    [(item,)] = koha.rows(f"SELECT min(itemnumber) FROM items WHERE biblionumber = {title}")
    [(branch,)] = koha.rows("SELECT min(branchcode) FROM branches")
    out: list[str] = []

    def put(table: str, **values: object) -> None:
        out.append(insert(table, **values))

    for n, kind in enumerate(("illrequests", "subscription", "accountlines:debit")):
        put("additional_fields", id=FIRST + n, tablename=kind, name="remark")
    for row, days in ((OLD_ROW, OLD), (YOUNG_ROW, YOUNG)):
        put("old_reserves", reserve_id=row, borrowernumber=who, biblionumber=title, branchcode=branch, priority=0,
            reservenotes="for my sister", timestamp=at(1 if days == OLD else 0), cancellationdate=day(days),
            itemnumber=item, lowestPriority=0, suspend=0, item_level_hold=0, non_priority=0)  # fmt: skip
        put("hold_cancellation_requests", hold_cancellation_request_id=row, hold_id=row, creation_date=at(days))
        put("article_requests", id=row, borrowernumber=who, biblionumber=title, status="COMPLETED", format="SCAN",
            patron_notes="page 3", created_on=at(days), updated_on=at(days), toc_request=0)  # fmt: skip
        put("recalls", recall_id=row, patron_id=who, biblio_id=title, item_id=item, status="fulfilled", completed=1,
            completed_date=at(days), timestamp=at(0), item_level=0)  # fmt: skip
        put("bookings", booking_id=row, patron_id=who, biblio_id=title, item_id=item, pickup_library_id=branch,
            start_date=at(days + 2), end_date=at(days), creation_date=at(days + 9), modification_date=at(days),
            status="completed")  # fmt: skip
        put("curbside_pickups", id=row, borrowernumber=who, branchcode=branch, scheduled_pickup_datetime=at(days),
            delivered_datetime=at(days), notes="red car")  # fmt: skip
        if days == OLD:  # its loan is gone, so the path of loans takes the other one as well
            put("curbside_pickup_issues", id=row, curbside_pickup_id=row, issue_id=row, reserve_id=row)
        put("message_queue", message_id=row, borrowernumber=who if days == OLD else None, subject="Welcome",
            content="A letter", letter_code="WELCOME", message_transport_type="email", status="sent",
            time_queued=at(days + 1), updated_on=at(days), to_address="nobody@mail.example")  # fmt: skip
        put("search_history", id=row, userid=who, sessionid="s", query_desc="kw: divorce", query_cgi="q=divorce",
            type="biblio", total=3, time=at(days))  # fmt: skip
        put("linktracker", id=row, biblionumber=title, borrowernumber=who, url="https://link.example",
            timeclicked=at(days))  # fmt: skip
        put("illbatches", ill_batch_id=row, name=f"for patron {row}", backend="FreeForm", patron_id=who)
        put("illrequests", illrequest_id=row, borrowernumber=who, branchcode=branch, status="COMP", batch_id=row,
            placed=day(days + 9), updated=at(0), completed=day(days), notesopac="soon please", backend="FreeForm")  # fmt: skip
        put("additional_field_values", id=row, field_id=FIRST, record_id=str(row), value="she needs large print")
        put(
            "illcomments",
            illcomment_id=row,
            illrequest_id=row,
            borrowernumber=who,
            comment="thank you",
            timestamp=at(days),
        )
        put("illrequestattributes", illrequest_id=row, backend="FreeForm", type="title", value="A title", readonly=0)
        put("suggestions", suggestionid=row, suggestedby=who, suggesteddate=day(days + 9), STATUS="AVAILABLE",
            lastmodificationdate=day(days), date=at(0), note="for my class", patronreason="my thesis", title="A title",
            archived=0)  # fmt: skip
        put("tickets", id=row, source="catalog", reporter_id=who, reported_date=at(days + 3), title="wrong",
            body="the date is wrong", resolved_date=at(days), biblio_id=title)  # fmt: skip
        put("ticket_updates", id=row, ticket_id=row, user_id=who, public=1, date=at(days), message="done")
        put("deletedborrowers", borrowernumber=row, surname="Gone", branchcode=branch, categorycode="PT",
            updated_on=at(days))  # fmt: skip
        put("borrower_password_recovery", borrowernumber=row, uuid="u", valid_until=at(days))
        put("discharges", discharge_id=row, borrower=who, needed=at(days + 1), validated=at(days))
    open_row = OPEN_ROW
    put("article_requests", id=open_row, borrowernumber=who, biblionumber=title, status="PENDING", format="SCAN",
        created_on=at(400), updated_on=at(400), toc_request=0)  # fmt: skip
    put("recalls", recall_id=open_row, patron_id=who, biblio_id=title, status="requested", completed=0,
        timestamp=at(400), item_level=0)  # fmt: skip
    put("bookings", booking_id=open_row, patron_id=who, biblio_id=title, pickup_library_id=branch,
        start_date=at(1), end_date=at(-3), creation_date=at(400), modification_date=at(400), status="new")  # fmt: skip
    put("curbside_pickups", id=open_row, borrowernumber=who, branchcode=branch, scheduled_pickup_datetime=at(400))
    put("message_queue", message_id=open_row, borrowernumber=who, subject="s", content="c", letter_code="WELCOME",
        message_transport_type="email", status="pending", time_queued=at(400), updated_on=at(400))  # fmt: skip
    put("linktracker", id=open_row, borrowernumber=who, url="https://link.example", timeclicked=None)
    put("illbatches", ill_batch_id=open_row, name="for her thesis", backend="FreeForm", patron_id=who)
    put("illrequests", illrequest_id=open_row, borrowernumber=who, branchcode=branch, status="REQ", batch_id=open_row,
        placed=day(400), updated=at(400), backend="FreeForm")  # fmt: skip
    put("illrequests", illrequest_id=open_row + 1, borrowernumber=None, branchcode=branch, status="COMP",
        placed=day(400), updated=at(400), completed=day(400), backend="FreeForm", batch_id=open_row)  # fmt: skip
    # Taken up again after it had been completed: it keeps its batch, whose other request is over.
    again, of_again = open_row + 4, open_row + 10
    put("illbatches", ill_batch_id=of_again, name="taken up again", backend="FreeForm", patron_id=who)
    for n, status in enumerate(("COMP", "REQ")):
        put("illrequests", illrequest_id=again + n, borrowernumber=None, branchcode=branch, status=status,
            placed=day(400), updated=at(400), completed=day(400), backend="FreeForm", batch_id=of_again)  # fmt: skip
    put("additional_field_values", id=open_row, field_id=FIRST, record_id=str(open_row), value="by Friday")
    # The number of a request that goes, and the row is of a subscription.
    put("additional_field_values", id=open_row + 1, field_id=FIRST + 1, record_id=str(OLD_ROW), value="shelf 4")
    put("suggestions", suggestionid=open_row, suggestedby=who, suggesteddate=day(400), STATUS="ASKED", date=at(400),
        lastmodificationdate=day(400), title="A title", archived=0)  # fmt: skip
    put("suggestions", suggestionid=open_row + 1, suggestedby=who, suggesteddate=day(400), STATUS="REJECTED",
        date=at(400), title="A title", archived=0)  # fmt: skip
    put("tickets", id=open_row, source="catalog", reporter_id=who, reported_date=at(400), title="wrong", body="b")
    put("discharges", discharge_id=open_row, borrower=who, needed=at(400), validated=None)
    return out


def _of_others(koha: Koha) -> list[str]:
    """The same in the tables whose rows patrons publish, staff keep on patrons, or the system writes by itself."""
    who = patron(koha)
    [(branch,)] = koha.rows("SELECT min(branchcode) FROM branches")
    out: list[str] = []

    def put(table: str, **values: object) -> None:
        out.append(insert(table, **values))

    for row, days in ((OLD_ROW, OLD), (YOUNG_ROW, YOUNG), (OPEN_ROW, 400)):
        waits = row == OPEN_ROW
        put("housebound_visit", id=row, borrowernumber=who, appointment_date=None if waits else day(days))
        put("club_holds", id=row, club_id=1, biblio_id=1, date_created=at(days))
        put("club_holds_to_patron_holds", id=row, club_hold_id=row, patron_id=who, hold_id=row if waits else None)
        put("tmp_holdsqueue", itemnumber=row, biblionumber=row, surname="Gone", borrowernumber=who, timestamp=at(days))
        put("hold_fill_targets", itemnumber=row, biblionumber=row, borrowernumber=who, reserve_id=row + 50)
        if not waits:
            put("old_reserves", reserve_id=row + 50, biblionumber=1, branchcode=branch, timestamp=at(days))
        put("club_enrollments", id=row, club_id=row, borrowernumber=who, date_enrolled=at(500), date_canceled=None)
        put("clubs", id=row, club_template_id=1, name="Readers", date_end=None if waits else day(days))
        put("club_enrollment_fields", id=row, club_enrollment_id=row, club_template_enrollment_field_id=1, value="me")
        put("messages", message_id=row, borrowernumber=who, message_type="L", message="called",
            message_date=at(1 if waits else days))  # fmt: skip
        put("problem_reports", reportid=row, title="slow", content="the page", borrowernumber=who, branchcode=branch,
            username="reader", created_on=at(days), status="New" if waits else "Closed")  # fmt: skip
        put("borrower_debarments", borrower_debarment_id=row, borrowernumber=who, type="MANUAL", comment="noise",
            created=at(days + 9), expiration=None if waits else day(days))  # fmt: skip
        put("borrower_modifications", verification_token=f"t{row}", borrowernumber=row if waits else 0, surname="New",
            privacy=row, timestamp=at(days))  # fmt: skip
        put("creator_batches", label_id=row, borrower_number=None if waits else who, branch_code=branch,
            creator="Patroncards", timestamp=at(days))  # fmt: skip
        put("saved_reports", id=row, report_id=None, report="a name", date_run=None if waits else at(days))
        put("background_jobs", id=row, status="started" if waits else "finished", type="batch_x", data="{}",
            ended_on=None if waits else at(days))  # fmt: skip
        put("reviews", reviewid=row, borrowernumber=who, biblionumber=1, review="good", approved=0 if waits else 1,
            datereviewed=at(days))  # fmt: skip
        put("ratings", borrowernumber=who, biblionumber=row, rating_value=4, timestamp=at(1 if waits else days))
        put("tags_all", tag_id=row, borrowernumber=None if waits else who, biblionumber=1, term="dogs",
            date_created=at(days))  # fmt: skip
        put("virtualshelves", shelfnumber=row, shelfname="mine", owner=who, public=0 if waits else 1,
            lastmodified=at(days), created_on=at(500))  # fmt: skip
        put("virtualshelfcontents", shelfnumber=row, biblionumber=1, dateadded=at(1 if waits else days),
            borrowernumber=who)  # fmt: skip
        put("accountlines", accountlines_id=row, borrowernumber=who, amount=2, description="for the card",
            amountoutstanding=2 if waits else 0, debit_type_code="NEW_CARD", date=at(days + 1), timestamp=at(days),
            interface="intranet")  # fmt: skip
        put(
            "additional_field_values",
            id=row + OF_CHARGES,
            field_id=FIRST + 2,
            record_id=str(row),
            value="paid by her son",
        )
        put("account_offsets", id=row, debit_id=row, type="APPLY", amount=2, created_on=at(days))
        put("action_logs", action_id=row, timestamp=at(1 if waits else days), module="MEMBERS", action="MODIFY",
            object=who, info="a street", diff="{}", user=0)  # fmt: skip
    put("reserves", reserve_id=OPEN_ROW + 50, borrowernumber=who, biblionumber=OPEN_ROW, branchcode=branch, priority=1,
        timestamp=at(400))  # fmt: skip
    # More than one kind of record stands in these tables.
    put("virtualshelves", shelfnumber=SECOND, shelfname="left", owner=None, public=0, lastmodified=at(OLD),
        created_on=at(500))  # fmt: skip
    put("virtualshelfcontents", shelfnumber=SECOND, biblionumber=1, dateadded=at(OLD), borrowernumber=None)
    put("accountlines", accountlines_id=SECOND, borrowernumber=who, amount=-2, amountoutstanding=0, date=at(OLD),
        credit_type_code="PAYMENT", timestamp=at(OLD), interface="intranet")  # fmt: skip
    put("account_offsets", id=SECOND, credit_id=SECOND, type="APPLY", amount=2, created_on=at(OLD))
    put("action_logs", action_id=SECOND, timestamp=at(OLD), module="HOLDS", action="CREATE", object=OLD_ROW,
        info="a hold", diff="{}", user=0)  # fmt: skip
    return out


# Table: its number, and the columns that a cut empties; none where the row goes.
TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "old_reserves": ("reserve_id", ("borrowernumber", "reservenotes")),
    "hold_cancellation_requests": ("hold_id", ()),
    "article_requests": ("id", ()),
    "recalls": ("recall_id", ()),
    "bookings": ("booking_id", ()),
    "curbside_pickups": ("id", ()),
    "curbside_pickup_issues": ("id", ()),
    "message_queue": ("message_id", ()),
    "search_history": ("id", ()),
    "linktracker": ("id", ("borrowernumber",)),
    "illrequests": ("illrequest_id", ("borrowernumber", "notesopac")),
    "illcomments": ("illrequest_id", ()),
    "illrequestattributes": ("illrequest_id", ()),
    "illbatches": ("ill_batch_id", ()),
    "additional_field_values": ("id", ()),
    "suggestions": ("suggestionid", ("suggestedby", "note", "patronreason")),
    "tickets": ("id", ()),
    "ticket_updates": ("ticket_id", ()),
    "deletedborrowers": ("borrowernumber", ()),
    "borrower_password_recovery": ("borrowernumber", ()),
    "discharges": ("discharge_id", ()),
}


def rows(koha: Koha, table: str, old: bool) -> list[tuple[object, ...]]:
    """The rows of a table that were put in here: the one that is due, or all the others."""
    key = TABLES[table][0]
    where = f"= {OLD_ROW}" if old else f"> {OLD_ROW}"
    return sorted(koha.rows(f"SELECT * FROM {table} WHERE {key} {where} AND {key} < {FIRST + 99}"), key=repr)
