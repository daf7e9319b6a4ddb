"""JupyterLab as readers get it: it opens quietly, a click reaches the kernel, a slider moves a picture."""

import base64
import hashlib
import json
import time

import nbformat
import pytest

from monotakd import jupyterlab
from monotakd.jupyterlab import FOLDER, NotebookPage, copy_without_outputs

QUICKSTART, EXPLORER, LARGE = "00_quickstart.ipynb", "09_feature_gap_explorer.ipynb", "large_maps.ipynb"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
LARGE_MAPS = """\
import torch

from monotakd import lesson
from monotakd.scene import BevGrid, BevMap
from monotakd.viz.explorers import explore_feature_gap
from monotakd.viz.explorers.feature_gap import payload

payload.MOST_BYTES, payload.FEW = 100, 2  # as if the maps were large
grid = BevGrid((2.0, -12.0), (34.0, 12.0), (1.0, 1.0))
maps = {name: BevMap(torch.randn(1, 6, *grid.shape), grid) for name in ("teacher", "student")}
explorer = explore_feature_gap(lesson.toy_frame(3), maps)
explorer
"""


def cell_with(words: str, name: str) -> int:
    """Number of the code cell in which something stands."""
    sources = [cell.source for cell in nbformat.read(FOLDER / name, 4).cells if cell.cell_type == "code"]
    (number,) = (number for number, source in enumerate(sources) if words in source)
    return number


def settled(holds) -> bool:
    """Whether something holds soon: the kernel hears of a widget in another thread than the one that runs cells."""
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            return False
    return True


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """A running JupyterLab with two lessons as nobody has run them; each has a cell more, which asks the kernel."""
    folder = tmp_path_factory.mktemp("lab")
    copy_without_outputs(FOLDER / EXPLORER, folder, "print(explorer.alt)")
    digest = "import hashlib\nprint(hashlib.sha256(curve(0.9).png()).hexdigest())"
    copy_without_outputs(FOLDER / QUICKSTART, folder, digest)
    cells = [nbformat.v4.new_code_cell(source) for source in (LARGE_MAPS, "print(explorer.facts['channels'])")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / LARGE)
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
    assert settled(lambda: lesson.run(-1).strip() == said)


def test_a_channel_that_was_not_sent_comes_from_the_kernel(open_lesson):
    notebook = open_lesson(LARGE)
    notebook.run_all()
    views = notebook.show(0).locator(".linked")
    views.locator("[data-control='asked']").wait_for()
    sent = json.loads(notebook.run(-1))
    assert len(sent) == 2
    wanted = next(channel for channel in (3, 4, 5) if channel not in sent)
    views.locator("[data-control='asked']").select_option(str(wanted))
    slider = views.locator(f"[data-control='channel'][title='channel {wanted}']")
    slider.wait_for()
    now = sorted([*sent, wanted])
    assert json.loads(notebook.run(-1)) == now
    views = notebook.show(0).locator(".linked")
    assert (slider.input_value(), slider.get_attribute("max")) == (str(now.index(wanted)), "2")
    assert views.locator("[data-control='view']").input_value() == "channel"


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
    shown = """async (one) => {
        const bytes = new Uint8Array(await (await fetch(one.src)).arrayBuffer());
        return btoa(String.fromCharCode(...bytes));
    }"""

    def shows_what_the_kernel_drew():
        wanted = lesson.run(-1).strip()
        lesson.show(place)
        return hashlib.sha256(base64.b64decode(picture.evaluate(shown))).hexdigest() == wanted

    assert settled(shows_what_the_kernel_drew)
    shot(lesson.page)
