"""How many holdings fail together in a bad year: one factor shared by all."""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri

from diligence.errors import InputError


def failure_rate_quantile(probability: float, *, correlation: float, level: float) -> float:
    """Share of many alike holdings that fails, exceeded with a chance of 1 - ``level``.

    N((N^-1(p) + sqrt(rho) N^-1(level)) / sqrt(1 - rho)), the limit of a large portfolio whose
    companies share one normal factor (Vasicek 1987). It checks a simulation of holdings under one
    market, where every company has the same chance of running out of cash.

    Parameters
    ----------
    probability
        Of one company to fail, above 0 and below 1.
    correlation
        Of any two companies through the shared factor, 0 to below 1.
    level
        Of confidence, above 0 and below 1.

    Raises
    ------
    InputError
        When an argument is out of its range.

    Examples
    --------
    Hull, Options, Futures and Other Derivatives: two per cent fail in an ordinary year; in the
    worst of a thousand, with a correlation of 0.1, nearly thirteen.

    >>> round(failure_rate_quantile(0.02, correlation=0.1, level=0.999), 4)
    0.1282
    """
    if not (0 < probability < 1 and 0 <= correlation < 1 and 0 < level < 1):
        raise InputError(
            "A failure rate needs a probability and a level between 0 and 1 and a correlation "
            f"from 0 to below 1; found {probability}, {level} and {correlation}."
        )
    pulled = ndtri(probability) + math.sqrt(correlation) * ndtri(level)
    return float(ndtr(pulled / math.sqrt(1 - correlation)))
