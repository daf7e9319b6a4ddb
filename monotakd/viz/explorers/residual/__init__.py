"""The residual explorer: what the teacher says beyond the assistant. Builds on the feature-gap explorer."""
