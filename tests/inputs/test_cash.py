"""cash.csv: balances at a date, flows over a period."""

from datetime import date

import pytest

from diligence.inputs.cash import read_cash

HEADER = "kind,item,period,date,amount,unit,status\n"


def test_a_balance_has_its_date_and_a_flow_its_period(read_csv):
    text = HEADER + (
        "cash,bank,,2025-09-30,362.6,USD m,\n"
        "operating_cash_flow,operations,9M2025,,(209),USD m,\n"
        "monthly_burn,planned,2025-12,,27.9,USD m,alternative\n"
    )
    (balance, flow, burn), problems = read_csv(read_cash, text)
    assert problems == []
    assert balance.period.end == balance.period.start == date(2025, 9, 30)
    assert balance.amount == 362_600_000
    assert (flow.amount, flow.period.months) == (-209_000_000, 9)
    assert burn.status == "alternative"
    assert balance.original_amount is None


def test_balances_take_the_spot_rate_and_keep_what_was_stated(read_csv):
    # Federal Reserve H.10: 7.1636 CNY per USD on 30 June 2025
    (item,), _ = read_csv(read_cash, HEADER + "cash,bank,2025H1,,71.636,RMB m,\n")
    assert item.amount == 10_000_000
    assert (item.original_amount, item.original_currency) == (71_636_000, "CNY")
    assert item.source.note == "CNY 7.1636 per USD, 2025-06-30"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("csh,bank,,2025-09-30,1,USD,", "kind: found 'csh', expected cash"),
        ("cash,,,2025-09-30,1,USD,", "item: found an empty cell"),
        ("cash,bank,,2025-09-31,1,USD,", "date: found '2025-09-31'"),
        ("cash,bank,,,1,USD,", "period: found an empty cell"),
        ("financing,round,,2025-09-30,1,USD,", "period: found a date only"),
        ("cash,bank,,2025-09-30,n/a,USD,", "amount: found 'n/a', expected a number"),
        ("cash,bank,,2025-09-30,1,USD mio,", "unit: found 'USD mio'"),
        ("cash,bank,,2019-09-30,1,CNY,", "unit: found 'CNY' with no spot exchange rate"),
    ],
)
def test_each_mistake_names_its_cell(read_csv, row, words):
    items, problems = read_csv(read_cash, HEADER + row + "\n")
    assert items == ()
    assert any(line.startswith(f"x.csv:2:{words}") for line in problems), problems
