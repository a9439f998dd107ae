"""Price multiples from 1x to 10x through P&L and cash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diligence.errors import EstimationError
from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.projection import Projection, price_shock, project
from diligence.projections.response_modes import pass_through_only
from diligence.projections.shocks import no_shock

if TYPE_CHECKING:
    import pandas as pd

MULTIPLES: tuple[float, ...] = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0)
DOUBLED = 2.0
HORIZON_MONTH = 12


@dataclass(frozen=True)
class ScenarioResult:
    """Outcome of one price multiple on one input."""

    name: str
    input: str
    multiple: float
    is_bought: bool
    gross_margin: float | None
    operating_result_per_month: float
    runway_months: float | None
    runway_status: str

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "name": self.name,
            "input": self.input,
            "multiple": self.multiple,
            "gross_margin": self.gross_margin,
            "operating_result_per_month": self.operating_result_per_month,
            "runway_months": self.runway_months,
            "runway_status": self.runway_status,
        }


@dataclass(frozen=True)
class StressTest:
    """All price multiples of one deal against its baseline."""

    baseline: ScenarioResult
    scenarios: tuple[ScenarioResult, ...]

    @property
    def shortest_runway_doubled(self) -> float | None:
        """Shortest runway when the price of one bought or rented input doubles, if it is finite."""
        months = [
            result.runway_months
            for result in self.scenarios
            if result.is_bought and result.multiple == DOUBLED and result.runway_months is not None
        ]
        return min(months, default=None)

    def to_frame(self) -> pd.DataFrame:
        """One row a scenario, the baseline first."""
        import pandas as pd

        return pd.DataFrame([vars(result) for result in (self.baseline, *self.scenarios)])

    def summary(self) -> str:
        """One line a scenario."""
        return "\n".join(_line(result) for result in (self.baseline, *self.scenarios))

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def margin_at_multiple(
    margin: float, exposed_share: float, multiple: float, *, pass_through: float = 0.0
) -> float:
    """Gross margin after one input's price is multiplied, without any other response.

    GM(k) = [R + phi I(k-1) - C - I(k-1)] / [R + phi I(k-1)]; without pass-through
    GM(k) = GM0 - a(k-1) with a the exposed cost over revenue.

    Parameters
    ----------
    margin, exposed_share, pass_through
        Fractions of revenue (of the cost rise for ``pass_through``).
    multiple
        Price multiple, 0 or more.

    Examples
    --------
    A company at the survey average of 52 % with inference at 23 % of revenue has 29 % left when
    the price doubles and loses money at five times.

    >>> [round(margin_at_multiple(0.52, 0.23, k), 2) for k in (2, 3, 5)]
    [0.29, 0.06, -0.4]
    """
    rise = exposed_share * (multiple - 1)
    revenue = 1 + pass_through * rise
    if revenue <= 0:
        raise EstimationError(
            f"No revenue is left at a multiple of {multiple:g} with pass-through "
            f"{pass_through:g}; there is no margin to compute."
        )
    return (revenue - (1 - margin) - rise) / revenue


def stress_test(
    model: CompanyModel, *, multiples: Sequence[float] = MULTIPLES, months: int = 36
) -> StressTest:
    """Run every price multiple on every bought, rented and sold input, one at a time.

    Stated pass-through acts at once, as k* has it, and nothing else responds. The margin is the
    paid rung of month 12, runway is cash. The baseline is the run rate of the headline period; a
    multiple of one reproduces the same month of the baseline projection.

    Parameters
    ----------
    model
        One month at run rate. All suppliers of an input move together.
    multiples
        Price multiples, 0 or more.
    months
        1 to 120.
    """
    plain = pass_through_only(model)
    scenarios = tuple(
        _result(project(plain, price_shock({key: multiple}, months=months)), key, multiple)
        for key in moving_inputs(model)
        for multiple in multiples
    )
    return StressTest(_baseline(project(plain, no_shock(months)), model), scenarios)


def moving_inputs(model: CompanyModel) -> tuple[PriceKey, ...]:
    """Inputs and sides whose price reaches the accounts, over all their suppliers.

    Examples
    --------
    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> lines = (PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=3.0),
    ...     PricedLine(PriceKey("tokens", "buy", "Google"), paid=1.0))
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 10.0, lines=lines),))
    >>> [key.label for key in moving_inputs(model)]
    ['tokens bought']
    """
    return tuple(dict.fromkeys(PriceKey(key.input, key.side) for key in model.keys))


def _baseline(projection: Projection, model: CompanyModel) -> ScenarioResult:
    return ScenarioResult(
        name="baseline",
        input="",
        multiple=1.0,
        is_bought=False,
        gross_margin=model.paid_margin,
        operating_result_per_month=model.revenue - model.operating_cost,
        runway_months=projection.runway_months,
        runway_status=projection.runway_status,
    )


def _result(projection: Projection, key: PriceKey, multiple: float) -> ScenarioResult:
    month = min(HORIZON_MONTH, len(projection.months))
    return ScenarioResult(
        name=f"{key.label} x{multiple:g}",
        input=key.label,
        multiple=multiple,
        is_bought=key.side in ("buy", "rent"),
        gross_margin=projection.paid_margin(month),
        operating_result_per_month=projection.months[month - 1].operating_result,
        runway_months=projection.runway_months,
        runway_status=projection.runway_status,
    )


def _line(result: ScenarioResult) -> str:
    margin = "n/a" if result.gross_margin is None else f"{100 * result.gross_margin:.1f} %"
    runway = (
        result.runway_status
        if result.runway_months is None
        else f"{result.runway_months:.1f} months"
    )
    return f"{result.name}: paid gross margin {margin}, runway {runway}"
