"""What the pages show is the policy in force now, not that of the day on which they were started."""

from __future__ import annotations

from pathlib import Path

from tests.integration.web.conftest import Pages
from tests.integration.web.staff_site import rewrite


def told(pages: Pages) -> str:
    return str(pages.browser().get("/api/v1/policy").json()["policy"])


def test_another_policy_and_other_rights_hold_with_the_next_page(tmp_path: Path, pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    assert told(pages) == "worcester"
    assert browser.get("/en/me/password").text.count('type="password"') > 1
    rewrite(tmp_path, "policy: worcester", "policy: owwl")
    rewrite(tmp_path, ", password]", "]")
    assert told(pages) == "owwl"
    assert 'type="password"' not in browser.get("/en/me/password").text
    rewrite(tmp_path, "policy: owwl", "policy: own.yaml")  # which is not written yet
    assert told(pages) == "owwl", "a file that is being written takes no page away"
    shipped = Path("src/carrel/policy/shipped/owwl.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(shipped.replace("policy: owwl", "policy: own"), encoding="utf-8")
    assert told(pages) == "own"
    (tmp_path / "own.yaml").write_text(shipped.replace("policy: owwl", "policy: later"), encoding="utf-8")
    assert told(pages) == "later"
