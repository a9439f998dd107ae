from __future__ import annotations

from decimal import Decimal

import pytest

from diligence.errors import InputError
from diligence.prices.self_host import self_host_break_even
from diligence.reporting.serving_charts import chart_self_host
from diligence.reporting.theme import FULL_MM, points

CURVE = self_host_break_even(
    Decimal("0.9"),
    usd_per_gpu_hour=3,
    gpus_per_replica=4,
    tokens_per_second=7000,
    utilisation=0.6,
).curve(steps=4)


def test_the_chart_draws_both_lines_for_its_width_and_says_where_they_end() -> None:
    # the schema checks are on without the decorator
    chart = chart_self_host.__wrapped__(CURVE, title="Own chips win late")  # type: ignore[attr-defined]

    assert chart.width_points == pytest.approx(points(FULL_MM), abs=6)
    # 4 x 4 x 3 x 730 = 35,040; 7000 x 0.6 x 2.628 x 4 = 44,150 Mtok at 0.9
    assert "own accelerators: 35,040 USD at 44,150 million tokens a month." in chart.alt
    assert "API: 39,735 USD at 44,150 million tokens a month." in chart.alt
    assert chart.alt.startswith("Own chips win late")


def test_the_chart_is_the_same_every_time() -> None:
    first, second = (chart_self_host(CURVE, title="t", source="s") for _ in range(2))

    assert first == second
    assert first.source == "s"


def test_a_frame_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="'usd_per_month'. are missing for the self-host chart"):
        chart_self_host(CURVE.drop(columns="usd_per_month"), title="t")
    with pytest.raises(InputError, match="has 0 rows"):
        chart_self_host(CURVE.head(0), title="t")
