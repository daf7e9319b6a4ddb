"""The command that shows a frame in 3D: as a page, as a file of points, on the desktop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def view(
    frame: tyro.conf.Positional[str],
    root: Path | None = None,
    predictions: tuple[Path, ...] = (),
    html: Path | None = None,
    ply: Path | None = None,
    desktop: Annotated[bool, tyro.conf.arg(help="Open it in open3d's desktop viewer.")] = False,
    min_score: float = 0.3,
) -> int:
    """Show a frame in 3D: points, labels and the boxes of any detectors.

    Writes a page for any browser unless told otherwise: --html, --ply and --desktop can be combined.

    Args:
        frame: Name of the frame, such as 000007, or its number.
        root: KITTI root; the eight streets that come with the project when not given.
        predictions: Folders of KITTI result files, one for each detector; they are called what their folders are
            called, or NAME with NAME=FOLDER.
        html: Write the page here.
        ply: Write points and boxes here, for MeshLab, CloudCompare, Blender or open3d.
        min_score: Lowest score that is shown; the page has a slider.
    """
    from monotakd import paths
    from monotakd.datasets.kitti.reader import KittiRoot
    from monotakd.viz.explorers import explore_scene

    name = f"{int(frame):06d}" if frame.isdigit() else frame
    moment = KittiRoot(root or paths.tiny_set()).frame(name)
    explorer = explore_scene(moment, _named(predictions), min_score=min_score)
    print(f"frame {name}: {explorer.alt}")
    if html is None and ply is None and not desktop:
        html = Path("out") / f"scene_{name}.html"
    for path, save in ((html, explorer.save_page), (ply, explorer.save_ply)):
        if path is not None:
            print(f"wrote {save(path)}")
    if desktop:
        explorer.open_on_desktop()
    return 0


def _named(predictions: tuple[Path, ...]) -> dict[str, Path]:
    """Folders by name; a name that comes twice gets a number."""
    named: dict[str, Path] = {}
    for given in predictions:
        name, _, folder = str(given).rpartition("=")
        name = name or Path(folder).resolve().name
        alone = name
        count = 2
        while name in named:
            name, count = f"{alone} {count}", count + 1
        named[name] = Path(folder)
    return named
