"""Training: one loop for teacher, assistant and student, that survives being killed."""
