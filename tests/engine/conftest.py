"""Trainings of the engine's tests; `tiny_training` beside this file says what is trained."""

import pytest
from tiny_training import QUIET, SETTINGS, TinyFrames, tiny_task

from monotakd.engine.train import Training, fit


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Training:
    """A run that nobody interrupted."""
    return fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path_factory.mktemp("undisturbed"), run=QUIET)


@pytest.fixture
def stopped(tmp_path):
    """A function that makes a folder whose run ended after so many steps, with a checkpoint after each of them."""

    class StopError(Exception):
        pass

    def stop(after: int, folder=tmp_path / "stopped", **arguments):
        def on_step(record):
            if record["step"] == after:
                raise StopError

        arguments = {"task": tiny_task(), "frames": TinyFrames(), "settings": SETTINGS, "run": QUIET, **arguments}
        with pytest.raises(StopError):
            fit(out=folder, on_step=on_step, **arguments)
        return folder

    return stop
