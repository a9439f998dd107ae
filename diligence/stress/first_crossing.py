"""Where a curve first falls under zero: many curves at once, one run of the engine a round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diligence.projections.shocks import Array

Headroom = Callable[[NDArray[np.intp], Array], Array]
_ROUNDS = 60
_CLOSE = 1e-13
"""Of a point, or of the largest value of a curve."""


@dataclass(frozen=True)
class Crossing:
    """First place where headroom is gone, walking from the start of a grid.

    ``at`` is None when it holds along the whole grid. ``returns`` says that headroom comes back
    farther along: the curve is not monotone.
    """

    at: float | None
    returns: bool = False


def first_crossings(headroom: Headroom, grid: Array, sampled: Array) -> tuple[Crossing, ...]:
    """Refine the first crossing of each curve between the points of a grid.

    Parameters
    ----------
    headroom
        Takes numbers of curves and one point for each, gives the value of each curve there.
        It is called once a round with all curves that are still open.
    grid
        Points in walking order, upwards or downwards. Two crossings between neighbours are not
        seen.
    sampled
        Values on the grid, (curves, points); the first of each is where the walk starts.

    Returns
    -------
    tuple of Crossing
        One a curve: where it goes from 0 or more to under 0, or from under 0 to 0 or more when
        it starts under. Bisected together with a secant, so that straight pieces are met exactly
        and a step is found as well.

    Examples
    --------
    Headroom 60 - 30 (k - 1) is gone at three times the price.

    >>> curve = lambda which, k: 60 - 30 * (k - 1)
    >>> grid = np.array([1.0, 2.0, 4.0])
    >>> first_crossings(curve, grid, curve(None, grid)[None, :])
    (Crossing(at=3.0, returns=False),)
    """
    holds = sampled >= 0
    changed = holds != holds[:, :1]
    curves = np.flatnonzero(changed.any(axis=1))
    first = changed.argmax(axis=1)[curves]
    ends = np.stack([grid[first - 1], grid[first]])
    values = np.stack([sampled[curves, first - 1], sampled[curves, first]])
    near = _CLOSE * np.abs(sampled[curves]).max(axis=1, initial=0.0)
    for _ in range(_ROUNDS):
        wide = np.abs(ends[1] - ends[0]) > _CLOSE * np.abs(ends).max(axis=0)
        wanted = np.flatnonzero(wide & (np.abs(values).min(axis=0) > near))
        if not wanted.size:
            break
        _narrow(headroom, curves, wanted, ends, values)
    places = _interpolated(ends, values)
    found = dict(zip(curves.tolist(), places.tolist(), strict=True))
    turns = (np.diff(holds.astype(int), axis=1) != 0).sum(axis=1)
    return tuple(
        Crossing(found.get(curve), returns=bool(turns[curve] > 1))
        for curve in range(sampled.shape[0])
    )


def _narrow(
    headroom: Headroom,
    curves: NDArray[np.intp],
    wanted: NDArray[np.intp],
    ends: Array,
    values: Array,
) -> None:
    """Replace the ends of the open brackets by the secant's point and the middle."""
    low, high = ends[0, wanted], ends[1, wanted]
    points = np.stack([_interpolated(ends[:, wanted], values[:, wanted]), (low + high) / 2])
    which = np.tile(curves[wanted], 2)
    seen = headroom(which, points.ravel()).reshape(points.shape)
    for point, value in zip(points, seen, strict=True):
        same = (value >= 0) == (values[0, wanted] >= 0)
        # A point outside what an earlier one of the round left would widen the bracket.
        inside = (point - ends[0, wanted]) * (point - ends[1, wanted]) <= 0
        for side, chosen in ((0, same & inside), (1, ~same & inside)):
            ends[side, wanted[chosen]] = point[chosen]
            values[side, wanted[chosen]] = value[chosen]


def _interpolated(ends: Array, values: Array) -> Array:
    drop = values[0] - values[1]
    safe = np.where(drop == 0, 1.0, drop)
    share = np.where(drop == 0, 0.0, values[0] / safe)
    return np.asarray(ends[0] + share * (ends[1] - ends[0]))
