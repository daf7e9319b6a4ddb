"""An executed notebook as a page: of every output what works without a kernel."""

import base64
import io

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from monotakd.notebooks import WIDGET
from monotakd.site.lesson_page import lesson_page
from monotakd.viz.explore import PLOTLY
from monotakd.viz.explorers.shared.base import PAGE


@pytest.fixture
def png():
    file = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def page(*outputs, source="x = 1", **metadata) -> str:
    cell = new_code_cell(source, outputs=list(outputs), metadata=metadata)
    notebook = new_notebook(cells=[new_markdown_cell("# 07 · Losses"), new_markdown_cell("## First"), cell])
    return lesson_page(notebook, "07_losses", ["07_losses"], [("index.html", "all lessons")])


def shown(data, **metadata) -> str:
    return page(new_output("display_data", data=data, metadata=metadata))


def test_the_way_around():
    html = page()
    assert '<a href="index.html">all lessons</a>' in html
    assert '<li><a href="#first">First</a></li>' in html
    assert "<title>07_losses</title>" not in html
    assert "<title>07 · Losses</title>" in html


def test_text_is_escaped_and_solutions_are_folded():
    html = page(new_output("stream", name="stdout", text="<b>"), jupyter={"source_hidden": True})
    assert "<pre>&lt;b&gt;</pre>" in html
    assert "<details><summary>Solution</summary>" in html
    assert "<details>" not in page()


def test_an_explorer_comes_before_its_still(png):
    html = shown({PAGE: "gap-1.html", "image/png": png, WIDGET: {}, "text/plain": 'the "cell"'})
    assert 'src="assets/gap-1.html" title="the &quot;cell&quot;"' in html
    assert "<img" not in html


def test_a_still_says_that_its_sliders_need_a_kernel(png):
    html = shown({"image/png": png, WIDGET: {}, "text/plain": "x"}, **{"image/png": {"alt": "a street"}})
    assert 'alt="a street"' in html
    assert "need a kernel" in html
    assert "need a kernel" not in shown({"image/png": png, "text/plain": "x"})


def test_a_field_says_that_it_needs_a_kernel():
    html = shown({WIDGET: {}, "text/plain": "VBox()"})
    assert "needs a kernel" in html
    assert "VBox" not in html


def test_a_scene_waits_for_its_button(png):
    figure = {"data": [{"text": "</script>"}], "layout": {}}
    html = shown({PLOTLY: figure, "image/png": png, "text/plain": "x"})
    assert html.count("</script>") == 2  # its own, and that of the page's head
    assert '<button data-scene="07_losses-2-0">' in html
    assert '<script type="application/json" id="07_losses-2-0">' in html


def test_html_markdown_and_text():
    assert "<table>" in shown({"text/html": "<table></table>", "text/plain": "x"})
    assert "<strong>b</strong>" in shown({"text/markdown": "**b**", "text/plain": "x"})
    assert "<math" in shown({"text/latex": "$$x$$", "text/plain": "x"})
    assert "<pre>&lt;x&gt;</pre>" in shown({"text/plain": "<x>"})
