"""The whole metric against published reference values and against a slow version written from the rules."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kitti_cases import packed, random_case, thing
from reference import kitti_ap

from monotakd.metrics.folders import evaluate_folders
from monotakd.metrics.kitti import evaluate


def flat(tree, path=()):
    """Every number (or None) of nested dictionaries and lists, by its path."""
    if isinstance(tree, dict):
        return {k: v for key, part in tree.items() for k, v in flat(part, (*path, key)).items()}
    if isinstance(tree, list):
        return {(*path, i): value for i, value in enumerate(tree)}
    return {path: tree}


def test_equals_the_reference_cases(shared):
    cases = sorted((shared / "reference" / "kitti_eval").iterdir())
    assert cases
    for case in cases:
        expected = json.loads((case / "expected.json").read_text())["classes"]
        found = evaluate_folders(case / "label_2", case / "pred").to_json()["classes"]
        compared = 0
        for name, levels in expected.items():
            assert set(found[name]) == set(levels)
            for level, metrics in levels.items():
                for metric, kinds in metrics.items():
                    for kind, values in kinds.items():
                        where = f"{case.name} {name} {level} {metric} {kind}"
                        if values["python"] is None:
                            assert found[name][level][metric] is None, where
                        else:
                            got = found[name][level][metric][kind]
                            np.testing.assert_allclose(got, values["python"], rtol=0, atol=1e-6, err_msg=where)
                        compared += 1
        assert compared == 3 * 2 * 4 * 2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_equals_the_slow_version_on_random_cases(seed):
    truth, detections = random_case(np.random.default_rng(seed))
    found, expected = (
        flat(evaluate(*packed(truth, detections), workers=1).to_json()),
        flat(kitti_ap.evaluate(truth, detections)),
    )
    # An undefined orientation is one None in ours and in the slow version alike.
    assert found.keys() == expected.keys()
    for path, value in expected.items():
        assert found[path] == pytest.approx(value, abs=1e-9), path


def test_the_random_cases_reach_every_rule():
    """Guards the generator: a comparison on cases in which nothing happens would prove nothing."""
    reached = set()
    for seed in range(20):
        truth, detections = random_case(np.random.default_rng(seed))
        trace = evaluate(*packed(truth, detections), trace=True, workers=1).trace
        for metric in ("bbox", "3d"):
            fates = trace.fates("Car", metric, "moderate")
            reached |= {("detection", f.status) for f in fates.detections}
            reached |= {
                ("detection", "ignored", f.truth is not None) for f in fates.detections if f.status == "ignored"
            }
            reached |= {("truth", f.status) for f in fates.truths}
            reached |= {("reason", f.reason.split()[0]) for f in fates.truths if f.status == "ignored"}
    assert {
        ("detection", s) for s in ("hit", "false alarm", "ignored", "suppressed by DontCare", "other class")
    } <= reached
    assert {("truth", s) for s in ("hit", "missed", "ignored", "other class")} <= reached
    assert {("reason", s) for s in ("neighbour", "occlusion", "truncation", "2D", "takes")} <= reached
    assert {("detection", "ignored", True), ("detection", "ignored", False)} <= reached


@pytest.mark.parametrize("workers", [2, 5])
def test_threads_do_not_change_a_bit(workers):
    case = packed(*random_case(np.random.default_rng(7), frames=40))
    assert evaluate(*case, workers=workers).to_json() == evaluate(*case, workers=1).to_json()


def test_no_frames_and_no_objects():
    for truth, detections in (([], []), ([[]], [[]]), ([[thing()]], [[]]), ([[]], [[thing(score=0.5)]])):
        assert flat(evaluate(*packed(truth, detections)).to_json()) == flat(kitti_ap.evaluate(truth, detections))
