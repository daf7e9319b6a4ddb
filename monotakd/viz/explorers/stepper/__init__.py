"""The AP stepper: average precision, one detection at a time."""
