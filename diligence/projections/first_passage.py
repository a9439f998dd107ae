"""When cash that drifts and varies first falls to its minimum: closed forms, to check simulation.

Cash over its minimum is taken as a Brownian motion that starts at x, falls by the burn b a month
and varies by s a month. Then P(minimum reached by T) = N((-x + bT)/(s sqrt T)) + exp(2bx/s^2)
N((-x - bT)/(s sqrt T)), and the mean time to it is x/b (inverse Gaussian; Karatzas and Shreve,
Brownian Motion and Stochastic Calculus, 3.5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from diligence.errors import InputError

Array = NDArray[np.float64]
MONTHLY_SHIFT = 0.5825971579390106
"""-zeta(1/2)/sqrt(2 pi): what watching at steps moves a barrier by, in standard deviations of a
step (Broadie, Glasserman and Kou 1997, Mathematical Finance 7:325)."""


def p_cash_out(
    cash: float, *, burn: float, volatility: float, months: float, monthly: bool = False
) -> float:
    """Probability that cash reaches its minimum within a number of months.

    Parameters
    ----------
    cash
        Cash over its minimum.
    burn
        Expected burn a month; negative where cash grows.
    volatility
        Standard deviation of a month's change of cash, above 0.
    months
        Horizon.
    monthly
        Whether cash is looked at only at the end of each month, as books and simulations do. The
        barrier is then moved away by 0.5826 volatilities. That is too low, by less the longer the
        horizon and the slower the burn: with cash of six volatilities and half a volatility burnt
        a month, 0.535 within 12 months against 0.549 by two million plain paths (1.5 points).
        Over grids of cash from 1 to 30 volatilities, 100,000 paths each, the most was 1.6 points
        over 12 months or more at a burn of up to half a volatility, 2.5 at one volatility, and 6
        over six months at a burn of two. Without the correction the first figure is 0.607.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InputError
        When ``volatility`` or ``months`` is not above 0.

    Examples
    --------
    Twelve of cash, one burnt a month give or take two: one year of runway on average, and still
    16 % of companies alive after eighteen months.

    >>> round(p_cash_out(12, burn=1, volatility=2, months=18), 4)
    0.8423
    """
    if volatility <= 0 or months <= 0:
        raise InputError(
            f"A chance of cash-out needs volatility and months above 0; found {volatility} and "
            f"{months}."
        )
    if cash <= 0:
        return 1.0
    level = cash + MONTHLY_SHIFT * volatility if monthly else cash
    spread = volatility * np.sqrt(months)
    direct = np.exp(log_ndtr((burn * months - level) / spread))
    tilt = 2 * burn * level / volatility**2
    # The exponential alone overflows where its normal tail vanishes.
    reflected = np.exp(tilt + log_ndtr((-burn * months - level) / spread))
    return float(min(direct + reflected, 1.0))


def mean_months_to_cash_out(cash: float, *, burn: float) -> float | None:
    """Expected months until cash reaches its minimum; None where it is not burnt.

    Examples
    --------
    >>> mean_months_to_cash_out(12, burn=1)
    12.0
    """
    if cash <= 0:
        return 0.0
    return float(cash / burn) if burn > 0 else None


def p_low_within_month(opening: Array, closing: Array, *, volatility: float) -> Array:
    """Probability that cash fell to its minimum within a month whose two ends are above it.

    exp(-2 opening closing / volatility^2), the Brownian bridge; 1 where an end is at or under the
    minimum. It turns a simulation by month into one without gaps: multiply what survives each
    month.

    Parameters
    ----------
    opening, closing
        Cash over its minimum at both ends; arrays of one shape.
    volatility
        Standard deviation of a month's change of cash, above 0.

    Examples
    --------
    One volatility over the minimum at both ends: one company in seven went under in between.

    >>> float(p_low_within_month(np.array(1.0), np.array(1.0), volatility=1.0).round(3))
    0.135
    """
    if volatility <= 0:
        raise InputError(
            f"The chance within a month needs a volatility above 0; found {volatility}."
        )
    both = np.maximum(opening, 0.0) * np.maximum(closing, 0.0)
    return np.asarray(np.exp(-2.0 * both / volatility**2))
