import torch
from released_module import check_module
from test_lift import BINS, GRID, make_calibration, random_inputs

from monotakd.models.collapse import HeightCollapse
from monotakd.models.lift import Lift, lift_to_voxels


def test_released_module(shared):
    path = shared / "reference/released_code/collapse.npz"
    check_module(HeightCollapse(8, 5, 16), path, lambda module, voxels: module(voxels), input_name="voxel_features")


def test_lifting_in_one_go_equals_collapsing_the_voxels():
    torch.manual_seed(0)
    features, depth = random_inputs(1, 2, (6, 12), BINS)
    plans = Lift(GRID, BINS, stride=8).plans((make_calibration(), make_calibration(yaw=0.2)), features)
    for training in (True, False):
        module = HeightCollapse(3, GRID.shape[0], 5).train(training)
        torch.testing.assert_close(
            module.lift(features, depth, plans), module(lift_to_voxels(features, depth, plans)), rtol=1e-4, atol=1e-4
        )
