"""Explorers: linked views that answer to clicks in the browser, each one line in a notebook.

`explore_feature_gap` shows what teacher, assistant and student make of one frame, `explore_residual` what the teacher
says beyond the assistant and what the student learned of it, `explore_depth_dial` what another depth would change,
`explore_what_if` where a student sees a car while one thing is changed, `explore_training` a training from the start.

Each has a folder here and builds on `shared`, where `shared.base` tells how to write another.
"""

from monotakd.viz.explorers.depth_dial.explorer import DepthDialExplorer, explore_depth_dial
from monotakd.viz.explorers.feature_gap.explorer import FeatureGapExplorer, explore_feature_gap
from monotakd.viz.explorers.feature_gap.gap import FeatureGap, Reading, Selection
from monotakd.viz.explorers.residual.cue import ResidualCue
from monotakd.viz.explorers.residual.explorer import ResidualExplorer, explore_residual
from monotakd.viz.explorers.scene.explorer import SceneExplorer, explore_scene
from monotakd.viz.explorers.shared.base import LinkedExplorer
from monotakd.viz.explorers.stepper.explorer import StepperExplorer, step_through
from monotakd.viz.explorers.training.explorer import TrainingMonitor, explore_training
from monotakd.viz.explorers.what_if.explorer import WhatIfExplorer, explore_what_if

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
