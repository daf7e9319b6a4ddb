"""Markdown to HTML as the lessons use it: tables, code, links among lessons, and formulas as MathML."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from typing import Any

import mistune
from latex2mathml.converter import convert as mathml
from mistune.plugins.math import math
from mistune.plugins.table import table
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_ELSEWHERE = re.compile(r"^(?:[a-z]+:|#)")


def code(source: str, language: str = "python") -> str:
    """Source text in colours."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    return highlight(source, lexer, HtmlFormatter(cssclass="code"))


def anchor(heading: str) -> str:
    """The name by which a heading is linked to."""
    plain = html.unescape(re.sub(r"<[^>]+>", "", heading)).lower()
    return re.sub(r"[^\w]+", "-", plain).strip("-") or "top"


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, lessons: Collection[str]):
        super().__init__(escape=False)
        self.lessons = lessons
        self.headings: list[tuple[int, str, str]] = []

    def heading(self, text: str, level: int, **_: Any) -> str:
        name = anchor(text)
        self.headings.append((level, name, text))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if _ELSEWHERE.match(url):
            return super().link(text, url, title)
        lesson = re.fullmatch(r"(?:notebooks/|\./)?(\d\d_\w+)\.ipynb(#.*)?", url)
        # Other files of the checkout are not on these pages.
        known = lesson and lesson[1] in self.lessons
        return f'<a href="{lesson[1]}.html{lesson[2] or ""}">{text}</a>' if known else text

    def block_code(self, code_text: str, info: str | None = None) -> str:
        return code(code_text, (info or "text").split()[0])

    def inline_math(self, text: str) -> str:
        return mathml(text)

    def block_math(self, text: str) -> str:
        return f'<div class="formula">{mathml(text, display="block")}</div>\n'


def render(text: str, lessons: Collection[str] = ()) -> tuple[str, list[tuple[int, str, str]]]:
    """HTML of Markdown, and its headings as (level, anchor, HTML); links to other than ``lessons`` become words."""
    renderer = _Renderer(lessons)
    markdown = mistune.Markdown(renderer, plugins=[table, math])
    # mistune names the renderer's methods by the plugin's tokens.
    for name in ("inline_math", "block_math"):
        renderer.register(name, lambda r, t, name=name: getattr(_Renderer, name)(r, t))
    return markdown(text), renderer.headings
