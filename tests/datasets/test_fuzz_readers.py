"""Hundreds of damaged files for every reader: what is harmful is refused with file and place, the rest loads equal."""

import io
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import damaged_binary
import damaged_text
import numpy as np
import pytest
from PIL import Image
from tiny_kitti import LABELS, SIZE, kitti_calibration, tiny_frame

from monotakd.datasets.kitti.calibration import format_calibration, read_calibration
from monotakd.datasets.kitti.depth import read_depth
from monotakd.datasets.kitti.images import read_image
from monotakd.datasets.kitti.labels import read_labels
from monotakd.datasets.kitti.points import read_points
from monotakd.datasets.kitti.splits import read_split
from monotakd.errors import DataError

SEEDS = 6
MEMORY_LIMIT = 64 * 2**20
CPU_LIMIT_S = 5.0


@dataclass(frozen=True)
class Reader:
    """One reader under test: how to make a good file, how to read it, and what to do to it."""

    good: Callable[[np.random.Generator], bytes]
    read: Callable
    harmful: dict[str, Callable]
    harmless: dict[str, Callable]


def _label_values(path):
    labels = read_labels(path)
    return labels.names, labels.matrix()


def _predictions(rng):
    rows = LABELS.splitlines()[:3]
    return "".join(f"{row} {rng.uniform():.6f}\n" for row in rows).encode()


def _calibration_values(path):
    found = read_calibration(path)
    return found.p2, found.r0_rect, found.tr_velo_to_cam


def _png(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **options)
    return buffer.getvalue()


def _pixels(rng):
    return rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)


def _depth_units(rng):
    return rng.integers(0, 65536, SIZE).astype(np.uint16)


def _other(png):
    """Replaces the file by another PNG."""
    return lambda data, rng: _png(png(rng))


def _opaque(data, rng):
    buffer = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGBA").save(buffer, "PNG")
    return buffer.getvalue()


TEXT = damaged_text.TEXT_HARMFUL
CALM = damaged_text.TEXT_HARMLESS
READERS = {
    "labels": Reader(
        lambda rng: LABELS.encode(),
        _label_values,
        TEXT | damaged_text.NUMBERS_HARMFUL | damaged_text.LABELS_HARMFUL,
        CALM | damaged_text.NUMBERS_HARMLESS | damaged_text.LABELS_HARMLESS,
    ),
    "predictions": Reader(
        _predictions,
        _label_values,
        {"score lost": lambda data, rng: data.rstrip(b"\n").rsplit(b" ", 1)[0] + b"\n"} | damaged_text.NUMBERS_HARMFUL,
        CALM | damaged_text.NUMBERS_HARMLESS,
    ),
    "calibration": Reader(
        lambda rng: format_calibration(kitti_calibration(rng)).encode(),
        _calibration_values,
        TEXT | damaged_text.NUMBERS_HARMFUL | damaged_text.CALIBRATION_HARMFUL,
        CALM | damaged_text.NUMBERS_HARMLESS | damaged_text.CALIBRATION_HARMLESS,
    ),
    "splits": Reader(
        lambda rng: b"".join(b"%06d\n" % i for i in sorted(rng.choice(7481, 12, replace=False))),
        lambda path: (read_split(path),),
        TEXT | damaged_text.SPLITS_HARMFUL,
        CALM,
    ),
    "points": Reader(
        lambda rng: tiny_frame("000003", int(rng.integers(1000))).points.tobytes(),
        lambda path: (read_points(path),),
        damaged_binary.POINTS_HARMFUL,
        {},
    ),
    "image": Reader(
        lambda rng: _png(_pixels(rng)),
        lambda path: (read_image(path),),
        damaged_binary.PNG_HARMFUL | {"16 bits": _other(_depth_units)},
        damaged_binary.PNG_HARMLESS | {"opaque alpha channel": _opaque},
    ),
    "depth": Reader(
        lambda rng: _png(_depth_units(rng)),
        lambda path: (read_depth(path),),
        damaged_binary.PNG_HARMFUL
        | {
            "8 bits": _other(lambda rng: _pixels(rng)[..., 0]),
            "colours": _other(_pixels),
            "all unknown": _other(lambda rng: np.zeros(SIZE, np.uint16)),
        },
        damaged_binary.PNG_HARMLESS,
    ),
}
HARMFUL = [(name, kind) for name, reader in READERS.items() for kind in reader.harmful]
HARMLESS = [(name, kind) for name, reader in READERS.items() for kind in reader.harmless]


def _damaged(tmp_path, name, kind, mutations):
    """Good and damaged file, for each seed."""
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, *f"{name} {kind}".encode()])
        data = READERS[name].good(rng)
        good, bad = tmp_path / f"good-{seed}", tmp_path / f"bad-{seed}"
        good.write_bytes(data)
        bad.write_bytes(mutations[kind](data, rng))
        yield good, bad


def test_at_least_500_damaged_files_are_tried():
    assert SEEDS * (len(HARMFUL) + len(HARMLESS)) >= 500


@pytest.mark.parametrize(("name", "kind"), HARMFUL, ids=lambda value: value.replace(" ", "-"))
def test_harmful_damage_is_refused_with_file_and_place(tmp_path, name, kind):
    reader = READERS[name]
    for good, bad in _damaged(tmp_path, name, kind, reader.harmful):
        assert bad.read_bytes() != good.read_bytes()
        reader.read(good)
        tracemalloc.start()
        began = time.process_time()
        try:
            with pytest.raises(DataError) as caught:
                reader.read(bad)
            spent, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert caught.value.source == str(bad)
        assert caught.value.place, str(caught.value)
        assert str(bad) in str(caught.value)
        assert len(str(caught.value)) < 1000, "an error message must not quote the whole file"
        assert peak < MEMORY_LIMIT
        assert spent < CPU_LIMIT_S


@pytest.mark.parametrize(("name", "kind"), HARMLESS, ids=lambda value: value.replace(" ", "-"))
def test_harmless_changes_load_equal_values(tmp_path, name, kind):
    reader = READERS[name]
    for good, changed in _damaged(tmp_path, name, kind, reader.harmless):
        assert changed.read_bytes() != good.read_bytes()
        for wanted, found in zip(reader.read(good), reader.read(changed), strict=True):
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("name", READERS)
def test_a_folder_and_a_missing_file_are_refused(tmp_path, name):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError, match=str(path)):
            READERS[name].read(path)
