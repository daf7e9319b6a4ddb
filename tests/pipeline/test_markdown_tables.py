"""Tables have one cell under every title; numbers are told with their spread and a real minus."""

import pytest

from monotakd.pipeline import markdown


def test_a_table():
    assert markdown.table(("row", "AP"), [("direct", "22.4"), ["none", markdown.DASH]], "lr") == [
        "| row | AP |",
        "|---|---:|",
        "| direct | 22.4 |",
        "| none | – |",
    ]


@pytest.mark.parametrize("line", [("direct",), ("direct", "22.4", "5")])
def test_a_line_of_another_length_is_refused(line):
    with pytest.raises(ValueError, match="one under each of"):
        markdown.table(("row", "AP"), [line])


def test_letters_for_fewer_columns_are_refused():
    with pytest.raises(ValueError, match="one under each of"):
        markdown.table(("row", "AP"), [], "l")


@pytest.mark.parametrize(
    ("values", "text"), [((), "–"), ((2.04,), "2.0"), ((1.0, 3.0), "2.0 ± 1.4"), ((-0.5, -0.5), "−0.5 ± 0.0")]
)
def test_a_mean(values, text):
    assert markdown.mean_text(values) == text
