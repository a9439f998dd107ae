import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.reporting.fan_chart import PAIRED_MM, chart_fan
from diligence.reporting.theme import points

FAN = pd.DataFrame(
    {
        "month": [0, 3, 6],
        "p5": [10.0, 4.0, -2.0],
        "p10": [10.0, 5.0, 0.0],
        "p50": [10.0, 7.0, 4.0],
        "p90": [10.0, 9.0, 8.0],
        "p95": [10.0, 9.5, 9.0],
    }
)


def test_a_fan_says_where_its_paths_end():
    chart = chart_fan.__wrapped__(FAN, title="Cash thins out", unit="USD m", red_line=0.0)  # type: ignore[attr-defined]
    assert chart.alt == (
        "Cash thins out. At month 6, in USD m: median 4.0, 80 % of paths between 0.0 and 8.0, "
        "90 % between -2.0 and 9.0."
    )
    assert chart.width_points == pytest.approx(points(PAIRED_MM), abs=6)


def test_the_red_line_is_named_once_and_drawing_twice_gives_the_same():
    def drawn():
        return chart_fan(FAN, title="t", unit="USD m", red_line=1.0, red_label="minimum cash")

    assert drawn().svg.count("minimum cash</text>") == 1
    assert drawn() == drawn()


@pytest.mark.parametrize(
    ("frame", "words"), [(FAN.drop(columns="p50"), "p50"), (FAN.iloc[:0], "0 rows")]
)
def test_what_cannot_be_drawn_says_why(frame, words):
    with pytest.raises(InputError, match=words):
        chart_fan(frame, title="t", unit="USD m")
