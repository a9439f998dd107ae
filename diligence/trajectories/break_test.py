"""Did the pace of decline change once, when, and what is the pace now."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.break_statistics import BreakDesign, bootstrap_f
from diligence.trajectories.cost_history import (
    CostHistory,
    FloatArray,
    date_label,
    read_cost_history,
)
from diligence.trajectories.fact_sheet import FactSheet
from diligence.trajectories.random_walk import fit_random_walk
from diligence.trajectories.trajectory_fit import ROUNDING_DRIFT, TrajectoryFit

FEWEST_POINTS = 10
FEWEST_CHANGES_A_SIDE = 3
TRIMMED_SHARE = 0.15
FEWEST_DRAWS = 99


@dataclass(frozen=True)
class BreakTest(FactSheet):
    """Test for one change in the drift of log cost, at a date not known beforehand.

    Parameters
    ----------
    n
        Points.
    f_statistic, p_value
        Largest F over the candidate dates, and the share of bootstrap series without a break
        that show a larger one.
    break_date
        Last date of the old pace at the best break, whether or not it is significant.
    drift_before, drift_after
        Change of log cost a year on either side of it.
    significance
        Level at which a break is believed.
    autocorrelation
        Of successive changes, as the bootstrap took it.
    draws, seed
        Of the bootstrap.
    fit
        Random walk the evidence supports: after the break if there is one, else on all points.
    notes
        What a reader of the numbers has to know.
    candidates
        One row per candidate date.
    """

    n: int
    f_statistic: float
    p_value: float
    break_date: Any
    drift_before: float
    drift_after: float
    significance: float
    autocorrelation: float
    draws: int
    seed: int
    fit: TrajectoryFit
    notes: tuple[str, ...]
    candidates: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """What was tested."""
        return "single break in drift (supF, bootstrap)"

    @property
    def has_break(self) -> bool:
        """Whether the p-value is at or below the significance level."""
        return self.p_value <= self.significance

    @property
    def decline_per_year(self) -> float:
        """Share of the cost removed each year at the pace in force now."""
        return self.fit.decline_per_year

    @property
    def half_life_months(self) -> float | None:
        """Months in which the cost halves at the pace in force now; None if it does not fall."""
        return self.fit.half_life_months

    def conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``decline_per_year``, the break date taken as known.

        Parameters
        ----------
        level
            Between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        return self.fit.conf_int(level)

    def forecast(self, horizon: int) -> pd.DataFrame:
        """Forecast at the pace in force now; see ``TrajectoryFit.forecast``.

        Parameters
        ----------
        horizon
            Steps ahead, at least 1.

        Raises
        ------
        EstimationError
            `horizon` is not a whole number of at least 1.
        """
        return self.fit.forecast(horizon)

    def break_interval(self, level: float = 0.90) -> tuple[Any, Any]:
        """Earliest and latest date the break may have come, supposing that there was one.

        The dates whose likelihood ratio stays below -2 log(1 - sqrt(level)) (Eo and Morley 2015),
        the ratio divided by (1 + r) / (1 - r) for changes of autocorrelation r. A 90 % interval
        held the date in 95-98 % of simulated series, in 85 % when volatility trebles at the break.

        Parameters
        ----------
        level
            Between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
        reach = -2 * math.log(1 - math.sqrt(level))
        inside = self.candidates.index[self.candidates["likelihood_ratio"] <= reach]
        return inside[0], inside[-1]

    def to_frame(self) -> pd.DataFrame:
        """One row per candidate date: F, likelihood ratio, decline a year before and after."""
        return self.candidates.copy()

    def _facts(self) -> dict[str, str]:
        low, high = self.break_interval()
        before, after = -math.expm1(self.drift_before), -math.expm1(self.drift_after)
        return {
            "Points": str(self.n),
            "Verdict": "the pace changed" if self.has_break else "no break shown",
            "Largest F": f"{self.f_statistic:.1f}, bootstrap p = {self.p_value:.3f}",
            "Best break after": f"{date_label(self.break_date)} "
            f"(90 % interval {date_label(low)} to {date_label(high)})",
            "Decline per year": f"{before:.1%} before, {after:.1%} after",
        }


