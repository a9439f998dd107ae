"""DeepSeek's published day recomputed from its parts, and days that do not add up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.serving_cost import ServingDay, TokenFlow
from diligence.prices.serving_reconciliation import reconcile_serving_day

# DeepSeek, open-infra-index, day 6 "DeepSeek-V3/R1 Inference System Overview" (CC0), as in
# test_serving_cost.py; tokens are printed in whole billions, throughput in hundreds a second.
DEEPSEEK = ServingDay(
    average_nodes=Decimal("226.75"),
    peak_nodes=Decimal(278),
    gpus_per_node=8,
    usd_per_gpu_hour=Decimal(2),
    flows=(
        TokenFlow("cached input", 342_000_000_000, Decimal("0.14")),
        TokenFlow("input", 266_000_000_000, Decimal("0.55")),
        TokenFlow("output", 168_000_000_000, Decimal("2.19")),
    ),
    reported_revenue_usd=Decimal(562_027),
)
PUBLISHED: dict[str, Any] = {
    "tokens_per_second_per_node": {"input": 73_700, "output": 14_800},
    "token_digit": 1_000_000_000,
    "throughput_digit": 100,
    "published_rent_usd": Decimal(87_072),
    "published_markup": Decimal("5.45"),
}


def test_the_published_day_reconciles_as_described() -> None:
    found = reconcile_serving_day(DEEPSEEK, **PUBLISHED)

    assert found.reconciles
    assert found.figure("rent").recomputed == 87_072
    assert found.figure("revenue").recomputed == 562_100
    assert float(found.figure("mark-up on cost").recomputed) == pytest.approx(5.4547, abs=5e-5)
    assert float(found.figure("average nodes").recomputed) == pytest.approx(226.86, abs=5e-3)
    assert float(found.profit.gross_margin) == pytest.approx(0.8451, abs=5e-5)
    assert float(found.profit.average_to_peak) == pytest.approx(0.8156, abs=5e-5)
    assert float(found.profit.break_even_price_multiple) == pytest.approx(0.155, abs=5e-4)


def test_published_cost_of_a_million_tokens() -> None:
    found = reconcile_serving_day(DEEPSEEK, **PUBLISHED)

    assert float(found.usd_per_mtok_input) == pytest.approx(0.060, abs=5e-4)
    assert float(found.usd_per_mtok_output) == pytest.approx(0.300, abs=5e-4)
    assert float(found.profit.usd_per_mtok_served) == pytest.approx(0.112, abs=5e-4)


# half a billion tokens each at .14 + .55 + 2.19 are 1,440 USD; nodes: tokens half a billion more,
# throughput 50 a second less: 608.5e9/86400/73650 + 168.5e9/86400/14750 is 227.85, .98 more
def test_the_flags_name_rounding_and_how_far_it_carries() -> None:
    found = reconcile_serving_day(DEEPSEEK, **PUBLISHED)

    assert [figure.verdict for figure in found.figures] == [
        "agrees",
        "within rounding",
        "agrees",
        "within rounding",
    ]
    assert found.figure("revenue").tolerance == 1440
    assert float(found.figure("average nodes").tolerance) == pytest.approx(0.98, abs=0.02)
    assert found.summary().splitlines() == [
        "every published figure follows from the others",
        "rent behind a million tokens: 0.060 USD input, 0.300 output, 0.112 of all",
        "note: revenue: published 562,027, its parts give 562,100 USD/day; rounding of tokens "
        "allows for 1,440.00",
        "note: average nodes: published 226.75, its parts give 226.86 nodes; rounding of tokens "
        "and throughput allows for 0.98",
    ]


def test_a_figure_that_rounding_does_not_explain_is_named() -> None:
    wrong = replace(DEEPSEEK, reported_revenue_usd=Decimal(600_000))
    found = reconcile_serving_day(wrong, **PUBLISHED)

    assert not found.reconciles
    assert found.figure("revenue").verdict == "differs"
    # 600,000 over 87,072 is a mark-up of 5.89
    assert found.summary().splitlines()[0] == "2 of 4 published figures do not follow"
    assert found.notes[0].endswith(
        "rounding of tokens allows for 1,440.00 only: ask which part is wrong"
    )
    assert found.notes[1] == (
        "mark-up on cost: published 5.45, its parts give 5.89 times; no rounding explains it: "
        "ask which part is wrong"
    )


def test_without_stated_rounding_nothing_is_excused() -> None:
    found = reconcile_serving_day(
        DEEPSEEK, **(PUBLISHED | {"token_digit": 0, "throughput_digit": 0})
    )

    assert [figure.verdict for figure in found.figures] == [
        "agrees",
        "differs",
        "agrees",
        "differs",
    ]


def test_what_was_not_published_is_not_checked() -> None:
    day = replace(DEEPSEEK, reported_revenue_usd=None)
    found = reconcile_serving_day(day, tokens_per_second_per_node={"input": 1e5, "output": 1e4})

    assert [figure.measure for figure in found.figures] == ["average nodes"]
    with pytest.raises(InputError, match="no figure is named 'rent'; there are average nodes"):
        found.figure("rent")


def test_the_table_shows_published_beside_recomputed() -> None:
    found = reconcile_serving_day(DEEPSEEK, **PUBLISHED)
    table = found.to_frame().set_index("measure")

    assert table.loc["revenue", "difference"] == 73
    assert "<table" in found._repr_html_()


@given(st.integers(1, 1000), st.integers(1, 100))
def test_the_currency_changes_no_verdict_and_no_margin(units: int, nodes: int) -> None:
    in_units = replace(
        DEEPSEEK,
        usd_per_gpu_hour=DEEPSEEK.usd_per_gpu_hour * units,
        flows=tuple(
            replace(flow, usd_per_mtok=flow.usd_per_mtok * units) for flow in DEEPSEEK.flows
        ),
        reported_revenue_usd=Decimal(562_027) * units,
        average_nodes=Decimal(nodes),
    )
    one = replace(DEEPSEEK, average_nodes=Decimal(nodes))
    published = PUBLISHED | {"published_rent_usd": None, "published_markup": None}
    before, after = (reconcile_serving_day(day, **published) for day in (one, in_units))

    assert [f.verdict for f in before.figures] == [f.verdict for f in after.figures]
    assert float(before.profit.gross_margin) == pytest.approx(float(after.profit.gross_margin))


def test_tokens_of_no_phase_are_refused() -> None:
    day = replace(DEEPSEEK, flows=(TokenFlow("images", 5, Decimal(1)),))
    with pytest.raises(InputError, match="'images' is neither read nor written"):
        reconcile_serving_day(day, **PUBLISHED)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tokens_per_second_per_node": {"input": 1.0}}, "name the same phases in both"),
        ({"tokens_per_second_per_node": {"input": 1.0, "output": 0}}, "throughput of output is"),
        ({"token_digit": -1}, "token_digit is -1"),
        ({"throughput_digit": 40_000}, "throughput of output is -5200.0; give a number above 0"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        reconcile_serving_day(DEEPSEEK, **(PUBLISHED | changed))
