"""A library in which every clause is kept, as plain facts; a test changes one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from carrel.accountability.adopted_policy import LawFacts, RuleFacts, StillNeeded
from carrel.accountability.facts import (
    AuditFacts,
    ClauseText,
    CollectionFacts,
    DatasetFacts,
    FieldFacts,
    KindFacts,
    LoanFacts,
    NoticeFacts,
    PolicyFacts,
    RecordFacts,
    SchemaFacts,
)
from carrel.accountability.registry import evidenced_clauses
from carrel.inventory.category import Category
from carrel.inventory.channel import NoticeKind
from carrel.inventory.risk import Floor, RiskClass
from carrel.policy.duration import Duration
from carrel.policy.schedule import (
    Applies,
    Charges,
    Children,
    Disposition,
    Event,
    LastBorrower,
    LoanRule,
    LoanSchedule,
    Method,
    Period,
)

AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ZERO = {"old_issues": 0, "statistics": 0, "charge": 0, "last borrower": 0}


def rule(name: str, applies: Applies, keep: str = "7 days") -> LoanRule:
    return LoanRule(
        name,
        ("MITL-6.4",),
        applies,
        frozenset({Event.RETURNED, Event.SETTLED}),
        (Period(Duration.parse(keep), date(2026, 1, 1)),),
        Disposition.DE_IDENTIFY,
        (("item", Method.KEEP), ("patron", Method.REMOVE)),
    )


SCHEDULE = LoanSchedule(
    policy="kept",
    digest="a" * 64,
    rules=(rule("on time", Applies.ON_TIME), rule("late", Applies.LATE_OR_CHARGED)),
    last_borrower=LastBorrower(Duration.parse("30 days")),
    charges=Charges.LOSE_CARD,
    refund_window=Duration.parse("0 days"),
    consent_deadline=Duration.parse("30 days"),
    children=Children(("MPL-14",)),
)
NEEDED = StillNeeded("The use of the collections is counted.", "collections", date(2027, 1, 1))
POLICY = PolicyFacts(
    name="kept",
    title="A policy that is kept",
    digest="a" * 64,
    approved=date(2026, 1, 1),
    clauses=(
        *(ClauseText(clause, "It is said.", promised=False) for clause in sorted(evidenced_clauses())),
        ClauseText("MITL-5.2", "The library does not sell information.", promised=True),
    ),
    purposes=frozenset({"provide"}),
    ceilings={
        RiskClass.LOW: None,
        RiskClass.MEDIUM: Duration.parse("5 years"),
        RiskClass.HIGH: Duration.parse("30 days"),
    },
    floors=(Floor("borrowing", RiskClass.HIGH, frozenset({Category.CIRCULATION_RECORD})),),
    datasets=(
        DatasetFacts(
            "loans",
            RiskClass.HIGH,
            (
                FieldFacts("patron", Category.INSTITUTIONAL_ID, "provide"),
                FieldFacts("item", Category.CIRCULATION_RECORD, "provide", RiskClass.HIGH),
            ),
            carried=True,
            source="library",
        ),
        DatasetFacts(
            "gate counts",
            RiskClass.LOW,
            (FieldFacts("total", Category.COUNT, "provide"),),
            carried=False,
            source="other systems",
            why_not_shorter="They name nobody.",
        ),
        DatasetFacts(
            "registrations",
            RiskClass.MEDIUM,
            (
                FieldFacts("name", Category.NAME, "provide"),
                FieldFacts("birth date", Category.BIRTH_DATE, "provide"),
                FieldFacts("address", Category.POSTAL_ADDRESS, "provide"),
                FieldFacts("email", Category.EMAIL_ADDRESS, "provide", optional=True),
                FieldFacts("photograph", Category.IMAGE_OR_VIDEO, "provide", optional=True),
            ),
            carried=False,
            source="patron",
            given=("in person", "in writing", "by phone", "by chat", "on the web"),
            why_not_shorter="The card is in use until then.",
        ),
        DatasetFacts(
            "notices",
            RiskClass.MEDIUM,
            (FieldFacts("email", Category.EMAIL_ADDRESS, "provide"),),
            carried=True,
            source="library",
        ),
    ),
    rules=(
        RuleFacts("loans", "on time", "7 days", "returned", True, "Damage is looked for.", NEEDED),
        RuleFacts("loans", "late", "7 days", "settled", True, "Damage is looked for.", NEEDED),
        RuleFacts("notices", "sent notices", "7 days", "sent", False, "A mail can come back."),
    ),
    laws=(LawFacts("student records", "20 U.S.C. 1232g", {"answer to a request": "45 days"}),),
    adopts=("mit-11.2",),
)
LOANS = LoanFacts(
    states={"due": 0, "period still running": 43},
    oldest_days={"period still running": 7},
    remaining=ZERO,
    strays=ZERO,
    by_rule={"on time": ZERO, "late": ZERO},
    past_ceiling={RiskClass.HIGH: ZERO, RiskClass.MEDIUM: ZERO},
    before_policy=ZERO,
    last_borrowers=12,
    last_borrowers_past=0,
    left_on_parted=0,
    own_path="old_issues",
    tables={"old_issues": "old_issues", "statistics": "statistics", "charge": "accountlines"},
    table_sizes={"old_issues": 4948},
)
FACTS = AuditFacts(
    system="koha",
    as_of=AS_OF,
    judged_at=AS_OF - timedelta(hours=24),
    policy=POLICY,
    schedule=SCHEDULE,
    loans=LOANS,
    collection=CollectionFacts(looked_at=41),
    live=SchemaFacts("25.05.00", not_yet_covered={"alert": "subscriptions"}),
    lapsed_cards=0,
    records=(RecordFacts("notices", "notice", "message_queue", RiskClass.MEDIUM, 0, {}, "0-9", "0-9"),),
    notices=NoticeFacts(listed=(NoticeKind.OVERDUE, NoticeKind.PICKUP)),
    kinds=(
        KindFacts("loans", ("issues", "old_issues"), 5000),
        KindFacts("registrations", ("borrowers",), 500),
        KindFacts("notices", ("message_queue",), 100),
        KindFacts("searches", ("search_history",), 0),
    ),
    placed={"gate counts": "the campus police"},
    labelled=628,
    showing=7,
)


def loans(**changes: object) -> AuditFacts:
    return replace(FACTS, loans=replace(LOANS, **changes))  # type: ignore[arg-type]  # fields by name


def policy(**changes: object) -> AuditFacts:
    return replace(FACTS, policy=replace(POLICY, **changes))  # type: ignore[arg-type]  # fields by name
