"""Hints that unfold, and predictions that are made before the result is seen and shown beside it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from monotakd.lesson import progress
from monotakd.lesson.checks import number_text

NO_PREDICTION = "no prediction made"


@dataclass(frozen=True)
class Hint:
    """Hints that unfold one inside the other; the last expression of a cell."""

    texts: tuple[str, ...]

    def _repr_html_(self) -> str:
        folded = ""
        for number, text in reversed(list(enumerate(self.texts, 1))):
            name = "Hint" if len(self.texts) == 1 else f"Hint {number}"
            folded = f"<details><summary>{name}</summary><p>{html.escape(text)}</p>{folded}</details>"
        return folded

    def __repr__(self) -> str:
        return "Hint: " + " / ".join(self.texts)


def hint(*texts: str) -> Hint:
    """Folded hints, the gentlest first; end a cell with it."""
    if not texts:
        raise ValueError("hint() needs at least one text")
    return Hint(texts)


@dataclass(eq=False)
class Prediction:
    """A question that is answered before the result is seen.

    End a cell with it to show the question with a field for the answer; ``seen`` puts both side by side later.
    """

    question: str
    choices: tuple[str, ...] = ()
    answer: str | None = None
    _field: Any = field(default=None, repr=False)

    def answered(self) -> str:
        """The reader's answer, or ``"no prediction made"`` (always so where a notebook runs unattended)."""
        typed = self._field.value if self._field is not None else None
        return str(typed or self.answer or NO_PREDICTION)

    def _keep(self, change: Any) -> None:
        if change.new:
            progress.keep_prediction(self.question, change.new)

    def seen(self, result: Any) -> Seen:
        """The prediction beside the result; end a cell with it."""
        shown = number_text(result)
        return Seen(self.question, self.answered(), shown)

    def _ipython_display_(self) -> None:
        from IPython.display import display
        from ipywidgets import HTML, RadioButtons, Text, VBox

        if self._field is None:
            if self.choices:
                self._field = RadioButtons(options=self.choices, value=self.answer)
            else:
                self._field = Text(value=self.answer or "", placeholder="your prediction", continuous_update=False)
            self._field.observe(self._keep, names="value")
        display(VBox([HTML(f"<b>Predict:</b> {html.escape(self.question)}"), self._field]))


@dataclass(frozen=True)
class Seen:
    """A prediction beside what really happened."""

    question: str
    predicted: str
    result: str

    def _repr_html_(self) -> str:
        rows = (("predicted", self.predicted), ("seen", self.result))
        cells = "".join(f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in rows)
        return f"<p>{html.escape(self.question)}</p><table>{cells}</table>"

    def __repr__(self) -> str:
        return f"{self.question}\n  predicted: {self.predicted}\n  seen:      {self.result}"


def predict(question: str, *choices: str, answer: str | None = None) -> Prediction:
    """Asks before the result is shown. An answer given in an earlier session stands there again.

    Args:
        question: what will happen?
        choices: offered answers; a free text field without any.
        answer: the prediction, for readers who prefer to write it in the cell.

    Example:
        ``guess = predict("Which way does the box move when yaw grows?", "left", "right")``, then ``guess``; and
        after the experiment ``guess.seen("left")``.

    Raises:
        ValueError: an answer that is not among the choices.
    """
    if choices and answer is not None and answer not in choices:
        raise ValueError(f"answer {answer!r} is not one of {choices}")
    if answer is None:
        kept = progress.kept_prediction(question)
        answer = kept if not choices or kept in choices else None
    return Prediction(question, choices, answer)
