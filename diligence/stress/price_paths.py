"""Shapes of a level over the months ahead: how a price, tokens or usage get from one to a multiple.

Every function returns the level over today's, an array of shape (months,). Month 1 is the first
month after the date of the analysis; before ``start`` a level is exactly one. Shocks go both ways:
a multiple under one is a cut. Between one and the multiple a level moves by equal factors a month.
"""

from __future__ import annotations

import numpy as np

from diligence.projections.shocks import Array

LATE_RAMP_MONTHS = 2


def step(multiple: float, *, months: int, start: int = 1) -> Array:
    """Jump to the multiple in month ``start`` and stay.

    Examples
    --------
    A list price that doubles in the third month:

    >>> step(2.0, months=4, start=3)
    array([1., 1., 2., 2.])
    """
    return np.where(_month(months) >= start, multiple, 1.0)


def ramp(multiple: float, *, months: int, over: int, start: int = 1) -> Array:
    """Reach the multiple evenly over ``over`` months, the last of them included.

    Examples
    --------
    Threefold within a year is 9.6 % a month:

    >>> round(float(ramp(3.0, months=12, over=12)[0]), 3)
    1.096
    """
    done = np.clip((_month(months) - start + 1) / over, 0.0, 1.0)
    return np.asarray(multiple**done)


def half_life(multiple: float, *, months: int, half_life: float, start: int = 1) -> Array:
    """Close half of the remaining log distance to the multiple every ``half_life`` months.

    Examples
    --------
    A fourfold rise with a half-life of six months has doubled the price after six:

    >>> float(half_life(4.0, months=6, half_life=6)[-1])
    2.0
    """
    elapsed = np.maximum(_month(months) - start + 1, 0.0)
    return np.asarray(multiple ** (1.0 - 0.5 ** (elapsed / half_life)))


def late_and_sudden(multiple: float, *, months: int, start: int) -> Array:
    """Nothing until ``start``, then all of it within two months.

    Examples
    --------
    >>> late_and_sudden(4.0, months=4, start=3).tolist()
    [1.0, 1.0, 2.0, 4.0]
    """
    return ramp(multiple, months=months, over=LATE_RAMP_MONTHS, start=start)


def pulse(multiple: float, *, months: int, over: int, start: int = 1) -> Array:
    """Stand at the multiple for ``over`` months and fall back to one.

    Examples
    --------
    >>> pulse(2.0, months=4, over=2, start=2).tolist()
    [1.0, 2.0, 2.0, 1.0]
    """
    month = _month(months)
    return np.where((month >= start) & (month < start + over), multiple, 1.0)


def compounding(per_year: float, *, months: int, start: int = 1) -> Array:
    """Multiply by ``per_year`` every year without end: falling prices, or rising rents.

    Examples
    --------
    Ten times cheaper within 18 months is a factor of 0.2154 a year:

    >>> round(float(compounding(0.1 ** (12 / 18), months=18)[-1]), 6)
    0.1
    """
    elapsed = np.maximum(_month(months) - start + 1, 0.0)
    return np.asarray(per_year ** (elapsed / 12.0))


def corridor(
    subsidy: float, *, months: int, half_life: float, cost_decline: float, start: int = 1
) -> Array:
    """Let a subsidy run off while the cost below it falls along its trajectory.

    The price is cost less subsidy, p(t) = c(t) (1 - s(t)); today s(0) = ``subsidy`` of cost. The
    subsidy halves every ``half_life`` months and cost falls by ``cost_decline`` a year, both from
    ``start`` on: the price moves up or down depending on which is faster.

    Parameters
    ----------
    subsidy
        Share of the supplier's cost that its price does not cover today, under 1; negative where
        the price stands above cost.
    half_life
        Months.
    cost_decline
        Fraction a year; 0.9 is tenfold, negative is a rising cost.

    Examples
    --------
    Half of cost is covered and the subsidy ends fast while cost stands still: the price doubles.

    >>> round(float(corridor(0.5, months=36, half_life=1, cost_decline=0.0)[-1]), 3)
    2.0
    """
    elapsed = np.maximum(_month(months) - start + 1, 0.0)
    cost = (1.0 - cost_decline) ** (elapsed / 12.0)
    left = subsidy * 0.5 ** (elapsed / half_life)
    return np.asarray(cost * (1.0 - left) / (1.0 - subsidy))


def reverting(multiple: float, *, months: int, per_month: float, start: int = 1) -> Array:
    """Expected level of a rate whose mean moved: it closes a share of the distance every month.

    Examples
    --------
    >>> reverting(2.0, months=2, per_month=0.5).round(3).tolist()
    [1.414, 1.682]
    """
    elapsed = np.maximum(_month(months) - start + 1, 0.0)
    return np.asarray(multiple ** (1.0 - (1.0 - per_month) ** elapsed))


def expected_regime(
    multiple: float, *, months: int, enter_per_month: float, leave_per_month: float, start: int = 1
) -> Array:
    """Expected level when a dear regime comes and goes; :func:`drawn_regime` draws its paths."""
    elapsed = np.maximum(_month(months) - start + 1, 0.0)
    pace = 1.0 - enter_per_month - leave_per_month
    long_run = enter_per_month / (enter_per_month + leave_per_month)
    return np.asarray(1.0 + (multiple - 1.0) * long_run * (1.0 - pace**elapsed))


def drawn_regime(
    multiple: float,
    *,
    months: int,
    enter_per_month: float,
    leave_per_month: float,
    paths: int,
    seed: int,
    start: int = 1,
) -> Array:
    """Paths of a price that stands at one or at the multiple, (months, paths).

    Parameters
    ----------
    enter_per_month, leave_per_month
        Chance to enter the dear regime from the calm one, and to leave it, 0 to 1.
    """
    random = np.random.default_rng(seed).random((months, paths))
    dear = np.zeros(paths, dtype=bool)
    levels = np.ones((months, paths))
    for month in range(start - 1, months):
        dear = np.where(dear, random[month] >= leave_per_month, random[month] < enter_per_month)
        levels[month] = np.where(dear, multiple, 1.0)
    return levels


def _month(months: int) -> Array:
    return np.arange(1.0, months + 1.0)
