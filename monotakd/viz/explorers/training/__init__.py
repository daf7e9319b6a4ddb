"""The training monitor: a training, watched again from the start."""
