"""Shapley shares of a loss: by hand, and the axioms."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.company_model import PriceKey
from diligence.projections.month_engine import run_months
from diligence.projections.response_modes import frozen
from diligence.projections.shocks import Shock, no_shock
from diligence.stress.loss_attribution import attribute_loss, shapley_values
from tests.company_models import company_models, plain_company, with_pass_through, with_response

TOKENS = PriceKey("tokens", "buy")
MONTHS = 6


def flat(level):
    return np.full((MONTHS, 1), float(level))


def shock(price=None, **levels):
    prices = {} if price is None else {TOKENS: flat(price)}
    return Shock(MONTHS, prices, **{name: flat(level) for name, level in levels.items()})


def shares(found, measure="gross_profit"):
    return {cause.name: getattr(cause, measure) for cause in found.causes}


def test_price_and_tokens_by_hand():
    # 30 becomes 30 x 3 x 2 = 180. Price costs 60 alone and 120 last; tokens 30 and 90.
    found = attribute_loss(plain_company(), shock(3.0, tokens=2.0))
    assert shares(found) == pytest.approx({"price": -90.0, "tokens": -60.0})


def test_cash_is_the_sum_of_months():
    found = attribute_loss(plain_company(), shock(2.0))
    assert shares(found, "cash") == pytest.approx({"price": -30.0 * MONTHS})
    assert found.before["cash"] == pytest.approx(-5.0 * MONTHS)


def test_what_customers_bear_is_the_answer_of_the_company():
    found = attribute_loss(with_pass_through(plain_company(), 0.5), shock(2.0))
    # The whole rise is the price's alone; half of it comes back only with the rise: shared evenly.
    assert shares(found) == pytest.approx({"price": -22.5, "pass_through": 7.5})


def test_churn_has_a_share_of_its_own():
    model = with_response(with_pass_through(plain_company(), 0.5), price_elasticity=1.0)
    found = shares(attribute_loss(model, shock(2.0)))
    assert found["churn"] < 0 < found["pass_through"]


def test_own_training_is_no_cost_of_revenue():
    model = plain_company(training_cash_other=10.0)
    found = attribute_loss(model, shock(retraining=2.0))
    assert shares(found) == {"own_cost": 0.0}
    assert shares(found, "operating_result") == pytest.approx({"own_cost": -10.0})


def test_a_move_of_nothing_gets_exactly_nothing():
    found = shares(attribute_loss(plain_company(), shock(2.0, tokens=1.0, usage=1.3)))
    assert found["tokens"] == 0.0


def test_gloves():
    # One left glove, two right ones: the classic split of a worth of 1 is 2/3, 1/6, 1/6.
    def pair(who):
        return 1.0 if "left" in who and len(who) > 1 else 0.0

    found = shapley_values(["left", "right", "spare"], pair)
    assert found == pytest.approx({"left": 2 / 3, "right": 1 / 6, "spare": 1 / 6})


def test_many_paths_are_refused():
    with pytest.raises(InputError, match="7 paths"):
        attribute_loss(plain_company(), Shock(MONTHS, {TOKENS: np.ones((MONTHS, 7))}))


level = st.floats(0.5, 4.0)


@settings(max_examples=40)
@given(company_models(), level, level, level, level, level)
def test_shares_add_up_to_the_loss(model, price, tokens, usage, customers, retraining):
    moved = shock(price, tokens=tokens, usage=usage, customers=customers, retraining=retraining)
    found = attribute_loss(model, moved)
    start, end = run_months(frozen(model), no_shock(MONTHS)), run_months(model, moved)
    scale = 1e-12 * max(abs(v) for v in (*found.before.values(), *found.after.values(), 1.0))
    for measure, change in (
        ("gross_profit", _profit(end) - _profit(start)),
        ("operating_result", (end.operating_result[-1] - start.operating_result[-1])[0]),
        ("cash", start.cash_burn.sum() - end.cash_burn.sum()),
    ):
        total = fsum(getattr(cause, measure) for cause in found.causes)
        assert total == pytest.approx(change, rel=1e-9, abs=100 * scale)


def _profit(months):
    return (months.revenue - months.paid_cost)[-1][0]


@settings(max_examples=40)
@given(level, st.floats(0.0, 1.0))
def test_causes_that_act_alike_get_alike(multiple, borne):
    # Nothing but the bill depends on prices and tokens here: their order is of no account.
    found = shares(
        attribute_loss(with_pass_through(plain_company(), borne), shock(multiple, tokens=multiple))
    )
    assert found["price"] == pytest.approx(found["tokens"], rel=1e-9, abs=1e-9)
