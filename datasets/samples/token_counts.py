"""Tokens a request, drawn from the quantiles of published traces."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

LENGTHS = Path(__file__).parents[1] / "request_lengths.csv"


@dataclass(frozen=True)
class Lengths:
    """Quantiles of one measure: shares of requests and the values they do not exceed."""

    shares: tuple[float, ...]
    values: tuple[float, ...]

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw values between the outer quantiles, interpolated on a log scale."""
        at = rng.uniform(self.shares[0], self.shares[-1], size)
        logs = np.interp(at, self.shares, np.log(np.maximum(self.values, 1e-3)))
        return np.exp(logs)


@cache
def lengths(trace: str, measure: str) -> Lengths:
    """Quantiles of a trace, such as ``lengths("azure_code", "input_tokens")``."""
    with LENGTHS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    row = next(row for row in rows if (row["trace"], row["measure"]) == (trace, measure))
    quantiles = [(float(name[1:]) / 100, float(value)) for name, value in row.items()
                 if name[0] == "p" and name[1:].replace(".", "").isdigit()]  # fmt: skip
    return Lengths(tuple(share for share, _ in quantiles), tuple(value for _, value in quantiles))


def draw_tokens(trace: str, measure: str, *, rng: np.random.Generator, size: int) -> np.ndarray:
    """Whole tokens of many requests, at least one each."""
    drawn = np.rint(lengths(trace, measure).draw(rng, size))
    return np.asarray(np.maximum(1, drawn), dtype=np.int64)
