"""Markdown of the lessons as HTML."""

from monotakd.site.markdown import anchor, render


def test_formulas_become_mathml():
    html, _ = render("Let $x^2$ be.\n\n$$\\frac{a}{b}$$\n")
    assert html.count("<math") == 2
    assert "<msup>" in html
    assert "<mfrac>" in html
    assert "$" not in html


def test_a_price_is_no_formula():
    html, _ = render("`$x$` is code. It costs $5.")
    assert "<math" not in html


def test_links_lead_to_lessons_that_are_there():
    text = "[a](00_quickstart.ipynb) [b](notebooks/01_frames.ipynb#ray) [c](99_none.ipynb) [d](../README.md) [e](#here)"
    html, _ = render(text, ["00_quickstart", "01_frames"])
    assert html.strip() == (
        '<p><a href="00_quickstart.html">a</a> <a href="01_frames.html#ray">b</a> c d <a href="#here">e</a></p>'
    )


def test_headings_can_be_linked_to():
    html, headings = render("# 09 · The *gap*\n## See it first\n")
    assert headings == [(1, "09-the-gap", "09 · The <em>gap</em>"), (2, "see-it-first", "See it first")]
    assert '<h2 id="see-it-first">See it first</h2>' in html
    assert anchor("???") == "top"


def test_tables_and_code():
    html, _ = render("| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1  # <tag>\n```\n")
    assert html.count("<td>") == 2
    assert "&lt;tag&gt;" in html
