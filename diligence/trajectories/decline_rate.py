"""One pace of decline in the three ways it is quoted: fold, share and half-life."""

from __future__ import annotations

import math

from diligence.errors import EstimationError

MONTHS_PER_YEAR = 12


def fold_per_year(start: float, end: float, years: float) -> float:
    """By how many times a cost fell in a year, on average, between two dates.

    Parameters
    ----------
    start, end
        Cost at the first and the last date, in the same unit, above 0.
    years
        Years between them, above 0.

    Raises
    ------
    EstimationError
        An argument is not above 0.

    Examples
    --------
    >>> round(fold_per_year(60, 0.06, 3), 6)
    10.0
    >>> round(fold_per_year(10, 1, 1.5), 3)
    4.642

    Ten times in eighteen months is not ten times a year: always convert before comparing.
    """
    for name, value in (("start", start), ("end", end), ("years", years)):
        _require_positive(name, value)
    return math.exp(math.log(start / end) / years)


def decline_per_year(fold_per_year: float) -> float:
    """Share of the cost removed in a year; negative when the cost rises.

    Parameters
    ----------
    fold_per_year
        Times cheaper a year, above 0; below 1 the cost rises.

    Raises
    ------
    EstimationError
        The fold is not above 0.

    Examples
    --------
    >>> decline_per_year(10)
    0.9
    >>> decline_per_year(0.5)
    -1.0
    """
    _require_positive("fold_per_year", fold_per_year)
    return 1 - 1 / fold_per_year


def half_life_months(fold_per_year: float) -> float | None:
    """Months in which the cost halves; None when it does not fall.

    Parameters
    ----------
    fold_per_year
        Times cheaper a year, above 0; at 1 or below there is no half-life.

    Raises
    ------
    EstimationError
        The fold is not above 0.

    Examples
    --------
    >>> round(half_life_months(10), 2)
    3.61
    >>> half_life_months(2)
    12.0
    >>> half_life_months(0.8) is None
    True
    """
    _require_positive("fold_per_year", fold_per_year)
    if fold_per_year <= 1:
        return None
    return MONTHS_PER_YEAR * math.log(2) / math.log(fold_per_year)


def fold_from_half_life(half_life_months: float) -> float:
    """Times cheaper a year, from a quoted half-life.

    Parameters
    ----------
    half_life_months
        Months in which the cost halves, above 0.

    Raises
    ------
    EstimationError
        The half-life is not above 0.

    Examples
    --------
    >>> fold_from_half_life(12)
    2.0
    """
    _require_positive("half_life_months", half_life_months)
    return float(2 ** (MONTHS_PER_YEAR / half_life_months))


def _require_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise EstimationError(
            f"{name} must be above 0 and finite, got {value!r}. Check the unit and the source."
        )
