"""Commands for readers of the notebooks: an exercise copy to write in, and what is solved so far."""

from __future__ import annotations

import tyro


def start(lesson: tyro.conf.Positional[str]) -> int:
    """Make your own copy of a lesson in notebooks/work/, solutions folded away; an existing one stays as it is.

    Args:
        lesson: Beginning of its name, such as 04.
    """
    from monotakd.lesson import copies

    copy, made = copies.start(lesson)
    print(f"{'made' if made else 'this copy is there already and stays as it is:'} {copy}")
    if not made:
        print("to begin anew, rename it first")
    return 0


def status() -> int:
    """List the exercises of all lessons, and which of their checks have passed in your copies."""
    from monotakd.lesson import copies

    for lesson in copies.status():
        marks = ", ".join(f"{'✓' if day else '○'} {name}" for name, day in lesson.exercises.items())
        begun = "" if lesson.copy else "  (not begun)"
        print(f"{lesson.lesson:28} {lesson.solved} of {len(lesson.exercises)}   {marks}{begun}")
    print("\nmonotakd lesson start NUMBER makes your copy of a lesson")
    return 0
