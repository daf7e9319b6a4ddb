"""Every command line that a page or a lesson tells the reader to type is understood by ``monotakd``."""

import functools
import re
import sys

import pytest

from monotakd import cli, notebooks
from monotakd.bootstrap import CHECKOUT

PAGES = ("README.md", "CONTRIBUTING.md", "data/README.md", "docs", "notebooks/README.md", "results/README.md")


def told_lines() -> list[tuple[str, str]]:
    """(page, command line) of every fenced block, and of every span of code that has an option."""
    files = [path for name in PAGES for path in ([CHECKOUT / name], (CHECKOUT / name).glob("*.md"))[name == "docs"]]
    found = []
    for path in files:
        text = path.read_text().replace("\\\n", " ")
        blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.S)).splitlines()
        spans = re.findall(r"`([^`]*)`", re.sub(r"```.*?```", "", text, flags=re.S))
        commands = [" ".join(span.removeprefix("python -m ").split()) for span in spans]
        found += [(path.name, line) for line in (*blocks, *filter(_is_typed, commands)) if line.startswith("monotakd ")]
    return found


def _is_typed(command: str) -> bool:
    """Whether a command is told whole: neither a part of its options nor its name alone."""
    return " ..." not in command and any(option in command for option in ("--out ", "--labels ", "--results "))


def told_in_lessons() -> list[tuple[str, str]]:
    """(lesson, command line) of every fenced block, and of every span of code that has an option."""
    found = []
    for path in notebooks.find():
        cells = notebooks.nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown").replace("\\\n", " ")
        fenced = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.S)).splitlines()
        spans = re.findall(r"`(?:python -m )?(monotakd [^`\n]* --[^`\n]*)`", text)
        found += [
            (path.stem, line) for line in (*fenced, *spans) if line.startswith("monotakd ") and " ... " not in line
        ]
    return found


def typed(line: str) -> list[str]:
    """The words as a reader types them: a number for N and PIXELS, no explanation."""
    words = [word.replace("...", "") for word in line.split("#")[0].split()]
    return [{"N": "2", "PIXELS": "700"}.get(word, word) for word in words if word]


@pytest.fixture
def idle(monkeypatch):
    """The command line with commands that only take their arguments."""

    def idly(command):
        if isinstance(command, dict):
            return {name: idly(inner) for name, inner in command.items()}
        return functools.wraps(command)(lambda *_, **__: 0)

    monkeypatch.setattr(cli, "_COMMANDS", idly(cli._COMMANDS))

    def understood(words: list[str]) -> bool:
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code == 0

    return understood


@pytest.mark.parametrize(("page", "line"), told_lines() + told_in_lessons())
def test_is_understood(idle, capsys, page, line):
    assert idle(typed(line)), f"{page}: {line}\n{capsys.readouterr()}"


def test_a_wrong_line_would_be_noticed(idle):
    assert idle(["monotakd", "evaluate", "--labels", "A", "--predictions", "B"])
    assert not idle(["monotakd", "evaluate", "--labels", "A", "--forecasts", "B"])
    assert not idle(["monotakd", "evalute"])
    assert not idle(["monotakd", "predict", "IMAGE", "--fx", "700"])
    assert len(told_lines()) > 30
    assert len(told_in_lessons()) > 5
