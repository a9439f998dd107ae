"""F statistics of a change at every candidate date, and their bootstrap distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diligence.trajectories.cost_history import FloatArray

LOWEST_PERSISTENCE, HIGHEST_PERSISTENCE = -0.5, 0.9


@dataclass(frozen=True)
class BreakDesign:
    """Regression without a break, and what each candidate break adds to it.

    Parameters
    ----------
    base
        Columns of the regression without a break.
    additions
        One column per candidate: what the regression gains if it breaks there.
    """

    base: FloatArray
    additions: FloatArray

    @property
    def directions(self) -> FloatArray:
        """Unit vectors of the additions, cleared of the base."""
        basis = self.basis
        cleared = self.additions - basis @ (basis.T @ self.additions)
        return np.asarray(cleared / np.sqrt((cleared**2).sum(axis=0)))

    @property
    def basis(self) -> FloatArray:
        """Orthonormal columns that span the base."""
        return np.asarray(np.linalg.qr(self.base)[0])

    @property
    def degrees_of_freedom(self) -> int:
        """Observations left by base and one break."""
        return int(self.base.shape[0] - self.base.shape[1] - 1)

    def residuals(self, outcomes: FloatArray) -> FloatArray:
        """Departures from the regression without a break, one row per outcome vector."""
        basis = self.basis
        return np.asarray(outcomes - (outcomes @ basis) @ basis.T)

    def f_statistics(self, outcomes: FloatArray) -> FloatArray:
        """F of each candidate break (columns) for each outcome vector (rows)."""
        residuals = self.residuals(np.atleast_2d(outcomes))
        total = (residuals**2).sum(axis=1, keepdims=True)
        gained = np.minimum((residuals @ self.directions) ** 2, total)
        left = np.maximum(total - gained, np.finfo(float).eps * total)
        safe = np.where(left > 0, left, 1.0)
        return np.asarray(np.where(left > 0, gained / safe * self.degrees_of_freedom, 0.0))


def bootstrap_f(
    design: BreakDesign, outcome: FloatArray, *, draws: int, seed: int
) -> tuple[FloatArray, float]:
    """Largest F in series without a break that otherwise look like the one observed.

    Recursive wild bootstrap: departures from the regression without a break follow a first-order
    autoregression; its surprises keep their size and place and change sign at random. The
    autocorrelation is that around the best break, or a break would pass for persistence.

    Parameters
    ----------
    design
        Regression and candidates.
    outcome
        The data, in order of time.
    draws
        Series drawn, at least 1.
    seed
        Of the random signs.

    Returns
    -------
    tuple
        Largest F of each draw, and the autocorrelation used.

    Examples
    --------
    >>> changes = np.array([-1.0, -1.2, -0.9, -1.1, -0.2, -0.1, -0.3, -0.2])
    >>> later = np.arange(8)[:, None] >= np.array([3, 4, 5])
    >>> design = BreakDesign(np.ones((8, 1)), later.astype(float))
    >>> round(float(design.f_statistics(changes).max()), 1)
    123.9
    >>> drawn, _ = bootstrap_f(design, changes, draws=99, seed=1)
    >>> int((drawn >= 123.9).sum())
    0

    None of the 99 series without a break shows as clear a one.
    """
    residuals = design.residuals(outcome[np.newaxis])[0]
    persistence = _persistence(design, outcome, residuals)
    past_share = math.sqrt(1 - persistence**2)
    surprises = residuals.copy()
    surprises[1:] -= persistence * residuals[:-1]
    surprises[0] *= past_share
    surprises -= surprises.mean()
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(residuals)))
    drawn = signs * surprises
    drawn[:, 0] /= past_share
    for date in range(1, len(residuals)):
        drawn[:, date] += persistence * drawn[:, date - 1]
    return np.asarray(design.f_statistics(drawn).max(axis=1)), persistence


def _persistence(design: BreakDesign, outcome: FloatArray, residuals: FloatArray) -> float:
    best = design.directions[:, int(np.argmax(design.f_statistics(outcome)[0]))]
    around = residuals - (residuals @ best) * best
    n, scatter = len(around), float(around @ around)
    if scatter <= np.finfo(float).eps * float(residuals @ residuals):
        return 0.0
    # Two fitted means and a searched date push the estimate down by about 4 (1 + r) / n; the
    # constant was set by simulation (benchmarks/bench_break_test.py).
    corrected = (n * float(around[1:] @ around[:-1]) / scatter + 4) / (n - 4)
    return min(max(corrected, LOWEST_PERSISTENCE), HIGHEST_PERSISTENCE)
