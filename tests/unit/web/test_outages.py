"""Whoever runs the pages hears of what is broken, once an hour, and never of anybody's request or case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from carrel.errors import Condition, fault
from carrel.retention.faults import RECORD_KEPT
from carrel.systems.faults import GRANTS, LOST
from carrel.web.outages import AGAIN, Outages, Unforeseen

AT = datetime(2026, 11, 28, 3, tzinfo=UTC)


def test_each_is_told_once_an_hour_with_what_to_do() -> None:
    said: list[str] = []
    clock = [AT]
    outages = Outages(said.append, lambda: clock[0])
    lacking = fault(GRANTS, at="koha", fix="GRANT UPDATE ON borrowers")
    for _ in range(3):
        outages.tell(lacking)
    assert len(said) == 1
    assert "SQL-005" in said[0]
    assert "GRANT UPDATE ON borrowers" in said[0]
    outages.tell(fault(LOST, at="koha"))
    outages.tell(fault(GRANTS, at="evergreen"))
    assert len(said) == 3
    clock[0] += AGAIN
    outages.tell(lacking)
    clock[0] -= timedelta(days=1)  # a clock that was set back keeps nothing from being told
    outages.tell(lacking)
    assert len(said) == 5


def test_nobodys_request_or_case_is_told() -> None:
    said: list[str] = []
    outages = Outages(said.append, lambda: AT)
    outages.tell(fault(RECORD_KEPT, at="a record"))
    assert said == []
    assert isinstance(RECORD_KEPT, Condition)


def test_what_nobody_foresaw_is_told_by_its_kind_and_place_and_goes_no_further() -> None:
    """The server's own log would hold the words of the error, and a patron's value in them."""
    said: list[str] = []
    card = "K7700123"

    def page(request: Request) -> Response:
        del request
        raise ValueError(f"no such card: {card}")

    pages = Unforeseen(Starlette(routes=[Route("/", page)]), Outages(said.append, lambda: AT).tell)
    with TestClient(pages) as browser:
        assert [browser.get("/").status_code for _ in range(3)] == [500] * 3
    [told] = said
    assert "ValueError at " in told
    assert f"{__name__}:" in told
    assert card not in told
    assert "no such" not in told
