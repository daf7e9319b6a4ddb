"""Pure functions on the values of ``scene``: frames, boxes, depth bins, grids, overlaps."""
