import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from monotakd.viz.live import LivePicture
from monotakd.viz.style import new_picture


class Clock:
    """Stands still but for what is added to ``now``."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shown(monkeypatch) -> list[tuple[str, str]]:
    """(new or changed, output) of everything that was published."""
    found = []
    for kind, name in (("new", "display"), ("changed", "update_display")):
        monkeypatch.setattr(
            f"IPython.display.{name}", lambda bundle, raw, display_id, kind=kind: found.append((kind, display_id))
        )
    return found


def _count(records):
    """A picture as many pixels wide as there are records."""
    picture = new_picture(1, 1)
    picture.add_axes((0, 0, 1, 1)).imshow(np.zeros((1, len(records))))
    return picture


def test_one_output_is_drawn_again(shown):
    clock, drawn = Clock(), []
    live = LivePicture(lambda records: drawn.append(len(records)) or _count(records), interval=1.0, clock=clock)
    for step in range(1, 6):
        live({"step": step})
        clock.now += 0.5
    assert drawn == [1, 3, 5]
    assert [kind for kind, _ in shown] == ["new", "changed", "changed"]
    assert len({output for _, output in shown}) == 1
    assert [record["step"] for record in live.records] == [1, 2, 3, 4, 5]


def test_a_slow_picture_is_drawn_less_often(shown):
    clock, drawn = Clock(), []

    def draw(records):
        drawn.append(clock.now)
        clock.now += 2.0
        return _count(records)

    live = LivePicture(draw, interval=1.0, share=0.25, clock=clock)
    for step in range(12):
        live({"step": step})
        clock.now += 1.0
    assert drawn == [100.0, 108.0], "two seconds of drawing want six without"


def test_the_end_is_drawn_once_more_if_something_came_in(shown):
    drawn = []
    with LivePicture(lambda records: drawn.append(len(records)) or _count(records), interval=1e6) as live:
        for step in range(4):
            live({"step": step})
    assert drawn == [1, 4]
    live.show()
    assert drawn == [1, 4], "nothing new"
    with LivePicture(_count):
        pass
    assert len(shown) == 2, "nothing to draw"


def test_an_error_leaves_the_curves_up_to_it(shown):
    drawn = []
    live = LivePicture(lambda records: drawn.append(len(records)) or _count(records), interval=1e6)

    def stopped():
        with live:
            live({"step": 1})
            live({"step": 2})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert drawn == [1, 2]


def test_records_are_copied(shown):
    record = {"step": 1}
    live = LivePicture(_count)
    live(record)
    record["step"] = 7
    assert live.records == [{"step": 1}]


def test_a_share_is_a_share():
    with pytest.raises(ValueError, match="share is 0"):
        LivePicture(_count, share=0.0)


def test_an_executed_notebook_keeps_the_last_picture_alone():
    source = (
        "import base64\n"
        "from monotakd.viz.live import LivePicture\n"
        "from monotakd.viz.style import new_picture\n"
        "def draw(records):\n"
        "    return new_picture(len(records), 1)\n"
        "with LivePicture(draw, interval=0.0) as live:\n"
        "    for step in range(3):\n"
        "        live({'step': step})\n"
        "last = base64.b64encode(draw(live.records).png()).decode()\n"
    )
    cells = [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell("print(last)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", extra_arguments=["--IPKernelApp.log_level=40"]).execute()
    first, second = notebook.cells
    assert [output.output_type for output in first.outputs] == ["display_data"]
    assert first.outputs[0].data["image/png"].strip() == second.outputs[0].text.strip()
