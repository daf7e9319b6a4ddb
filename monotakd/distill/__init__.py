"""The losses of MonoTAKD, one idea per file, as pure functions of feature maps and predictions."""
