"""Plain references of our own, and the timings that compare the package with them."""
