"""How the shipped intervals and their rivals did on past technologies: the scores as measured."""

from __future__ import annotations

from functools import cache

import pandas as pd

from diligence.resources import resource_path


@cache
def _published_scores() -> pd.DataFrame:
    path = resource_path("datasets", "trajectories", "hindcast_scores.csv")
    return pd.read_csv(path, comment="#")


def technology_scores() -> pd.DataFrame:
    """How the shipped intervals and their rivals did on past technologies.

    Returns
    -------
    pandas.DataFrame
        By ``window`` and ``method``: ``n`` forecasts of ``series`` technologies, pooled
        ``coverage80`` and ``coverage95`` with 90 % bootstrap bounds over technologies, the misses
        by side (``above80``, ``below80``, ``above95``, ``below95``; below is a cost that fell
        deeper than forecast), the means over technologies, and ``crps`` of log cost. Ours is
        scored on each technology with constants derived from the others; the log trend as
        ``fit_log_trend`` gives it and with textbook errors.

    Examples
    --------
    >>> scores = technology_scores().set_index(["window", "method"])
    >>> textbook = scores.loc[("expanding", "log trend, textbook OLS")]
    >>> textbook[["coverage80", "coverage95"]].to_list()
    [0.3663, 0.5761]

    What a trend line calls four chances in five was less than one in two.
    """
    return _published_scores().copy()
