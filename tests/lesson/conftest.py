import pytest

from monotakd.lesson import progress


@pytest.fixture(autouse=True)
def work(tmp_path_factory, monkeypatch):
    """A work folder of the test's own, and no lesson whose checks are kept."""
    folder = tmp_path_factory.mktemp("work")
    monkeypatch.setenv("MONOTAKD_WORK", str(folder))
    monkeypatch.setattr(progress, "_lesson", None)
    return folder
