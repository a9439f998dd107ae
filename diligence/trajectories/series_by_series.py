"""Curves that have to be fitted one series after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.backtest import Backtest
from diligence.trajectories.cumulative_volume import VolumeBasis
from diligence.trajectories.method_choice import choose_method
from diligence.trajectories.methods import find_method
from diligence.trajectories.series_forecasts import (
    FORECAST_COLUMNS,
    SCORE_COLUMNS,
    SeriesForecasts,
    date_forms,
    series_names,
    written_dates,
)
from diligence.trajectories.series_panel import read_series_panel
from diligence.trajectories.trajectory_fit import TrajectoryFit

AUTO = "auto"


@dataclass(frozen=True)
class _Fitted:
    """One series fitted on its own."""

    method: str
    fit: TrajectoryFit
    scored: Backtest | None
    notes: tuple[str, ...]


def forecast_one_by_one(
    costs: pd.DataFrame, *, horizon: int, method: str, volume_basis: VolumeBasis | None
) -> SeriesForecasts:
    """Forecast every series of a table with any curve, see ``forecast_series``."""
    panel = read_series_panel(costs)
    volumes = _volumes(costs)
    if not volumes and method != AUTO:
        find_method(method).fitter(None)
    fitted: dict[str, _Fitted] = {}
    errors = dict(panel.errors)
    for place, name in enumerate(map(str, panel.names)):
        volume = volumes.get(name)
        try:
            fitted[name] = _fit(panel.series(place), method, horizon, volume, volume_basis)
        except EstimationError as error:
            errors[name] = str(error)
    return SeriesForecasts(
        _estimates(fitted),
        _forecasts(fitted, horizon, date_forms(costs, list(fitted))),
        _backtests(fitted),
        notes={name: found.notes for name, found in fitted.items()},
        errors={name: errors[name] for name in series_names(costs) if name in errors},
        names=series_names(costs),
        horizon=horizon,
    )


def _volumes(costs: pd.DataFrame) -> dict[str, pd.Series]:
    if "volume" not in costs.columns:
        return {}
    dated = costs[["series", "date", "volume"]].dropna(subset=["date"]).sort_values("date")
    return {
        str(name): pd.Series(rows["volume"].to_numpy(), index=pd.Index(rows["date"]))
        for name, rows in dated.groupby("series", sort=False)
    }


def _fit(
    cost: pd.Series,
    method: str,
    horizon: int,
    volume: pd.Series | None,
    volume_basis: VolumeBasis | None,
) -> _Fitted:
    basis: VolumeBasis = volume_basis or "cumulative"
    notes: tuple[str, ...] = ()
    if volume is not None and volume_basis is None and (volume.diff() < 0).any():
        basis = "per_period"
        notes = ("Volume falls at some date, so it was read as volume per period.",)
    if method == AUTO:
        usable = volume if volume is not None and volume.notna().all() else None
        chosen = choose_method(cost, horizon=horizon, volume=usable, volume_basis=basis)
        read_so = notes if find_method(chosen.method).needs_volume else ()
        said = (*chosen.fit.notes, *read_so, chosen.reason)
        return _Fitted(chosen.method, chosen.fit, chosen.backtest, said)
    curve = find_method(method)
    fitter = curve.fitter(volume, volume_basis=basis)
    fit = fitter(cost)
    said = (*fit.notes, *notes) if curve.needs_volume else fit.notes
    try:
        scored = curve.backtest(cost, fitter)
    except EstimationError as error:
        return _Fitted(method, fit, None, (*said, f"No backtest: {error}"))
    return _Fitted(method, fit, scored, said)


def _estimates(fitted: Mapping[str, _Fitted]) -> pd.DataFrame:
    rows = []
    for found in fitted.values():
        low, high = found.fit.conf_int(0.90)
        half_life = found.fit.half_life_months
        months = np.nan if half_life is None else half_life
        pace = (found.fit.decline_per_year, low, high, months)
        rows.append((found.method, found.fit.method, found.fit.n, *pace))
    columns = ["method", "curve", "n", "decline_per_year", "low90", "high90", "half_life_months"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(fitted, name="series"))


def _forecasts(
    fitted: Mapping[str, _Fitted], horizon: int, forms: pd.Series | None
) -> pd.DataFrame:
    tables = [
        found.fit.forecast(horizon).reset_index().assign(series=name)
        for name, found in fitted.items()
    ]
    if not tables:
        return pd.DataFrame(columns=["series", "date", *FORECAST_COLUMNS])
    joined = pd.concat(tables, ignore_index=True)
    joined["date"] = written_dates(pd.Index(joined["date"]), forms, horizon)
    return joined[["series", "date", *FORECAST_COLUMNS]]


def _backtests(fitted: Mapping[str, _Fitted]) -> pd.DataFrame:
    rows = [
        (0, *(None,) * len(SCORE_COLUMNS))
        if found.scored is None
        else (found.scored.n, *(getattr(found.scored, column) for column in SCORE_COLUMNS))
        for found in fitted.values()
    ]
    table = pd.DataFrame(rows, columns=["n", *SCORE_COLUMNS], index=pd.Index(fitted, name="series"))
    return table.astype({"n": "int64"} | dict.fromkeys(SCORE_COLUMNS, "float64"))
