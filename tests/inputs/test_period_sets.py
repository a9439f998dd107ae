"""Totals are checked and left out, missing rests derived, overlaps refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.inputs.period_sets import (
    DateOrderError,
    Stated,
    arrange_periods,
    complete_periods,
    detect_date_order,
    finest_tiling,
    parse_any_date,
)
from diligence.units import PeriodError, parse_period


def arrange(**amounts):
    """Periods written p2025Q1=3; amounts in units, printed without decimals."""
    return arrange_periods(
        {
            parse_period(name[1:]): Stated(Decimal(amount), Decimal("0.5"))
            for name, amount in amounts.items()
        }
    )


def labels(periods):
    return [period.label for period in periods]


def derivations(arranged):
    return [rest.derivation for rest in arranged.derived]


def test_a_year_tiled_by_quarters_is_a_total():
    arranged = arrange(p2025=100, p2025Q1=10, p2025Q2=20, p2025Q3=30, p2025Q4=40)
    assert labels(arranged.totals) == ["2025"]
    assert labels(arranged.kept) == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    assert arranged.mismatches == arranged.derived == arranged.overlaps == ()


# Half a unit of the last printed digit for each of two parts: 1 in all.
@pytest.mark.parametrize(("total", "count"), [(30, 0), (31, 0), (32, 1), (28, 1)])
def test_a_total_may_be_off_by_half_a_unit_a_part(total, count):
    arranged = arrange(p2025=total, p2025H1=10, p2025H2=20)
    assert len(arranged.mismatches) == count
    assert labels(arranged.totals) == ["2025"]


def test_nine_months_and_a_year_give_the_last_quarter():
    arranged = arrange(p2025=100, p9M2025=70)
    assert labels(arranged.kept) == ["9M2025", "2025"]
    assert [(rest.period.label, rest.derivation) for rest in arranged.derived] == [
        ("2025Q4", "2025 minus 9M2025")
    ]


def test_cumulative_periods_give_each_quarter_between():
    arranged = arrange(p2025=100, p9M2025=70, p2025H1=45, p2025Q1=20)
    found = sorted(derivations(arranged))
    assert found == ["2025 minus 9M2025", "2025H1 minus 2025Q1", "9M2025 minus 2025H1"]


def test_a_second_half_gives_the_first():
    assert derivations(arrange(p2025=100, p2025H2=60)) == ["2025 minus 2025H2"]


def test_a_gap_in_the_middle_is_what_both_ends_leave():
    arranged = arrange(p2025=100, p2025Q1=20, p2025H2=50)
    assert [(rest.period.label, rest.derivation) for rest in arranged.derived] == [
        ("2025Q2", "2025 minus 2025Q1, 2025H2")
    ]


def test_quarters_that_follow_each_other_are_no_overlap_with_the_year():
    arranged = arrange(p2025=100, p2025Q1=20, p2025Q2=20)
    assert arranged.overlaps == ()
    assert derivations(arranged) == ["2025 minus 2025Q1, 2025Q2"]


@pytest.mark.parametrize(
    "amounts",
    [{"p9M2025": 70, "p2025H2": 50}, {"p2025": 100, "p2025Q2": 20}],
)
def test_partial_overlaps_are_found(amounts):
    assert len(arrange(**amounts).overlaps) == 1


def test_an_account_gets_the_periods_another_one_keeps():
    cumulative = arrange(p2025=100, p9M2025=70)
    quarters = arrange(p2025Q1=1, p2025Q2=2, p2025Q3=3, p2025Q4=4, p2025=10)
    _, completed = complete_periods([cumulative, quarters])
    assert "2025" in labels(completed.kept)
    assert derivations(completed) == ["sum of 2025Q1, 2025Q2, 2025Q3"]


def test_the_finest_tiling_does_not_stop_at_a_dead_end():
    parts = [parse_period(p) for p in ("2025-01", "2025H1", "2025H2", "2025Q3", "2025Q4")]
    assert labels(finest_tiling(parse_period("2025"), parts)) == ["2025H1", "2025Q3", "2025Q4"]


@given(st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=4))
def test_derived_quarter_and_year_to_date_make_the_year(quarters):
    year = Decimal(sum(quarters))
    nine = Decimal(sum(quarters[:3]))
    arranged = arrange(p2025=year, p9M2025=nine)
    (rest,) = arranged.derived
    amounts = {"2025": year, "9M2025": nine}
    derived = sum(amounts[p.label] for p in rest.plus) - sum(amounts[p.label] for p in rest.minus)
    assert derived == quarters[3]
    assert derived + nine == year


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["2025-04-03"], None),
        (["03/04/2025", "31/12/2025"], "day_first"),
        (["03/04/2025", "12/31/2025"], "month_first"),
        (["04/04/2025"], None),
        (["3 Apr 2025", ""], None),
    ],
)
def test_one_clear_date_tells_the_order_of_all(texts, order):
    assert detect_date_order(texts) == order


@pytest.mark.parametrize("texts", [["03/04/2025"], ["31/12/2025", "12/31/2025"]])
def test_unclear_or_contradictory_dates_are_refused(texts):
    with pytest.raises(DateOrderError, match=texts[0]):
        detect_date_order(texts)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2025-04-03", None), ("3 Apr 2025", None), ("April 3, 2025", None), ("2025/04/03", None),
        ("03/04/2025", "day_first"), ("04/03/2025", "month_first"), ("03.04.2025", "day_first"),
    ],
)  # fmt: skip
def test_dates_are_read_in_the_forms_people_write(text, order):
    assert parse_any_date(text, order) == date(2025, 4, 3)


@pytest.mark.parametrize("text", ["30/02/2025", "soon", "", "2025-13-01"])
def test_dates_that_do_not_exist_are_refused(text):
    with pytest.raises(PeriodError):
        parse_any_date(text, "day_first")
