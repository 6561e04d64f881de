"""What the staff pages say on the way: the library's own hours, no answer chosen beforehand, and how to go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from carrel.rights.request import PERSON, Right
from tests.integration.web.conftest import Pages, give_password, pages_of, sent
from tests.integration.web.staff_site import cheap_hashes, people, set_up, signed_in
from tests.integration.web.test_choices import number_of


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    zone = "America/New_York"
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="owwl", zone=zone, more=people()) as made:
        set_up(made, "Ada Example")
        yield made


def test_an_erasure_shows_the_hours_of_the_library_and_decides_nothing_beforehand(pages: Pages, koha_sqlite) -> None:
    number = number_of(koha_sqlite, give_password(koha_sqlite, 0))
    now = pages.clock()
    name = pages.store.requests.open(Right.ERASURE, "ils", number, "", "web", "en", PERSON, now, how="signed in")
    text = signed_in(pages, "Ada Example").get(f"/staff/en/requests/{name}").text
    assert re.search(r"(AM|PM) E[SD]T", text)
    assert " UTC" not in text
    for field in re.findall(r"<select [^>]*name=\"(?:decision|how)\"[^>]*>(.*?)</select>", text, re.DOTALL):
        assert field.strip().startswith('<option value="">Choose one</option>')
    assert f"Write {number} into the file, and add --by-number" in re.sub(r"\s+", " ", text)
    correction = pages.store.requests.open(
        Right.RECTIFICATION, "ils", number, "", "web", "en", PERSON, now, how="signed in"
    )
    text = signed_in(pages, "Ada Example").get(f"/staff/en/requests/{correction}").text
    assert f"record number: {number}" in text


def test_an_objection_on_the_pages_is_no_plan_and_needs_no_command(pages: Pages, koha_sqlite) -> None:
    browser = pages.signed_in(give_password(koha_sqlite, 0))
    place = sent(browser, "object", {"pick": "circulation"}).headers["location"]
    text = signed_in(pages, "Ada Example").get(f"/staff/en/requests/{place.rsplit('/', 1)[1]}").text
    assert "The person said no to a use" in text
    assert "A plan was" not in text
    assert "carrel consent withdraw" not in text
