"""Did volume or time bring the cost down, and can these data say so at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray, read_cost_history
from diligence.trajectories.cumulative_volume import (
    CumulativeVolume,
    VolumeBasis,
    read_cumulative_volume,
)
from diligence.trajectories.experience_curve import STEADY_GROWTH_SPREAD
from diligence.trajectories.fact_sheet import FactSheet

FEWEST_POINTS = 6
Explanation = Literal["volume", "time", "not separable"]


@dataclass(frozen=True)
class Separability(FactSheet):
    """Whether changes of cost follow changes of volume, the calendar, or cannot tell.

    Parameters
    ----------
    n
        Points.
    explanation
        ``"volume"``, ``"time"`` or ``"not separable"``.
    volume_p_value
        Probability of so large a part for volume beside a steady drift, if it had none.
    time_p_value
        Probability of so large a drift beside volume, if there were none.
    growth_variation
        Spread of log volume growth in one step over its mean; 0 when volume grows exponentially.
    significance
        Level at which a part is believed.
    notes
        What a reader of the numbers has to know.
    """

    n: int
    explanation: Explanation
    volume_p_value: float
    time_p_value: float
    growth_variation: float
    significance: float
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What was tested."""
        return "volume or time"

    def to_frame(self) -> pd.DataFrame:
        """P-value of each explanation beside the other."""
        frame = pd.DataFrame({"p_value": [self.volume_p_value, self.time_p_value]})
        return frame.set_axis(pd.Index(["volume", "time"], name="explanation"))

    def _facts(self) -> dict[str, str]:
        return {
            "Points": str(self.n),
            "Explained by": self.explanation,
            "Volume beside time": f"p = {self.volume_p_value:.3f}",
            "Time beside volume": f"p = {self.time_p_value:.3f}",
            "Variation of growth": f"{self.growth_variation:.2f}",
        }


def volume_or_time(
    cost: pd.Series,
    volume: pd.Series,
    *,
    volume_basis: VolumeBasis = "cumulative",
    prior_volume: float | None = None,
    significance: float = 0.05,
) -> Separability:
    """Test Wright's law against a trend in time on one series, and refuse to rank when it cannot.

    Changes of log cost are explained by a steady drift and by changes of log cumulative volume
    together. One of the two is named only if it matters beside the other and the other does not
    matter beside it.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 6 points, indexed by dates, periods, or plain
        numbers read as years.
    volume, volume_basis, prior_volume
        As in ``fit_experience_curve``.
    significance
        Level of both tests, between 0 and 1.

    Returns
    -------
    Separability

    Raises
    ------
    EstimationError
        The series or an argument cannot be used; the message quotes it.

    Notes
    -----
    Where cumulative volume grows exponentially both say the same of the past (``sahal_identity``)
    and the answer is "not separable", however well either fits. Errors are taken as independent.

    Examples
    --------
    >>> years = range(2018, 2026)
    >>> cost = pd.Series([10.0, 8.1, 6.3, 5.2, 4.0, 3.3, 2.6, 2.1], index=years)
    >>> shipped = pd.Series([1.0, 2.0, 4.1, 8.1, 16.3, 32.5, 66.0, 131.0], index=years)
    >>> volume_or_time(cost, shipped).explanation
    'not separable'

    Volume doubled every year. Whether cost falls by a fifth a year or by a fifth a doubling is
    not in these data, and the forecasts part as soon as growth slows.

    References
    ----------
    Sahal, D. (1979). A theory of progress functions. AIIE Transactions, 11(1), 23-29.
    """
    if not 0 < significance < 1:
        raise EstimationError(f"significance must lie between 0 and 1, got {significance!r}.")
    history = read_cost_history(cost, min_points=FEWEST_POINTS)
    cumulative = read_cumulative_volume(
        volume, history, basis=volume_basis, prior_volume=prior_volume
    )
    variation = cumulative.growth_variation(history.spacings_in_steps)
    if math.isinf(variation):
        raise EstimationError(
            f"Cumulative volume stays at {cumulative.last:g} throughout, so it explains nothing. "
            "Use fit_random_walk(cost)."
        )
    time_p, volume_p = _p_values(history, cumulative)
    explanation = _explanation(volume_p <= significance, time_p <= significance, variation)
    return Separability(
        n=history.n,
        explanation=explanation,
        volume_p_value=volume_p,
        time_p_value=time_p,
        growth_variation=variation,
        significance=significance,
        notes=(
            *history.notes,
            *cumulative.notes,
            *_notes(volume_p, time_p, significance, variation),
        ),
    )


def _p_values(history: CostHistory, cumulative: CumulativeVolume) -> tuple[float, float]:
    from statsmodels.regression.linear_model import OLS

    root_time = np.sqrt(history.spacings_in_steps)
    changes: FloatArray = np.diff(history.log_cost) / root_time
    growth = cumulative.log_growth / root_time
    spread = float(np.ptp(growth / root_time))
    if spread <= 1e-9 * float(np.max(np.abs(growth))):
        return 1.0, 1.0
    fitted: Any = OLS(changes, np.column_stack([root_time, growth])).fit()
    if not float(fitted.ssr) > 1e-18 * float(changes @ changes):
        return _noise_free_p_values(fitted)
    time_p, volume_p = (float(p) for p in fitted.pvalues)
    return time_p, volume_p


def _noise_free_p_values(fitted: Any) -> tuple[float, float]:
    parts = np.abs(np.asarray(fitted.params) * np.ptp(fitted.model.exog, axis=0).max())
    largest = float(parts.max())
    time_p, volume_p = (0.0 if part > 1e-9 * largest > 0 else 1.0 for part in parts)
    return time_p, volume_p


def _explanation(volume_matters: bool, time_matters: bool, variation: float) -> Explanation:
    if variation < STEADY_GROWTH_SPREAD or volume_matters == time_matters:
        return "not separable"
    return "volume" if volume_matters else "time"


def _notes(
    volume_p: float, time_p: float, significance: float, variation: float
) -> tuple[str, ...]:
    if variation < STEADY_GROWTH_SPREAD:
        return (
            "Volume grew at a steady rate, so a trend in time and an experience curve describe "
            "the past equally well: they are not ranked here.",
        )
    if max(volume_p, time_p) <= significance:
        return ("Both matter: neither law alone describes this cost.",)
    if min(volume_p, time_p) > significance:
        return ("Neither is shown to matter beside the other: they are not ranked here.",)
    return ()
