"""Sums over the months so far, for one path and for thousands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diligence.projections.shocks import Array

_FEW_PATHS = 32


def running_sum(values: Array | NDArray[np.bool_], *, kept: float = 1.0) -> Array:
    """Add up the months so far, (months, paths); the sum keeps a share of itself every month.

    Parameters
    ----------
    values
        What each month adds.
    kept
        1 for a plain sum; less for one that reverts to zero.

    Examples
    --------
    >>> running_sum(np.array([[1.0], [2.0], [3.0]]))[:, 0]
    array([1., 3., 6.])
    """
    if kept == 1.0 and values.shape[1] < _FEW_PATHS:
        return np.asarray(np.cumsum(values, axis=0), dtype=_dtype(values))
    # Row upon row is several times faster than cumsum down the columns, and adds in its order.
    months, paths = values.shape
    total = np.empty((months, paths), dtype=_dtype(values))
    total[:1] = values[:1]
    for month in range(1, months):
        before = total[month - 1] if kept == 1.0 else kept * total[month - 1]
        np.add(before, values[month], out=total[month])
    return total


def _dtype(values: Array | NDArray[np.bool_]) -> np.dtype[np.floating[Any]]:
    """Single precision stays single; what is counted becomes double."""
    return np.result_type(values.dtype, np.float32)
