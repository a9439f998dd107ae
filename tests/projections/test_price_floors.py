"""Floors of a company: blended by its own mix, and caps by open-weight models."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.prices import PriceBook
from diligence.prices.supplier_margins import SupplierMargin, SupplierMargins
from diligence.projections.company_model import PriceKey
from diligence.projections.model_mix import ModelMix, ModelUse, MonthlyTokens
from diligence.projections.price_caps import price_caps
from diligence.projections.price_floors import price_floors, register_range

DAY = date(2026, 6, 30)
REGISTER = AssumptionRegister.load(DAY)
PRICES = PriceBook.load().as_of(DAY, known_on=DAY)
TOKENS = MonthlyTokens(Decimal(60_000_000_000), Decimal(0), Decimal(0), Decimal(20_000_000_000))
COUNTED = dataclasses.replace(TOKENS, requests=Decimal(20_000_000))


def use(supplier="A", *, model="m", cost=100, price=4, input="tokens", tokens=COUNTED, **fields):
    side = "buy" if input == "tokens" else "rent"
    rate = Decimal(str(price or 0))
    return ModelUse(
        PriceKey(input, side, supplier, model),
        supplier.lower(),
        model,
        Decimal(str(cost)),
        tokens,
        {"input": rate, "output": rate, "blended": rate} if price else None,
        rate if price else None,
        **fields,
    )


def margin(supplier, value, *, rung="realised_use", input="tokens", grade="C", end=DAY):
    known = Decimal(str(value))
    return SupplierMargin(
        supplier, input, rung, "a margin", known, known, known, end, DAY, grade, "a report", DAY
    )


def floors(uses, margins):
    mix = ModelMix(tuple(uses))
    return price_floors(mix, register=REGISTER, margins=SupplierMargins(tuple(margins), DAY))


def test_blended_gap_by_hand():
    # A takes 300 at a cost of 0.5 of its price, B 100 at 2.5: cost becomes 150 + 250 of 400.
    found = floors(
        [use("A", cost=300), use("B", cost=100)],
        [margin("a", "0.5"), margin("b", "-1.5", grade="D", end=date(2025, 1, 1))],
    ).blended("realised_use")

    assert found.multiple is not None
    assert found.gap is not None
    assert found.multiple.base == 1
    assert found.gap.base == 0
    assert found.covered == 1
    assert found.grade == "D"
    assert found.evidence_date == date(2025, 1, 1)


def test_what_is_unknown_is_left_out_and_said():
    result = floors([use("A", cost=300), use("B", cost=100)], [margin("a", "0.5")])

    found = result.blended("realised_use")
    assert found.multiple is not None
    assert found.multiple.base == Decimal("0.5")
    assert found.covered == Decimal("0.75")
    assert "compute margin" in found.needs
    nothing = result.blended("operating")
    assert (nothing.multiple, nothing.covered, nothing.state) == (None, 0, "unknown")
    assert "75% of spend known" in result.summary()


def test_a_grade_on_a_sliver_does_not_count():
    result = floors(
        [use("A", cost=95), use("B", cost=5)],
        [margin("a", 0, grade="B"), margin("b", 0, grade="D")],
    )

    assert result.blended("realised_use").grade == "B"


def test_inputs_are_kept_apart_and_together():
    result = floors(
        [use("A", cost=100), use("C", model="", cost=100, price=None, input="gpu_hours")],
        [margin("a", "0.5"), margin("c", "-0.5", input="gpu_hours")],
    )

    bases = [
        found.multiple.base
        for kind in ("tokens", "gpu_hours", "")
        if (found := result.blended("realised_use", input=kind)).multiple
    ]
    assert bases == [Decimal("0.5"), Decimal("1.5"), 1]
    # a cloud bears no training: its rung stays where it is
    cloud = result.blended("amortised_training", input="gpu_hours").multiple
    assert cloud is not None
    assert cloud.base == Decimal("1.5")


def test_an_open_weight_model_is_built_up_from_rent():
    (found,) = floors([use("a host", model="gpt-oss-120b", price="0.2")], []).floors

    assert found.floor.basis == "serving cost"
    assert found.floor.rung("free_users").state == "not_borne"
    costs = found.floor.rung("realised_use").costs
    assert costs is not None
    assert costs["blended"].low < costs["blended"].base < costs["blended"].high


def test_the_invoice_names_the_supplier_where_no_model_is_known():
    plain = dataclasses.replace(
        use("Anthropic via Bedrock", model="", price=None), seller="Anthropic via Bedrock"
    )

    (found,) = floors([plain], [margin("anthropic", "0.4")]).floors

    assert found.floor.unit == "of today's price"
    costs = found.floor.rung("realised_use").costs
    assert costs is not None
    assert costs["blended"].base == Decimal("0.6")


@given(
    costs=st.lists(st.decimals("0.01", "1000", places=2), min_size=1, max_size=5),
    value=st.decimals("-3", "0.95", places=2),
    scale=st.decimals("0.01", "1000", places=2),
)
def test_currency_and_order_change_no_blended_multiple(costs, value, scale):
    names = [f"s{place}" for place in range(len(costs))]
    margins = [margin(name, value + place) for place, name in enumerate(names) if place == 0]
    margins += [margin(name, -place) for place, name in enumerate(names) if place]
    uses = [use(name, cost=cost) for name, cost in zip(names, costs, strict=True)]
    scaled = [dataclasses.replace(item, cost=item.cost * scale) for item in reversed(uses)]

    one, other = (floors(x, margins).blended("realised_use").multiple for x in (uses, scaled))

    assert one is not None
    assert other is not None
    assert float(one.base) == pytest.approx(float(other.base))


def test_tables_hold_every_model_and_the_blend():
    result = floors([use("A"), use("B")], [margin("a", "0.5")])

    frame = result.to_frame()
    assert len(frame) == 3 * 7
    assert set(frame["supplier"]) == {"A", "B", "all suppliers"}
    assert "<table" in result._repr_html_()
    assert floors([], []).summary() == "nothing bought by the token or the GPU-hour"


def caps(uses, register=REGISTER):
    return price_caps(ModelMix(tuple(uses)), prices=PRICES, register=register)


def stated(name, value):
    entry = REGISTER.get(name)
    known = Decimal(str(value))
    changed = dataclasses.replace(entry, value=known, low=known, high=known)
    return dataclasses.replace(REGISTER, entries={**REGISTER.entries, name: changed})


def small(**changes):
    return dataclasses.replace(
        use("OpenAI", model="gpt-5.4-mini", price="2"), seller="openai", **changes
    )


def test_cap_of_a_bought_alternative_by_hand():
    # gpt-oss-120b lists at 0.039 in and 0.18 out: 60 and 20 Gtok cost 2,340 + 3,600 USD, or
    # 0.07425 a Mtok; 1.2 times the tokens over a price of 2, and one month of the bill over twelve.
    (cap,) = caps([small()]).caps

    bought = next(o for o in cap.options if (o.name, o.kind) == ("gpt-oss-120b", "bought"))
    assert float(bought.running.base) == pytest.approx(0.07425 * 1.2 / 2)
    assert float(bought.multiple.base) == pytest.approx(0.07425 * 1.2 / 2 + 1 / 12)
    assert cap.best is bought
    assert "gpt-oss-120b" in cap.summary()


def test_hosted_option_counts_whole_replicas():
    # A volume that needs almost nothing still pays one replica of two H100 at 2.75 USD and half
    # of it again for staff: 2 x 2.75 x 730 x 1.5 = 6,022.50 USD a month for 0.3 x 80 Mtok at 2.
    few = MonthlyTokens(
        Decimal(60_000_000), Decimal(0), Decimal(0), Decimal(20_000_000), Decimal(20)
    )
    few = dataclasses.replace(few, requests=Decimal(20_000))

    (cap,) = caps([small(tokens=few)]).caps

    hosted = next(o for o in cap.options if (o.name, o.kind) == ("gpt-oss-120b", "hosted"))
    assert hosted.own is not None
    assert hosted.own.gpus == 2
    assert float(hosted.running.base) == pytest.approx(6022.5 / (0.3 * 80 * 2))


def test_a_cap_holds_for_the_share_that_can_move():
    # 30 % of the work is capped at today's price, because the alternative is cheaper already.
    result = caps([small()])

    assert result.cost_multiple(1) == 1
    assert result.cost_multiple(3) == Decimal("0.7") * 3 + Decimal("0.3")
    assert result.cost_multiple("0.5") == Decimal("0.5")
    assert caps([small()], stated("rerouting_share", 0)).cost_multiple(3) == 3


@given(low=st.decimals("0.1", "10", places=2), rise=st.decimals("0", "10", places=2))
def test_a_dearer_price_never_costs_less_and_a_cap_never_adds(low, rise):
    result = caps([small(), use("Nobody", model="huge", price=None)])

    assert result.cost_multiple(low) <= result.cost_multiple(low + rise)
    assert result.cost_multiple(low + rise) <= low + rise


@given(rise=st.decimals("1", "5", places=2))
def test_dearer_rent_never_cheapens_an_own_gpu(rise):
    rent = REGISTER.get("gpu_rent_h100")
    assert isinstance(rent.value, Decimal)

    before, after = (caps([small()], stated("gpu_rent_h100", rent.value * k)) for k in (1, rise))

    pairs = [
        (option, other)
        for option in before.caps[0].options
        for other in after.caps[0].options
        if option.kind == other.kind == "hosted" and option.name == other.name
    ]
    assert pairs
    assert all(other.running.base >= option.running.base for option, other in pairs)


def test_old_margins_are_marked():
    old = floors([use("A")], [margin("a", "0.5", end=date(2025, 1, 31))])

    assert any("margins of 2025-01-31" in note for note in old.notes)
    assert floors([use("A")], [margin("a", "0.5")]).notes == ()


def test_list_and_effective_price_stand_side_by_side():
    # half the list is paid: the floor is half of what is paid, a quarter of the list
    half = dataclasses.replace(use("A", price=4), list_price=Decimal(8))

    frame = floors([half], [margin("a", "0.5")]).to_frame()

    row = frame[(frame["supplier"] == "A") & (frame["status"] == "known")].iloc[0]
    assert (row["price"], row["list_price"]) == (4, 8)
    assert (row["multiple_base"], row["multiple_at_list"]) == (0.5, 0.25)


def test_large_models_have_no_small_rival():
    large = dataclasses.replace(use("OpenAI", model="gpt-5.4", price="5"), seller="openai")

    (cap,) = caps([large]).caps

    assert {option.name for option in cap.options} == {"deepseek-v3.1-terminus", "kimi-k2.6"}


def test_nothing_known_caps_a_price_without_a_model():
    (cap,) = caps([use("Nobody", model="our-7b", price=None)]).caps

    assert cap.best is None
    assert cap.cost_multiple(2) == 2
    assert "needs the model bought" in cap.summary()
    with pytest.raises(InputError, match="buys no tokens"):
        caps([]).cost_multiple(2)


def test_cap_table_names_the_alternative():
    frame = caps([small()]).to_frame()

    assert frame.loc[frame["caps_first"], "alternative"].tolist() == ["gpt-oss-120b"]
    assert {"bought", "hosted"} == set(frame["kind"])


def test_a_number_that_nobody_stated_is_asked_for():
    with pytest.raises(InputError, match="has no number"):
        register_range(REGISTER, "free_share_of_inference")
