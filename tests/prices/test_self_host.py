"""Own accelerators against an API: published checks, a staircase by hand, what must hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.self_host import (
    SelfHostBreakEven,
    self_host_break_even,
)

# One replica costs 100 a month and serves 120 Mtok; hosting costs 30 more whatever the volume; the
# API asks 1 a Mtok. Each replica added earns 120 - 100 = 20 when full.
STAIRCASE = SelfHostBreakEven(
    api_usd_per_mtok=Decimal(1),
    gpus_per_replica=2,
    replica_usd_per_month=Decimal(100),
    replica_mtok_per_month=Decimal(120),
    fixed_usd_per_month=Decimal(30),
    variable_usd_per_mtok=Decimal(0),
    utilisation=Decimal("0.5"),
)


# methods of the trade, checked by arithmetic: 2 x 2.5 x 730 = 3,650 and 8 x 2 x 730 = 11,680 USD a
# month, over 0.7 and 10 USD a million tokens
@pytest.mark.parametrize(
    ("n_gpu", "rent", "api", "monthly", "break_even"),
    [
        (2, "2.5", "0.7", 3650, "5214.3"),
        (2, "2.5", "10", 3650, "365"),
        (8, "2", "0.7", 11680, "16685.7"),
        (8, "2", "10", 11680, "1168"),
    ],
)
def test_published_break_even_volumes(
    n_gpu: int, rent: str, api: str, monthly: int, break_even: str
) -> None:
    found = self_host_break_even(
        Decimal(api),
        usd_per_gpu_hour=Decimal(rent),
        gpus_per_replica=n_gpu,
        tokens_per_second=10_000,
        utilisation=1,
    )

    assert found.replica_usd_per_month == monthly
    assert found.one_replica_break_even_mtok is not None
    assert float(found.one_replica_break_even_mtok) == pytest.approx(float(break_even), abs=0.05)
    # 10,000 tokens a second x 2,628,000 seconds are 26,280 Mtok: one replica serves it all
    assert found.replica_mtok_per_month == 26_280
    assert found.first_cheaper_mtok == found.one_replica_break_even_mtok


# n replicas meet the API at 100 n + 30 Mtok and serve 120 n: 130 > 120, 230 <= 240, so step 2 is
# the first that pays, from 230. Above 240 three cost 330, above 360 four cost 430, above 480 five
# cost 530, above 600 six cost 630, above 720 seven cost 730, above 840 eight cost 830: no more.
def test_a_staircase_by_hand() -> None:
    assert STAIRCASE.first_cheaper_mtok == 230
    assert STAIRCASE.api_cheaper_again == (
        (240, 330),
        (360, 430),
        (480, 530),
        (600, 630),
        (720, 730),
    )
    assert STAIRCASE.cheaper_for_good_mtok == 730
    assert STAIRCASE.status == (
        "cheaper from 230 Mtok a month, but the API is cheaper again on 5 stretches where a "
        "replica is added; cheaper for good from 730 Mtok"
    )
    # at 50 % utilisation 120 Mtok are half of what a replica can do: 100 of 240 pays its rent
    assert STAIRCASE.break_even_utilisation == pytest.approx(Decimal(100) / 240)


def test_the_staircase_as_a_table_and_as_lines() -> None:
    table = STAIRCASE.to_frame()
    assert list(table["n_gpu"]) == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert list(table["own_cheaper_from_mtok"].dropna()) == [230, 330, 430, 530, 630, 730, 840, 960]
    assert list(table["own_usd"])[:2] == [130, 230]

    lines = STAIRCASE.curve(steps=2)
    own = lines[lines["option"] == "own accelerators"]
    assert list(own["mtok_per_month"]) == [0, 120, 120, 240]
    assert list(own["usd_per_month"]) == [130, 130, 230, 230]
    assert "<table" in STAIRCASE._repr_html_()


@pytest.mark.parametrize(
    ("volume", "replicas", "own"),
    [(0, 1, 130), (120, 1, 130), (Decimal("120.01"), 2, 230), (600, 5, 530)],
)
def test_cost_of_a_volume(volume: Decimal, replicas: int, own: int) -> None:
    assert STAIRCASE.replicas_at(volume) == replicas
    assert STAIRCASE.own_usd_per_month(volume) == own
    assert STAIRCASE.api_usd_per_month(volume) == volume


def test_never_when_a_full_replica_costs_more_than_the_api() -> None:
    dear = replace(STAIRCASE, replica_usd_per_month=Decimal(150))

    assert dear.first_cheaper_mtok is None
    assert dear.cheaper_for_good_mtok is None
    assert dear.api_cheaper_again == ()
    assert dear.status == (
        "never cheaper: at this utilisation a full replica costs 1.250 USD a million tokens, the "
        "API 1; it would take 62% of the throughput"
    )
    assert "never cheaper" in dear.summary()
    assert list(dear.to_frame()["own_cheaper_from_mtok"].dropna()) == []


# 100 / 240 of the load at a price of 1 is all of it, and more, below 0.4167
def test_never_at_any_load() -> None:
    cheap_api = replace(STAIRCASE, api_usd_per_mtok=Decimal("0.4"))

    assert cheap_api.status.endswith("the API 0.4; no load a replica can carry would pay for it")


# each replica earns a millionth of its rent, so the API wins back on a million steps
def test_a_thin_gain_is_answered_without_listing_every_step() -> None:
    thin = replace(
        STAIRCASE, fixed_usd_per_month=Decimal(0), replica_mtok_per_month=Decimal("100.0001")
    )

    assert thin.status.startswith("cheaper from 100 Mtok a month, but the API is cheaper again on ")
    assert "999,999 stretches" in thin.status
    assert len(thin.to_frame()) == 12


def test_never_when_hosting_adds_more_than_the_api_asks() -> None:
    dear = replace(STAIRCASE, variable_usd_per_mtok=Decimal("1.5"))

    assert dear.status.startswith("never cheaper: hosting adds 1.5 USD to each million tokens")
    assert dear.one_replica_break_even_mtok is None
    assert dear.break_even_utilisation is None
    assert "never cheaper" in dear.summary()
    assert len(dear.to_frame()) == 12


MONEY = st.integers(min_value=1, max_value=60).map(Decimal)


@st.composite
def comparisons(draw: st.DrawFn) -> SelfHostBreakEven:
    return SelfHostBreakEven(
        api_usd_per_mtok=draw(MONEY),
        gpus_per_replica=draw(st.integers(1, 8)),
        replica_usd_per_month=draw(MONEY),
        replica_mtok_per_month=draw(MONEY),
        fixed_usd_per_month=draw(st.integers(0, 60).map(Decimal)),
        variable_usd_per_mtok=draw(st.integers(0, 60).map(Decimal)),
        utilisation=Decimal("0.5"),
    )


def saved(found: SelfHostBreakEven, volume: Fraction) -> Fraction:
    """API less own cost, by separate arithmetic."""
    replicas = max(1, -(-volume // Fraction(found.replica_mtok_per_month)))
    own = (
        replicas * Fraction(found.replica_usd_per_month)
        + Fraction(found.fixed_usd_per_month)
        + volume * Fraction(found.variable_usd_per_mtok)
    )
    return volume * Fraction(found.api_usd_per_mtok) - own


@given(comparisons(), st.integers(0, 400), st.integers(1, 1000))
def test_every_volume_is_on_the_side_the_answer_says(
    found: SelfHostBreakEven, steps: int, part: int
) -> None:
    volume = Fraction(found.replica_mtok_per_month) * (steps + Fraction(part, 1000))
    gain = saved(found, volume)
    good, first = found.cheaper_for_good_mtok, found.first_cheaper_mtok
    if good is None or first is None:
        assert gain <= 0
        return
    # volumes are rounded to 28 digits
    if volume > Fraction(good) * (1 + Fraction(1, 10**20)):
        assert gain >= 0
    if volume < Fraction(first) * (1 - Fraction(1, 10**20)):
        assert gain < 0
    for above, below in found.api_cheaper_again:
        if Fraction(above) < volume < Fraction(below) * (1 - Fraction(1, 10**20)):
            assert gain < 0
    assert first <= good
    assert (first == good) == (found.api_cheaper_again == ())


@given(comparisons(), st.integers(1, 2000))
def test_just_below_the_lasting_break_even_the_api_wins(
    found: SelfHostBreakEven, share: int
) -> None:
    good = found.cheaper_for_good_mtok
    if good is None:
        return
    just_below = Fraction(good) * (1 - Fraction(1, 10**12))
    assert saved(found, just_below) < 0
    assert abs(saved(found, Fraction(good))) < Fraction(1, 10**15)


@given(comparisons(), MONEY)
def test_dearer_rent_never_brings_the_break_even_nearer(
    found: SelfHostBreakEven, more: Decimal
) -> None:
    dearer = replace(found, replica_usd_per_month=found.replica_usd_per_month + more)

    assert dearer.own_usd_per_month(500) > found.own_usd_per_month(500)
    if found.cheaper_for_good_mtok is None:
        assert dearer.cheaper_for_good_mtok is None
    elif dearer.cheaper_for_good_mtok is not None:
        assert dearer.cheaper_for_good_mtok >= found.cheaper_for_good_mtok


@given(comparisons(), st.integers(0, 5000))
def test_more_of_a_replica_used_never_costs_more(found: SelfHostBreakEven, volume: int) -> None:
    busier = replace(found, replica_mtok_per_month=found.replica_mtok_per_month * 2)

    assert busier.own_usd_per_month(volume) <= found.own_usd_per_month(volume)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"utilisation": 0}, "utilisation is 0; give a number above 0"),
        ({"utilisation": 70}, "utilisation is 70; give a share above 0 and at most 1"),
        ({"usd_per_gpu_hour": -1}, "usd_per_gpu_hour is -1"),
        ({"gpus_per_replica": 1.5}, "gpus_per_replica is 1.5; give a whole number"),
        ({"gpus_per_replica": float("inf")}, "gpus_per_replica is inf; give a whole number"),
        ({"tokens_per_second": 0}, "tokens_per_second is 0"),
        ({"fixed_usd_per_month": -5}, "fixed_usd_per_month is -5; give a number of at least 0"),
        ({"variable_usd_per_mtok": float("nan")}, "variable_usd_per_mtok is nan"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(changed: dict[str, float], message: str) -> None:
    usual: dict[str, float] = {
        "usd_per_gpu_hour": 2,
        "gpus_per_replica": 2,
        "tokens_per_second": 1000,
        "utilisation": 0.5,
    }
    with pytest.raises(InputError, match=message):
        self_host_break_even(1, **(usual | changed))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="api_usd_per_mtok is 0"):
        self_host_break_even(0, **usual)  # type: ignore[arg-type]


def test_a_negative_volume_is_refused() -> None:
    with pytest.raises(InputError, match="mtok_per_month is -1"):
        STAIRCASE.own_usd_per_month(-1)
