"""What a job folder was begun with, and the refusal to go on in it with something else.

``job.txt`` says the preset, with what was changed of it, and the data; the ``config.json`` of every training that has
begun says the rest: budget, precision, and the networks that taught.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from monotakd.datasets.kitti.files import read_bytes
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import read_config
from monotakd.engine.durable import write_text_durably
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError
from monotakd.pipeline.agreement import FRESH, SHORT, START, Told, budget_facts, facts_of, require_agreement
from monotakd.pipeline.collecting import collected
from monotakd.pipeline.networks import with_image_weights
from monotakd.pipeline.presets import said_by_name
from monotakd.pipeline.rows import MODELS
from monotakd.pipeline.workplace import Workplace

NAME = "job.txt"
STREETS = "street world"
_DEPTH = "depth_network"


def require_same_job(place: Workplace) -> None:
    """A folder belongs to one preset, with its changes, and one data root; rows and seeds may be added later.

    Raises:
        DataError: the folder holds another job; names the option, what it was begun with, and what is asked for now.
    """
    path = place.out / NAME
    data = str(place.given.resolve()) if place.given else STREETS
    if not path.exists():
        write_text_durably(path, f"{place.preset.name}\n{data}\n")
        return
    lines = read_bytes(path, "what a job was begun with").decode(errors="replace").split("\n")
    before, now = (
        {**said_by_name(lines[0]), "data": "".join(lines[1:])},
        {**said_by_name(place.preset.name), "data": data},
    )
    for option in dict.fromkeys((*now, *before)):
        if before.get(option) != now.get(option):
            found, asked = (said.get(option, "as in the preset") for said in (before, now))
            raise DataError(
                path,
                f"a job with --{option.replace('_', '-')} {found}",
                f"{asked}, as asked for now",
                fix="Type the job's own options to go on with it, or take another --out",
            )


def require_same_trainings(place: Workplace, results: Path | None) -> None:
    """What was trained in the folder, and what the collected runs say of theirs, has to be what is asked for now.

    Args:
        place: the job, with the budgets for its data.
        results: the folder that collects results.

    Raises:
        DataError: something differs; names both files, or the file and this call, the fact and its two values.
    """
    told = [] if results is None else [run.told(path) for path, run in collected(place, results).items()]
    begun = list(_trainings(place))
    told += begun
    facts = {}
    for network in (_DEPTH, *MODELS, "student"):
        facts |= budget_facts(network, place.budget(network))
    if any(START in one.facts for one in begun):
        facts[START] = _start(place)
    told += [Told("this call", place.preset.name, labels, facts) for labels in place.preset.labels]
    require_agreement(told)


def _trainings(place: Workplace) -> Iterator[Told]:
    for path in sorted(place.out.glob(f"labels_*/**/{CONFIG}")):
        labels, network = path.relative_to(place.out).parts[:2]
        facts = facts_of(read_config(path.parent), network)
        yield Told(path, place.preset.name, labels.removeprefix("labels_"), facts)


def _start(place: Workplace) -> str:
    """What this call would have the depth network start as."""
    if place.image_weights is None:
        return FRESH
    with redirect_stdout(io.StringIO()):  # Told when the training began.
        return weights_hash(with_image_weights(place.image_weights, place.preset.networks))[:SHORT]
