"""JupyterLab as readers get it: it opens quietly, a click reaches the kernel, a slider moves a picture."""

import base64
import hashlib

import nbformat
import pytest

from monotakd import jupyterlab
from monotakd.jupyterlab import FOLDER, NotebookPage, copy_without_outputs

QUICKSTART, EXPLORER = "00_quickstart.ipynb", "09_feature_gap_explorer.ipynb"


def cell_with(words: str, name: str) -> int:
    """Number of the code cell in which something stands."""
    sources = [cell.source for cell in nbformat.read(FOLDER / name, 4).cells if cell.cell_type == "code"]
    (number,) = (number for number, source in enumerate(sources) if words in source)
    return number


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """A running JupyterLab with two lessons as nobody has run them; each has a cell more, which asks the kernel."""
    folder = tmp_path_factory.mktemp("lab")
    copy_without_outputs(FOLDER / EXPLORER, folder, "print(explorer.alt)")
    digest = "import hashlib\nprint(hashlib.sha256(curve(0.9).png()).hexdigest())"
    copy_without_outputs(FOLDER / QUICKSTART, folder, digest)
    with jupyterlab.running(folder) as address:
        yield address


@pytest.fixture
def open_lesson(browser, lab):
    pages = []

    def opened(name: str) -> NotebookPage:
        pages.append(browser.new_page(viewport={"width": 1280, "height": 720}))
        return NotebookPage.open(pages[-1], lab.format(name))

    yield opened
    for page in pages:
        page.close()


def test_nobody_enters_without_the_token(browser, lab):
    page = browser.new_page()
    page.goto(lab.format(QUICKSTART).partition("?")[0])
    assert page.locator("input[type=password]").first.is_visible()
    assert page.locator(".jp-Notebook").count() == 0
    page.close()


def test_it_opens_without_a_dialog_or_news(open_lesson, shot):
    page = open_lesson(QUICKSTART).page
    page.wait_for_timeout(3000)  # dialogs and news come late
    shot(page)
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".Toastify__toast").count() == 0
    assert page.locator(".jp-MarkdownOutput h1").first.inner_text().startswith("00 · ")


def test_a_click_in_the_explorer_reaches_the_kernel(open_lesson, shot):
    lesson = open_lesson(EXPLORER)
    lesson.run_all()
    views = lesson.show(cell_with("explorer = gap.explore(", EXPLORER)).locator(".linked")
    image = views.locator("canvas[data-panel='image']")
    image.wait_for()
    before = image.evaluate("canvas => canvas.toDataURL()")
    canvas = views.locator("canvas[data-panel='teacher']")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    canvas.click(position={"x": 0.4 * box["width"], "y": 0.55 * box["height"]})
    assert image.evaluate("canvas => canvas.toDataURL()") != before
    said = views.locator(".said").inner_text()
    shot(lesson.page)
    assert lesson.run(-1).strip() == said


def test_a_slider_of_the_quickstart_moves_its_picture(open_lesson, shot):
    lesson = open_lesson(QUICKSTART)
    lesson.run_all()
    place = cell_with("explore(curve, ", QUICKSTART)
    cell = lesson.show(place)
    picture = cell.locator("img.widget-image")
    picture.wait_for()
    first = picture.get_attribute("src")
    handle = cell.locator(".noUi-handle")
    assert cell.locator(".widget-readout").inner_text() == "0.75"  # the middle, where sliders begin
    for _ in range(3):
        handle.press("ArrowRight")
    assert cell.locator(".widget-readout").inner_text() == "0.90"
    lesson.page.wait_for_function("([one, was]) => one.src !== was", arg=[picture.element_handle(), first])
    wanted = lesson.run(-1).strip()
    shown = """async (one) => {
        const bytes = new Uint8Array(await (await fetch(one.src)).arrayBuffer());
        return btoa(String.fromCharCode(...bytes));
    }"""
    lesson.show(place)
    shot(lesson.page)
    assert hashlib.sha256(base64.b64decode(picture.evaluate(shown))).hexdigest() == wanted
