import math

import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.reporting.tornado_chart import chart_tornado

BARS = pd.DataFrame(
    {"assumption": ["pass-through", "cash"], "at_low": [3.0, 2.8], "at_high": [math.inf, 3.2]}
)


def test_an_endless_bar_is_drawn_to_the_edge_and_said():
    chart = chart_tornado.__wrapped__(BARS, base=3.0, title="One matters", unit="k*")  # type: ignore[attr-defined]
    assert "pass-through: 3.00 to no limit k*. cash: 2.80 to 3.20 k*." in chart.alt
    assert "NaN" not in chart.svg
    assert "Infinity" not in chart.svg
    assert chart == chart_tornado(BARS, base=3.0, title="One matters", unit="k*")


def test_bars_stand_in_the_order_given():
    svg = chart_tornado(BARS, base=3.0, title="t", unit="k*").svg
    assert svg.index("pass-through") < svg.index(">cash")


@pytest.mark.parametrize(
    ("frame", "words"), [(BARS.drop(columns="at_low"), "at_low"), (BARS.iloc[:0], "0 rows")]
)
def test_what_cannot_be_drawn_says_why(frame, words):
    with pytest.raises(InputError, match=words):
        chart_tornado(frame, base=1.0, title="t", unit="k*")
