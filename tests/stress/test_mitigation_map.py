"""Price multiple against saving: cells from the engine, contour in closed form."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.company_model import PriceKey, covers
from diligence.projections.month_engine import run_months
from diligence.projections.response_modes import pass_through_only
from diligence.projections.responses import Lever
from diligence.projections.shocks import constant_price_shock
from diligence.stress.mitigation_map import mitigation_map
from tests.company_models import company_models, plain_company, with_pass_through

TOKENS = PriceKey("tokens", "buy")


def test_cells_by_hand():
    found = mitigation_map(plain_company(), TOKENS, multiples=(1.0, 3.0), savings=(0.0, 0.5))
    cells = {(cell.multiple, cell.saving): cell.paid_margin for cell in found.cells}
    assert cells == pytest.approx({(1, 0): 0.60, (3, 0): 0.0, (1, 0.5): 0.75, (3, 0.5): 0.45})


def test_contour_is_the_upper_limit():
    # k* = 3 and 4/3: over 1 - saving.
    found = mitigation_map(plain_company(), TOKENS, savings=(0.0, 0.25, 0.8))
    zero = [point.multiple for point in found.contour("gross_margin_0")]
    half = [point.multiple for point in found.contour("gross_margin_50")]
    assert zero == pytest.approx([3.0, 4.0, 15.0])
    assert half == pytest.approx([4 / 3, 16 / 9, 20 / 3])


def test_one_lever_on_the_engine_is_a_row_of_the_map():
    # Nothing is passed on: customers' prices know of no lever, and the map's know of its saving.
    model = plain_company()
    lever = dataclasses.replace(model, levers=(Lever("Caching", saving=0.4),))
    found = mitigation_map(model, TOKENS, multiples=(2.5,), savings=(0.4,))
    months = run_months(lever, constant_price_shock(TOKENS, 2.5, months=1))
    margin = 1 - months.paid_cost[-1, 0] / months.revenue[-1, 0]
    assert found.cells[0].paid_margin == pytest.approx(margin, abs=1e-12)


def test_a_company_that_passes_all_on_has_no_contour_at_zero():
    found = mitigation_map(with_pass_through(plain_company(), 1.0), TOKENS)
    assert {point.multiple for point in found.contour("gross_margin_0")} == {None}
    assert "no multiple" in found.summary()


@pytest.mark.parametrize("saving", [-0.1, 1.0])
def test_a_saving_is_a_fraction_under_one(saving):
    with pytest.raises(InputError, match="fraction"):
        mitigation_map(plain_company(), TOKENS, savings=(saving,))


def test_only_what_is_bought_can_be_saved():
    with pytest.raises(InputError, match="Nothing is bought"):
        mitigation_map(plain_company(), PriceKey("tokens", "sell"))


def saving_on_tokens(model, saving):
    """Less work bought at the price, while customers bear the rise of all of it."""

    def less(line):
        if not covers(TOKENS, line.key):
            return line
        return dataclasses.replace(
            line, paid=line.paid * (1 - saving), pass_through=line.pass_through / (1 - saving)
        )

    return dataclasses.replace(
        model,
        segments=tuple(
            dataclasses.replace(part, lines=tuple(map(less, part.lines))) for part in model.segments
        ),
    )


def test_savings_stay_with_the_company():
    # Revenue 100, other 10, tokens 30, half of a rise passed on, 40 % saved:
    # 100 + 15 (m - 1) = 10 + 18 m at m = 25.
    found = mitigation_map(with_pass_through(plain_company(), 0.5), TOKENS, savings=(0.4,))
    assert found.contour("gross_margin_0")[0].multiple == pytest.approx(25)


@settings(max_examples=40)
@given(company_models(), st.floats(0.0, 0.9))
def test_the_contour_runs_through_margins_of_zero(model, saving):
    found = mitigation_map(model, TOKENS, savings=(saving,), multiples=(1.0,))
    bearable = found.contour("gross_margin_0")[0].multiple
    if bearable is None or bearable > 1e4:
        return
    months = max(line.locked_months for part in model.segments for line in part.lines) + 1
    shock = constant_price_shock(TOKENS, bearable, months=months)
    result = run_months(saving_on_tokens(pass_through_only(model), saving), shock)
    grown = (1 + model.growth) ** (months - 1)
    floored = any(
        segment.revenue[-1, 0] < 0.0101 * part.revenue * grown
        for segment, part in zip(result.segments, model.segments, strict=True)
    )
    if not floored:
        assert 1 - result.paid_cost[-1, 0] / result.revenue[-1, 0] == pytest.approx(0, abs=1e-6)


def test_frames_are_ready_for_a_heat_map():
    found = mitigation_map(plain_company(), TOKENS)
    assert list(found.to_frame()) == ["multiple", "saving", "paid_margin"]
    assert len(found.to_frame()) == 37 * 17
    assert len(found.contour_frame()) == 2 * 17
