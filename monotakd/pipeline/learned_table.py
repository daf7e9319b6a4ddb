"""``monotakd learned-table``: `learned` for every student of a job, and `reach` for its teachers and assistants too.

As JSON and as a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.device import choose_device
from monotakd.engine.durable import write_json_durably, write_text_durably
from monotakd.engine.run_folder import FINAL
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError
from monotakd.models.student import Student
from monotakd.pipeline.learned import Given, Learned, given_by, learned_by
from monotakd.pipeline.ledger_run import job_at
from monotakd.pipeline.markdown import DASH, MINUS, mean_text, table
from monotakd.pipeline.networks import load
from monotakd.pipeline.presets import LABELLED
from monotakd.pipeline.reach import EDGES, Reach, Truth, reach
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import NAME as SCORES
from monotakd.pipeline.rows import MODELS, ROWS
from monotakd.pipeline.stages import trained_model
from monotakd.pipeline.table import row_title
from monotakd.pipeline.workplace import Workplace

NAME, PAGE = "learned.json", "learned.md"
_COLUMNS = ("F_T in F_S", "F_A in F_vis", f"F_T {MINUS} F_A in F_spa", "true bin", "depth error, m")
_TITLES = {"all": "All frames labelled", "200": "200 labelled frames, the others unlabelled"}


def make_learned_table(out: Path, folder: Path, *, frames: int = 200, command: str = "monotakd learned-table") -> str:
    """Measures the students that a job has; those that were measured before, with these weights, are not run again.

    The table may grow in several jobs, as the folder of results does: what it says of students that this job lacks
    stays, if their teachers and assistants are this job's.

    Args:
        out: folder of the job.
        folder: gets ``learned.json`` and ``learned.md``.
        frames: how many of the reported split, from its start.
        command: for the record.

    Returns:
        The page.

    Raises:
        DataError: no job, no student, or other results in the folder.
    """
    place = job_at(out, command=command)
    students = list(_students(place))
    if not students:
        raise DataError(out, "no trained student", "some beside their teacher and assistant", fix="Run reproduce first")
    path = folder / NAME
    root, ids = place.report_root()
    shown = CameraFrames(
        root, ids[:frames], points=True, depth=place.preset.true_depth, size=place.image_size, keep=True
    )
    given: dict[tuple[str, str], Given] = {}
    value = {
        "preset": place.preset.name,
        "split": place.report_split,
        "frames": len(shown.frame_ids),
        "reported": len(ids),
    }
    before = _known(path, value)
    value["reach"] = merged(before["reach"], _reach(place, students, Truth.of(root, ids)), path)
    measured = {(*_key(run), run["weights"]): run for run in before["runs"]}
    runs = []
    for labels, row, seed in students:
        student = load(row, place.student(labels, row, seed) / FINAL, place.preset.networks)
        entry = {"labels": labels, "row": row, "seed": seed, "weights": weights_hash(student)[:16]}
        key = tuple(entry.values())
        if key not in measured:
            measured[key] = _measured(place, entry, student, shown, given)
            # With what is known of students whose turn has not come: a kill forgets none.
            write_json_durably(path, {**value, "runs": list(measured.values())})
        runs.append(measured[key])
    value["runs"] = merged(before["runs"], runs, path)
    write_json_durably(path, value)
    page = learned_page(value)
    write_text_durably(folder / PAGE, page)
    return page


def _measured(
    place: Workplace,
    entry: dict[str, Any],
    student: Student,
    frames: CameraFrames,
    given: dict[tuple[str, str], Given],
) -> dict[str, Any]:
    device = choose_device(place.run.device)
    labels, row = entry["labels"], entry["row"]
    name = ROWS[row].assistant or "assistant"
    if (labels, name) not in given:
        networks = (trained_model(place, labels, one).to(device) for one in ("teacher", name))
        given[labels, name] = given_by(*networks, frames)
    print(f"{row_title(row)}, {labels} labels, seed {entry['seed']}", flush=True)
    found = learned_by(student.to(device), given[labels, name], frames)
    return {**entry, "assistant": name, "learned": found.to_json(), "record": record_of(place.command)}


def _reach(place: Workplace, students: Sequence[tuple[str, str, int]], truth: Truth) -> list[dict[str, Any]]:
    """Of every scored network: teachers and assistants first."""
    models = [(labels, name, 0, place.model(labels, name)) for labels in LABELLED for name in MODELS]
    folders = [*models, *((*student, place.student(*student)) for student in students)]
    return [
        reach_entry(labels, row, seed, reach(truth, folder / "predictions"))
        for labels, row, seed, folder in folders
        if (folder / SCORES).exists()
    ]


def reach_entry(labels: str, row: str, seed: int, found: Reach) -> dict[str, Any]:
    """How far a network sees, as it comes back from ``learned.json``."""
    numbers = {name: list(values) for name, values in asdict(found).items()}
    return {"labels": labels, "row": row, "seed": seed, **numbers}


def _students(place: Workplace) -> Iterator[tuple[str, str, int]]:
    """Label setting, row and seed of every scored student whose teacher and assistant are there."""
    for labels in LABELLED:
        for row, recipe in ROWS.items():
            needed = ("teacher", recipe.assistant or "assistant")
            if any(not (place.model(labels, name) / FINAL).exists() for name in needed):
                continue
            for seed in range(place.preset.seeds):
                if (place.student(labels, row, seed) / SCORES).exists():
                    yield labels, row, seed


def _known(path: Path, value: dict[str, Any]) -> dict[str, Any]:
    """What an earlier table says of the same frames; nothing where there is none."""
    if path.exists():
        known = read_learned(path.parent)
        if all(known.get(name) == value[name] for name in ("preset", "split", "frames", "reported")):
            return known
    return {"runs": [], "reach": []}


def merged(before: list[dict[str, Any]], now: list[dict[str, Any]], path: Path) -> list[dict[str, Any]]:
    """Entries of a job and, beside them, those that an earlier one had more; in the order of the rows.

    Args:
        before: entries of the earlier table, each with its labels, row and seed.
        now: of the job.
        path: of the earlier table, for the error.

    Raises:
        DataError: of a teacher or an assistant the two say different things, so that it is not the same network.
    """
    entries = {_key(entry): entry for entry in before}
    for entry in now:
        known = entries.get(_key(entry), entry)
        if entry["row"] in MODELS and entry != known:
            raise DataError(
                path,
                f"students of another {row_title(entry['row'])}, {entry['labels']} labels",
                "those of the job's own networks",
                fix="Give the table of this job a folder of its own (--results)",
            )
        entries[_key(entry)] = entry
    labels, rows = list(LABELLED), [*MODELS, *ROWS]
    return [entries[key] for key in sorted(entries, key=lambda key: (labels.index(key[0]), rows.index(key[1]), key[2]))]


def _key(entry: dict[str, Any]) -> tuple[str, str, int]:
    return entry["labels"], entry["row"], entry["seed"]


def learned_page(value: dict[str, Any]) -> str:
    """The page that belongs to a ``learned.json``."""
    parts = [_TOP.format(**value, minus=MINUS)]
    for labels, title in _TITLES.items():
        parts += _titled(title, learned_lines(value, labels))
    parts.append(_REACH.format(**value))
    for labels, title in _TITLES.items():
        parts += _titled(title, reach_lines(value, labels))
    commits, hardware = (sorted({run["record"][of] for run in value["runs"]}) for of in ("commit", "hardware"))
    return "\n".join([*parts, f"Commits {', '.join(commits)}; {', '.join(hardware)}.", ""])


def read_learned(folder: Path) -> dict[str, Any]:
    """The ``learned.json`` of a folder.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    path = folder / NAME
    value = read_json_object(path, "the table of monotakd learned-table")
    if not {"frames", "runs", "reach"} <= value.keys():
        raise DataError(path, "no table", "the table of monotakd learned-table", fix="Make it anew")
    return value


