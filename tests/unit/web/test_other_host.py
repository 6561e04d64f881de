"""Whoever comes by another address than the library's own is told the right one, and nothing of their own."""

from __future__ import annotations

from starlette.testclient import TestClient

from carrel.web.application import _refusal

ADDRESS = "http://127.0.0.1:8000"
READS = {"Accept": "text/html,application/xhtml+xml", "Host": "evil.example"}


def test_a_browser_reads_where_the_pages_are_and_a_program_a_code() -> None:
    asked = TestClient(_refusal(ADDRESS, 421))
    page = asked.get("/en/", headers=READS)
    assert (page.status_code, page.headers["content-type"]) == (421, "text/html; charset=utf-8")
    assert f'<a href="{ADDRESS}">' in page.text
    assert "evil" not in page.text
    for told in (asked.get("/en/", headers={"Accept": "*/*"}), asked.get("/api/own", headers=READS)):
        assert told.json()["errors"][0]["code"] == "HTTP-421"
    assert TestClient(_refusal(ADDRESS, 403)).post("/en/", headers=READS).json()["errors"][0]["code"] == "HTTP-403"
