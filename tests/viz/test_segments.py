import numpy as np

from monotakd.viz.segments import cut_to_image, project_segments

P = np.array([[100.0, 0, 50, 0], [0, 100.0, 20, 0], [0, 0, 1, 0]])


def test_a_segment_in_front_is_plain_division():
    ends = project_segments(P, np.array([[[1.0, 2.0, 4.0], [-1.0, 0.5, 10.0]]]))
    assert np.allclose(ends, [[[75.0, 70.0], [40.0, 25.0]]])


def test_a_segment_through_the_camera_plane_ends_at_the_near_plane():
    ends = project_segments(P, np.array([[[1.0, 0.0, 3.0], [1.0, 0.0, -1.0]]]), near=0.5)
    assert np.allclose(ends, [[[50 + 100 / 3, 20], [50 + 100 / 0.5, 20]]])
    turned = project_segments(P, np.array([[[1.0, 0.0, -1.0], [1.0, 0.0, 3.0]]]), near=0.5)
    assert np.allclose(turned, ends[:, ::-1])


def test_nothing_is_left_of_a_segment_behind():
    behind = np.array([[[1.0, 0.0, -3.0], [1.0, 0.0, -1.0]], [[0, 0, 0.01], [0, 0, 0.01]]])
    assert np.isnan(project_segments(P, behind)).all()


def test_cut_at_the_border():
    inside, through, outside, corner = cut_to_image(
        np.array(
            [
                [[1.0, 1.0], [5.0, 2.0]],
                [[-10.5, 4.0], [30.5, 4.0]],
                [[-9.0, -5.0], [-2.0, 30.0]],
                [[5.0, -5.5], [25.0, 14.5]],
            ]
        ),
        (10, 20),
    )
    assert np.array_equal(inside, [[1, 1], [5, 2]])
    assert np.allclose(through, [[-0.5, 4], [19.5, 4]])
    assert np.isnan(outside).all()
    assert np.allclose(corner, [[10.0, -0.5], [19.5, 9.0]])


def test_nan_segments_stay_nan():
    assert np.isnan(cut_to_image(np.full((1, 2, 2), np.nan), (10, 20))).all()


def test_huge_ends_are_cut_exactly():
    cut = cut_to_image(np.array([[[10.0, 5.0], [10.0 + 1e7, 5.0]]]), (10, 20))
    assert np.allclose(cut, [[[10, 5], [19.5, 5]]])
