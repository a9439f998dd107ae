"""Maximum likelihood by statsmodels, its warnings turned into words."""

from __future__ import annotations

import warnings
from typing import Any

from numpy.linalg import LinAlgError

from diligence.errors import EstimationError

MAX_ITERATIONS = 500


def fit_by_likelihood(model: Any, *, name: str, **options: Any) -> tuple[Any, tuple[str, ...]]:
    """Fit a statsmodels state-space model; a failure to converge becomes a note.

    Parameters
    ----------
    model
        Model with a ``fit`` method.
    name
        What to call the model in notes and errors.
    **options
        Passed to ``fit``.

    Returns
    -------
    tuple
        Results of statsmodels, and notes.

    Raises
    ------
    EstimationError
        The likelihood could not be computed or maximised at all.
    """
    try:
        # Starting values may lie off the model's range; only the result counts, checked below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = model.fit(disp=False, maxiter=MAX_ITERATIONS, **options)
    except (LinAlgError, ValueError, IndexError, ZeroDivisionError) as error:
        raise EstimationError(
            f"The {name} could not be fitted ({error}). Use fit_random_walk(cost), which has a "
            "closed form."
        ) from error
    if result.mle_retvals["converged"]:
        return result, ()
    note = (
        f"The likelihood of the {name} did not reach its maximum in {MAX_ITERATIONS} iterations: "
        "read the split between noise and movement as rough."
    )
    return result, (note,)
