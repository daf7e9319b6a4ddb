"""Views: each takes scene values and returns a figure that works headless."""
