"""A lesson as a page from disk, in a browser without any network."""

import pytest

from monotakd.site import build, problems


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The lesson with the feature-gap explorer, as a reader gets it."""
    out = tmp_path_factory.mktemp("site")
    build(out, ["09"], api=False)
    assert problems(out) == []
    return out


@pytest.fixture
def offline(page):
    page.context.set_offline(True)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_explorer_answers_a_click(offline, site, shot):
    offline.goto((site / "09_feature_gap_explorer.html").as_uri())
    frame = offline.locator("iframe.explorer").first
    frame.scroll_into_view_if_needed()
    views = frame.content_frame
    said = views.locator(".said")
    said.wait_for()
    before = said.inner_text()
    canvas = views.locator("canvas[data-panel='teacher']")
    box = canvas.bounding_box()
    canvas.click(position={"x": 0.4 * box["width"], "y": 0.55 * box["height"]})
    assert said.inner_text() != before
    assert said.inner_text().startswith("cell (")
    shot(offline)
    offline.wait_for_function("document.querySelector('iframe.explorer').style.height !== ''")
    high = views.locator("#explorer").evaluate("one => one.offsetHeight")
    assert frame.evaluate("one => one.clientHeight") >= high, "nothing is cut off"


def test_formulas_need_no_script(offline, site):
    offline.goto((site / "09_feature_gap_explorer.html").as_uri())
    formula = offline.locator("math").first
    assert formula.bounding_box()["height"] > 20


def test_the_index_leads_to_the_lesson(offline, site, shot):
    offline.goto((site / "index.html").as_uri())
    shot(offline)
    offline.get_by_role("link", name="09_feature_gap_explorer").click()
    assert offline.locator("h1").first.inner_text().startswith("09 · ")
