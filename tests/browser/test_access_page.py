"""The page that answers one person, as people meet it: read by eye and by screen reader, on paper, without script."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from carrel.inventory.category import Category
from carrel.rights.answer import Acted, Answer, DatedRow, HeldInSystem, HeldRecords, HeldTable, Unread
from carrel.rights.ending import keeping
from carrel.rights.third_persons import HeldColumn, HeldRow, Role, Withheld
from carrel.rights.wording import ENGLISH
from carrel.systems import access_page, policy_files

pytestmark = pytest.mark.browser
AT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
XSS = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>"


def table(count):
    columns = (
        HeldColumn("borrowernumber", Category.INSTITUTIONAL_ID, Role.PERSON), HeldColumn("password", Category.CREDENTIAL),
        HeldColumn("note", Category.STAFF_NOTE), HeldColumn("issuer_id", Category.INSTITUTIONAL_ID, Role.STAFF),
    )  # fmt: skip
    withheld = {"password": Withheld.SECRET, "issuer_id": Withheld.STAFF}
    rows = [
        DatedRow(
            HeldRow({"borrowernumber": n, "note": XSS if n == 1 else "word " * 30, "_title": "A title"}, withheld),
            date(2026, 12, 4),
        )
        for n in range(1, count + 1)
    ]
    return HeldTable("old_issues", "past loans", columns, rows, more=False, stream=lambda: iter(rows), ruled=True)


@pytest.fixture
def page_file(tmp_path):
    policy = policy_files.load("worcester")
    held = HeldInSystem(
        "koha", "Koha", "America/New_York", found=True,
        records=(
            HeldRecords("your record", keeping(policy, "registrations"), "", AT.replace(tzinfo=None), (table(1),)),
            HeldRecords("loans of the past", keeping(policy, "loans"), "", None, (table(12),)),
            HeldRecords("lists", keeping(policy, ""), "a list stays until you delete it", None, (table(2),)),
        ),
        acted=(Acted("messages", "manager_id", "notes of the staff", 3),),
        unread=(Unread("alert", "new issues of a serial", "SQL-005", "the account may not read it"),),
    )  # fmt: skip
    nobody = HeldInSystem("branch", "Evergreen", "UTC", found=False)
    answer = Answer("case-abc", "Elm <Library>", AT, policy.title, policy.version, (held, nobody), ("mailbox help",))
    place = tmp_path / "index.html"
    place.write_text("".join(access_page.pieces(answer, ENGLISH)), encoding="utf-8")
    return place


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(opened, axe, page_file, width):
    page = opened(page_file, viewport={"width": width, "height": 800}, bypass_csp=True)
    page.evaluate(axe)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]] == []
    assert len(found["passes"]) > 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_a_patron_or_a_product_wrote_stays_text(opened, page_file):
    page = opened(page_file)
    assert page.title() == "What Elm <Library> holds on you"
    assert page.locator("script, img").count() == 0
    text = page.locator("main").inner_text()
    assert XSS in text
    assert "[it serves to sign in, or opens something; it is never shown, for your safety]" in text
    assert "[a member of the staff]" in text
    assert "2026-12-04" in text
    assert "Could not be read: new issues of a serial (SQL-005)" in text
    assert "No rule of the policy ends it: a list stays until you delete it." in text
    assert "Nobody is registered here under your number." in text


def test_it_prints_whole(opened, page_file):
    page = opened(page_file)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"
    assert len(page.pdf()) > 1_000
