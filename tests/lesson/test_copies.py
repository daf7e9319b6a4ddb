import nbformat
import pytest

from monotakd import notebooks
from monotakd.errors import DataError
from monotakd.lesson import copies, progress
from monotakd.lesson.copies import exercise_copy


def _notebook():
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [
        text("# 04 · Lift"),
        code("from monotakd import lesson\n\nlesson.setup()", execution_count=1),
        code("def lift(f):\n    return ...", metadata={"tags": ["exercise"]}, execution_count=2),
        code(
            'def lift(f):\n    """`1 < 2`"""\n\n    return f[:, None]',
            metadata={"tags": ["solution"], "jupyter": {"source_hidden": True}},
        ),
        code(
            'lesson.check("lift", lift, lambda f: True)',
            outputs=[nbformat.v4.new_output("stream", text="✓ lift")],
        ),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_copy_holds_no_answers_that_run_and_no_outputs():
    lesson = _notebook()
    copy = exercise_copy(lesson, "04_lift")
    nbformat.validate(copy)
    kinds = [cell.cell_type for cell in copy.cells]
    assert kinds == ["markdown", "markdown", "code", "code", "markdown", "code"]
    assert "your exercise copy" in copy.cells[1].source
    assert all(cell.outputs == [] and cell.execution_count is None for cell in copy.cells if cell.cell_type == "code")
    folded = copy.cells[4].source
    assert folded.startswith("<details><summary>Solution</summary>\n\n```python\n")
    assert lesson.cells[3].source in folded, "unchanged, so that it can be copied"
    assert lesson.cells[4].outputs, "the lesson itself is left alone"


@pytest.mark.parametrize(
    ("call", "becomes"),
    [
        ("lesson.setup()", 'lesson.setup(record_as="04_lift")'),
        ("lesson.setup(stage=True)", 'lesson.setup(record_as="04_lift", stage=True)'),
    ],
)
def test_a_copy_keeps_its_checks(call, becomes):
    lesson = _notebook()
    lesson.cells[1].source = f"from monotakd import lesson\n\n{call}"
    assert exercise_copy(lesson, "04_lift").cells[2].source.endswith(becomes)


@pytest.mark.parametrize("path", notebooks.find(), ids=lambda path: path.stem)
def test_every_lesson_can_be_copied(path):
    lesson = nbformat.read(path, as_version=4)
    copy = exercise_copy(lesson, path.stem)
    nbformat.validate(copy)
    sources = [cell.source for cell in copy.cells if cell.cell_type == "code"]
    assert sum(f'record_as="{path.stem}"' in source for source in sources) == 1
    for source in sources:
        compile(source, path.name, "exec")


def test_start_never_overwrites(work):
    copy, made = copies.start("04")
    assert made
    assert copy.parent == work
    copy.write_text("mine")
    assert copies.start("04") == (copy, False)
    assert copy.read_text() == "mine"


def test_start_needs_one_lesson(work):
    with pytest.raises(DataError, match="no notebook that begins with '77'"):
        copies.start("77")
    with pytest.raises(DataError, match="a number such as 04"):
        copies.start("0")
    assert list(work.iterdir()) == []


def test_status_lists_what_is_solved(work):
    first = copies.status()[4]
    assert first.lesson == "04_from_pixels_to_bev"
    assert first.copy is None
    assert first.solved == 0
    name = next(iter(first.exercises))
    progress.record_as(first.lesson)
    progress.keep_check(name)
    progress.keep_check("an exercise of an older version")
    copy, _ = copies.start("04")
    now = copies.status()[4]
    assert now.copy == copy
    assert now.solved == 1
    assert now.exercises[name]
    assert len(now.exercises) == len(first.exercises)


def test_commands(call, work):
    status, out, _ = call("lesson", "start", "04")
    assert status == 0
    assert (work / "04_from_pixels_to_bev.ipynb").is_file()
    status, out, _ = call("lesson", "start", "04")
    assert status == 0
    assert "stays as it is" in out
    status, out, _ = call("lesson", "status")
    assert status == 0
    assert "05_teaching_assistant" in out
    assert out.count("(not begun)") == len(notebooks.find()) - 1
