"""Values of share classes before an exit: the option-pricing method and its backsolve.

Between two breakpoints of the waterfall each class receives a fixed share of the next dollar, so
its value today is that share of the difference of two calls on the company, summed over the
breakpoints (AICPA, Valuation of Portfolio Company Investments of Venture Capital and Private
Equity Funds, 2019, option pricing method and backsolve). It presumes a lognormal value of the
whole company and one exit date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from diligence.errors import EstimationError
from diligence.valuation.exchange_option import Array, call_option
from diligence.valuation.waterfall import CapitalStack

if TYPE_CHECKING:
    import pandas as pd

SMALLEST = 1e-9


@dataclass(frozen=True)
class ExitView:
    """When an exit is expected, how uncertain value is until then, and the riskless rate.

    ``volatility`` and ``rate`` are fractions a year.
    """

    years: float
    volatility: float
    rate: float


@dataclass(frozen=True)
class OptionAllocation:
    """Value of the whole company by class today; the values add up to it.

    ``shares_of_tranche`` holds, by class, its share of each dollar between the breakpoints.
    """

    total: float
    values: Mapping[str, float]
    breakpoints: tuple[float, ...]
    shares_of_tranche: Mapping[str, tuple[float, ...]]

    def to_frame(self) -> pd.DataFrame:
        """One row a class: value today and share of the whole."""
        import pandas as pd

        rows = [
            {"class": name, "value": value, "share": value / self.total if self.total else None}
            for name, value in self.values.items()
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line a class."""
        return "\n".join(f"{name}: {value:,.2f}" for name, value in self.values.items())

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def allocate_before_exit(stack: CapitalStack, total: float, view: ExitView) -> OptionAllocation:
    """Divide the company's value today among its classes as options on the exit.

    Parameters
    ----------
    stack
        Claims at the exit, debt included.
    total
        Value of everything the classes share: enterprise value and cash.
    view
        Exit date, volatility and rate.

    Examples
    --------
    A senior preference of 50 in a company worth 200: before the exit the class is worth less
    than its preference, because the exit may bring less and comes late.

    >>> from decimal import Decimal
    >>> from diligence.valuation.waterfall import ShareClass
    >>> stack = CapitalStack((
    ...     ShareClass("Series B", shares=Decimal("0.1"), preference=Decimal(50)),
    ...     ShareClass("common", shares=Decimal("0.9"))))
    >>> view = ExitView(years=5, volatility=0.8, rate=0.04)
    >>> round(allocate_before_exit(stack, 200.0, view).values["Series B"], 1)
    37.6
    """
    points, slopes = _tranches(stack)
    return _allocation(total, points, slopes, view)


def backsolve(stack: CapitalStack, name: str, *, paid: float, view: ExitView) -> float:
    """Value of the whole company at which a class is worth what was paid for it.

    Raises
    ------
    EstimationError
        When no value of the company makes the class worth that much: debt or a preference
        without shares is never worth more than its claim.

    Examples
    --------
    Fifty million for a tenth reads as 500. With a preference the tenth is worth more than a tenth
    of common, so the price implies a smaller company.

    >>> from decimal import Decimal
    >>> from diligence.valuation.waterfall import ShareClass
    >>> stack = CapitalStack((
    ...     ShareClass("Series B", shares=Decimal("0.1"), preference=Decimal(50)),
    ...     ShareClass("common", shares=Decimal("0.9"))))
    >>> round(backsolve(stack, "Series B", paid=50.0, view=ExitView(5, 0.8, 0.04)))
    322
    """
    from scipy.optimize import brentq

    points, slopes = _tranches(stack)

    def excess(total: float) -> float:
        return _allocation(total, points, slopes, view).values[name] - paid

    stack.held(name)
    high = max(paid, SMALLEST)
    if paid >= _most(points, slopes[name], view):
        raise EstimationError(
            f"No value of the company makes {name} worth {paid:,.2f}; a class without shares is "
            "worth its claim at most. State the ownership it converts into."
        )
    while excess(high) < 0:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-12 * high, rtol=1e-14))


def _most(points: Array, slopes: Array, view: ExitView) -> float:
    """Value of a class when the company is worth more than any number."""
    if slopes[-1] > 0:
        return float("inf")
    return float(slopes[:-1] @ np.diff(points) * np.exp(-view.rate * view.years))


def _tranches(stack: CapitalStack) -> tuple[Array, dict[str, Array]]:
    """Breakpoints from 0, and by class the share of the next dollar after each."""
    points = [Fraction(0), *(point for point in stack.breakpoints if point > 0)]
    at = [stack.payoffs(point) for point in (*points, points[-1] + 1)]
    widths = [high - low for low, high in zip(points, [*points[1:], points[-1] + 1], strict=True)]
    slopes = {
        held.name: np.array(
            [
                float((after[held.name] - before[held.name]) / width)
                for before, after, width in zip(at, at[1:], widths, strict=False)
            ]
        )
        for held in stack.classes
    }
    return np.array([float(point) for point in points]), slopes


def _allocation(
    total: float, points: Array, slopes: Mapping[str, Array], view: ExitView
) -> OptionAllocation:
    calls = call_option(total, points, rate=view.rate, volatility=view.volatility, years=view.years)
    tranches = calls - np.append(calls[1:], 0.0)
    return OptionAllocation(
        total=total,
        values={name: float(slope @ tranches) for name, slope in slopes.items()},
        breakpoints=tuple(points[1:].tolist()),
        shares_of_tranche={name: tuple(slope.tolist()) for name, slope in slopes.items()},
    )
