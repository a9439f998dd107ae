"""Forecasts of series as lines an analyst reads in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from diligence.units.text_table import text_table

LONGEST_NAME = 32
MOST_NOTES = 8


def describe_series(name: str, found: Mapping[str, Any]) -> str:
    """Write one series: pace, every forecast step, backtest, notes."""
    estimate, scored = found["estimate"], found["backtest"]
    lines = [
        f"{name}: {estimate['curve']}, {estimate['n']} points",
        f"  Decline per year  {estimate['decline_per_year']:.1%}  "
        f"(90 % interval {estimate['low90']:.1%} to {estimate['high90']:.1%})",
        f"  Half-life         {_half_life(estimate['half_life_months'])}",
        f"  Backtest          {_backtest(scored)}",
        "",
        *(f"  {line}" for line in _forecast_table(found["forecast"])),
    ]
    return "\n".join([*lines, *(f"  Note: {note}" for note in found["notes"])])


def table_of_series(rows: pd.DataFrame) -> str:
    """Write one line a series with the forecast at the horizon; the method where they differ."""
    shown = pd.DataFrame(
        {
            "series": [_short(str(name)) for name in rows.index],
            "method": rows["method"],
            "n": rows["n"].map(str),
            "decline/year": rows["decline_per_year"].map("{:.1%}".format),
            "90 % interval": _span(rows, "low90", "high90", "{:.1%}"),
            "half-life": rows["half_life_months"].map(_short_half_life),
            "at": rows["date"],
            "median": rows["median"].map("{:.4g}".format),
            "80 % interval": _span(rows, "low80", "high80", "{:.4g}"),
            "95 % interval": _span(rows, "low95", "high95", "{:.4g}"),
            "held 80 / 95 %": [
                f"{_share(inside80)} / {_share(inside95)} of {n}"
                for inside80, inside95, n in zip(
                    rows["backtest_coverage80"],
                    rows["backtest_coverage95"],
                    rows["backtest_n"],
                    strict=True,
                )
            ],
        }
    )
    return _aligned(shown.drop(columns="method") if rows["method"].nunique() == 1 else shown)


def shared_notes(notes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Write each distinct note once with the number of series it is about."""
    counts = Counter(note for each in notes.values() for note in each)
    series = "series" if len(notes) == 1 else f"of {len(notes):,} series"
    return [f"Note on {count:,} {series}: {note}" for note, count in counts.most_common(MOST_NOTES)]


def _forecast_table(forecast: pd.DataFrame) -> list[str]:
    shown = pd.DataFrame(
        {
            "date": forecast["date"],
            "median": forecast["median"].map("{:.4g}".format),
            "80 % interval": _span(forecast, "low80", "high80", "{:.4g}"),
            "95 % interval": _span(forecast, "low95", "high95", "{:.4g}"),
        }
    )
    return _aligned(shown).splitlines()


def _aligned(table: pd.DataFrame) -> str:
    return text_table(list(map(str, table)), table.astype(str).to_numpy().tolist())


def _span(rows: pd.DataFrame, low: str, high: str, layout: str) -> list[str]:
    pairs = zip(rows[low], rows[high], strict=True)
    return [f"{layout.format(start)} to {layout.format(end)}" for start, end in pairs]


def _backtest(scored: pd.Series) -> str:
    if not scored["n"]:
        return "too few points to forecast from past dates"
    return (
        f"{int(scored['n'])} past forecasts: 80 % intervals held {scored['coverage80']:.0%}, "
        f"95 % held {scored['coverage95']:.0%}; CRPS of log cost {scored['crps']:.3g}"
    )


def _half_life(months: float) -> str:
    return "none, cost does not fall" if pd.isna(months) else f"{months:.1f} months"


def _short_half_life(months: float) -> str:
    return "none" if pd.isna(months) else f"{months:.1f} mo"


def _share(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.0%}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
