"""A real browser, where there is one: Playwright drives the machine's Chromium without a window."""

import os
import re

import pytest
from explorer_page import open_page

from monotakd import chromium
from monotakd.bootstrap import CHECKOUT

SHOTS = CHECKOUT / "out" / "browser"
STALL = "GPU stall due to ReadPixels"
"""Chromium without a graphics card says so of every WebGL picture."""


@pytest.fixture(scope="session")
def browser():
    """Without Chromium or Playwright these tests are skipped, but not where CI=true promises both."""
    try:
        with chromium.launched() as started:
            yield started
    except chromium.NoBrowserError as lacking:
        if os.environ.get("CI") == "true":
            pytest.fail(str(lacking), pytrace=False)
        pytest.skip(str(lacking))


@pytest.fixture
def page(browser):
    """An empty page; what its scripts complain about fails the test."""
    opened, complaints = browser.new_page(viewport={"width": 1280, "height": 720}), []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield opened
    opened.close()
    assert [words for words in complaints if STALL not in words] == []


@pytest.fixture
def views(page, explorer, tmp_path):
    """The page of a test module's own ``explorer``."""
    return open_page(page, explorer, tmp_path)


@pytest.fixture
def shot(request):
    """A function that stores what a page shows as a PNG in out/browser, named after the test and a word."""

    def store(page, word: str = "") -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", f"{request.node.name} {word}".lower().removeprefix("test_")).strip("-")
        page.screenshot(path=SHOTS / f"{name}.png")

    return store
