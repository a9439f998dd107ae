from datetime import date

import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.reporting.price_charts import chart_price_steps

STEPS = pd.DataFrame(
    [
        (date(2025, 5, 1), 17.5, "o3", False),
        (date(2025, 6, 10), 17.5, "o3", False),
        (date(2025, 6, 10), 3.5, "o3", False),
        (date(2025, 12, 31), 3.5, "o3", False),
        (date(2025, 12, 31), 7.0, "o3", True),
        (date(2026, 3, 1), 7.0, "o3", True),
    ],
    columns=["date", "price", "model", "announced"],
)


def test_steps_are_drawn_with_their_announced_part_dashed():
    chart = chart_price_steps(STEPS, title="One cut, one announced rise", source="list of today")
    assert "stroke-dasharray" in chart.svg
    assert "May 2025 to March 2026" in chart.alt
    assert chart == chart_price_steps(
        STEPS, title="One cut, one announced rise", source="list of today"
    )


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (STEPS.drop(columns="announced"), "announced"),
        (STEPS.iloc[:0], "0 rows"),
        (
            pd.concat([STEPS.assign(model=f"m{n}") for n in range(6)]),
            "6 models do not stay apart",
        ),
    ],
)
def test_what_cannot_be_drawn_says_why(frame, words):
    with pytest.raises(InputError, match=words):
        chart_price_steps(frame, title="t")
