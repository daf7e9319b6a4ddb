"""KITTI average precision, rule by rule, and what explains it."""
