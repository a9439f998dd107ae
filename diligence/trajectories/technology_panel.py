"""What a panel of technologies has in common: who falls, how erratic, how far forecasts miss."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
from scipy.special import stdtr

from diligence.errors import EstimationError
from diligence.trajectories.panel_hindcasts import panel_histories
from diligence.trajectories.random_walk import fit_random_walk

FEWEST_SERIES = 3


@dataclass(frozen=True)
class VolatilityLaw:
    """Fast technologies are erratic ones: volatility K against drift mu over a panel.

    Parameters
    ----------
    slope, intercept, r_squared
        Of K on mu by least squares.
    log_slope, log_r_squared
        Of log K on log(-mu), falling series only.
    n
        Series in the panel.
    table
        ``drift_per_year`` and ``volatility_per_sqrt_year`` by series.
    """

    slope: float
    intercept: float
    r_squared: float
    log_slope: float
    log_r_squared: float
    n: int
    table: pd.DataFrame = field(repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Drift and volatility of each series."""
        return self.table.copy()

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        lines = [f"{name + ':':<18}{text}" for name, text in self._facts().items()]
        return "\n".join(["volatility law", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        return f"<table><caption>volatility law</caption>{rows}</table>"

    def _facts(self) -> dict[str, str]:
        return {
            "Series": str(self.n),
            "K on drift": f"{self.intercept:.4f} {self.slope:+.4f} mu, R2 {self.r_squared:.4f}",
            "Log-log slope": f"{self.log_slope:.4f}, R2 {self.log_r_squared:.4f}",
        }


def drifts_and_volatilities(costs: pd.DataFrame) -> pd.DataFrame:
    """Drift and volatility of log cost a year of every series, over its whole history.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` and ``cost``, at least 4 points a series.

    Returns
    -------
    pandas.DataFrame
        ``n`` points, ``drift_per_year`` and ``volatility_per_sqrt_year``, by series.
    """
    fits = {
        name: fit_random_walk(history.cost, theta=0, calibration=None)
        for name, history in panel_histories(costs).items()
    }
    rows = {
        name: (fit.n, fit.drift_per_year, fit.volatility_per_sqrt_year)
        for name, fit in fits.items()
    }
    columns = ["n", "drift_per_year", "volatility_per_sqrt_year"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("series")


def falling_series(costs: pd.DataFrame, *, significance: float = 0.10) -> list[str]:
    """Names of the series whose cost falls significantly: one-sided t test on the changes.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` and ``cost``, evenly spaced.
    significance
        Largest probability of a fall this steep by chance alone, between 0 and 1.

    Raises
    ------
    EstimationError
        `significance` is not between 0 and 1, or a series cannot be used.

    Examples
    --------
    >>> cost = [8.0, 4.2, 2.0, 1.0, 1.0, 2.0, 0.9, 1.1]
    >>> costs = pd.DataFrame({"series": list("aaaabbbb"), "date": [1, 2, 3, 4] * 2, "cost": cost})
    >>> falling_series(costs)
    ['a']

    Series b ends where it began. To keep only what fell makes a panel look steadier than the
    prices an investor meets, so intervals are to be judged on all series as well.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665.
    """
    if not 0 < significance < 1:
        raise EstimationError(
            f"The significance must lie between 0 and 1, got {significance!r}; try 0.10."
        )
    found = drifts_and_volatilities(costs)
    changes = found["n"] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        t = found["drift_per_year"] / found["volatility_per_sqrt_year"] * np.sqrt(changes)
    chance = pd.Series(stdtr(changes - 1, t), index=found.index)
    return [str(name) for name in found.index[chance < significance]]


def volatility_law(costs: pd.DataFrame) -> VolatilityLaw:
    """Fit the law that ties the volatility of technologies to their pace.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` and ``cost``, at least 3 series.

    Raises
    ------
    EstimationError
        Fewer than 3 series that fall.

    Examples
    --------
    >>> log_cost = [0.0, -0.3, -1.0, 0.0, -0.1, -0.4, 0.0, -0.6, -1.6, 0.0, -0.1, -0.3]
    >>> costs = pd.DataFrame(
    ...     {"series": list("aaabbbcccddd"), "date": [1, 2, 3] * 4, "cost": np.exp(log_cost)}
    ... )
    >>> costs = pd.concat([costs, costs[costs["date"] == 3].assign(date=4)])
    >>> print(volatility_law(costs).summary())
    volatility law
    Series:           4
    K on drift:       0.0234 -0.9217 mu, R2 0.9919
    Log-log slope:    0.9464, R2 0.9909

    Whoever falls faster is also less steady: a quick decline is no reason for a narrow range.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665, figure 5.
    """
    table = drifts_and_volatilities(costs)
    drift, volatility = table["drift_per_year"], table["volatility_per_sqrt_year"]
    falling = (drift < 0) & (volatility > 0)
    if falling.sum() < FEWEST_SERIES:
        raise EstimationError(
            f"A law needs at least {FEWEST_SERIES} series that fall, got {int(falling.sum())} "
            f"of {len(table)}."
        )
    slope, intercept, r_squared = _line(drift, volatility)
    logs = _line(np.log(-drift[falling]), np.log(volatility[falling]))
    return VolatilityLaw(slope, intercept, r_squared, logs[0], logs[2], len(table), table)


def mean_squared_errors(hindcasts: pd.DataFrame) -> pd.Series:
    """Mean squared forecast error in units of the estimated variance (Xi), by steps ahead.

    Parameters
    ----------
    hindcasts
        As from ``panel_hindcasts``, evenly spaced.
    """
    drift = hindcasts["drift_per_year"] * hindcasts["step_years"] * hindcasts["steps"]
    volatility = hindcasts["volatility_per_sqrt_year"] * np.sqrt(hindcasts["step_years"])
    squares = ((hindcasts["change_log"] - drift) / volatility) ** 2
    means: pd.Series = squares.groupby(hindcasts["steps"]).mean()
    return means.rename("mean_squared_error")


def _line(x: pd.Series, y: pd.Series) -> tuple[float, float, float]:
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept), float(np.corrcoef(x, y)[0, 1] ** 2)
