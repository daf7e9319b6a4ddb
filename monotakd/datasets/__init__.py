"""Where frames come from: KITTI on disk, and a synthetic street world."""
