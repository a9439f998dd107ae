"""Score of a whole forecast distribution against what happened."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, stdtr

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import FloatArray

# Beyond this the t distribution is normal to seven digits, and its beta functions lose more.
NEARLY_NORMAL = 1e7


def crps_student_t(error: float, *, scale: float, degrees_of_freedom: float) -> float:
    """Continuous ranked probability score of a Student t forecast; smaller is better.

    Parameters
    ----------
    error
        Outcome minus the forecast's median.
    scale
        Scale of the t distribution, at least 0; at 0 the score is the absolute error.
    degrees_of_freedom
        Above 1; infinite means normal.

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

    A forecast with unit spread that hits the mark still pays for its spread.

    References
    ----------
    Jordan, A., Krueger, F. and Lerch, S. (2019). Evaluating probabilistic forecasts with
    scoringRules. Journal of Statistical Software, 90(12).
    """
    return float(crps_student_t_array(error, scale=scale, degrees_of_freedom=degrees_of_freedom))


def crps_student_t_array(
    error: npt.ArrayLike, *, scale: npt.ArrayLike, degrees_of_freedom: npt.ArrayLike
) -> FloatArray:
    """Score many forecasts at once, see ``crps_student_t``; the arguments broadcast.

    Examples
    --------
    >>> crps_student_t_array([0.0, 2.0], scale=1.0, degrees_of_freedom=5.0).round(3).tolist()
    [0.257, 1.397]

    An outcome two scales away costs five times as much as a hit.
    """
    error, scale = np.asarray(error, dtype=float), np.asarray(scale, dtype=float)
    nu = np.asarray(degrees_of_freedom, dtype=float)
    usable = (scale >= 0) & (nu > 1)
    if not usable.all():
        first = int(np.argmin(usable))
        raise EstimationError(
            "The score needs scale >= 0 and more than 1 degree of freedom, got scale "
            f"{np.broadcast_to(scale, usable.shape).flat[first]} and "
            f"{np.broadcast_to(nu, usable.shape).flat[first]}."
        )
    nu = np.minimum(nu, NEARLY_NORMAL)
    positive = np.where(scale > 0, scale, 1.0)
    z = error / positive
    log_beta = betaln(0.5, nu / 2)
    density = np.exp(-(nu + 1) / 2 * np.log1p(z**2 / nu) - log_beta) / np.sqrt(nu)
    spread = np.exp(betaln(0.5, nu - 0.5) - 2 * log_beta)
    reach = z * (2 * stdtr(nu, z) - 1) + 2 * density * (nu + z**2) / (nu - 1)
    score = positive * (reach - 2 * np.sqrt(nu) / (nu - 1) * spread)
    return np.asarray(np.where(scale > 0, score, np.abs(error)), dtype=float)
