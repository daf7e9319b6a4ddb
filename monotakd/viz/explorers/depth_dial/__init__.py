"""The depth dial: what a student would see if its depth were another."""
