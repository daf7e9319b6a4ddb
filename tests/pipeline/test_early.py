"""The page on beginnings says what its data say; a repeat that begins otherwise is refused."""

import json

import pytest

from monotakd.bootstrap import CHECKOUT
from monotakd.engine.config_file import RECORD, write_config
from monotakd.errors import DataError
from monotakd.pipeline.early import NAME, PAGE, SHARE, STUDENTS, Early, make_early_table, page
from monotakd.pipeline.training import require_first_weights

RESULTS = CHECKOUT / "results"


def test_the_committed_page_is_made_of_the_committed_data():
    facts = json.loads((RESULTS / NAME).read_text())
    found = [Early.from_json(one) for one in facts["networks"]]
    assert (RESULTS / PAGE).read_text() == page(found, facts)
    assert [one.name for one in found] == ["depth_network", "teacher", "assistant", *STUDENTS]
    for one in found:
        assert one.step == round(SHARE * one.steps)
        assert all(first > last for first, _, last in one.losses.values() if first)


def test_other_first_weights_are_refused(tmp_path):
    write_config(tmp_path, {RECORD: {"first_weights": "a" * 64}})
    require_first_weights(tmp_path, "a" * 64)
    with pytest.raises(DataError, match="began with the weights aaaa"):
        require_first_weights(tmp_path, "b" * 64)


def test_a_job_that_lacks_a_training_is_named_before_any_is_repeated(tmp_path):
    (tmp_path / "job.txt").write_text("smoke\nstreet world\n")
    with pytest.raises(DataError, match="depth_network"):
        make_early_table(tmp_path, tmp_path, command="this test")
