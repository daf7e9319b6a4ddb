"""KITTI's object set: readers, writer and validator, one file format per module."""
