"""Which assumption moves k* and runway most: one at a time over its range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.month_engine import run_months
from diligence.projections.shocks import constant_price_shock
from diligence.stress.assumption_changes import Variation, variation
from diligence.stress.break_even import Status
from diligence.stress.break_points import engine_multiples
from diligence.stress.model_break_even import exposed_lines
from diligence.stress.price_walk import Curve

if TYPE_CHECKING:
    import pandas as pd

HORIZON = 36
JUDGED_MONTH = 12
Measure = Literal["k", "runway"]


@dataclass(frozen=True)
class SensitivityPoint:
    """k* of the paid margin at 0 as the company answers, and runway with the price moved.

    ``k`` is None where none exists; ``runway`` is in months, inf beyond the horizon, None where
    cash is unknown.
    """

    k: float | None
    status: Status
    runway: float | None


@dataclass(frozen=True)
class Bar:
    """One bar of the tornado."""

    name: str
    low_value: float
    high_value: float
    low: SensitivityPoint
    high: SensitivityPoint

    def swing(self, measure: Measure) -> float:
        """Width of the bar: multiples of k*, or months; inf where one end never breaks."""
        ends = [_comparable(point, measure) for point in (self.low, self.high)]
        if None in ends or ends[0] == ends[1]:
            return 0.0
        return abs((ends[1] or 0.0) - (ends[0] or 0.0))


@dataclass(frozen=True)
class Sensitivity:
    """A tornado: how far each assumption, alone, moves k* and runway."""

    key: PriceKey
    multiple: float
    base: SensitivityPoint
    bars: tuple[Bar, ...]

    def ranked(self, measure: Measure = "k") -> tuple[Bar, ...]:
        """Bars of one measure, widest first."""
        return tuple(sorted(self.bars, key=lambda bar: (-bar.swing(measure), bar.name)))

    def to_frame(self) -> pd.DataFrame:
        """One row an assumption."""
        import pandas as pd

        return pd.DataFrame([_row(bar) for bar in self.ranked()])

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``; what is endless is null there."""
        rows = [
            {name: None if value == inf else value for name, value in _row(bar).items()}
            for bar in self.ranked()
        ]
        return {"price": self.key.label, "multiple": self.multiple, "assumptions": rows}

    def summary(self) -> str:
        """The assumption that moves k* most, and the one that moves runway most."""
        if not self.bars:
            return f"{self.key.label}: no assumption is varied"
        k, runway = self.ranked("k")[0], self.ranked("runway")[0]
        ends = [_shown(_comparable(point, "k")) for point in (k.low, k.high)]
        told = f"{self.key.label}: {k.name} moves k* most ({' to '.join(ends)})"
        if self.base.runway is None:
            return f"{told}; runway is unknown"
        ends = [_shown(point.runway) for point in (runway.low, runway.high)]
        return (
            f"{told}, {runway.name} moves runway at {self.multiple:g}x most "
            f"({' to '.join(ends)} months)"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def sensitivity(
    model: CompanyModel,
    ranges: Mapping[str, tuple[float, float]],
    *,
    key: PriceKey,
    multiple: float = 2.0,
    also: Sequence[Variation] = (),
) -> Sensitivity:
    """Vary one assumption at a time and measure k* and runway.

    Parameters
    ----------
    model
        One month at run rate, with its responses.
    ranges
        Low and high of assumptions of :data:`ASSUMPTIONS`, each in its own unit.
    key
        The price whose k* is measured.
    multiple
        Multiple of that price under which runway is measured.
    also
        Companies built otherwise, such as at the ends of the unresolved pool.

    Raises
    ------
    InputError
        When an assumption is unknown or the company has no such price.

    Examples
    --------
    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=30.0)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=(line,)),))
    >>> ranges = {"pass_through": (0.0, 0.5), "other_cost": (0.9, 1.1)}
    >>> found = sensitivity(model, ranges, key=PriceKey("tokens", "buy"))
    >>> [(bar.name, round(bar.low.k, 2), round(bar.high.k, 2)) for bar in found.ranked()]
    [('pass_through', 3.0, 5.0), ('other_cost', 3.03, 2.97)]

    Whether half of a rise can be passed on matters; a tenth of other cost does not.
    """
    if not exposed_lines(model, key):
        have = ", ".join(other.label for other in model.keys) or "none"
        raise InputError(f"No price {key.label!r}; the company has {have}.")
    varied = [variation(model, name, *ends) for name, ends in ranges.items()]
    bars = tuple(
        Bar(
            one.name,
            one.low_value,
            one.high_value,
            _measured(one.low, key, multiple),
            _measured(one.high, key, multiple),
        )
        for one in (*varied, *also)
    )
    return Sensitivity(key, multiple, _measured(model, key, multiple), bars)


def value_of_information(
    range_now: tuple[float | None, float | None], range_without: tuple[float | None, float | None]
) -> float | None:
    """Width of range that an answer would remove, in the unit of the range; 0 or more.

    Parameters
    ----------
    range_now
        Low and high today.
    range_without
        Low and high once the question is settled. None at an end is a range without that end.

    Returns
    -------
    float or None
        None where a range has no end, so that no width can be compared.

    Examples
    --------
    An unresolved pool leaves the paid margin between 45.0 and 61.7 %; without its largest line it
    is between 49 and 55 %.

    >>> round(value_of_information((0.450, 0.617), (0.49, 0.55)), 3)
    0.107

    The answer is worth 10.7 points of margin: ask for it first.
    """
    ends = [end for end in (*range_now, *range_without) if end is not None and abs(end) != inf]
    if len(ends) < 4:
        return None
    now, then = abs(ends[1] - ends[0]), abs(ends[3] - ends[2])
    return max(now - then, 0.0)


def _measured(model: CompanyModel, key: PriceKey, multiple: float) -> SensitivityPoint:
    curve = Curve(key, "paid", "gross_margin_0")
    found = engine_multiples(model, [curve], JUDGED_MONTH)[0]
    return SensitivityPoint(found.k, found.status, _runway(model, key, multiple))


def _runway(model: CompanyModel, key: PriceKey, multiple: float) -> float | None:
    from diligence.stress.simulation import runway_months

    if model.cash is None or model.bridge is None:
        return None
    burn = run_months(model, constant_price_shock(key, multiple, months=HORIZON)).cash_burn
    assert burn is not None
    cash = model.cash - np.cumsum(burn, axis=0)
    return float(runway_months(cash, burn, model.minimum_cash)[0])


def _comparable(point: SensitivityPoint, measure: Measure) -> float | None:
    if measure == "runway":
        return point.runway
    return inf if point.status == "never" else point.k


def _row(bar: Bar) -> dict[str, Any]:
    return {
        "assumption": bar.name,
        "low_value": bar.low_value,
        "high_value": bar.high_value,
        "k_at_low": _comparable(bar.low, "k"),
        "k_at_high": _comparable(bar.high, "k"),
        "runway_at_low": bar.low.runway,
        "runway_at_high": bar.high.runway,
    }


def _shown(value: float | None) -> str:
    if value is None:
        return "none"
    if value == inf:
        return "no limit"
    return f"{value:.2f}"
