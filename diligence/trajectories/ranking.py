"""The order of rival curves where their past forecasts settle it, and the reason where not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.backtest import Backtest
from diligence.trajectories.methods import METHODS, method_of
from diligence.trajectories.score_difference import FEWEST_ORIGINS, score_difference
from diligence.trajectories.trajectory_fit import TrajectoryFit
from diligence.trajectories.volume_or_time import volume_or_time

SIGNIFICANCE = 0.05

PAIR_COLUMNS = ("first", "second", "origins", "crps_difference", "p_value")


def score_pairs(
    fits: Mapping[str, TrajectoryFit], backtests: Mapping[str, Backtest | None], *, horizon: int
) -> pd.DataFrame:
    """Difference of scores for every pair of curves; without origins where one has no backtest.

    Returns
    -------
    pandas.DataFrame
        ``first``, ``second``, ``origins``, ``crps_difference`` (first minus second) and two-sided
        ``p_value``, missing where there are too few origins.
    """
    rows: list[tuple[str, str, int, float | None, float | None]] = []
    for first, second in combinations(fits, 2):
        left, right = backtests.get(first), backtests.get(second)
        if left is None or right is None or not _same_series(fits[first], fits[second]):
            rows.append((first, second, 0, None, None))
            continue
        found = score_difference(left, right, max_steps=horizon)
        rows.append((first, second, found.origins, found.mean, found.p_value))
    table = pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
    return table.astype({"crps_difference": float, "p_value": float})


def rank(fits: Mapping[str, TrajectoryFit], pairs: pd.DataFrame) -> tuple[str | None, str]:
    """Name the curve that is ahead of all others beyond chance, or None, and say why.

    Parameters
    ----------
    fits
        Fits by name.
    pairs
        From ``score_pairs`` on the same fits.
    """
    if len(fits) == 1:
        return None, f"{next(iter(fits))} stands alone: there is nothing to rank."
    first = next(iter(fits))
    for other in fits:
        if not _same_series(fits[first], fits[other]):
            return None, f"Not ranked: {first} and {other} were fitted to different series."
    best = _best(list(fits), pairs)
    others = [name for name in fits if name != best]
    doubts = [_doubt(best, other, fits, pairs) for other in others]
    if any(doubts):
        return None, f"Not ranked: {'; '.join(filter(None, doubts))}."
    chance = max(float(_pair(pairs, best, other)["p_value"]) for other in others)
    return best, (
        f"{best} has forecast this series better than {_listed(others)}, beyond what chance "
        f"explains (p at most {max(chance, 0.001):.2g})."
    )


def volume_tells_nothing_new(fit: TrajectoryFit) -> bool:
    """Whether the volume behind an experience curve says no more about cost than time does.

    See ``volume_or_time``; also true of a series too short for that test.
    """
    volume = getattr(fit, "volume", None)
    if volume is None:
        return False
    served = pd.Series(volume.values, index=fit.history.cost.index)
    try:
        return volume_or_time(fit.history.cost, served).explanation == "not separable"
    except EstimationError:
        return True


def _same_series(first: TrajectoryFit, second: TrajectoryFit) -> bool:
    return bool(first.history.cost.equals(second.history.cost))


def _is_in_volume(fit: TrajectoryFit) -> bool:
    return method_of(fit) is METHODS["experience_curve"]


def _best(names: list[str], pairs: pd.DataFrame) -> str:
    """Curve with the lowest mean score: its differences to the others sum to the least."""
    signed = pd.concat(
        [
            pairs.set_index("first")["crps_difference"],
            -pairs.set_index("second")["crps_difference"],
        ]
    )
    totals = signed.fillna(0.0).groupby(level=0, sort=False).sum().reindex(names)
    return str(totals.idxmin())


def _pair(pairs: pd.DataFrame, first: str, second: str) -> pd.Series:
    ordered = (pairs["first"] == first) & (pairs["second"] == second)
    turned = (pairs["first"] == second) & (pairs["second"] == first)
    return pairs[ordered | turned].iloc[0]


def _doubt(best: str, other: str, fits: Mapping[str, TrajectoryFit], pairs: pd.DataFrame) -> str:
    pair = _pair(pairs, best, other)
    in_volume = [name for name in (best, other) if _is_in_volume(fits[name])]
    if len(in_volume) == 1 and volume_tells_nothing_new(fits[in_volume[0]]):
        return (
            f"beside each other volume and time explain the cost equally well, so the data cannot "
            f"tell {best} from {other}"
        )
    if math.isnan(pair["p_value"]):
        return (
            f"{pair['origins']} past dates to forecast from are too few to tell {best} from "
            f"{other}; {FEWEST_ORIGINS} are needed"
        )
    if pair["p_value"] > SIGNIFICANCE:
        return (
            f"{best} scored better than {other} by {abs(pair['crps_difference']):.3g} (CRPS of log "
            f"cost), which chance explains as well (p {pair['p_value']:.2f})"
        )
    return ""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
