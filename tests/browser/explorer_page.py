"""What tests of any explorer read from its page, and where they click."""

import numpy as np

_COUNT_PICTURES = """(() => {
    const Plain = window.Image;
    window.awaited = 0;
    window.Image = function () {
        const picture = new Plain();
        window.awaited += 1;
        for (const end of ["load", "error"]) picture.addEventListener(end, () => { window.awaited -= 1; });
        return picture;
    };
})()"""


def open_page(page, explorer, folder):
    """The explorer's page, once it has been drawn with its pictures."""
    page.add_init_script(_COUNT_PICTURES)
    page.goto(explorer.save_page(folder / "page.html").as_uri())
    page.wait_for_function("document.querySelector('.said')?.textContent && window.awaited === 0")
    return page


def state(views) -> dict:
    return views.evaluate("window.explorerModel.get('state')")


def receive(views, explorer) -> None:
    """Gives the page what Python has sent to its widget since the page was made."""
    sent = """([facts, bytes, state]) => {
        const model = window.explorerModel;
        model.set("payload", new DataView(Uint8Array.from(bytes).buffer));
        model.set("changed", facts);
        model.set("state", state);
    }"""
    views.evaluate(sent, [explorer.widget.changed, list(explorer.widget.payload), explorer.state])


def said(views) -> str:
    return views.locator(".said").inner_text()


def pixels(views, selector: str) -> str:
    """A canvas as a data address: equal exactly where the pictures are equal."""
    return views.locator(selector).evaluate("canvas => canvas.toDataURL()")


def panel_pixels(views, name: str) -> str:
    """`pixels` of a panel."""
    return pixels(views, f"canvas[data-panel='{name}']")


def click_cell(views, name: str, grid, row: int, column: int) -> None:
    """Clicks the middle of a BEV cell in a panel."""
    canvas = views.locator(f"canvas[data-panel='{name}']")
    box = canvas.bounding_box()
    rows, columns = grid.shape
    across, down = (rows - row - 0.5) / rows, (columns - column - 0.5) / columns
    canvas.click(position={"x": across * box["width"], "y": down * box["height"]})


def cell_colours(views, name: str, grid) -> np.ndarray:
    """(Y, X, 3) bytes that a panel shows in the middle of each BEV cell."""
    rows, columns = grid.shape
    read = """canvas => ({ width: canvas.width, height: canvas.height,
        data: [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data] })"""
    found = views.locator(f"canvas[data-panel='{name}']").evaluate(read)
    picture = np.array(found["data"]).reshape(found["height"], found["width"], 4)
    across = ((rows - np.arange(rows) - 0.5) / rows * found["width"]).astype(int)
    down = ((columns - np.arange(columns) - 0.5) / columns * found["height"]).astype(int)
    return picture[down[None], across[:, None], :3]


def require_alternatives(views, selector: str = "canvas", count: int | None = None) -> None:
    """Every picture has a text alternative of its own, and changes are announced."""
    labels = views.locator(selector).evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert all(labels)
    assert len(set(labels)) == (len(labels) if count is None else count)
    assert views.locator(".said").get_attribute("aria-live") == "polite"
