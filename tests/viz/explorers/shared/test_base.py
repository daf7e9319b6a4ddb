"""What every explorer has: a still, words, a page of its own, and a state that both sides write."""

import base64

import pytest

from monotakd.viz import style
from monotakd.viz.explorers import LinkedExplorer
from monotakd.viz.explorers.shared.base import PAGE, PAGES


class Counter(LinkedExplorer):
    """Shows one number."""

    scripts = ("feature_gap/core.js",)
    view = "CounterView"
    title = 'Counter, </script> of "frames"'

    def __init__(self):
        super().__init__({"most": 9}, b"\x01\x02", {"count": 3})

    @property
    def alt(self) -> str:
        return f"the count is {self.state['count']}"

    def still(self) -> style.Picture:
        picture = style.new_picture(2, 1)
        picture.text(0.5, 0.5, str(self.state["count"]))
        return picture


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: bundles and their metadata."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, metadata, raw: found.append((bundle, metadata)))
    return found


def test_both_sides_write_the_state():
    counter = Counter()
    counter.change(count=4)
    assert counter.widget.state == {"count": 4}
    counter.widget.set_state({"state": {"count": 5}})  # as the browser does
    assert counter.state == {"count": 5}


def test_new_facts_and_payload_arrive_together():
    counter = Counter()
    seen = []
    counter.widget.observe(lambda change: seen.append(change.name), ["changed", "payload"])
    counter.send({"most": 12}, b"\x03")
    assert (counter.facts, counter.widget.payload) == ({"most": 12}, b"\x03")
    counter.send(payload=b"\x04")
    assert counter.facts == {"most": 12}


def test_facts_that_are_not_named_stay_and_do_not_travel_again():
    counter = Counter()
    counter.send({"least": 1})
    counter.send({"least": 2})
    assert counter.facts == {"most": 9, "least": 2}
    assert counter.widget.changed == {"least": 2}


def test_the_bundle_has_widget_still_and_words(shown):
    counter = Counter()
    counter._ipython_display_()
    ((bundle, metadata),) = shown
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]) == counter.still().png()
    assert bundle["text/plain"] == metadata["image/png"]["alt"]
    assert "the count is 3" in bundle["text/plain"]
    assert PAGE not in bundle


def test_for_web_pages_there_is_a_page_beside_the_still(shown, monkeypatch, tmp_path):
    monkeypatch.setenv(PAGES, str(tmp_path))
    counter = Counter()
    counter._ipython_display_()
    counter._ipython_display_()
    counter.change(count=4)
    counter._ipython_display_()
    names = [bundle[PAGE] for bundle, _ in shown]
    assert names[0] == names[1] != names[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(names))


def test_a_title_cannot_break_its_page(tmp_path):
    page = Counter().save_page(tmp_path / "page.html").read_text()
    assert page.count("</script>") == 1
    assert "&lt;/script&gt;" in page
