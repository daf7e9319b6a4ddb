"""The 3D explorer: one frame's points, image and boxes, linked by the chosen box."""
