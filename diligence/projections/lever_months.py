"""What levers save of the work and what they cost, month by month."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from diligence.projections.responses import Lever
from diligence.projections.shocks import Array


def work_left(
    work: Array, levers: Sequence[Lever], *, month: Array, success: Sequence[Array] | None = None
) -> Array:
    """Work that the levers leave: what each keeps, multiplied.

    Parameters
    ----------
    work
        Work without levers, (months, paths) or (months, 1).
    levers
        What is switched on.
    month
        Months from 1, (months, 1).
    success
        One array of 0 or 1, (1, paths), for each lever; all succeed when left out.

    Examples
    --------
    A lever of 40 % that starts in the second month and takes two to ramp up:

    >>> month = np.array([[1.0], [2.0], [3.0]])
    >>> work_left(np.ones((3, 1)), [Lever("Routing", 0.4, start_month=2, ramp_months=2)],
    ...           month=month)[:, 0]
    array([1. , 0.8, 0.6])

    Each lever works on what the others leave: two of 50 % keep a quarter of the bill.
    """
    if not levers:
        return work
    succeeds = [np.ones((1, 1), dtype=month.dtype)] * len(levers) if success is None else success
    ramps = [max(lever.ramp_months, 1) for lever in levers]
    full = max(lever.start_month - 1 + ramp for lever, ramp in zip(levers, ramps, strict=True))
    early = month[: max(full, 1)]
    kept = np.ones((early.size, max(each.shape[1] for each in succeeds)), dtype=month.dtype)
    for lever, ramp, each in zip(levers, ramps, succeeds, strict=True):
        reached = np.minimum(np.maximum((early - lever.start_month + 1) / ramp, 0.0), 1.0)
        kept *= 1.0 - lever.saving * lever.reach * reached * each
    # Once the last lever has ramped up every month keeps the same share.
    left = np.empty((month.size, max(work.shape[1], kept.shape[1])), dtype=kept.dtype)
    np.multiply(work[: early.size], kept, out=left[: early.size])
    np.multiply(work[early.size :], kept[-1:], out=left[early.size :])
    return left


def lever_cost(levers: Sequence[Lever], *, month: Array) -> Array:
    """What levers cost beside inference, (months, 1): once when they start, and each month on.

    Examples
    --------
    >>> lever = Lever("Routing", 0.4, start_month=2, monthly_cost=5.0, one_off_cost=9.0)
    >>> lever_cost([lever], month=np.array([[1.0], [2.0], [3.0]]))[:, 0]
    array([ 0., 14.,  5.])

    A lever that fails costs the same.
    """
    cost = np.zeros_like(month)
    for lever in levers:
        begun = month >= lever.start_month
        cost += begun * lever.monthly_cost + (month == lever.start_month) * lever.one_off_cost
    return cost
