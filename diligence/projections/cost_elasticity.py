"""Does serving cost grow slower than volume: elasticity from month-to-month changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from diligence.errors import EstimationError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    FloatArray = npt.NDArray[np.float64]

FEWEST_CHANGES = 6
LEAST_SPREAD = 0.01
"""Standard deviation of log volume changes below which volume tells nothing (house rule)."""

Reading = Literal["scale economies", "scale diseconomies", "not told apart from proportional"]


@dataclass(frozen=True)
class CostElasticity:
    """Per cent of serving cost that one per cent of volume brings.

    ``drift`` is the log change of cost a month at constant volume. The interval is a t interval
    with ``n - 2`` degrees of freedom on the larger of the classical and the
    autocorrelation-robust standard error.
    """

    volume: str
    elasticity: float
    std_error: float
    low90: float
    high90: float
    drift: float
    r_squared: float
    n: int
    notes: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """What the 90 % interval says about scale."""
        if self.high90 < 1:
            return "scale economies"
        if self.low90 > 1:
            return "scale diseconomies"
        return "not told apart from proportional"

    def conf_int(self) -> tuple[float, float]:
        """90 % interval of the elasticity."""
        return self.low90, self.high90

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        import pandas as pd

        names = ("volume", "elasticity", "std_error", "low90", "high90", "drift", "r_squared", "n")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def summary(self) -> str:
        """The elasticity with its interval and what it says."""
        head = (
            f"1 % more {self.volume} came with {self.elasticity:.2f} % more serving cost "
            f"(90 % interval {self.low90:.2f} to {self.high90:.2f}, {self.n} changes): "
            f"{self.reading}"
        )
        return "\n".join([head, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def cost_elasticity(
    cost: Sequence[float], volume: Sequence[float], *, name: str = "volume"
) -> CostElasticity:
    """Regress changes of log cost on changes of log volume.

    Parameters
    ----------
    cost, volume
        Serving cost and volume of the same consecutive months, above 0. Volume is best counted at
        constant list prices: a flood of cheap tokens is not more of the same.
    name
        What the volume is, for the words.

    Raises
    ------
    EstimationError
        With fewer than 6 changes, values that are not above 0, or a volume that grows by nearly
        the same rate each month: its effect cannot then be told from time.

    Examples
    --------
    >>> volume = [100.0, 110.0, 104.0, 130.0, 126.0, 150.0, 149.0, 180.0]
    >>> cost = [10 * v**0.7 for v in volume]
    >>> found = cost_elasticity(cost, volume)
    >>> round(found.elasticity, 3), found.reading
    (0.7, 'scale economies')

    Doubling the volume raised the bill by 62 %. A buyer of tokens at list price has 1: whatever
    it saves comes from prices, models and caching, not from scale.

    References
    ----------
    Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity and
    autocorrelation consistent covariance matrix. Econometrica, 55(3), 703-708.
    """
    import numpy as np
    from scipy.special import stdtrit

    y, x = _changes("cost", cost), _changes(name, volume)
    _require_identified(x, len(y), name)
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    drift = float(y.mean() - slope * x.mean())
    residual = y - drift - slope * x
    error = _std_error(centred, residual)
    reach = float(stdtrit(len(y) - 2, 0.95)) * error
    spread = float(np.sum((y - y.mean()) ** 2))
    return CostElasticity(
        volume=name,
        elasticity=slope,
        std_error=error,
        low90=slope - reach,
        high90=slope + reach,
        drift=drift,
        r_squared=1 - float(residual @ residual) / spread if spread else 1.0,
        n=len(y),
        notes=_notes(len(y)),
    )


def _changes(name: str, values: Sequence[float]) -> FloatArray:
    import numpy as np

    levels = np.asarray(values, dtype=float)
    wrong = ~(np.isfinite(levels) & (levels > 0))
    if wrong.any():
        place = int(wrong.argmax())
        raise EstimationError(
            f"{name} of month {place + 1} is {levels[place]}; an elasticity needs every month "
            "above 0. Leave the month out."
        )
    return np.asarray(np.diff(np.log(levels)), dtype=float)


def _require_identified(x: FloatArray, n_cost: int, name: str) -> None:
    if len(x) != n_cost:
        raise EstimationError(
            f"cost has {n_cost + 1} months and {name} {len(x) + 1}; give both for the same months"
        )
    if len(x) < FEWEST_CHANGES:
        raise EstimationError(
            f"{len(x) + 1} months give {max(len(x), 0)} changes; an elasticity needs at least "
            f"{FEWEST_CHANGES}, so {FEWEST_CHANGES + 1} consecutive months of usage and bills"
        )
    spread = float(x.std(ddof=1))
    if spread < LEAST_SPREAD:
        raise EstimationError(
            f"{name} grew by nearly the same rate each month (the changes vary by "
            f"{spread:.2%}, needs {LEAST_SPREAD:.0%}): its effect on cost cannot be told from time"
        )


def _std_error(centred: FloatArray, residual: FloatArray) -> float:
    """Larger of the classical and the Newey-West error, which is too small in short series."""
    n = len(residual)
    square = float(centred @ centred)
    classical = float(residual @ residual) / (n - 2) / square
    score = centred * residual
    lags = math.floor(4 * (n / 100) ** (2 / 9))
    meat = float(score @ score) + 2 * sum(
        (1 - lag / (lags + 1)) * float(score[lag:] @ score[:-lag]) for lag in range(1, lags + 1)
    )
    robust = n / (n - 2) * max(meat, 0.0) / square**2
    return math.sqrt(max(classical, robust))


def _notes(n: int) -> tuple[str, ...]:
    notes = ["cost and volume move together for other reasons too: read it with the decomposition"]
    if n < 2 * FEWEST_CHANGES:
        notes.insert(0, f"{n} changes are few: the interval counts for more than the estimate")
    return tuple(notes)
