"""What hindcasts of past technologies teach about the forecast of a short cost series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from diligence.errors import EstimationError
from diligence.resources import resource_path
from diligence.trajectories.cost_history import FloatArray
from diligence.trajectories.forecast_variance import POOLED_THETA, variance_growth


@dataclass(frozen=True)
class ForecastCalibration:
    """Constants that turn drift and volatility of a random walk into a forecast.

    Three things were learnt from technologies whose future is known. Their pace slows: of the
    past drift mu only the share `kept_pace` goes on. Fast ones are volatile: the variance of
    a change is drawn towards a^2 + (b mu)^2, which weighs as much as w differences of the
    series' own, of which there are m:

        S^2 = (w (a^2 + b^2 mu^2) + (m - 1) K^2) / (w + m - 1)

    but S is never below `own_volatility_floor` times K: a noisy series is not taken for a calm one.
    And breaks are more frequent than a normal law has it. Log cost, tau steps ahead, follows a
    t distribution around ``kept_pace * mu * tau`` with scale S sqrt(A* / (1 + theta^2)), see
    ``variance_growth``. Drift and volatility are per year, so that one set of constants serves
    yearly, quarterly and monthly series. The panel is yearly and has nothing to say about next
    month: for horizons below a year, w shrinks in proportion. All methods take numbers or arrays
    that broadcast.

    Parameters
    ----------
    kept_pace
        Share of the past drift expected to go on.
    prior_differences
        Weight of the panel (w) in differences of the series' own, at least 0, for horizons of a
        year and more.
    calm_volatility_per_sqrt_year
        Volatility expected of a series without drift (a), in log cost.
    volatility_per_pace
        Volatility that comes with each unit of drift a year (b).
    own_volatility_floor
        Least share of the series' own volatility that is kept, from 0 to 1.
    tail_degrees_of_freedom
        Of the t distribution; None means m - 1.
    theta
        Moving-average term of the changes, from -1 to 1.
    panel
        What the constants were fitted on, in words.

    Notes
    -----
    The constants are honest on technologies, whose pace slowed, and not on a series that truly
    keeps its pace. In 8,000 simulated series for each length of history (5 to 40 changes, drift
    -0.2 and volatility 0.12 a year), 1 to 10 years ahead, the 80 % interval held 56 to 81 % of
    outcomes at theta 0.63, where the published formula held 75 to 80 %, and 61 to 82 % at theta 0
    (``benchmarks/bench_calibration.py``). Long histories far ahead fare worst: for them compare
    ``published_formula``. A `kept_pace` that rises with the history was tried and left: fitted to
    the panel it does not rise, and with 1 - kept_pace made to shrink as 20 / (20 + m) the CRPS of
    technologies left out goes from 0.274 to 0.277, that of a second panel from 0.290 to 0.303.

    On the panel itself misses are one-sided: with each technology left out 4.6 % of outcomes lay
    above the 80 % interval and 14.1 % below it (mean of the technologies 18.9 %), where 10 %
    each would be right; short histories are worse. Costs fell deeper than forecast three times as
    often as they stayed above.
    """

    kept_pace: float
    prior_differences: float
    calm_volatility_per_sqrt_year: float
    volatility_per_pace: float
    own_volatility_floor: float
    tail_degrees_of_freedom: float | None
    theta: float
    panel: str

    def pooled_volatility(
        self,
        volatility_per_sqrt_year: npt.ArrayLike,
        *,
        drift_per_year: npt.ArrayLike,
        differences: npt.ArrayLike,
        horizon_years: npt.ArrayLike = 1.0,
    ) -> FloatArray:
        """Volatility per root year (S), between the series' own (K) and that of the panel."""
        own = np.asarray(differences, dtype=float) - 1
        weight = self.prior_differences * np.minimum(np.asarray(horizon_years, dtype=float), 1.0)
        pace = self.volatility_per_pace * np.asarray(drift_per_year, dtype=float)
        expected = self.calm_volatility_per_sqrt_year**2 + pace**2
        seen = np.asarray(volatility_per_sqrt_year, dtype=float)
        pooled = np.sqrt((weight * expected + own * seen**2) / (weight + own))
        return np.asarray(np.maximum(pooled, self.own_volatility_floor * seen))

    def log_scale(
        self,
        volatility_per_sqrt_year: npt.ArrayLike,
        *,
        drift_per_year: npt.ArrayLike,
        steps: npt.ArrayLike,
        differences: npt.ArrayLike,
        window_steps: npt.ArrayLike,
        step_years: npt.ArrayLike,
    ) -> FloatArray:
        """Scale of the t distribution of log cost, `steps` ahead.

        Parameters
        ----------
        volatility_per_sqrt_year
            The series' own volatility (K), at least 0.
        drift_per_year
            Its drift, in log cost.
        steps
            Steps ahead, above 0.
        differences
            Changes behind the volatility (m), at least 2.
        window_steps
            Length of the history in steps; equals `differences` when dates are even.
        step_years
            One step in years.
        """
        years_a_step = np.asarray(step_years, dtype=float)
        volatility = self.pooled_volatility(
            volatility_per_sqrt_year,
            drift_per_year=drift_per_year,
            differences=differences,
            horizon_years=np.asarray(steps, dtype=float) * years_a_step,
        )
        growth = variance_growth(steps, window_steps=window_steps, theta=self.theta)
        return np.asarray(volatility * np.sqrt(growth * years_a_step))

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        tails = self.tail_degrees_of_freedom
        facts = {
            "Learnt from": self.panel,
            "Pace kept": f"{self.kept_pace:.1%}",
            "Weight of panel": f"{self.prior_differences:.3g} differences",
            "Volatility": f"root of {self.calm_volatility_per_sqrt_year:.3g}^2 + "
            f"({self.volatility_per_pace:.3g} x drift)^2",
            "Tails": f"t with {'m - 1' if tails is None else f'{tails:g}'} degrees of freedom",
        }
        lines = [f"{name + ':':<18}{text}" for name, text in facts.items()]
        return "\n".join(["forecast calibration", *lines])

    def degrees_of_freedom(self, differences: npt.ArrayLike) -> FloatArray:
        """Degrees of freedom of the t distribution, shaped as `differences`."""
        own = np.asarray(differences, dtype=float) - 1
        if self.tail_degrees_of_freedom is None:
            return own
        return np.full_like(own, self.tail_degrees_of_freedom)


