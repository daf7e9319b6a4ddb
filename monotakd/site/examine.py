"""What a reader of the pages would trip over: missing files and anchors, files from the network, heavy pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGEST_PAGE = 3_000_000
LARGEST_ASSETS = 15_000_000
_LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "link": "href",
    "video": "src",
    "audio": "src",
}


@dataclass
class _Page(HTMLParser):
    """What one page loads, links to, and can be linked at."""

    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}
        if address := values.get(_LOADS.get(tag, "")):
            self.loads.append(address)
        if tag == "a" and (address := values.get("href")):
            self.links.append(address)


def problems(folder: Path) -> list[str]:
    """One line for everything that is wrong in a folder of pages; empty where nothing is.

    Checked are: every address that a page loads is a file here (or inside the page), every link among the pages leads
    to a file and to an anchor in it, no page is over `LARGEST_PAGE` bytes, and assets are not over `LARGEST_ASSETS`.
    """
    folder = folder.resolve()
    pages = {path: _read(path) for path in sorted(folder.rglob("*.html"))}
    return [
        *_heavy(folder, pages),
        *(line for path, page in pages.items() for line in _broken(folder, path, page, pages)),
    ]


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _heavy(folder: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    for path in pages:
        if (size := path.stat().st_size) > LARGEST_PAGE:
            yield f"{path.relative_to(folder)}: {size} bytes, at most {LARGEST_PAGE}"
    assets = sum(path.stat().st_size for path in (folder / "assets").rglob("*") if path.is_file())
    if assets > LARGEST_ASSETS:
        yield f"assets: {assets} bytes, at most {LARGEST_ASSETS}"


def _broken(folder: Path, path: Path, page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    name = path.relative_to(folder)
    for address in page.loads:
        if address.startswith("data:"):
            continue
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            yield f"{name}: loads {address} from elsewhere"
        elif not (path.parent / unquote(parts.path)).is_file():
            yield f"{name}: loads {address}, which is not there"
    for address in page.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"{name}: links to {address}, which is not there"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"{name}: links to {address}, an anchor that is not there"
