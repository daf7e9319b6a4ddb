"""Benchmark of what a reader waits for: from a click, or a key on a slider, to the next picture on the screen.

In a Chromium without a window that draws in software, so that a reader's own browser is quicker. On a page of its own
the views answer without a kernel; in JupyterLab a slider asks the kernel, which sends other points.
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import numpy as np
import torch

from monotakd import chromium, jupyterlab, lesson
from monotakd.benchmarks.timing import Latency
from monotakd.models.camera import CameraSettings
from monotakd.scene import BevMap, Frame
from monotakd.viz.explorers import FeatureGapExplorer, explore_feature_gap

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CLICKS, PRESSES = 21, 11
MAPS = ("teacher", "assistant", "residual", "visual", "spatial", "fused")
POINTS = ((20_000, "250 ms"), (120_000, "350 ms"))

_CLICK = """async (places) => {
    const canvas = document.querySelector("canvas[data-panel='fused']"), times = [];
    const box = canvas.getBoundingClientRect();
    for (const [across, down] of places) {
        const at = { clientX: box.left + across * box.width, clientY: box.top + down * box.height, bubbles: true };
        const started = performance.now();
        canvas.dispatchEvent(new MouseEvent("click", at));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        times.push((performance.now() - started) / 1000);
    }
    return times;
}"""
_PRESS = """async (presses) => {
    const handle = document.querySelector(".noUi-handle"), view = document.querySelector(".linked"), times = [];
    for (let press = 0; press < presses; press++) {
        const drawn = view.dataset.drawn, started = performance.now();
        handle.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        while (view.dataset.drawn === drawn) {
            if (performance.now() - started > 60000) throw new Error("the slider moved nothing in a minute");
            await new Promise(requestAnimationFrame);
        }
        await new Promise((done) => setTimeout(done));
        times.push((performance.now() - started) / 1000);
        await new Promise((done) => setTimeout(done, 100));
    }
    return times;
}"""
_NOTEBOOK = """\
import ipywidgets

from monotakd.benchmarks.browser import cloud
from monotakd.viz.explorers import explore_scene

explorer = explore_scene(cloud({points}, 0))
slider = ipywidgets.IntSlider(0, 0, 100)
slider.observe(lambda change: explorer.show_points(cloud({points}, change.new).points), "value")
ipywidgets.VBox([slider, explorer.widget])
"""


def cloud(points: int, seed: int) -> Frame:
    """A street with so many points at random places."""
    rng = np.random.default_rng(seed)
    xyz = rng.uniform((0.0, -20.0, -1.7), (60.0, 20.0, 2.0), (points, 3))
    values = np.concatenate([xyz, rng.uniform(0, 1, (points, 1))], axis=1)
    return dataclasses.replace(lesson.frame(0), points=values.astype(np.float32))


def _gap(frame: Frame, scale: CameraSettings) -> FeatureGapExplorer:
    """The explorer with as many maps, channels and bins as the models have, and noise in them."""
    rng, grid = np.random.default_rng(0), scale.bev_grid
    cells = [-(-size // scale.image.stride) for size in frame.image.shape[:2]]

    def bev() -> BevMap:
        values = rng.normal(size=(1, scale.bev_channels, *grid.shape)).astype(np.float32)
        return BevMap(torch.from_numpy(values), grid)

    depth = rng.dirichlet(np.full(scale.bins.num + 1, 0.3), cells).transpose(2, 0, 1).astype(np.float32)
    return explore_feature_gap(frame, {name: bev() for name in MAPS}, depth=depth, bins=scale.bins)


def _clicks(page: Page, explorer: FeatureGapExplorer, folder: Path, size: str) -> Latency:
    page.goto(explorer.save_page(folder / "page.html").as_uri())
    page.wait_for_selector(".said:not(:empty)")
    places = np.random.default_rng(0).uniform(0.05, 0.95, (CLICKS + 1, 2)).tolist()
    _, *times = page.evaluate(_CLICK, places)
    megabytes = len(explorer.widget.payload) / 1e6
    work = f"feature-gap explorer, click on a map, {size}: {megabytes:.1f} MB in the browser"
    return Latency(work, statistics.median(times), len(times), "80 ms")


def _sliders(browser: Browser, folder: Path) -> Iterator[Latency]:
    for points, _ in POINTS:
        cell = nbformat.v4.new_code_cell(_NOTEBOOK.format(points=points))
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=_KERNEL), folder / f"{points}.ipynb")
    with jupyterlab.running(folder) as address:
        for points, goal in POINTS:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            jupyterlab.NotebookPage.open(page, address.format(f"{points}.ipynb")).run_all()
            page.wait_for_selector(".linked .said:not(:empty)", timeout=60_000)
            _, *times = page.evaluate(_PRESS, PRESSES + 1)
            page.close()
            work = f"3D explorer, slider through the kernel, {points} new points"
            yield Latency(work, statistics.median(times), len(times), goal)


_KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def run() -> Iterator[Latency]:
    """Yields clicks in the browser, then sliders through the kernel, at two sizes each; nothing without Chromium."""
    with tempfile.TemporaryDirectory() as name:
        try:
            with chromium.launched() as browser:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                toy = _gap(lesson.toy_frame(0), CameraSettings.toy())
                yield _clicks(page, toy, Path(name), "toy size")
                kitti = _gap(lesson.frame(0), CameraSettings.kitti_r50())
                yield _clicks(page, kitti, Path(name), "KITTI size")
                page.close()
                yield from _sliders(browser, Path(name))
        except chromium.NoBrowserError as lacking:
            print(f"[benchmark] browser left out: {lacking}", flush=True)