CalibrationChoice = ForecastCalibration | Literal["technology"] | None


def published_formula(theta: float = POOLED_THETA) -> ForecastCalibration:
    """Farmer and Lafond's forecast as printed: the series' own drift and volatility, t(m - 1).

    Examples
    --------
    >>> float(published_formula().log_scale(0.15, drift_per_year=-0.1, steps=17, differences=33,
    ...     window_steps=33, step_years=1).round(4))
    1.0325

    Solar modules, 17 years ahead: one standard deviation is a factor of 2.8 either way.
    """
    return ForecastCalibration(
        kept_pace=1.0,
        prior_differences=0.0,
        calm_volatility_per_sqrt_year=0.0,
        volatility_per_pace=0.0,
        own_volatility_floor=1.0,
        tail_degrees_of_freedom=None,
        theta=theta,
        panel="none",
    )


def chosen_calibration(choice: CalibrationChoice = "technology") -> ForecastCalibration | None:
    """Constants to use: those given, the shipped ones for "technology", none for None.

    Raises
    ------
    EstimationError
        `choice` is anything else.

    Examples
    --------
    >>> chosen_calibration().kept_pace
    0.752

    Technologies kept three quarters of the pace they had; a plan that needs all of it is bolder
    than the record.
    """
    if choice is None or isinstance(choice, ForecastCalibration):
        return choice
    if choice == "technology":
        return technology_calibration()
    raise EstimationError(
        f'calibration must be "technology", None or a ForecastCalibration, got {choice!r}.'
    )


@cache
def technology_calibration() -> ForecastCalibration:
    """Constants fitted to hindcasts of the technology panel, from ``datasets/trajectories/``.

    Examples
    --------
    >>> print(technology_calibration().summary())
    forecast calibration
    Learnt from:      hindcasts of 47 technologies
    Pace kept:        75.2%
    Weight of panel:  5.78 differences
    Volatility:       root of 0.054^2 + (0.453 x drift)^2
    Tails:            t with 5 degrees of freedom

    A technology that falls by a third a year is expected to be off by a fifth in any year.
    """
    import yaml

    path = resource_path("datasets", "trajectories", "random_walk_calibration.yaml")
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return ForecastCalibration(
        kept_pace=float(found["kept_pace"]),
        prior_differences=float(found["prior_differences"]),
        calm_volatility_per_sqrt_year=float(found["calm_volatility_per_sqrt_year"]),
        volatility_per_pace=float(found["volatility_per_pace"]),
        own_volatility_floor=float(found["own_volatility_floor"]),
        tail_degrees_of_freedom=float(found["tail_degrees_of_freedom"]),
        theta=float(found["theta"]),
        panel=str(found["panel"]),
    )
