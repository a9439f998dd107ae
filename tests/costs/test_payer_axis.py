"""Who was served: names first, then tokens; free traffic is never counted twice."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal as D

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.ladder import CostBasis, build_ladder
from diligence.costs.payer_axis import payer_usage, with_payers
from diligence.costs.split_line import SplitLine
from diligence.inputs.deal import Role
from diligence.inputs.usage import Usage
from diligence.inputs.usage_columns import USAGE_COLUMNS
from tests.support import classified, on_bill, source

ELSEWHERE = Role.GENERAL_AND_ADMINISTRATIVE


def usage(*rows):
    """Rows of (day, model, payer, input tokens, output tokens)."""
    frame = pd.DataFrame(
        [
            dict.fromkeys(USAGE_COLUMNS, "")
            | {"day": pd.Timestamp(day), "provider": "openai", "model": model, "payer": payer}
            | {
                "requests": 1,
                "input_tokens": given_in,
                "cached_input_tokens": 0,
                "output_tokens": given_out,
            }
            for day, model, payer, given_in, given_out in rows
        ]
    )
    return payer_usage(Usage("daily", frame, (source(),)))


FREE_40 = usage(("2025-01-05", "gpt-4o", "paid", 60, 60), ("2025-01-05", "gpt-4o", "free", 40, 40))


def served(amount, text="gpt-4o, input", **fields):
    line = on_bill("inference_opex", amount, text=text, supplier="OpenAI", payer="paid", **fields)
    return SplitLine(line, inference=D(str(amount)))


def by_payer(lines):
    sums = Counter()
    for line in lines:
        sums[line.item.payer] += line.inference
    return {payer: amount for payer, amount in sums.items() if amount}


def test_tokens_split_what_no_name_tells():
    assert by_payer(with_payers([served(100)], FREE_40)) == {"paid": 60, "free": 40}


def test_without_usage_nothing_is_split():
    assert with_payers([served(100)], None) == (served(100),)


def test_named_free_traffic_is_not_counted_twice():
    # 40 % of 100 is free; a project holds 30 of it by name, 10 of the open 70 is free.
    named = SplitLine(
        on_bill("inference_opex", 30, text="gpt-4o, input", supplier="OpenAI", payer="free",
                payer_told=True),
        inference=D(30),
    )  # fmt: skip
    found = with_payers([served(70), named], FREE_40)
    assert by_payer(found) == {"paid": 60, "free": 40}


def test_a_trial_named_free_is_not_promotional_again():
    # Usage calls 40 of 100 promotional; a project of 40 is named free: the other 60 is paid.
    tokens = usage(
        ("2025-01-05", "gpt-4o", "paid", 60, 0), ("2025-01-05", "gpt-4o", "promo", 40, 0)
    )
    named = SplitLine(
        on_bill("inference_opex", 40, text="gpt-4o, input", supplier="OpenAI", payer="free",
                payer_told=True),
        inference=D(40),
    )  # fmt: skip
    assert by_payer(with_payers([served(60), named], tokens)) == {"paid": 60, "free": 40}


def test_the_staff_s_own_project_is_not_counted_twice():
    # A tenth of the tokens is the staff's, and a line of 10 names it: the other 90 is paid.
    tokens = usage(
        ("2025-01-05", "gpt-4o", "paid", 90, 0), ("2025-01-05", "gpt-4o", "internal", 10, 0)
    )
    staff = on_bill("neither", 10, text="gpt-4o, input", supplier="OpenAI", payer="internal",
                    payer_told=True)  # fmt: skip
    found = with_payers([served(90), SplitLine(staff, neither=D(10))], tokens)
    assert by_payer(found) == {"paid": 90}


def test_each_model_and_kind_of_token_has_its_own_shares():
    tokens = usage(
        ("2025-01-05", "gpt-4o", "paid", 100, 0),
        ("2025-01-05", "gpt-4o", "free", 0, 100),
        ("2025-01-05", "gpt-4o-mini", "free", 50, 0),
    )
    found = with_payers(
        [served(8), served(4, "gpt-4o, output"), served(2, "gpt-4o-mini, input")], tokens
    )
    assert by_payer(found) == {"paid": 8, "free": 6}


def test_a_bill_booked_a_month_later_takes_the_tokens_of_its_own_month():
    tokens = usage(("2025-01-05", "gpt-4o", "free", 1, 0), ("2025-02-05", "gpt-4o", "paid", 1, 0))
    found = with_payers([served(100, period="2025-02")], tokens)
    assert by_payer(found) == {"free": 100}


def test_books_of_odd_periods_are_left_as_they_are():
    item = classified("inference_opex", 5, vendor="OpenAI", payer="paid")
    odd = item.line.period.__class__(item.line.period.start, item.line.period.end.replace(day=15))
    line = SplitLine(
        item.__class__(**(vars(item) | {"line": served(5).line.__class__(
            odd, "API", Role.COST_OF_REVENUE, D(5), source(), vendor="OpenAI")})),
        inference=D(5),
    )  # fmt: skip
    assert with_payers([line], FREE_40) == (line,)


def test_the_payer_example_of_the_worked_bridge():
    # Published, worked bridge: 3.1 of API with 40 % free tokens: paid 57.7 %, fully loaded 50.0 %.
    found = by_payer(with_payers([served("3.1", role=ELSEWHERE)], FREE_40))
    basis = CostBasis(
        revenue=D("24.0"), paid_in_cogs=D("5.2"), credits_low=D("0.9"), credits_high=D("0.9"),
        pool_elsewhere=D("4.0"), pool_share=D("0.55"), maintenance_elsewhere=D("0.6"),
        paid_elsewhere=found["paid"], free_elsewhere=found["free"],
    )  # fmt: skip
    ladder = build_ladder(basis)
    margins = [round(float(ladder.rung(r).base) * 100, 1) for r in ("paid", "fully_loaded")]
    assert margins == [57.7, 50.0]


amounts = st.lists(st.decimals(min_value=0, max_value=10**7, places=12), min_size=1, max_size=5)
tokens = st.integers(0, 10**12)


@given(amounts, amounts, tokens, tokens, tokens)
def test_splitting_by_payer_conserves_every_amount(open_lines, named, paid, free, promo):
    found = usage(
        ("2025-01-05", "gpt-4o", "paid", paid, 0),
        ("2025-01-05", "gpt-4o", "free", free, 0),
        ("2025-01-05", "gpt-4o", "promo", promo, 0),
    )
    told = [
        SplitLine(
            on_bill("inference_opex", amount, text="gpt-4o, input", supplier="OpenAI",
                    payer="free", payer_told=True),
            inference=amount,
        )
        for amount in named
    ]  # fmt: skip
    lines = [*map(served, open_lines), *told]
    after = with_payers(lines, found)
    for part in ("training", "inference", "unresolved", "neither"):
        assert sum(getattr(line, part) for line in after) == sum(getattr(x, part) for x in lines)
    assert sum(line.line.amount for line in after) == sum(line.line.amount for line in lines)
    assert by_payer(after).get("free", 0) >= sum(named) or not sum(named)
