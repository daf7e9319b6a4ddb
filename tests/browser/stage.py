"""What must hold of any explorer on a lecture hall's projector; for the explorers' own tests."""

from pathlib import Path

from monotakd.viz.explorers import LinkedExplorer

PROJECTOR = (1280, 720)
ZOOMED = (853, 480)
"""The same projector with the browser at 150 %: so many CSS pixels are left."""

_PARTS = ".linked :is(.bar label, .said, figcaption, canvas[data-panel], figure > .small, button)"
_VISIBLE = """all => all.filter((one) => one.offsetHeight).map((one) => (
    { name: `${one.tagName} ${(one.dataset.panel ?? one.textContent).slice(0, 30)}`,
      ...one.getBoundingClientRect().toJSON() }))"""


def on_stage(explorer: LinkedExplorer, folder: Path) -> str:
    """Address of the explorer's page as ``lesson.setup(stage=True)`` would have it."""
    explorer.widget.stage = True
    return explorer.save_page(folder / "stage.html").as_uri()


def check_stage(explorer: LinkedExplorer, page, folder: Path, shot) -> None:
    """Opens an explorer's page in stage mode, at both sizes: two pictures, nothing cut, nothing on top of another."""
    address = on_stage(explorer, folder)
    for wide, high in (PROJECTOR, ZOOMED):
        page.set_viewport_size({"width": wide, "height": high})
        page.goto(address)
        page.wait_for_selector(".said:not(:empty)")
        shot(page, f"stage {wide}")
        assert page.locator(".linked figure:visible").count() == 2
        parts = page.locator(_PARTS).evaluate_all(_VISIBLE)
        cut = [p["name"] for p in parts if p["left"] < 0 or p["right"] > wide + 0.5 or p["bottom"] > high + 0.5]
        assert cut == [], f"cut at {wide} x {high}: {cut}"
        assert _overlapping(parts) == []


def _overlapping(parts: list[dict]) -> list[tuple[str, str]]:
    """Names of parts that share more than a pixel's rim."""
    return [
        (a["name"], b["name"])
        for i, a in enumerate(parts)
        for b in parts[i + 1 :]
        if min(a["right"], b["right"]) - max(a["left"], b["left"]) > 1
        and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 1
    ]
