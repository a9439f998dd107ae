"""Why time and experience cannot be told apart when volume grows exponentially."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import FloatArray
from diligence.trajectories.fact_sheet import FactSheet

FEWEST_POINTS = 3


@dataclass(frozen=True)
class SahalIdentity(FactSheet):
    """Slopes of each technology in time and in volume, and how well one implies the other.

    Parameters
    ----------
    n
        Technologies used.
    correlation
        Between Wright's slope and the slope in time over the growth of log volume; 1 when volume
        grows exactly exponentially.
    median_r2_time, median_r2_volume, median_r2_growth
        Median share of variance explained: log cost by time, log cost by log volume, log volume
        by time.
    notes
        What was left out.
    technologies
        One row per technology.
    """

    n: int
    correlation: float
    median_r2_time: float
    median_r2_volume: float
    median_r2_growth: float
    notes: tuple[str, ...]
    technologies: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """What was compared."""
        return "Sahal's identity"

    def to_frame(self) -> pd.DataFrame:
        """One row per technology: points, slopes in time and volume, growth, implied slope."""
        return self.technologies.copy()

    def _facts(self) -> dict[str, str]:
        return {
            "Technologies": str(self.n),
            "Correlation of slopes": f"{self.correlation:.4f}",
            "Median R2, time": f"{self.median_r2_time:.3f}",
            "Median R2, volume": f"{self.median_r2_volume:.3f}",
            "Median R2, growth": f"{self.median_r2_growth:.3f}",
        }


def sahal_identity(
    panel: pd.DataFrame,
    *,
    technology: str = "technology",
    years: str = "year",
    cost: str = "cost",
    volume: str = "cumulative_volume",
) -> SahalIdentity:
    """Compare, for each technology, its decline in time with its decline in volume.

    If cost falls by Wright's law and volume grows exponentially, cost falls exponentially in
    time: slope in time = slope in volume x growth of log volume (Sahal 1979).

    Parameters
    ----------
    panel
        One row per technology and date. Rows with a missing or non-positive cost or volume are
        left out and counted in a note.
    technology, years, cost, volume
        Columns: name, time in years, unit cost, cumulative volume.

    Returns
    -------
    SahalIdentity
        All slopes are least squares on log levels.

    Raises
    ------
    EstimationError
        A column is missing, or fewer than 2 technologies have 3 usable dates and volume that
        changes.

    Examples
    --------
    >>> rows = [(name, year, np.exp(-0.1 * k * year), np.exp(0.3 * year))
    ...         for k, name in enumerate(["cells", "modules", "rotors"]) for year in range(5)]
    >>> panel = pd.DataFrame(rows, columns=["technology", "year", "cost", "cumulative_volume"])
    >>> round(sahal_identity(panel).correlation, 6)
    1.0

    At 1 the two laws say the same thing of the past. They part only in what they forecast if
    volume stops growing, and such a panel cannot say which is right.

    References
    ----------
    Sahal, D. (1979). A theory of progress functions. AIIE Transactions, 11(1), 23-29.
    """
    columns = [technology, years, cost, volume]
    absent = [column for column in columns if column not in panel.columns]
    if absent:
        raise EstimationError(
            f"The panel has no column {absent[0]!r}; it has {panel.columns.tolist()}. Name the "
            "columns with technology=, years=, cost= and volume=."
        )
    tidy = panel[columns].set_axis(["technology", "years", "cost", "volume"], axis=1).dropna()
    usable = tidy[(tidy["cost"] > 0) & (tidy["volume"] > 0)]
    slopes = {
        str(name): _slopes(rows)
        for name, rows in usable.groupby("technology", sort=True)
        if len(rows) >= FEWEST_POINTS and rows["volume"].nunique() > 1 < rows["years"].nunique()
    }
    if len(slopes) < 2:
        raise EstimationError(
            f"A correlation needs at least 2 technologies with {FEWEST_POINTS} usable dates, got "
            f"{len(slopes)} of {panel[technology].nunique()}."
        )
    table = pd.DataFrame.from_dict(slopes, orient="index").rename_axis("technology")
    left_out = len(panel) - int(table["n"].sum())
    return SahalIdentity(
        n=len(table),
        correlation=float(np.corrcoef(table["wright_slope"], table["implied_slope"])[0, 1]),
        median_r2_time=float(table["r2_time"].median()),
        median_r2_volume=float(table["r2_volume"].median()),
        median_r2_growth=float(table["r2_growth"].median()),
        notes=(f"{left_out} of {len(panel)} rows were left out.",) if left_out else (),
        technologies=table,
    )


def _slopes(rows: pd.DataFrame) -> dict[str, float]:
    time = rows["years"].to_numpy(dtype=float)
    log_cost = np.log(rows["cost"].to_numpy(dtype=float))
    log_volume = np.log(rows["volume"].to_numpy(dtype=float))
    moore, r2_time = _line(time, log_cost)
    wright, r2_volume = _line(log_volume, log_cost)
    growth, r2_growth = _line(time, log_volume)
    return {
        "n": len(rows),
        "moore_slope": moore,
        "wright_slope": wright,
        "volume_growth": growth,
        "implied_slope": moore / growth if growth else float("nan"),
        "r2_time": r2_time,
        "r2_volume": r2_volume,
        "r2_growth": r2_growth,
    }


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    x_off, y_off = x - x.mean(), y - y.mean()
    slope = float(x_off @ y_off / (x_off @ x_off))
    scatter = float(y_off @ y_off)
    return slope, slope * float(x_off @ y_off) / scatter if scatter else 1.0
