"""Fixtures of the street world's tests."""

import pytest
import street_cases


@pytest.fixture
def render_boxes(monkeypatch):
    """`render`, with streets built of boxes (see `street_cases.boxes_scene`)."""
    pytest.importorskip("open3d")
    from monotakd.datasets.street import render as module

    monkeypatch.setattr(module, "build_meshes", street_cases.build)
    return module.render