def find_break(
    cost: pd.Series, *, significance: float = 0.05, draws: int = 999, seed: int = 0
) -> BreakTest:
    """Test whether the pace of decline changed once, at a date the data choose.

    For every date with at least 3 changes and 15 % of them on either side, changes of log cost
    are given one drift before and one after; the largest F counts. Its p-value comes from a
    recursive wild bootstrap under no break, so the search over dates, unequal and correlated
    changes and the small sample are allowed for.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 10 points, indexed by dates, periods, or plain
        numbers read as years.
    significance
        Level at which a break is believed, between 0 and 1.
    draws
        Bootstrap series, at least 99.
    seed
        Of the bootstrap; the same seed gives the same p-value.

    Returns
    -------
    BreakTest

    Raises
    ------
    EstimationError
        The series or an argument cannot be used; the message quotes it.

    Notes
    -----
    A test at a date picked by eye finds breaks everywhere; there is none here on purpose. In
    simulation without a break (benchmarks/bench_break_test.py) 5 % tests rejected 5-6 % of series
    with independent changes, 3-5 % with the moving average of technologies (0.63), 6-7 % when
    volatility trebles and up to 12 % with autoregression 0.5. Of breaks by two standard deviations
    in the middle of independent changes they found 41 % in 10, 83 % in 20 and all in 39; with the
    moving average 23, 38 and 67 %. No break shown is therefore no proof of one pace in short
    series. One cut that leaves the pace as it was is a jump and not a break.

    Examples
    --------
    >>> steep = [100.0, 52.0, 24.0, 13.0, 6.1, 3.2, 1.5]
    >>> slow = [1.42, 1.28, 1.21, 1.08, 1.02, 0.91]
    >>> quarters = pd.period_range("2022Q1", periods=13, freq="Q")
    >>> test = find_break(pd.Series(steep + slow, index=quarters))
    >>> test.has_break, str(test.break_date), round(test.decline_per_year, 2)
    (True, '2023Q3', 0.28)

    Cost halved each quarter until the third of 2023 and has lost a quarter a year since. One
    drift through all of it would promise a decline that ended two years ago.

    References
    ----------
    Andrews, D. W. K. (1993). Tests for parameter instability and structural change with unknown
    change point. Econometrica, 61(4), 821-856.
    Eo, Y. and Morley, J. (2015). Likelihood-ratio-based confidence sets for the timing of
    structural breaks. Quantitative Economics, 6(2), 463-497.
    """
    _require_options(significance, draws)
    history = read_cost_history(cost, min_points=FEWEST_POINTS)
    root_time = np.sqrt(history.spacings_in_steps)
    changes = _changes(history, root_time)
    first = _candidate_changes(history.n - 1)
    later = (np.arange(history.n - 1)[:, np.newaxis] >= first) * root_time[:, np.newaxis]
    design = BreakDesign(root_time[:, np.newaxis], later)
    f_statistics = design.f_statistics(changes)[0]
    best = int(np.argmax(f_statistics))
    largest = float(f_statistics[best])
    drawn, persistence = bootstrap_f(design, changes, draws=draws, seed=seed)
    p_value = float((1 + (drawn >= largest).sum()) / (draws + 1)) if largest > 0 else 1.0
    candidates = _candidate_table(history, first, f_statistics, design, persistence)
    broken = p_value <= significance
    start = int(first[best]) if broken else 0
    return BreakTest(
        n=history.n,
        f_statistic=largest,
        p_value=p_value,
        break_date=candidates.index[best],
        drift_before=float(candidates["drift_before"].iloc[best]),
        drift_after=float(candidates["drift_after"].iloc[best]),
        significance=significance,
        autocorrelation=persistence,
        draws=draws,
        seed=seed,
        fit=fit_random_walk(history.cost.iloc[start:]),
        notes=(*history.notes, *_notes(history, broken, start)),
        candidates=candidates,
    )


def _require_options(significance: float, draws: int) -> None:
    if not 0 < significance < 1:
        raise EstimationError(f"significance must lie between 0 and 1, got {significance!r}.")
    if not isinstance(draws, Integral) or draws < FEWEST_DRAWS:
        raise EstimationError(
            f"draws must be a whole number of at least {FEWEST_DRAWS}, got {draws!r}; try 999."
        )


def _changes(history: CostHistory, root_time: FloatArray) -> FloatArray:
    # Uneven dates: a change over d steps has variance d, so it is divided by the root of d.
    changes = np.diff(history.log_cost) / root_time
    drift = float(changes @ root_time / (root_time @ root_time))
    residue = ROUNDING_DRIFT * (1 + float(np.max(np.abs(history.log_cost))))
    if float(np.max(np.abs(changes - drift * root_time))) < residue:
        return np.zeros_like(changes)
    return np.asarray(changes)


def _candidate_changes(changes: int) -> Any:
    trim = max(FEWEST_CHANGES_A_SIDE, math.ceil(TRIMMED_SHARE * changes))
    return np.arange(trim, changes - trim + 1)


def _candidate_table(
    history: CostHistory, first: Any, f_statistics: FloatArray, design: BreakDesign, r: float
) -> pd.DataFrame:
    log_cost, years = history.log_cost, history.years
    n = history.n - 1
    fit_gain = n * np.log1p(f_statistics / design.degrees_of_freedom)
    ratio = (fit_gain.max() - fit_gain) * (1 - r) / (1 + r)
    before = (log_cost[first] - log_cost[0]) / years[first]
    after = (log_cost[-1] - log_cost[first]) / (years[-1] - years[first])
    return pd.DataFrame(
        {
            "f_statistic": f_statistics,
            "likelihood_ratio": ratio,
            "drift_before": before,
            "drift_after": after,
            "decline_before": -np.expm1(before),
            "decline_after": -np.expm1(after),
        },
        index=history.cost.index[first].rename("date"),
    )


def _notes(history: CostHistory, broken: bool, start: int) -> tuple[str, ...]:
    if not broken:
        return (
            "The pace in force is that of all points. A short series hides all but large breaks, "
            "so this is no proof of one pace.",
        )
    return (
        f"The pace in force rests on the {history.n - start} points from "
        f"{date_label(history.cost.index[start])} on, as if that date had been known; the change "
        "looks larger than it is because the date was searched for.",
    )
