"""Debian's Chromium, driven for real, and axe-core from the locked npm package."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def _unavailable(reason):
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"needed under CI=true: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of this worker."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        _unavailable("chromium is not installed")
    with sync_playwright() as driver:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = driver.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core."""
    if not AXE.exists():
        _unavailable("axe-core is not installed: npm ci")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def opened(chromium):
    """Open a file as a page; every request for anything else fails the test."""
    contexts = []

    def open_page(path, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: asked.append(f"console: {message.text}"))
        page.goto(path.as_uri())
        assert asked == [path.as_uri()], "a page asks for nothing but itself and complains of nothing"
        return page

    yield open_page
    for context in contexts:
        context.close()
