"""Growth of revenue over a year."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from diligence.inputs.deal import RevenueLine, SourceRef
from diligence.projections.revenue_growth import revenue_growth
from diligence.units import parse_period

SOURCE = SourceRef("revenue.csv", 2)


def rows(amounts):
    return [RevenueLine(parse_period(label), D(net), SOURCE) for label, net in amounts.items()]


def test_two_years_compare():
    found = revenue_growth(rows({"2024": 40, "2025": 100}))
    assert found.per_year == pytest.approx(1.5)
    assert found.summary() == "revenue grew +150% in a year (2025)"


def test_the_longest_span_with_its_equal_a_year_before_counts():
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    months += [f"2026-{month:02d}" for month in range(1, 7)]
    # 1 a month until 2025-12, then 3: half years of 6 and 18
    found = revenue_growth(rows({label: 1 if label < "2026" else 3 for label in months}))
    assert (found.revenue, found.revenue_before) == (18, 6)
    assert found.per_year == pytest.approx(2.0)


def test_segments_add_up():
    lines = [
        RevenueLine(parse_period(year), D(net), SOURCE, segment=segment)
        for year, segment, net in (
            ("2024", "A", 10),
            ("2024", "B", 10),
            ("2025", "A", 10),
            ("2025", "B", 5),
        )
    ]
    assert revenue_growth(lines).per_year == pytest.approx(-0.25)


@pytest.mark.parametrize("amounts", [{}, {"2025": 100}, {"2024": 0, "2025": 100}])
def test_without_a_year_before_there_is_none(amounts):
    assert revenue_growth(rows(amounts)) is None
