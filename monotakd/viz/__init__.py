"""Views: each takes scene values and returns a figure that works headless.

``draw_image``, ``draw_points_on_image``, ``draw_depth``, ``draw_instances``, ``draw_bev``, ``draw_bev_map``,
``draw_overview`` and ``draw_sheet`` return a matplotlib picture that a notebook shows when it ends a cell;
``draw_scene3d`` returns a plotly figure and ``still_scene3d`` the same view as a picture. ``save`` writes any of them.
"""

from monotakd.viz.bev import draw_bev, draw_bev_map
from monotakd.viz.chart import draw_curves
from monotakd.viz.closeup import draw_closeup, draw_ray
from monotakd.viz.depth_ray import draw_depth_ray
from monotakd.viz.error_ellipses import draw_error_ellipses
from monotakd.viz.failures import draw_failures
from monotakd.viz.feature_gap import draw_feature_gap
from monotakd.viz.gradient_matrix import draw_gradient_matrix
from monotakd.viz.image import draw_image, draw_points_on_image
from monotakd.viz.matching import draw_matching
from monotakd.viz.overlap import draw_overlap, draw_overlaps
from monotakd.viz.overview import draw_overview
from monotakd.viz.pixelmaps import draw_depth, draw_instances
from monotakd.viz.reliability import draw_reliability
from monotakd.viz.scene3d import draw_scene3d
from monotakd.viz.sheet import draw_sheet
from monotakd.viz.sparse import draw_touched_cells, draw_voxels
from monotakd.viz.still import save, still_scene3d
from monotakd.viz.training_curves import draw_training_curves

__all__ = [
    "draw_bev",
    "draw_bev_map",
    "draw_closeup",
    "draw_curves",
    "draw_depth",
    "draw_depth_ray",
    "draw_error_ellipses",
    "draw_failures",
    "draw_feature_gap",
    "draw_gradient_matrix",
    "draw_image",
    "draw_instances",
    "draw_matching",
    "draw_overlap",
    "draw_overlaps",
    "draw_overview",
    "draw_points_on_image",
    "draw_ray",
    "draw_reliability",
    "draw_scene3d",
    "draw_sheet",
    "draw_touched_cells",
    "draw_training_curves",
    "draw_voxels",
    "save",
    "still_scene3d",
]
