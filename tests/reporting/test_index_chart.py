"""The chart of the two indices: drawn for paper, says its finding, refuses what it cannot draw."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.reporting.index_chart import LINES, chart_market_index
from diligence.reporting.theme import FULL_MM, points


def frame():
    return pd.DataFrame(
        {
            "month": pd.period_range("2026-01", periods=4, freq="M"),
            "list_index": [1.0, 1.0, 0.9, 0.9],
            "effective_index": [None, 1.0, 1.5, 2.25],
        }
    )


def test_drawn_for_its_width_with_every_check_on():
    chart = chart_market_index.__wrapped__(
        frame(), title="Up.", shaded=(date(2026, 2, 1), date(2026, 4, 30)), source="lists"
    )
    assert chart.width_points == pytest.approx(points(FULL_MM), abs=6)
    for words in LINES.values():
        assert words in chart.svg
    assert chart.source == "lists"


def test_what_a_reader_who_cannot_see_it_is_told():
    chart = chart_market_index(frame(), title="Up.")
    assert chart.alt.startswith("Up. Index from 2026-01 to 2026-04")
    assert "list price 0.90" in chart.alt
    assert "effective 2.25" in chart.alt


def test_the_same_frame_gives_the_same_drawing():
    assert chart_market_index(frame(), title="A").svg == chart_market_index(frame(), title="A").svg


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (frame().drop(columns="list_index"), r"Columns \['list_index'\] are missing"),
        (frame().head(0), "has 0 rows; leave the chart out"),
    ],
)
def test_refusals(rows, says):
    with pytest.raises(InputError, match=says):
        chart_market_index(rows, title="A")
