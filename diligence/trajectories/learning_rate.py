"""What each doubling of volume takes off a unit cost."""

from __future__ import annotations

import math


def learning_rate(exponent: float) -> float:
    """Share of unit cost removed by each doubling of cumulative volume: 1 - 2^(-omega).

    Parameters
    ----------
    exponent
        Wright's exponent omega; negative when cost rises with volume.

    Examples
    --------
    >>> round(learning_rate(0.319), 3)
    0.198

    Solar modules: a fifth off with each doubling (Way et al. 2022).
    """
    return -math.expm1(-exponent * math.log(2))
