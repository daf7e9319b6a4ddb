"""Weights that others trained: read from local files, matched by name, every tensor accounted for."""
