"""The lift against the volume it avoids, against plain loops, and against the released code's tensors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_lift import lift_point

from monotakd.benchmarks.volume_lift import sampling_grid, volume_lift
from monotakd.geometry.frames import flip_calibration
from monotakd.geometry.grids import cell_centres
from monotakd.models.lift import Lift, lift_to_bev, lift_to_voxels
from monotakd.models.lift_plan import frustum_cells, plan_lift
from monotakd.scene import Calibration, DepthBins, VoxelGrid

GRID = VoxelGrid((2.0, -6.0, -2.0), (14.0, 6.0, 1.0), (1.0, 1.5, 1.0))
BINS = DepthBins("LID", 10, 2.0, 14.0)
CAM_AXES_FROM_LIDAR = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])


def make_calibration(focal=60.0, image_size=(48, 96), centre_shift=0.0, pitch=0.0, yaw=0.0, height=0.1) -> Calibration:
    cos_p, sin_p, cos_y, sin_y = np.cos(pitch), np.sin(pitch), np.cos(yaw), np.sin(yaw)
    tilt = np.array([[1, 0, 0], [0, cos_p, -sin_p], [0, sin_p, cos_p]])
    turn = np.array([[cos_y, 0, sin_y], [0, 1, 0], [-sin_y, 0, cos_y]])
    pose = np.eye(4)
    pose[:3, :3] = tilt @ turn @ CAM_AXES_FROM_LIDAR
    pose[:3, 3] = (0.06, -height, -0.27)
    h, w = image_size
    projection = np.array([[focal, 0, w / 2 + centre_shift, 4.5], [0, focal, h / 2, 0.2], [0, 0, 1, 0.003]])
    return Calibration(projection, pose, image_size)


def random_inputs(seed, samples, size, bins, channels=3, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(samples, channels, *size, generator=generator, dtype=dtype)
    depth = torch.randn(samples, bins.num + 1, *size, generator=generator, dtype=dtype).mul(2).softmax(1)
    return features.requires_grad_(), depth.requires_grad_()


def grids_of(lift, calibrations, size):
    cells = [
        frustum_cells(c, lift.grid, lift.bins, size, stride=lift.stride, convention=lift.convention)
        for c in calibrations
    ]
    return [sampling_grid(c, (lift.bins.num, *size)) for c in cells]


calibrations_any = st.builds(
    make_calibration,
    focal=st.floats(25.0, 200.0),
    image_size=st.just((48, 96)),
    centre_shift=st.floats(-30.0, 30.0),
    pitch=st.floats(-0.4, 0.4),
    yaw=st.floats(-3.2, 3.2),
    height=st.floats(-1.0, 1.0),
)
bins_any = st.builds(
    DepthBins,
    mode=st.sampled_from(["LID", "UD", "SID"]),
    num=st.integers(1, 12),
    minimum=st.sampled_from([0.0, 1.0, 2.0, 5.0]),
    maximum=st.floats(6.0, 30.0),
)


@settings(max_examples=60, deadline=None)
@given(
    pair=st.tuples(calibrations_any, calibrations_any),
    bins=bins_any,
    stride=st.sampled_from([4, 8, 16]),
    convention=st.sampled_from(["centred", "released"]),
)
def test_equals_the_volume_for_any_calibration_and_bins(pair, bins, stride, convention):
    size = (48 // stride, 96 // stride)
    features, depth = random_inputs(0, 2, size, bins)
    lift = Lift(GRID, bins, stride, convention)
    weight = torch.randn(4, 3 * GRID.shape[0], generator=torch.Generator().manual_seed(1), requires_grad=True)
    upstream = torch.randn(2, 4, *GRID.shape[1:], generator=torch.Generator().manual_seed(2))

    voxels = volume_lift(features, depth[:, : bins.num], grids_of(lift, pair, size))
    expected = torch.einsum("bkyx,ok->boyx", voxels.flatten(1, 2), weight)
    plans = lift.plans(pair, features)
    bev = lift_to_bev(features, depth, weight, plans)

    torch.testing.assert_close(lift_to_voxels(features, depth, plans), voxels, rtol=0, atol=2e-5)
    torch.testing.assert_close(bev, expected, rtol=0, atol=1e-4)
    inputs = (features, depth, weight)
    for ours, theirs in zip(
        torch.autograd.grad(bev, inputs, upstream), torch.autograd.grad(expected, inputs, upstream), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-4)


def test_equals_plain_loops_over_voxels():
    calibration = make_calibration(pitch=0.1, yaw=-0.2)
    features, depth = random_inputs(3, 1, (6, 12), BINS)
    lift = Lift(GRID, BINS, stride=8)
    voxels = lift_to_voxels(features, depth, lift.plans((calibration,), features))[0].detach().numpy()
    f, p = features[0].detach().numpy(), depth[0].detach().numpy()
    seen = 0
    for (z, y, x), _ in np.ndenumerate(np.empty(GRID.shape)):
        expected = lift_point(f, p, calibration, BINS, 8, cell_centres(GRID)[z, y, x])
        seen += bool(np.abs(expected).sum())
        np.testing.assert_allclose(voxels[:, z, y, x], expected, atol=1e-5)
    assert seen > 50


def test_the_example_of_the_docstring():
    column, row, depth_bin = (np.full((1, 1, 1), value) for value in (3.25, 7.0, 4.5))
    plan = plan_lift(column, row, depth_bin, (9, 6), num_bins=8)
    probability = torch.zeros(1, 8, 9, 6)
    probability[0, 4, 7, 3], probability[0, 5, 7, 3] = 0.2, 0.6
    probability[0, 4:6, 7, 4] = 0.1
    features = torch.zeros(1, 2, 9, 6)
    features[0, 0, 7, 3], features[0, 1, 7, 4] = 1.0, 1.0
    voxel = lift_to_voxels(features, probability, [plan]).flatten()
    torch.testing.assert_close(voxel, torch.tensor([0.30, 0.025]))


def test_gradients_match_finite_differences():
    features, depth = random_inputs(4, 2, (3, 6), BINS, channels=2, dtype=torch.float64)
    weight = torch.randn(2, 2 * 3, dtype=torch.float64, generator=torch.Generator().manual_seed(5), requires_grad=True)
    small = VoxelGrid((2.0, -2.0, -1.0), (8.0, 2.0, 0.5), (2.0, 1.0, 0.5))
    lift = Lift(small, BINS, stride=16)
    plans = lift.plans((make_calibration(), make_calibration(yaw=0.2)), features)
    assert torch.autograd.gradcheck(lambda *args: lift_to_bev(*args, plans), (features, depth, weight))
    assert torch.autograd.gradcheck(lambda *args: lift_to_voxels(*args, plans), (features, depth))


def test_one_hot_depth_skips_reads_and_changes_nothing():
    calibration = make_calibration()
    features, _ = random_inputs(6, 1, (6, 12), BINS)
    target = torch.randint(0, BINS.num + 1, (1, 6, 12), generator=torch.Generator().manual_seed(7))
    one_hot = torch.nn.functional.one_hot(target, BINS.num + 1).permute(0, 3, 1, 2).float()
    weight = torch.randn(4, 9, generator=torch.Generator().manual_seed(8))
    plans = Lift(GRID, BINS, stride=8).plans((calibration,), features)
    for lifted in (lambda p: lift_to_bev(features, p, weight, plans), lambda p: lift_to_voxels(features, p, plans)):
        sparse, dense = lifted(one_hot), lifted(one_hot.clone().requires_grad_())
        assert dense.abs().sum() > 1
        torch.testing.assert_close(sparse, dense)
        torch.testing.assert_close(
            torch.autograd.grad(sparse.sum(), features), torch.autograd.grad(dense.sum(), features)
        )


def test_flipping_the_input_flips_the_map():
    calibration = make_calibration(centre_shift=7.3, yaw=0.15)
    features, depth = random_inputs(9, 1, (6, 12), BINS)
    weight = torch.randn(4, 9, generator=torch.Generator().manual_seed(10))
    lift = Lift(GRID, BINS, stride=8)
    bev = lift_to_bev(features, depth, weight, lift.plans((calibration,), features))
    mirrored = flip_calibration(calibration)
    flipped = lift_to_bev(features.flip(3), depth.flip(3), weight, lift.plans((mirrored,), features))
    torch.testing.assert_close(flipped.flip(2), bev, rtol=0, atol=1e-5)
    wrong = lift_to_bev(features.flip(3), depth.flip(3), weight, lift.plans((calibration,), features))
    assert (wrong.flip(2) - bev).abs().max() > 0.05


def test_each_sample_is_lifted_by_its_own_calibration():
    pair = (make_calibration(), make_calibration(focal=90.0, yaw=0.3))
    features, depth = random_inputs(11, 2, (6, 12), BINS)
    lift = Lift(GRID, BINS, stride=8)
    together = lift_to_voxels(features, depth, lift.plans(pair, features))
    for i, calibration in enumerate(pair):
        alone = lift_to_voxels(features[i : i + 1], depth[i : i + 1], lift.plans((calibration,), features))
        torch.testing.assert_close(together[i : i + 1], alone)


@pytest.mark.parametrize("bins", [BINS, DepthBins("UD", 2, 0.0, 40.0), DepthBins("SID", 2, 0.0, 40.0)])
def test_a_camera_that_looks_away_sees_nothing(bins):
    # With a minimum of 0 the first bin's share reaches below depth 0, where points project mirrored.
    features, depth = random_inputs(12, 1, (6, 12), bins)
    weight = torch.ones(4, 9)
    plans = Lift(GRID, bins, stride=8).plans((make_calibration(yaw=np.pi),), features)
    assert len(plans[0]) == 0
    assert not lift_to_bev(features, depth, weight, plans).any()


def test_computes_in_full_precision_under_autocast():
    features, depth = random_inputs(13, 1, (6, 12), BINS)
    weight = torch.randn(4, 9, generator=torch.Generator().manual_seed(14))
    plans = Lift(GRID, BINS, stride=8).plans((make_calibration(),), features)
    expected = lift_to_bev(features, depth, weight, plans)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        bev = lift_to_bev(features, depth, weight, plans)
    torch.testing.assert_close(bev, expected)


def test_plans_are_kept_until_memory_runs_out():
    features, _ = random_inputs(15, 1, (6, 12), BINS)
    first, second = make_calibration(), make_calibration(yaw=0.1)
    lift = Lift(GRID, BINS, stride=8)
    assert lift.plans((first,), features)[0] is lift.plans((make_calibration(),), features)[0]
    tight = Lift(GRID, BINS, stride=8, cache_megabytes=0.0)
    kept = tight.plans((first,), features)[0]
    tight.plans((second,), features)
    assert tight.plans((first,), features)[0] is not kept


def test_the_released_convention_depends_on_the_widest_image_ours_does_not():
    narrow, wide = make_calibration(image_size=(46, 92)), make_calibration()
    features, depth = random_inputs(16, 2, (6, 12), BINS)
    for convention, alike in (("released", False), ("centred", True)):
        lift = Lift(GRID, BINS, stride=8, convention=convention)
        alone = lift_to_voxels(features[:1], depth[:1], lift.plans((narrow,), features[:1]))
        beside = lift_to_voxels(features, depth, lift.plans((narrow, wide), features))[:1]
        assert torch.equal(alone, beside) == alike


def test_errors_name_what_does_not_fit():
    features, depth = random_inputs(17, 1, (6, 12), BINS)
    lift = Lift(GRID, BINS, stride=8)
    plans = lift.plans((make_calibration(),), features)
    with pytest.raises(ValueError, match="stride 4"):
        Lift(GRID, BINS, stride=4).plans((make_calibration(),), features)
    with pytest.raises(ValueError, match="3 channels x 3 heights = 9"):
        lift_to_bev(features, depth, torch.ones(4, 12), plans)
    with pytest.raises(ValueError, match="9 channels, expected 10 bins"):
        lift_to_voxels(features, depth[:, :9], plans)
    with pytest.raises(ValueError, match="the plan"):
        lift_to_voxels(features[..., :10], depth[..., :10], plans)
    with pytest.raises(ValueError, match="one per sample"):
        lift_to_voxels(features, depth, plans * 2)


@pytest.fixture(scope="module")
def released(shared):
    return dict(np.load(shared / "reference/released_code/frustum_to_voxel.npz"))


@pytest.fixture(scope="module")
def released_calibrations(released):
    sizes = [tuple(int(n) for n in size) for size in released["image_shape"]]
    matrices = zip(released["cam_to_img"].astype(float), released["lidar_to_cam"].astype(float), sizes, strict=True)
    return tuple(Calibration(*row) for row in matrices)


@pytest.fixture(scope="module")
def released_lift(released):
    lower, upper = (tuple(float(v) for v in part) for part in released["pc_range"].reshape(2, 3))
    grid = VoxelGrid(lower, upper, (1.28, 1.28, 0.8))
    assert grid.shape == tuple(released["grid_size"][::-1])
    return Lift(grid, DepthBins("LID", 40, 2.0, 46.8), stride=16, convention="released")


def test_released_geometry(released, released_calibrations, released_lift):
    for i, calibration in enumerate(released_calibrations):
        cells = frustum_cells(
            calibration,
            released_lift.grid,
            released_lift.bins,
            (24, 78),
            stride=16,
            convention="released",
            padded_size=(375, 1242),
        )
        grid = sampling_grid(cells, (40, 24, 78)).transpose(2, 1, 0, 3)
        expected = released["sampling_grid"][i]
        # Where both agree to be outside, the numbers mean nothing.
        inside = (np.abs(expected) < 1.1).all(axis=-1)
        assert inside.mean() > 0.5
        np.testing.assert_array_equal((np.abs(grid) < 1.1).all(axis=-1), inside)
        np.testing.assert_allclose(grid[inside], expected[inside], atol=3e-6)


def check_released(released, plans, atol):
    features = torch.from_numpy(released["features"]).requires_grad_()
    logits = torch.from_numpy(released["depth_logits"]).requires_grad_()
    voxels = lift_to_voxels(features, logits.softmax(1), plans)
    gradients = torch.autograd.grad(voxels, (features, logits), torch.from_numpy(released["upstream"]))
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(released["target_bins"]), 41).permute(0, 3, 1, 2).float()
    target = lift_to_voxels(features, one_hot, plans)
    gradients += torch.autograd.grad(target, features, torch.from_numpy(released["upstream_target"]))
    names = (
        "voxel_features",
        "voxel_features_target",
        "grad_features",
        "grad_depth_logits",
        "grad_features_target",
    )
    for name, value in zip(names, (voxels, target, *gradients), strict=True):
        torch.testing.assert_close(value, torch.from_numpy(released[name]), rtol=1e-4, atol=atol, msg=name)


def test_released_values_and_gradients_from_the_sampling_grid(released):
    sizes = (78, 24, 40)
    grids = released["sampling_grid"].astype(np.float64).transpose(0, 3, 2, 1, 4)
    cells = [[((g[..., i] + 1) * n - 1) / 2 for i, n in enumerate(sizes)] for g in grids]
    check_released(released, [plan_lift(*c, (24, 78), 40) for c in cells], atol=1e-5)


def test_released_values_and_gradients_from_the_calibration(released, released_calibrations, released_lift):
    # The release projects in float32, up to 6e-5 of a feature cell off; that is the larger tolerance.
    features = torch.from_numpy(released["features"])
    check_released(released, released_lift.plans(released_calibrations, features), atol=3e-5)
