"""``torchrun ... -m monotakd train``: the processes of another starter train as those of ``--devices`` do."""

import subprocess
import sys

import pytest

from monotakd import paths
from monotakd.engine.config_file import read_config
from monotakd.engine.log import read_steps
from monotakd.engine.run_folder import FINAL

TRAIN = (
    "train",
    "teacher",
    "--preset",
    "smoke",
    "--steps",
    "2",
    "--batch-size",
    "2",
    "--device",
    "cpu",
    "--threads",
    "1",
)


def run(*words):
    done = subprocess.run([sys.executable, "-m", *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.mark.slow
def test_torchrun_ends_with_the_bytes_of_devices(tmp_path):
    data = ("--data", paths.toy_set())
    started = "torch.distributed.run --standalone --local-addr 127.0.0.1 --nproc-per-node 2 -m monotakd"
    run(*started.split(), *TRAIN, *data, "--out", tmp_path / "torchrun")
    run("monotakd", *TRAIN, *data, "--out", tmp_path / "devices", "--devices", "2")
    assert (tmp_path / "torchrun" / FINAL).read_bytes() == (tmp_path / "devices" / FINAL).read_bytes()
    assert [step["step"] for step in read_steps(tmp_path / "torchrun" / "log.jsonl")] == [1, 2]
    assert read_config(tmp_path / "torchrun")["train"]["batch_size"] == 2
