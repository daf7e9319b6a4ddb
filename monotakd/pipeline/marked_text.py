"""Text between two marker lines of a Markdown file, which a command writes anew; the rest belongs to people."""

from __future__ import annotations

from pathlib import Path

from monotakd.engine.durable import write_text_durably
from monotakd.errors import DataError


def markers(name: str) -> tuple[str, str]:
    """The two lines; a reader of the rendered page does not see them."""
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def marked(path: Path, name: str) -> str:
    """The text between the markers.

    Raises:
        DataError: as `replace_marked`.
    """
    return _parts(path, name)[1]


def replace_marked(path: Path, name: str, text: str) -> None:
    """Replaces what stands between the markers.

    Args:
        path: a Markdown file.
        name: of the markers.
        text: whole lines.

    Raises:
        DataError: the file is missing, or does not hold each marker once, in order; it is left as it was.
    """
    before, _, after = _parts(path, name)
    new = f"{before}{text}{after}"
    write_text_durably(path, new)


def _parts(path: Path, name: str) -> tuple[str, str, str]:
    begin, end = markers(name)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(path, f"nothing that can be read ({error.strerror})", "a Markdown file") from None
    good = text.count(f"{begin}\n") == 1 and text.count(end) == 1 and text.index(begin) < text.index(end)
    if not good:
        raise DataError(path, "no such pair of lines", f"{begin} and, below it, {end}, each once")
    start, stop = text.index(begin) + len(begin) + 1, text.index(end)
    return text[:start], text[start:stop], text[stop:]
