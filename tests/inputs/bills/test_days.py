"""Days of a bill, in every form that exports use."""

from datetime import date

import pytest


def dated(*days):
    header = "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart"
    return "\n".join([header, *(f"1,1,USD,Usage,{day}" for day in days)]) + "\n"


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        (["2025-01-31", "2025-02-01T00:00:00Z"], date(2025, 1, 31), date(2025, 2, 1)),
        (["2025-01-31 23:00:00 UTC"], date(2025, 1, 31), date(2025, 1, 31)),
        (["9/2/2023", "9/13/2023"], date(2023, 9, 2), date(2023, 9, 13)),
        (["9/2/2023", "13/2/2023"], date(2023, 2, 9), date(2023, 2, 13)),
        (["5/1/25", "5/31/25"], date(2025, 5, 1), date(2025, 5, 31)),
        (["01.04.2025"], date(2025, 4, 1), date(2025, 4, 1)),
        (["20250401", "2025-05"], date(2025, 4, 1), date(2025, 5, 1)),
        (["1735689600"], date(2025, 1, 1), date(2025, 1, 1)),
    ],
)
def test_days_are_read(read, days, first, last):
    bill, problems = read(dated(*days))
    assert not problems
    assert (bill.first_day, bill.last_day) == (first, last)


def test_an_order_that_cannot_be_told_is_asked_once(read):
    bill, problems = read(dated("5/1/25", "6/1/25"))
    assert bill is None
    assert len(problems) == 1
    assert "dates: mdy or dates: dmy" in problems[0]
    assert read(dated("5/1/25"), dates="mdy")[0].first_day == date(2025, 5, 1)
    assert read(dated("5/1/25"), dates="dmy")[0].first_day == date(2025, 1, 5)


def test_two_orders_in_one_file_are_refused(read):
    assert "one order of month and day" in read(dated("13/1/2025", "1/13/2025"))[1][0]


def test_a_day_that_does_not_exist_is_named_with_its_row(read):
    _, problems = read(dated("2025-01-01", "2025-02-30", "soon"))
    assert [problem.split(":")[1] for problem in problems] == ["3", "4"]


def test_a_row_without_a_day_is_a_problem(read):
    assert "1 rows without a date" in read(dated("2025-01-01", ""))[1][0]
