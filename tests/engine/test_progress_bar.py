"""Times as people say them."""

import pytest

from monotakd.engine.progress import duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 s"),
        (4.4, "4 s"),
        (59.6, "1 min 00 s"),
        (725.0, "12 min 05 s"),
        (12000.0, "3 h 20 min"),
        (8e5, "222 h 13 min"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said
