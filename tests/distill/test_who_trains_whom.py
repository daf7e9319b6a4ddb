"""The table of gradients: its columns, its numbers, and that looking changes nothing."""

import copy
from dataclasses import replace

import pytest
import torch
from small_world import make_batch, make_distiller

from monotakd.distill.settings import DistillSettings
from monotakd.distill.who_trains_whom import who_trains_whom


def test_a_norm_equals_that_of_a_backward_pass():
    distiller = make_distiller(DistillSettings.published())
    distiller.student.eval()
    batch = make_batch(2)
    before = copy.deepcopy(distiller.state_dict())
    table = who_trains_whom(distiller, batch)
    assert table.terms[:2] == ("intra_modal", "residual")
    assert table.groups[-2:] == ("teacher", "assistant")
    assert not table.values[:, -2:].any()
    assert all(p.grad is None for p in distiller.parameters())
    assert all(torch.equal(value, before[key]) for key, value in distiller.state_dict().items())

    distiller(batch, distiller.targets(batch)).residual.backward()
    gradients = [p.grad.flatten() for p in distiller.student.spatial_align.parameters() if p.grad is not None]
    assert table.of("residual", "spatial_align") == pytest.approx(float(torch.cat(gradients).norm()), rel=1e-4)
    assert "bev_convs" not in table.groups  # it has no parameters at this scale


def test_a_parameter_that_is_in_no_part_has_a_column():
    distiller = make_distiller(DistillSettings.ground_truth_only())
    scale = torch.nn.Parameter(torch.ones(()))
    distiller.student.scale_of_maps = scale
    table = who_trains_whom(distiller, make_batch(1))
    assert table.groups.count("Student") == 1
    assert table.of("truth_box", "Student") == 0  # nothing uses it
    distiller.student.register_forward_hook(
        lambda student, _, output: replace(output, head=replace(output.head, codes=output.head.codes * scale))
    )
    assert who_trains_whom(distiller, make_batch(1)).of("truth_box", "Student") > 0