def learned_lines(value: dict[str, Any], labels: str) -> list[str]:
    """Lines of a Markdown table of what the students of a label setting learned; none without students."""
    runs = _of(value["runs"], labels)
    return _table(_COLUMNS, [(run["row"], [run["learned"][name] for name in Learned.names()]) for run in runs])


def reach_lines(value: dict[str, Any], labels: str) -> list[str]:
    """The same of how far the networks of a label setting see."""
    bins = [f"{near:.0f} to {far:.0f} m" for near, far in pairwise(EDGES)]
    columns = [*(f"found, {b}" for b in bins), *(f"error, {b}" for b in bins)]
    return _table(columns, [(run["row"], [*run["recall"], *run["depth_error"]]) for run in _of(value["reach"], labels)])


def _titled(title: str, lines: list[str]) -> list[str]:
    return [f"**{title}**", "", *lines, ""] if lines else []


def _of(runs: Sequence[dict[str, Any]], labels: str) -> list[dict[str, Any]]:
    return [run for run in runs if run["labels"] == labels]


def _table(columns: Sequence[str], runs: Sequence[tuple[str, Sequence[float | None]]]) -> list[str]:
    """A line per row: means over its runs, with their spread where there are several."""
    if not runs:
        return []
    lines = []
    for row in dict.fromkeys(name for name, _ in runs):
        numbers = list(zip(*(values for name, values in runs if name == row), strict=True))
        cells = [DASH if None in values else mean_text(values, 2) for values in numbers]
        lines.append([row_title(row), str(len(numbers[0])), *cells])
    return table(["row", "seeds", *columns], lines, "ll" + "r" * len(columns))


_TOP = """# What the students learned of their targets

Written by `monotakd learned-table --out DIR --results results` from learned.json; a test holds this page to it. On
cells in cars, {frames} streets of the split {split} (preset {preset}), which no student saw in training; mean over the
seeds ± standard deviation.

- *F_T in F_S*: R2 of the teacher's map from the map that the student's detector reads, through the best linear map
  between their channels, fitted on every other street and judged on the rest. 1 is perfect, 0 no better than one mean
  for all cars.
- *F_A in F_vis*, *F_T {minus} F_A in F_spa*: the same of the assistant's map from the visual one, and of the difference
  from the aligned spatial one. The assistant is the one of the row, or the one trained on boxes where a row has none.
- *true bin*: mean probability of the true depth bin, where LiDAR sees a car. *depth error*: median distance of the mean
  predicted depth from the true one.
"""
_REACH = """## How far they see

Cars, moderate, all {reported} streets of the split. *found*: share of the cars that a detection overlaps by 0.5 in 3D,
of any score that a network reports (0.1 and above). *error*: mean error in depth, in metres, of the cars that were
found in the image.
"""
