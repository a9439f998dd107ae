"""Company models for tests: small ones a reader can follow, and any that hypothesis thinks of."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import strategies as st

from diligence.projections.company_model import (
    CompanyModel,
    PricedLine,
    PriceKey,
    SegmentModel,
)
from diligence.projections.responses import (
    CommitmentTerm,
    CreditTerm,
    Lever,
    Rerouting,
    SegmentResponse,
    SelfHostPlan,
)
from diligence.projections.shocks import Shock

TOKENS = PriceKey("tokens", "buy", "OpenAI")
OTHER_TOKENS = PriceKey("tokens", "buy", "Anthropic")
RENT = PriceKey("gpu_hours", "rent", "CoreWeave")
SEATS = PriceKey("seats", "buy", "GitHub")
SOLD = PriceKey("tokens", "sell", "customers")
BOUGHT = (TOKENS, OTHER_TOKENS, RENT, SEATS)


def plain_company(**changes):
    """Revenue 100, other cost 10, tokens 30 a month; overheads 50, burn 5, cash 60."""
    segment = SegmentModel("", 100.0, paid_other=10.0, lines=(PricedLine(TOKENS, paid=30.0),))
    model = CompanyModel("Plain", "USD", (segment,), fixed_cost=50.0, bridge=15.0, cash=60.0)
    return dataclasses.replace(model, **changes)


def with_response(model, **terms):
    """The same company with a response in every segment."""
    return dataclasses.replace(
        model,
        segments=tuple(
            dataclasses.replace(part, response=dataclasses.replace(part.response, **terms))
            for part in model.segments
        ),
    )


def with_pass_through(model, share):
    """The same company passing on a share of every rise."""
    return dataclasses.replace(
        model,
        segments=tuple(
            dataclasses.replace(
                part,
                lines=tuple(dataclasses.replace(line, pass_through=share) for line in part.lines),
            )
            for part in model.segments
        ),
    )


def price_shock(key, multiple, *, months=24):
    """One price multiplied from the first month on."""
    return Shock(months, {key: np.full((months, 1), float(multiple))})


money = st.floats(0, 1e3)
share = st.floats(0, 1)


@st.composite
def priced_lines(draw, key):
    serves = {"paid": draw(money), "unpaid": draw(money)}
    trains = {"training_steady": draw(money), "training_cash": draw(money)}
    if key == SEATS:
        return PricedLine(key, "internal_tools", internal=draw(money))
    if key == SOLD:
        return PricedLine(key, "revenue", sold=draw(st.floats(0, 100)))
    return PricedLine(
        key,
        **(serves | trains),
        pass_through=draw(share),
        locked_months=draw(st.integers(0, 30)),
    )


@st.composite
def company_models(draw, *, responses=True):
    """Any company; with ``responses`` every choice may be switched on."""
    segments = tuple(
        SegmentModel(
            name,
            revenue=draw(st.floats(200, 2e3)),
            paid_other=draw(money),
            unpaid_other=draw(money),
            lines=tuple(draw(priced_lines(key)) for key in (*BOUGHT, SOLD)),
            response=draw(segment_responses()) if responses else SegmentResponse(),
        )
        for name in ("Chat", "Platform")[: draw(st.integers(1, 2))]
    )
    model = CompanyModel(
        "Any",
        "USD",
        segments,
        training_steady_other=draw(money),
        training_cash_other=draw(money),
        fixed_cost=draw(money),
        bridge=draw(st.floats(-100, 100)),
        cash=draw(st.floats(0, 1e5)),
        growth=draw(st.floats(-0.03, 0.08)),
    )
    return dataclasses.replace(model, **draw(choices())) if responses else model


@st.composite
def segment_responses(draw):
    return SegmentResponse(
        notice_months=draw(st.integers(0, 6)),
        renewal_months=draw(st.integers(0, 24)),
        flat_share=draw(share),
        fixed_share=draw(share),
        price_elasticity=draw(st.floats(0, 3)),
        usage_priced_share=draw(share),
        other_fixed_share=draw(share),
    )


@st.composite
def choices(draw):
    lever = Lever(
        "Caching",
        saving=draw(share),
        reach=draw(share),
        start_month=draw(st.integers(1, 12)),
        ramp_months=draw(st.integers(1, 12)),
        monthly_cost=draw(st.floats(0, 10)),
        one_off_cost=draw(st.floats(0, 10)),
    )
    rerouting = Rerouting(
        "tokens",
        "OpenAI",
        price_ratio=draw(st.floats(0.2, 3)),
        share=draw(share),
        months=draw(st.integers(1, 12)),
        trigger=draw(st.floats(1, 3)),
    )
    self_host = SelfHostPlan(
        "tokens",
        "Anthropic",
        share=draw(share),
        gpus=draw(st.floats(0.5, 20)),
        gpu_cost_per_month=draw(st.floats(1, 100)),
        lead_months=draw(st.integers(0, 12)),
    )
    return {
        "levers": (lever,),
        "rerouting": (rerouting,),
        "self_host": (self_host,),
        "commitments": (CommitmentTerm("OpenAI", draw(money), draw(st.integers(0, 36))),),
        "credits": CreditTerm(draw(money), draw(st.floats(0, 10)), draw(st.integers(0, 36))),
    }
