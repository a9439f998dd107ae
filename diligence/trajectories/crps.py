"""Score of a whole forecast distribution against what happened."""

from __future__ import annotations

import math

from scipy.special import betaln, stdtr

from diligence.errors import EstimationError


def crps_student_t(error: float, *, scale: float, degrees_of_freedom: float) -> float:
    """Continuous ranked probability score of a Student t forecast; smaller is better.

    Parameters
    ----------
    error
        Outcome minus the forecast's median.
    scale
        Scale of the t distribution, at least 0; at 0 the score is the absolute error.
    degrees_of_freedom
        Above 1.

    Returns
    -------
    float
        Score in the unit of `error`.

    Raises
    ------
    EstimationError
        `scale` or `degrees_of_freedom` is out of its range.

    Examples
    --------
    >>> round(crps_student_t(0.0, scale=1.0, degrees_of_freedom=1e7), 4)
    0.2337

    References
    ----------
    Jordan, A., Krueger, F. and Lerch, S. (2019). Evaluating probabilistic forecasts with
    scoringRules. Journal of Statistical Software, 90(12).
    """
    if not (scale >= 0 and degrees_of_freedom > 1):
        raise EstimationError(
            "The score needs scale >= 0 and more than 1 degree of freedom, got scale "
            f"{scale!r} and {degrees_of_freedom!r}."
        )
    if scale == 0:
        return abs(error)
    nu, z = degrees_of_freedom, error / scale
    density = math.exp(-(nu + 1) / 2 * math.log1p(z**2 / nu) - betaln(0.5, nu / 2)) / math.sqrt(nu)
    spread = math.exp(betaln(0.5, nu - 0.5) - 2 * betaln(0.5, nu / 2))
    reach = z * (2 * float(stdtr(nu, z)) - 1) + 2 * density * (nu + z**2) / (nu - 1)
    return scale * (reach - 2 * math.sqrt(nu) / (nu - 1) * spread)
