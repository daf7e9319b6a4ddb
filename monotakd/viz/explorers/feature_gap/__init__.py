"""The feature-gap explorer: teacher, assistant and student on one frame, by cell and by pixel."""
