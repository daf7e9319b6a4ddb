"""The job: data, teacher, assistant, students, evaluation, table, figures and report, from nothing."""
