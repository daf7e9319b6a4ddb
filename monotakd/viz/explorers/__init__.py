"""Explorers: linked views that answer to clicks in the browser, each one line in a notebook.

`explore_feature_gap` shows what teacher, assistant and student make of one frame, `explore_residual` what the teacher
says beyond the assistant and what the student learned of it.
"""

from monotakd.viz.explorers.base import LinkedExplorer
from monotakd.viz.explorers.feature_gap import FeatureGapExplorer, explore_feature_gap
from monotakd.viz.explorers.gap import FeatureGap, Reading, Selection
from monotakd.viz.explorers.residual import ResidualExplorer, explore_residual
from monotakd.viz.explorers.residual_cue import ResidualCue
from monotakd.viz.explorers.scene_explorer import SceneExplorer, explore_scene
from monotakd.viz.explorers.stepper import StepperExplorer, step_through

__all__ = [
    "FeatureGap",
    "FeatureGapExplorer",
    "LinkedExplorer",
    "Reading",
    "ResidualCue",
    "ResidualExplorer",
    "SceneExplorer",
    "Selection",
    "StepperExplorer",
    "explore_feature_gap",
    "explore_residual",
    "explore_scene",
    "step_through",
]
