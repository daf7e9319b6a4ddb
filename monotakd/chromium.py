"""The machine's own Chromium, driven by Playwright without a window: for browser tests, screenshots and latencies.

Imports the standard library alone: setting up asks here what to install.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DEBIAN_PACKAGE = "chromium"
_PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowserError(RuntimeError):
    """There is no Chromium, or no Playwright to drive it with; the message says what to install."""


def program() -> str | None:
    """Path of Chromium or Chrome; None where there is neither."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window, drawn in software: what it takes here is an upper bound.

    Raises:
        NoBrowserError: with what to install.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        raise NoBrowserError("Playwright is not installed: pip install -c constraints.txt -e .[dev]") from None
    path = program()
    if path is None:
        raise NoBrowserError(f"there is no Chromium; Debian and Ubuntu: apt-get install {DEBIAN_PACKAGE}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()
