"""Dated exchange rates: published values, hand-made tables, properties."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.assumptions import ExchangeRate, ExchangeRates
from diligence.errors import UnitError
from diligence.units import Period, parse_period

CHECKED = date(2026, 11, 21)


def average(currency, per_usd, label):
    return ExchangeRate(
        currency, Decimal(per_usd), "average", parse_period(label), "a source", CHECKED
    )


def spot(currency, per_usd, day):
    on = date.fromisoformat(day)
    return ExchangeRate(currency, Decimal(per_usd), "spot", Period(on, on), "a source", CHECKED)


@pytest.fixture(scope="module")
def table():
    return ExchangeRates.load()


# Federal Reserve G.5A, release of 1 February 2024: China 7.0809 (2023), 6.7290 (2022);
# euro 1.0817 USD (2023), yen 140.5001 (2023), pound 1.2440 USD (2023).
@pytest.mark.parametrize(
    ("currency", "year", "usd_of_1000"),
    [("CNY", "2022", 148.61), ("CNY", "2023", 141.23), ("JPY", "2023", 7.1174)],
)
def test_flows_of_a_year_take_the_published_annual_average(table, currency, year, usd_of_1000):
    amount, _ = table.convert_flow(Decimal(1000), currency, "USD", parse_period(year))
    assert float(amount) == pytest.approx(usd_of_1000, rel=1e-4)


@pytest.mark.parametrize(("currency", "usd"), [("EUR", 1.0817), ("GBP", 1.2440)])
def test_annual_averages_quoted_in_dollars_come_back_within_rounding(table, currency, usd):
    amount, _ = table.convert_flow(Decimal(1), currency, "USD", parse_period("2023"))
    assert float(amount) == pytest.approx(usd, abs=2e-4)


# Federal Reserve H.10: China 7.1636 on 30 June 2025.
def test_a_balance_takes_the_spot_rate_of_its_day(table):
    amount, text = table.convert_balance(Decimal("71636"), "CNY", "USD", date(2025, 6, 30))
    assert amount == 10_000
    assert text == "CNY 7.1636 per USD, 2025-06-30"


# RMB 196m a month was quoted as about USD 27.9m around December 2025.
def test_the_quoted_monthly_burn_of_minimax_is_reproduced(table):
    burn, _ = table.convert_flow(Decimal("196e6"), "CNY", "USD", parse_period("2025-12"))
    assert float(burn) / 1e6 == pytest.approx(27.9, abs=0.1)


@pytest.mark.parametrize("label", ["2022", "2023", "2024", "2025", "2025H1", "9M2025", "2025Q4"])
@pytest.mark.parametrize("currency", ["CNY", "EUR", "GBP", "JPY"])
def test_the_table_covers_the_periods_of_the_public_cases(table, currency, label):
    amount, text = table.convert_flow(Decimal(100), currency, "USD", parse_period(label))
    assert amount > 0
    assert "no average known" not in text


@pytest.mark.parametrize(
    "day",
    ["2022-12-31", "2023-12-31", "2024-12-31", "2025-06-30", "2025-09-30", "2025-12-31"],
)
@pytest.mark.parametrize("currency", ["CNY", "EUR", "GBP", "JPY"])
def test_the_table_covers_the_balance_dates_of_the_public_cases(table, currency, day):
    amount, _ = table.convert_balance(Decimal(100), currency, "USD", date.fromisoformat(day))
    assert amount > 0


def test_annual_averages_agree_with_the_mean_of_their_months(table):
    """The two releases are read separately; they must agree to 0.4 %."""
    for currency in ("CNY", "EUR", "JPY"):
        for year in ("2022", "2023", "2024", "2025"):
            averages = {r.period: r.per_usd for r in table.of(currency, "average")}
            months = [averages[parse_period(f"{year}-{m:02d}")] for m in range(1, 13)]
            assert float(sum(months) / 12) == pytest.approx(
                float(averages[parse_period(year)]), rel=4e-3
            )


def test_spot_rates_lie_near_the_average_of_their_month(table):
    """Catches a mistyped spot rate: none is further than 5 % from its month's average."""
    averages = {(r.currency, r.period): r.per_usd for r in table.rates if r.kind == "average"}
    for rate in (r for r in table.rates if r.kind == "spot"):
        month = parse_period(f"{rate.period.end:%Y-%m}")
        if (rate.currency, month) in averages:
            ratio = rate.per_usd / averages[rate.currency, month]
            assert abs(ratio - 1) < Decimal("0.05"), rate


