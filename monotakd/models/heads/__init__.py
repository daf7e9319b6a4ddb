"""Detection heads: what they predict, what they are trained towards, and by which losses."""
