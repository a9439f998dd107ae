"""The command that fits and forecasts the cost series of a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from diligence.cli.options import AsJson, say
from diligence.errors import InputError

METHOD_WORDS = (
    "random_walk (default), log_trend, experience_curve (needs volume), local_level, "
    "damped_trend, combination, or auto to choose by backtest."
)


def trajectory(
    series: Annotated[Path, typer.Argument(metavar="SERIES.csv", help="Table of dated costs.")],
    horizon: Annotated[
        int, typer.Option("--horizon", min=1, max=1000, help="Steps of the median spacing ahead.")
    ],
    method: Annotated[str, typer.Option("--method", help=METHOD_WORDS)] = "random_walk",
    volume_basis: Annotated[
        Literal["cumulative", "per_period"] | None,
        typer.Option("--volume-basis", help="cumulative or per_period; told by its falls if not."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit and forecast cost over time, with 80 and 95 % intervals and a backtest.

    The table has the columns date and cost, optionally volume and series (a name a row).
    """
    from diligence.inputs.series_file import read_series_file
    from diligence.trajectories.forecast_series import forecast_series

    file = read_series_file(series)
    if file.ignored:
        say(f"{file.name}: columns without a part in this: {', '.join(file.ignored)}")
    found = forecast_series(file.frame, horizon=horizon, method=method, volume_basis=volume_basis)
    if as_json:
        _print_lines(found.to_json())
    elif not found.estimates.empty:
        print(found.summary())
    if found.estimates.empty:
        reasons = [f"{name}: {why}" for name, why in found.errors.items()]
        raise InputError("\n".join([f"{file.name}: no series can be fitted.", *reasons]))


def _print_lines(entries: list[dict[str, Any]]) -> None:
    """One series a line: thousands of them are written at once, and read line by line."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, allow_nan=False) for entry in entries)
    sys.stdout.write(f'{{"series": [\n{lines}\n]}}\n')
