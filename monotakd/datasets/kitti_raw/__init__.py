"""KITTI's raw drives: layout, files, reader, lists of frames and a check of a whole root."""
