"""Pace at which the price of constant quality falls, from a list of unlike things."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from diligence.errors import EstimationError
from diligence.trajectories import decline_rate
from diligence.trajectories.cost_history import UNITS_PER_YEAR, FloatArray
from diligence.trajectories.fact_sheet import FactSheet
from diligence.trajectories.quality_table import QualityTable, read_quality_table
from diligence.trajectories.trajectory_fit import ROUNDING_DRIFT

FEWEST_CLUSTERS = 4
FEW_CLUSTERS = 20
COLLINEAR_VIF = 10.0

ErrorKind = Literal["HC3", "cluster"]


@dataclass(frozen=True)
class HedonicTrend(FactSheet):
    """Change of price with time at constant quality.

    Parameters
    ----------
    n
        Rows used.
    drift_per_year, drift_std_error
        Change of log price a year at constant quality, and its robust standard error.
    degrees_of_freedom
        Of the t distribution behind every interval.
    residual_std_log
        Standard deviation of log price around the fit: how far prices of one quality and date lie
        apart.
    r2
        Share of the variance of log price explained.
    errors
        ``"HC3"`` or ``"cluster"``.
    last_date
        Latest date in the table; forecasts count from it.
    notes
        What a reader of the numbers has to know.
    coefficients
        One row per term: estimate, robust standard error, variance inflation.
    covariance
        Robust covariance of the terms.
    table
        The rows used.
    """

    n: int
    drift_per_year: float
    drift_std_error: float
    degrees_of_freedom: int
    residual_std_log: float
    r2: float
    errors: ErrorKind
    last_date: Any
    notes: tuple[str, ...]
    coefficients: pd.DataFrame = field(repr=False, compare=False)
    covariance: FloatArray = field(repr=False, compare=False)
    table: QualityTable = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """What was estimated."""
        return "hedonic trend"

    @property
    def decline_per_year(self) -> float:
        """Share of the price of constant quality removed each year; negative is a rise."""
        return -math.expm1(self.drift_per_year)

    @property
    def fold_per_year(self) -> float:
        """By how many times the price of constant quality falls in a year."""
        return math.exp(-self.drift_per_year)

    @property
    def half_life_months(self) -> float | None:
        """Months in which the price of constant quality halves; None when it does not fall."""
        if self.drift_per_year > -ROUNDING_DRIFT:
            return None
        return decline_rate.MONTHS_PER_YEAR * math.log(2) / -self.drift_per_year

    def conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``decline_per_year``.

        Parameters
        ----------
        level
            Between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        low, high = self._drift_interval(level)
        return -math.expm1(high), -math.expm1(low)

    def fold_conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``fold_per_year``.

        Parameters
        ----------
        level
            Between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        low, high = self._drift_interval(level)
        return math.exp(-high), math.exp(-low)

    def forecast(
        self, horizon: int, *, characteristics: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """Price of one further item of stated quality, month by month after the last date.

        Parameters
        ----------
        horizon
            Months ahead, at least 1.
        characteristics
            Its qualities, in the columns and units of the table; None takes the mean of the table.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``months_ahead``: ``median``, ``low80``, ``high80``, ``low95``, ``high95`` in
            the unit of the prices. Intervals hold the scatter of single prices, and assume that
            the pace stays what it was: they know nothing of a change of pace.

        Raises
        ------
        EstimationError
            `horizon` is not a whole number of at least 1, or a quality is missing or unknown.
        """
        if not isinstance(horizon, Integral) or horizon < 1:
            raise EstimationError(
                f"The horizon must be a whole number of months, at least 1, got {horizon!r}."
            )
        months = np.arange(1, horizon + 1)
        quality = self.table.quality_row(characteristics)
        design = np.column_stack(
            [
                np.ones(horizon),
                months / UNITS_PER_YEAR["months"],
                np.tile(quality, (horizon, 1)),
            ]
        )
        median = design @ self.coefficients["estimate"].to_numpy()
        line = np.einsum("ij,jk,ik->i", design, self.covariance, design)
        scale = np.sqrt(line + self.residual_std_log**2)
        columns = {"median": median}
        for level in (80, 95):
            reach = self._quantile(level / 100) * scale
            columns |= {f"low{level}": median - reach, f"high{level}": median + reach}
        return pd.DataFrame(columns, index=pd.Index(months, name="months_ahead")).apply(np.exp)

    def to_frame(self) -> pd.DataFrame:
        """One row per term: estimate in log price, robust standard error, variance inflation."""
        return self.coefficients.copy()

    def _facts(self) -> dict[str, str]:
        low, high = self.conf_int()
        fewer, more = self.fold_conf_int()
        half_life = self.half_life_months
        return {
            "Prices": str(self.n),
            "Decline per year": f"{self.decline_per_year:.1%} "
            f"(90 % interval {low:.1%} to {high:.1%})",
            "Times cheaper a year": f"{self.fold_per_year:.3g} ({fewer:.3g} to {more:.3g})",
            "Half-life": "none, price does not fall"
            if half_life is None
            else f"{half_life:.1f} months",
            "Scatter of log price": f"{self.residual_std_log:.3g}",
            "Standard errors": self.errors,
        }

    def _drift_interval(self, level: float) -> tuple[float, float]:
        reach = self._quantile(level) * self.drift_std_error
        return self.drift_per_year - reach, self.drift_per_year + reach

    def _quantile(self, level: float) -> float:
        if not 0 < level < 1:
            raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
        return float(stdtrit(self.degrees_of_freedom, (1 + level) / 2))


def fit_hedonic_trend(
    prices: pd.DataFrame,
    *,
    characteristics: Sequence[str],
    price: str = "price",
    date: str = "date",
    cluster: str | None = None,
) -> HedonicTrend:
    """Fit log price = a + b date + c' characteristics by least squares, with robust errors.

    Parameters
    ----------
    prices
        One row per price; the same item may stand at several dates.
    characteristics
        Columns of numbers that say how good the item is, such as the logit of a benchmark score.
        Flags count as 0 and 1.
    price
        Column of prices, above 0.
    date
        Column of dates, or of numbers read as years.
    cluster
        Column of groups whose prices move together, such as the provider. Standard errors then
        allow for any dependence within a group; t quantiles have groups - 1 degrees of freedom.
        None takes independent rows of unequal scatter (HC3).

    Returns
    -------
    HedonicTrend

    Raises
    ------
    EstimationError
        A column is missing; a price, date or quality cannot be used; a quality does not vary or
        is implied by the others and the date; too few rows or groups.

    Notes
    -----
    The pace is that of all listed items, not of the cheapest one at each date; a fit through
    running minima overstates it. Quality the table does not hold moves with time and is read as
    decline or rise. Not for a company's own cost: it has one quality and needs a series.

    Examples
    --------
    >>> listed = pd.DataFrame({
    ...     "date": [2023.0, 2023.5, 2024.0, 2024.2, 2024.6, 2025.0, 2025.3, 2025.8],
    ...     "score": [50.0, 60.0, 55.0, 70.0, 80.0, 75.0, 85.0, 90.0],
    ...     "price": [11.0, 8.0, 4.5, 6.0, 6.0, 3.1, 3.2, 2.9],
    ... })
    >>> fit = fit_hedonic_trend(listed, characteristics=["score"])
    >>> round(fit.fold_per_year, 1), [round(bound, 1) for bound in fit.fold_conf_int()]
    (2.6, [2.1, 3.2])

    Listed prices fell to a quarter in three years, a factor of 1.6 a year, but later models are
    better: the price of the same quality fell 2.6 times a year.

    References
    ----------
    Triplett, J. (2006). Handbook on Hedonic Indexes and Quality Adjustments in Price Indexes.
    OECD Publishing.
    """
    from statsmodels.regression.linear_model import OLS

    table = read_quality_table(
        prices, price=price, date=date, characteristics=characteristics, cluster=cluster
    )
    model = OLS(table.log_price, table.design)
    if table.clusters is None:
        fitted = model.fit(cov_type="HC3", use_t=True)
        degrees_of_freedom = table.n - table.design.shape[1]
    else:
        groups = len(set(table.clusters))
        _require_groups(groups, cluster)
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": _codes(table)}, use_t=True)
        degrees_of_freedom = groups - 1
    inflation = table.variance_inflation
    covariance = np.asarray(fitted.cov_params(), dtype=float)
    coefficients = pd.DataFrame(
        {
            "estimate": np.asarray(fitted.params, dtype=float),
            "std_error": np.sqrt(np.diag(covariance)),
            "variance_inflation": [math.nan, *inflation],
        },
        index=pd.Index(table.terms, name="term"),
    )
    return HedonicTrend(
        n=table.n,
        drift_per_year=float(coefficients["estimate"].iloc[1]),
        drift_std_error=float(coefficients["std_error"].iloc[1]),
        degrees_of_freedom=degrees_of_freedom,
        residual_std_log=math.sqrt(float(fitted.mse_resid)),
        r2=float(fitted.rsquared) if np.ptp(table.log_price) > 0 else 0.0,
        errors="HC3" if table.clusters is None else "cluster",
        last_date=table.last_date,
        notes=(*table.notes, *_notes(table, inflation)),
        coefficients=coefficients,
        covariance=covariance,
        table=table,
    )


def _codes(table: QualityTable) -> Any:
    return pd.factorize(np.asarray(table.clusters, dtype=object))[0]


def _require_groups(groups: int, cluster: str | None) -> None:
    if groups < FEWEST_CLUSTERS:
        raise EstimationError(
            f"Errors by {cluster!r} need at least {FEWEST_CLUSTERS} groups, got {groups}. Leave "
            "cluster out, or add the prices of other groups."
        )


def _notes(table: QualityTable, inflation: Sequence[float]) -> tuple[str, ...]:
    notes = []
    if inflation[0] > COLLINEAR_VIF:
        notes.append(
            f"Date and characteristics move together (variance inflation {inflation[0]:.0f}): "
            "the table hardly tells a fall in price from a rise in quality."
        )
    groups = None if table.clusters is None else len(set(table.clusters))
    if groups is not None and groups < FEW_CLUSTERS:
        notes.append(
            f"With {groups} groups errors by group are too small even with t quantiles: read the "
            "interval as a lower bound of what is not known."
        )
    return tuple(notes)
