import base64
import re
from html.parser import HTMLParser

import pytest
from made_results import seeds_of

from monotakd.pipeline.ledger import LedgerStep
from monotakd.pipeline.report import Picture, ReportState, StageState, page, write_report
from monotakd.pipeline.results import METRICS

RESULTS = [*seeds_of("ground_truth_only", [30.0, 32.0, 34.0]), *seeds_of("direct", [40.0, 42.0, 44.0])]
VOID = {"meta", "img", "br"}


class _Balance(HTMLParser):
    """Fails where a tag is closed that is not open."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.sources = [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.links += [attrs["href"]] if "href" in attrs else []
        self.sources += [attrs["src"]] if "src" in attrs else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def _parsed(text: str) -> _Balance:
    parser = _Balance()
    parser.feed(text)
    assert parser.open == []
    return parser


def _stages(*statuses):
    return [StageState(f"s{i}", f"Stage <{i}>", status, 10.0, "a & b") for i, status in enumerate(statuses)]


def _full(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG picture")
    table = tmp_path / "a table.md"
    table.write_text("x")
    return ReportState(
        "Title",
        _stages("done", "done"),
        facts={"command": "monotakd reproduce --preset <x>", "commit": "abc"},
        results=RESULTS,
        ledger=[LedgerStep(name, dict.fromkeys(METRICS, 50.0)) for name in ("one", "two")],
        pictures=[Picture("Feature gap", picture), Picture("Absent", tmp_path / "none.png")],
        files={"table": table, "missing": tmp_path / "missing"},
    )


def test_the_page_needs_nothing_from_outside(tmp_path):
    path = write_report(tmp_path, _full(tmp_path))
    text = path.read_text(encoding="utf-8")
    parsed = _parsed(text)
    assert all(source.startswith("data:image/png;base64,") for source in parsed.sources)
    assert not re.search(r"https?://|@import|url\(|<script|<link", text)
    assert base64.b64encode(b"\x89PNG picture").decode() in text
    assert parsed.links == ["a%20table.md"]
    assert "Absent" not in text


def test_numbers_facts_and_claims_are_on_the_page(tmp_path):
    text = page(tmp_path, _full(tmp_path))
    assert "42.0 ± 2.0" in text
    assert "--preset &lt;x&gt;" in text
    assert "Claims of the paper" in text
    assert "Where the points are lost" in text


def test_only_a_running_job_reloads_its_page(tmp_path):
    for statuses, reloads in ((("done", "running"), True), (("done", "failed"), False), (("done", "waiting"), False)):
        assert ('http-equiv="refresh"' in page(tmp_path, ReportState("t", _stages(*statuses)))) is reloads


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (("done", "skipped"), "Finished. 2 of 2 stages done"),
        (("done", "running", "waiting"), "Running: Stage &lt;1&gt;. 1 of 3"),
        (("done", "failed"), "Stage &lt;1&gt; failed. 1 of 2"),
        (("done", "waiting"), "goes on from here. 1 of 2"),
    ],
)
def test_the_page_says_where_the_job_stands(tmp_path, statuses, words):
    text = page(tmp_path, ReportState("t", _stages(*statuses)))
    assert words in text
    assert "a &amp; b" in text
    _parsed(text)


def test_a_stopped_job_says_what_to_type(tmp_path):
    state = ReportState("t", _stages("done", "stopped", "waiting"), go_on="monotakd reproduce --out 'a & b'")
    text = page(tmp_path, state)
    assert "Stopped by hand during: Stage &lt;1&gt;. 1 of 3 stages done" in text
    assert "<code>monotakd reproduce --out &#x27;a &amp; b&#x27;</code>" in text
    assert 'http-equiv="refresh"' not in text
    assert "<td>running</td>" not in text
    _parsed(text)
    going = page(tmp_path, ReportState("t", _stages("done", "running"), go_on="monotakd reproduce"))
    assert "To go on" not in going


def test_of_many_stages_only_those_in_the_news_stand_open(tmp_path):
    text = page(tmp_path, ReportState("t", _stages(*["done"] * 20, "failed", *["waiting"] * 20)))
    before, _, _ = text.partition("<details>")
    assert "Stage &lt;20&gt;" in before
    assert "Stage &lt;19&gt;" not in before
    assert "Stage &lt;19&gt;" in text
    _parsed(text)


def test_a_failed_writing_leaves_the_old_report(tmp_path):
    path = write_report(tmp_path, ReportState("first", _stages("running")))
    other = [*RESULTS, *seeds_of("imd", [1.0], preset="quick")]
    with pytest.raises(ValueError, match="one preset"):
        write_report(tmp_path, ReportState("second", _stages("done"), results=other))
    assert "first" in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
