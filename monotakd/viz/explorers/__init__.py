"""Explorers: linked views that answer to clicks in the browser, each one line in a notebook.

`explore_feature_gap` shows what teacher, assistant and student make of one frame.
"""

from monotakd.viz.explorers.base import LinkedExplorer
from monotakd.viz.explorers.feature_gap import FeatureGapExplorer, explore_feature_gap
from monotakd.viz.explorers.gap import FeatureGap, Reading, Selection

__all__ = ["FeatureGap", "FeatureGapExplorer", "LinkedExplorer", "Reading", "Selection", "explore_feature_gap"]
