"""The floor ladder: gap 0 at the floor, dearer rent never lowers it, units scale through."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.prices import (
    RequestShape,
    ScenarioRange,
    accelerator,
    estimate_serving_cost,
    model_architecture,
    read_serving_assumptions,
)
from diligence.prices.floor_evidence import floor_from_margins, floor_from_serving
from diligence.prices.price_floor import price_floor_gap
from diligence.prices.supplier_margins import RUNGS, SupplierMargin, SupplierMargins

PRICE = {"input": Decimal(2), "output": Decimal(10), "blended": Decimal(4)}
TARGET = ScenarioRange.of(0, "0.2", "0.5")
REGISTER = AssumptionRegister.load(date(2026, 6, 30))
RENTS = read_serving_assumptions(REGISTER, accelerator="h100")
REQUEST = RequestShape(4000, 500, 0.5)


def margin(value, *, rung="realised_use", low=None, high=None, models=()):
    value = Decimal(str(value))
    return SupplierMargin(
        supplier="acme",
        input="tokens",
        rung=rung,
        concept="a margin",
        margin=value,
        low=value if low is None else Decimal(str(low)),
        high=value if high is None else Decimal(str(high)),
        period_end=date(2026, 3, 31),
        known_on=date(2026, 4, 30),
        grade="C",
        source="a report",
        checked=date(2026, 11, 21),
        models=models,
    )


def served(price=PRICE, rents=RENTS):
    return floor_from_serving(
        model_architecture("gpt-oss-120b"),
        accelerator("h100"),
        supplier="a host",
        model="gpt-oss-120b",
        price=price,
        assumptions=rents,
        request=REQUEST,
        n_gpu=2,
        target_margin=TARGET,
    )


def test_ladder_by_hand() -> None:
    margins = [
        margin("0.75", low="0.5", high="0.75"),
        margin("-1.5", rung="operating"),
    ]

    floor = floor_from_margins(margins, supplier="acme", price=PRICE, target_margin=TARGET)

    use, whole, target = (floor.rung(key) for key in ("realised_use", "operating", "target_margin"))
    assert use.costs is not None
    assert whole.costs is not None
    assert target.costs is not None
    assert use.costs["blended"].cases == (1, 1, 2)
    assert use.costs["input"].cases == (Decimal("0.5"), Decimal("0.5"), 1)
    assert whole.costs["blended"].cases == (10, 10, 10)
    # 10 over 1 less 0, 0.2 and 0.5
    assert target.costs["blended"].cases == (10, Decimal("12.5"), 20)
    gap = price_floor_gap(floor, rung="operating")
    assert gap.multiple == ScenarioRange.of("2.5", "2.5", "2.5")
    assert gap.gap == ScenarioRange.of("1.5", "1.5", "1.5")


def test_a_price_below_one_rung_and_above_another() -> None:
    # OpenAI's ladder: 0.30 for paying users' compute, 2.60 for the company (finding 5 of methods)
    known = SupplierMargins.known(date(2026, 6, 30)).of("openai", input="tokens")
    floor = floor_from_margins(known, supplier="openai", price=PRICE, target_margin=TARGET)

    multiples = {gap.rung: gap.multiple for gap in floor.gaps if gap.multiple}
    assert float(multiples["realised_use"].base) == pytest.approx(0.30)
    assert float(multiples["free_users"].base) == pytest.approx(0.574)
    assert float(multiples["operating"].base) == pytest.approx(2.601)
    assert "covers it" in floor.summary()
    assert "below it" in floor.summary()


def test_rungs_without_evidence_say_what_they_need() -> None:
    floor = floor_from_margins([], supplier="google", price=PRICE, target_margin=TARGET)

    assert floor.basis == "no evidence"
    assert [gap.multiple for gap in floor.gaps] == [None] * len(RUNGS)
    assert all(gap.needs and gap.state == "unknown" for gap in floor.gaps)
    assert "unknown, needs operating margin" in floor.summary()


def test_a_target_needs_a_rung_with_training() -> None:
    floor = floor_from_margins([margin("0.7")], supplier="acme", price=PRICE, target_margin=TARGET)

    assert floor.rung("target_margin").costs is None
    assert "training" in floor.rung("target_margin").needs


def test_a_gpu_cloud_bears_no_training() -> None:
    floor = floor_from_margins(
        [margin("0.2")], supplier="a cloud", price={"blended": Decimal(1)}, input="gpu_hours"
    )

    states = {rung.key: rung.state for rung in floor.rungs}
    assert states["amortised_training"] == "not_borne"
    assert states["operating"] == "unknown"
    assert price_floor_gap(floor, rung="amortised_training").multiple == ScenarioRange.point("0.8")


def test_figures_of_different_times_are_told_apart() -> None:
    margins = [margin("0.2"), margin("0.5", rung="operating")]

    floor = floor_from_margins(margins, supplier="acme", price=PRICE)

    assert any("different times or concepts" in note for note in floor.notes)


@given(price=st.decimals("0.01", "1000", places=4))
def test_gap_is_zero_when_the_price_is_the_floor(price: Decimal) -> None:
    floor = floor_from_margins([margin(0)], supplier="acme", price={"blended": price})

    gap = price_floor_gap(floor, rung="realised_use")
    assert gap.gap == ScenarioRange.point(0)
    assert gap.multiple == ScenarioRange.point(1)


@pytest.mark.parametrize("rung", ["peak_load", "realised_use", "target_margin"])
def test_gap_is_zero_at_each_rung_of_a_served_model(rung: str) -> None:
    floor = served()
    costs = floor.rung(rung).costs
    assert costs is not None

    gap = price_floor_gap(floor, rung=rung, price=costs["blended"].base)

    assert gap.multiple is not None
    assert gap.gap is not None
    assert gap.multiple.base == 1
    assert gap.gap.base == 0


@given(
    value=st.decimals("-5", "0.99", places=3),
    scale=st.decimals("0.001", "1000", places=3),
)
def test_units_scale_through_and_change_no_multiple(value: Decimal, scale: Decimal) -> None:
    scaled = {kind: rate * scale for kind, rate in PRICE.items()}

    one, other = (
        floor_from_margins([margin(value)], supplier="acme", price=price)
        for price in (PRICE, scaled)
    )

    before, after = (price_floor_gap(x, rung="realised_use") for x in (one, other))
    assert before.floor
    assert after.floor
    assert before.multiple
    assert after.multiple
    assert after.floor.base == pytest.approx(before.floor.base * scale)
    assert after.multiple.base == pytest.approx(before.multiple.base)


@given(rise=st.decimals("1", "10", places=2))
def test_dearer_rent_never_lowers_a_floor(rise: Decimal) -> None:
    rent = RENTS.usd_per_gpu_hour
    dearer = dataclasses.replace(
        RENTS, usd_per_gpu_hour=ScenarioRange(*(case * rise for case in rent.cases))
    )

    before, after = served(), served(rents=dearer)

    for key in ("peak_load", "realised_use", "target_margin"):
        low, high = before.rung(key).costs, after.rung(key).costs
        assert low is not None
        assert high is not None
        for kind in low:
            pairs = zip(low[kind].cases, high[kind].cases, strict=True)
            assert all(b >= a for a, b in pairs)


def test_serving_rungs_are_the_serving_cost() -> None:
    cost = estimate_serving_cost(
        model_architecture("gpt-oss-120b"),
        accelerator("h100"),
        assumptions=RENTS,
        request=REQUEST,
        n_gpu=2,
    )

    floor = served()

    use, peak = floor.rung("realised_use").costs, floor.rung("peak_load").costs
    assert use is not None
    assert peak is not None
    assert use["blended"] == cost.usd_per_mtok_blended
    # At peak load nothing idles: the base case costs the utilisation's share of it.
    busy = RENTS.utilisation.base
    assert float(peak["blended"].base) == pytest.approx(float(use["blended"].base * busy))
    assert floor.rung("free_users").state == "not_borne"
    assert floor.rung("operating").state == "unknown"


def test_the_table_has_a_row_a_rung_and_kind() -> None:
    floor = served()

    frame = floor.to_frame()
    assert len(frame) == len(RUNGS) * len(PRICE)
    assert set(frame["kind"]) == set(PRICE)
    assert "<table" in floor._repr_html_()
    gap = price_floor_gap(floor, rung="realised_use")
    assert gap.to_frame()["range_kind"].tolist() == ["scenario range"]
    assert "<table" in gap._repr_html_()


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(InputError, match="blended"):
        floor_from_margins([], supplier="acme", price={"input": Decimal(1)})
    with pytest.raises(InputError, match="blended price"):
        floor_from_margins([], supplier="acme", price={"blended": Decimal(0)})
    with pytest.raises(InputError, match="no rung is named 'cogs'"):
        price_floor_gap(served(), rung="cogs")
    with pytest.raises(InputError, match="price"):
        price_floor_gap(served(), rung="peak_load", price=0)
