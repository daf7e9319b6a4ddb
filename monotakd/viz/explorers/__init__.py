"""Explorers: linked views that answer to clicks in the browser, each one line in a notebook.

`explore_feature_gap` shows what teacher, assistant and student make of one frame, `explore_residual` what the teacher
says beyond the assistant and what the student learned of it, `explore_depth_dial` what another depth would change,
`explore_what_if` where a student sees a car while one thing is changed, `explore_training` a training from the start.
"""

from monotakd.viz.explorers.base import LinkedExplorer
from monotakd.viz.explorers.depth_dial import DepthDialExplorer, explore_depth_dial
from monotakd.viz.explorers.feature_gap import FeatureGapExplorer, explore_feature_gap
from monotakd.viz.explorers.gap import FeatureGap, Reading, Selection
from monotakd.viz.explorers.residual import ResidualExplorer, explore_residual
from monotakd.viz.explorers.residual_cue import ResidualCue
from monotakd.viz.explorers.scene_explorer import SceneExplorer, explore_scene
from monotakd.viz.explorers.stepper import StepperExplorer, step_through
from monotakd.viz.explorers.training_monitor import TrainingMonitor, explore_training
from monotakd.viz.explorers.what_if import WhatIfExplorer, explore_what_if

__all__ = [
    "DepthDialExplorer",
    "FeatureGap",
    "FeatureGapExplorer",
    "LinkedExplorer",
    "Reading",
    "ResidualCue",
    "ResidualExplorer",
    "SceneExplorer",
    "Selection",
    "StepperExplorer",
    "TrainingMonitor",
    "WhatIfExplorer",
    "explore_depth_dial",
    "explore_feature_gap",
    "explore_residual",
    "explore_scene",
    "explore_training",
    "explore_what_if",
    "step_through",
]
