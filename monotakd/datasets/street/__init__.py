"""The street world: procedural streets, ray-cast into images, LiDAR, depth and KITTI labels."""
