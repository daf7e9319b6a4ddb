"""Every kind of trouble is found, and a whole folder has none."""

import pytest

from monotakd.site import examine, problems


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.css").write_text("")
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="assets/a.css"><h1 id="top">x</h1><a href="b.html#end">b</a><a href="#top">t</a>'
        '<a href="https://example.org/paper">elsewhere</a><img src="data:image/png;base64,AA==" alt="">'
    )
    (tmp_path / "b.html").write_text('<p id="end"><a href="index.html">back</a></p>')
    return tmp_path


def test_a_whole_folder(folder):
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "from elsewhere"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "from elsewhere"),
        ('<img src="no.png">', "loads no.png, which is not there"),
        ('<iframe src="assets/no.html"></iframe>', "loads assets/no.html"),
        ('<a href="no.html">x</a>', "links to no.html, which is not there"),
        ('<a href="index.html#no">x</a>', "an anchor that is not there"),
        ('<a href="#no">x</a>', "an anchor that is not there"),
    ],
)
def test_what_is_broken(folder, html, said):
    (folder / "b.html").write_text(html + '<p id="end"></p>')
    (line,) = problems(folder)
    assert line.startswith("b.html: ")
    assert said in line


def test_what_is_heavy(folder, monkeypatch):
    monkeypatch.setattr(examine, "LARGEST_PAGE", 100)
    monkeypatch.setattr(examine, "LARGEST_ASSETS", 10)
    (folder / "assets" / "a.css").write_text("x" * 11)
    assert [line.partition(":")[0] for line in problems(folder)] == ["index.html", "assets"]