def test_the_average_of_exactly_the_period_wins():
    table = ExchangeRates((average("CNY", "7", "2025Q1"), average("CNY", "8", "2025-01")))
    amount, text = table.convert_flow(Decimal(70), "CNY", "USD", parse_period("2025Q1"))
    assert amount == 10
    assert text == "CNY 7 per USD, average of 2025Q1"


def test_averages_that_tile_the_period_are_weighted_by_days():
    # January has 31 days, February 2025 has 28: (31 * 6 + 28 * 8) / 59 = 410 / 59
    table = ExchangeRates((average("CNY", "6", "2025-01"), average("CNY", "8", "2025-02")))
    both = Period(date(2025, 1, 1), date(2025, 2, 28))
    amount, text = table.convert_flow(Decimal(410), "CNY", "USD", both)
    assert round(amount, 20) == 59
    assert "day-weighted mean of 2 averages" in text


def test_without_averages_the_mean_of_spot_rates_is_taken_and_said():
    table = ExchangeRates((spot("CNY", "6", "2025-01-31"), spot("CNY", "8", "2025-02-28")))
    amount, text = table.convert_flow(Decimal(70), "CNY", "USD", parse_period("2025Q1"))
    assert amount == 10
    assert text == "CNY 7.0000 per USD, mean of 2 spot rates in 2025Q1 (no average known)"


def test_cross_rates_go_through_the_dollar():
    table = ExchangeRates((average("CNY", "8", "2025"), average("EUR", "0.5", "2025")))
    amount, text = table.convert_flow(Decimal(80), "CNY", "EUR", parse_period("2025"))
    assert amount == 5
    assert text == "CNY 8 per USD, average of 2025; EUR 0.5 per USD, average of 2025"


def test_nothing_is_converted_within_one_currency():
    table = ExchangeRates(())
    assert table.convert_flow(Decimal("1.10"), "EUR", "EUR", parse_period("2025")) == (
        Decimal("1.10"),
        "",
    )
    assert table.convert_balance(Decimal(3), "SEK", "SEK", date(1999, 1, 1)) == (Decimal(3), "")


@pytest.mark.parametrize(("gap_days", "is_found"), [(0, True), (35, True), (36, False)])
def test_a_spot_rate_serves_for_35_days(gap_days, is_found):
    table = ExchangeRates((spot("CNY", "7", "2025-01-31"),))
    on = date.fromordinal(date(2025, 1, 31).toordinal() + gap_days)
    if is_found:
        assert table.convert_balance(Decimal(7), "CNY", "USD", on)[0] == 1
    else:
        with pytest.raises(UnitError, match=r"'CNY' on 2025-03-08 .*exchange_rates.csv"):
            table.convert_balance(Decimal(7), "CNY", "USD", on)


def test_a_later_spot_rate_is_never_used():
    table = ExchangeRates((spot("CNY", "7", "2025-02-01"),))
    with pytest.raises(UnitError, match="append it with a source"):
        table.convert_balance(Decimal(7), "CNY", "USD", date(2025, 1, 31))


def test_a_flow_without_rates_names_currency_dates_and_file(table):
    with pytest.raises(UnitError) as caught:
        table.convert_flow(Decimal(1), "SEK", "USD", parse_period("2025Q1"))
    for part in ("'SEK'", "2025Q1", "2025-01-01", "datasets/exchange_rates.csv"):
        assert part in str(caught.value)


def test_every_rate_has_a_source_and_a_day_it_was_checked(table):
    assert all(len(rate.source) > 20 and rate.checked <= CHECKED for rate in table.rates)
    assert list(table.to_frame().columns) == (
        ["currency", "per_usd", "kind", "start", "end", "source", "checked"]
    )
    assert table.summary().startswith("CNY: ")


@given(
    amount=st.decimals("-1e12", "1e12", places=2),
    currency=st.sampled_from(["CNY", "EUR", "GBP", "JPY"]),
)
def test_there_and_back_returns_the_amount(amount, currency):
    table = ExchangeRates.load()
    period = parse_period("9M2025")
    there, _ = table.convert_flow(amount, currency, "USD", period)
    back, _ = table.convert_flow(there, "USD", currency, period)
    assert abs(back - amount) <= abs(amount) * Decimal("1e-25")
