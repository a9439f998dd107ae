"""The curves by name, each fitted in the same manner: cost, and volume where the curve needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import cast

import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.backtest import Backtest, Fitter, backtest
from diligence.trajectories.cumulative_volume import VolumeBasis
from diligence.trajectories.trajectory_fit import TrajectoryFit

DEFAULT_METHOD = "random_walk"
DEFAULT_DIFFERENCES = 4


@dataclass(frozen=True)
class Method:
    """One curve and where its fitting function lives; the module is imported on first use.

    Parameters
    ----------
    name
        As a command names it.
    curve
        In words.
    module, function
        What fits it.
    needs_volume
        Whether volume is its second argument.
    """

    name: str
    curve: str
    module: str
    function: str
    needs_volume: bool = False

    def fitter(
        self, volume: pd.Series | None = None, *, volume_basis: VolumeBasis = "cumulative"
    ) -> Fitter:
        """Make a function from cost to fit, as ``backtest`` takes it.

        The volume is cut at the last date of the cost, so that a backtest never sees the volume
        of dates it forecasts.

        Raises
        ------
        EstimationError
            The curve needs volume and there is none.
        """
        fit = cast(Callable[..., TrajectoryFit], getattr(import_module(self.module), self.function))
        if not self.needs_volume:
            return fit
        if volume is None:
            raise EstimationError(
                f"{self.name} explains cost by volume, and there is no volume. Add it, or use "
                f"{DEFAULT_METHOD}."
            )
        served = volume
        return lambda cost: fit(cost, served.loc[: cost.index[-1]], volume_basis=volume_basis)

    def backtest(self, cost: pd.Series, fitter: Fitter) -> Backtest:
        """Score the curve on the series' own past, from the first date at which it can be fitted.

        Parameters
        ----------
        cost
            The series.
        fitter
            From ``fitter`` of this method.
        """
        fewest_points = getattr(import_module(self.module), "FEWEST_POINTS", 0)
        return backtest(
            cost, min_differences=max(DEFAULT_DIFFERENCES, fewest_points - 1), fit=fitter
        )


def _in_package(name: str, curve: str, function: str, needs_volume: bool = False) -> Method:
    return Method(name, curve, f"diligence.trajectories.{name}", function, needs_volume)


METHODS = {
    method.name: method
    for method in (
        _in_package("random_walk", "random walk with drift", "fit_random_walk"),
        _in_package("log_trend", "log-linear trend", "fit_log_trend"),
        _in_package("experience_curve", "experience curve", "fit_experience_curve", True),
        _in_package("local_level", "local level", "fit_local_level"),
        _in_package("damped_trend", "damped trend", "fit_damped_trend"),
        _in_package("combination", "combination of curves", "fit_combination"),
    )
}
"""Curves by name."""


def find_method(name: str) -> Method:
    """Look a curve up by its name.

    Raises
    ------
    EstimationError
        No curve has that name; the message gives those there are.

    Examples
    --------
    >>> find_method("log_trend").curve
    'log-linear trend'
    """
    if name in METHODS:
        return METHODS[name]
    near = get_close_matches(name.lower().replace("-", "_"), METHODS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(METHODS)}."
    raise EstimationError(f"{name!r} is not a method. {hint}")


def fit_trajectory(
    cost: pd.Series, *, method: str = DEFAULT_METHOD, volume: pd.Series | None = None
) -> TrajectoryFit:
    """Fit a curve chosen by name.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 4 points, indexed by dates, periods, or plain
        numbers read as years.
    method
        One of ``METHODS``.
    volume
        Cumulative volume at the same dates, for ``experience_curve``.

    Raises
    ------
    EstimationError
        No curve has that name, or the series cannot be fitted.

    Examples
    --------
    >>> cost = pd.Series([10.0, 5.0, 2.5, 1.25], index=range(2022, 2026))
    >>> fit_trajectory(cost, method="log_trend").half_life_months
    12.0

    All curves agree on a cost that halves every year without noise; they part where it matters.
    """
    return find_method(method).fitter(volume)(cost)


def method_of(fit: TrajectoryFit) -> Method | None:
    """Find the curve a fit came from; None for one that is not in ``METHODS``.

    Examples
    --------
    >>> cost = pd.Series([10.0, 5.0, 2.5, 1.25], index=range(2022, 2026))
    >>> method_of(fit_trajectory(cost)).name
    'random_walk'
    """
    home = type(fit).__module__
    return next((method for method in METHODS.values() if method.module == home), None)
