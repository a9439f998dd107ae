"""How often the shipped intervals held on technologies whose costs are known."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from diligence.units import format_percent

OURS = "ours, technology left out"
SOURCE = (
    "Farmer, J. D. and Lafond, F. (2016), Research Policy 45(3), 647-665, as published by Our "
    "World in Data (CC BY 4.0)"
)


@dataclass(frozen=True)
class PanelCoverage:
    """Coverage of the random walk's intervals, each technology forecast without itself.

    ``n`` hindcasts of ``technologies``, one to twenty years ahead, from every past year; the
    intervals are 90 % bootstrap intervals over technologies. ``below80`` is the share of outcomes
    below the 80 % interval: costs that fell deeper than forecast.
    """

    n: int
    technologies: int
    coverage80: float
    coverage95: float
    interval80: tuple[float, float]
    interval95: tuple[float, float]
    mean_coverage80: float
    mean_coverage95: float
    below80: float
    source: str

    def summary(self) -> str:
        """One sentence that a memo prints."""
        return (
            f"intervals of this kind held {_share(self.coverage80)} of outcomes at 80 % "
            f"({_span(self.interval80)} over technologies) and {_share(self.coverage95)} at 95 % "
            f"({_span(self.interval95)}) in {self.n:,} forecasts of {self.technologies} "
            "technologies, each made without that technology; mean of the technologies "
            f"{_share(self.mean_coverage80)} and {_share(self.mean_coverage95)}; of the misses at "
            f"80 %, {self._share_of_misses()} were falls deeper than forecast"
        )

    def _share_of_misses(self) -> str:
        deeper = Fraction(self.below80 / (1 - self.coverage80)).limit_denominator(10)
        return f"{deeper.numerator} in {deeper.denominator}"


def panel_coverage() -> PanelCoverage:
    """Coverage of the shipped intervals on expanding windows, from the package's own scores.

    Examples
    --------
    >>> found = panel_coverage()
    >>> 0.785 <= found.coverage80 <= 0.815, 0.935 <= found.coverage95 <= 0.965
    (True, True)

    Four of five outcomes lay inside the 80 % interval: it may be read as what it says, for costs
    that behave like those of past technologies.
    """
    from diligence.trajectories.technology_scores import technology_scores

    scores = technology_scores()
    ours = (scores["window"] == "expanding") & (scores["method"] == OURS)
    row = scores[ours].iloc[0]
    return PanelCoverage(
        n=int(row["n"]),
        technologies=int(row["series"]),
        coverage80=float(row["coverage80"]),
        coverage95=float(row["coverage95"]),
        interval80=(float(row["low80"]), float(row["high80"])),
        interval95=(float(row["low95"]), float(row["high95"])),
        mean_coverage80=float(row["mean_coverage80"]),
        mean_coverage95=float(row["mean_coverage95"]),
        below80=float(row["below80"]),
        source=SOURCE,
    )


def _share(value: float) -> str:
    return format_percent(value)


def _span(ends: tuple[float, float]) -> str:
    return f"{format_percent(ends[0], 0)} to {format_percent(ends[1], 0)}"
