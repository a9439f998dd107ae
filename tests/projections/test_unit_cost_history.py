from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.costs import CostBasis
from diligence.errors import InputError
from diligence.projections.unit_cost_history import unit_cost_history
from diligence.projections.unit_cost_periods import ServedPeriod, served_period
from diligence.units import parse_period

D = Decimal
MTOK = 1_000_000


def served(label, cost, *, revenue=None, low=None, high=None, needs=""):
    cost = D(cost)
    return ServedPeriod(
        parse_period(label),
        cost,
        cost if low is None else D(low),
        cost if high is None else D(high),
        None if revenue is None else D(revenue),
        needs,
    )


def usage(*rows):
    """Rows of (month, feature, Mtok of output); the month's tokens lie on its two ends."""
    found = []
    for month, feature, mtok in rows:
        period = parse_period(month)
        found += [(day, feature, int(mtok * MTOK // 2), 5) for day in (period.start, period.end)]
    return pd.DataFrame(found, columns=["day", "feature", "output_tokens", "requests"])


def test_one_feature_costs_its_bill_over_its_tokens():
    history = unit_cost_history(
        [served("2026-05", 60, revenue=100), served("2026-06", 90, revenue=120)],
        usage(("2026-05", "chat", 20), ("2026-06", "chat", 45)),
    )
    assert [point.per_mtok for point in history.points] == [3, 2]
    assert [float(point.matched) for point in history.points] == pytest.approx([3, 2])
    assert [point.per_query for point in history.points] == [6, 9]
    assert [float(p.revenue_per_mtok) for p in history.points] == pytest.approx([5, 120 / 45])


def test_a_new_feature_with_cheap_tokens_is_no_fall():
    # chat costs 3 a Mtok in both months; a filter of light tokens joins in June
    frame = usage(("2026-05", "chat", 20), ("2026-06", "chat", 20))
    light = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-06-10"]),
            "feature": ["filter"],
            "input_tokens": [80 * MTOK],
            "requests": [1],
        }
    )
    history = unit_cost_history(
        [served("2026-05", 60), served("2026-06", 120)], pd.concat([frame, light])
    )
    # input weighs a quarter of output: 80 Mtok of it take as much of June's 120 as chat's 20
    assert [float(point.per_mtok) for point in history.points] == pytest.approx([3, 1.2])
    assert [float(point.matched) for point in history.points] == pytest.approx([1.2, 1.2])


def test_volume_times_unit_cost_is_the_cost():
    history = unit_cost_history(
        [served("2026-05", 61), served("2026-06", 97)],
        usage(("2026-05", "a", 7), ("2026-05", "b", 9), ("2026-06", "a", 11), ("2026-06", "b", 3)),
    )
    for point in history.points:
        assert float(point.volume * point.matched) == pytest.approx(float(point.served.cost))
        assert sum(share for share, _ in point.usage.features.values()) == pytest.approx(1)
    assert float(history.points[-1].volume) == pytest.approx(14)


def test_users_are_distinct_in_a_month_or_the_average_of_its_days():
    frame = usage(("2026-06", "chat", 20))
    named = frame.assign(user=["u1", "u2"])
    history = unit_cost_history([served("2026-06", 60)], named)
    assert history.points[0].per_active_user == 30
    assert history.users_basis == "distinct users"
    daily = unit_cost_history([served("2026-06", 60)], frame.assign(active_users=[10, 20]))
    assert daily.points[0].per_active_user == 4
    assert daily.users_basis == "average users a day"
    nobody = unit_cost_history([served("2026-06", 60)], frame)
    assert nobody.points[0].per_active_user is None


def test_cost_of_users_is_that_of_the_rows_that_name_them():
    frame = usage(("2026-06", "chat", 20)).assign(user=["u1", None])
    history = unit_cost_history([served("2026-06", 60)], frame)
    assert history.points[0].usage.users_share == Fraction(1, 2)
    assert history.points[0].per_active_user == 30


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (served("2026-05", 0), "serving cost is 0.00"),
        (served("2026-05", -4), "serving cost is -4.00"),
        (served("2026-05", 10, needs="the ledger of May"), "needs the ledger of May"),
        (served("2026-05", 10, low=3), "70 % of the serving cost is not settled"),
    ],
)
def test_a_period_that_says_nothing_is_left_out_and_says_why(point, words):
    history = unit_cost_history(
        [point, served("2026-06", 90)], usage(("2026-05", "chat", 20), ("2026-06", "chat", 45))
    )
    assert history.points[0].left_out == words
    assert words in history.points[0].basis
    assert [p.period.label for p in history.used] == ["2026-06"]
    assert len(history.series()) == 1


def test_a_month_that_usage_covers_in_part_is_left_out_with_a_note():
    frame = usage(("2026-05", "chat", 20), ("2026-06", "chat", 45)).iloc[1:]
    history = unit_cost_history([served("2026-05", 60), served("2026-06", 90)], frame)
    assert [point.period.label for point in history.points] == ["2026-06"]
    assert history.notes == ("usage covers 2026-05 only in part: left out",)


def test_no_usage_in_the_books_periods_gives_an_empty_history():
    history = unit_cost_history([served("2024-05", 60)], usage(("2026-06", "chat", 45)))
    assert history.points == ()
    assert len(history.series()) == 0


def test_overlapping_costs_are_refused():
    with pytest.raises(InputError, match="2026Q2 and 2026-06 overlap"):
        unit_cost_history(
            [served("2026Q2", 60), served("2026-06", 20)], usage(("2026-06", "chat", 45))
        )


def test_open_cost_is_named_once_with_its_widest_month():
    history = unit_cost_history(
        [served("2026-05", 60, low=54), served("2026-06", 90, low=63)],
        usage(("2026-05", "chat", 20), ("2026-06", "chat", 45)),
    )
    assert "up to 30 % of a period's serving cost is not settled (2026-06)" in history.notes[0]


def test_bounds_of_a_basis_hold_all_or_none_of_what_is_open():
    # by hand: 30 + 5 + 2 credits + half of a pool of 10; none of the pool and credits at the
    # contract price leave 30 + 5 + 1, all of it 47; one more may join, three may leave
    basis = CostBasis(
        revenue=D(90),
        paid_in_cogs=D(30),
        free_elsewhere=D(5),
        credits_low=D(1),
        credits_high=D(2),
        pool_in_cogs=D(10),
        pool_share=D("0.5"),
        may_leave_paid=D(3),
        may_join_serving=D(1),
    )
    found = served_period(parse_period("2026-06"), basis)
    assert (found.cost, found.low, found.high) == (42, 33, 48)
    assert found.revenue == 90


rates = st.decimals("0.01", 100, places=3)


@settings(max_examples=15)
@given(rates, st.integers(1, 50))
def test_currency_and_users_units_change_no_rate(rate, times):
    months = ["2026-04", "2026-05", "2026-06"]
    costs = [served(m, c) for m, c in zip(months, (50, 60, 90), strict=True)]
    frame = usage(*((m, "chat", v) for m, v in zip(months, (20, 22, 30), strict=True)))
    plain = unit_cost_history(costs, frame).series()
    paid = [replace(c, cost=c.cost * rate, low=c.low * rate, high=c.high * rate) for c in costs]
    scaled = frame.assign(output_tokens=frame["output_tokens"] * times)
    other = unit_cost_history(paid, scaled).series()
    assert (other.pct_change().dropna() - plain.pct_change().dropna()).abs().max() < 1e-9
    assert other.iloc[0] == pytest.approx(plain.iloc[0] * float(rate) / times)
