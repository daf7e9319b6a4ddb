"""The frame around every page: head, way through the lessons, foot."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from pygments.formatters import HtmlFormatter

ASSETS = Path(__file__).parent / "assets"


def style_sheet() -> str:
    """The look of all pages, with the colours of code."""
    return (ASSETS / "site.css").read_text(encoding="utf-8") + HtmlFormatter(style="default").get_style_defs(".code")


def framed(title: str, body: str, links: Sequence[tuple[str, str]]) -> str:
    """A whole page.

    Args:
        title: of the window.
        body: HTML.
        links: (file, words) at the top.
    """
    ways = "".join(f'<a href="{file}">{html.escape(words)}</a>' for file, words in links)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title>"
        '<link rel="stylesheet" href="assets/site.css"><script defer src="assets/site.js"></script></head>\n'
        f"<body><header>{ways}</header>\n<main>\n{body}\n</main>\n"
        "<footer>Made by <code>monotakd site</code> from the executed notebooks.</footer></body></html>\n"
    )
