import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.reporting.heat_map_chart import chart_heat_map

# Revenue 100, other cost 10, tokens 30: the margin is 90 less 30 times multiple and work left.
CELLS = pd.DataFrame(
    [
        {"multiple": k, "saving": s, "paid_margin": 0.9 - 0.3 * k * (1 - s)}
        for s in (0.0, 0.25, 0.5)
        for k in (1.0, 2.0, 3.0, 4.0)
    ]
)
CONTOURS = pd.DataFrame(
    [
        {"target": "margin 0 %", "saving": s, "multiple": 3.0 / (1 - s)}
        for s in (0.0, 0.25, 0.5)
    ]
)  # fmt: skip


def test_the_contour_starts_at_the_break_even_and_leaves_where_the_grid_ends():
    chart = chart_heat_map.__wrapped__(CELLS, CONTOURS, title="Half saved, twice borne")  # type: ignore[attr-defined]
    assert chart.alt == "Half saved, twice borne. margin 0 %: 3.00x at 0% saved."
    assert "under 0 %" in chart.svg
    assert chart == chart_heat_map(CELLS, CONTOURS, title="Half saved, twice borne")


def test_no_contour_within_the_grid_is_said():
    none = CONTOURS.assign(multiple=float("nan"))
    assert "No contour" in chart_heat_map(CELLS, none, title="t").alt


@pytest.mark.parametrize(
    ("frame", "words"), [(CELLS.drop(columns="saving"), "saving"), (CELLS.iloc[:0], "0 cells")]
)
def test_what_cannot_be_drawn_says_why(frame, words):
    with pytest.raises(InputError, match=words):
        chart_heat_map(frame, CONTOURS, title="t")
