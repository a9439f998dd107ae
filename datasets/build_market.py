"""Derive how often a line of models reprices for those who follow it, and by how much.

    python datasets/build_market.py

prints the constants that `datasets/assumptions/market.yaml` states as `market_tokens_jump*`. A line
is a chain of successors (`datasets/prices/successions.csv`); a move is the successor's list price
times its tokens over the predecessor's, on the day of the succession. Moves of zero size are not
counted as repricings.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from diligence.prices import PriceBook
from diligence.prices.successions import successions
from diligence.prices.version_moves import version_moves

FIRST, LAST = date(2023, 11, 1), date(2026, 9, 30)


def main() -> None:
    """Print rate, mean and standard deviation, all and since the middle of 2025."""
    steps = successions()
    followed = {step.successor for step in steps}
    lines = [step for step in steps if step.predecessor not in followed]
    book = PriceBook.load()
    for first in (FIRST, date(2025, 7, 1)):
        years = sum(
            (LAST - max(line.effective_date, first)).days / 365.25
            for line in lines
            if line.effective_date < LAST
        )
        moves = version_moves(book, first, LAST)
        logs = np.log([float(move.multiple) for move in moves])
        repriced = logs[np.abs(logs) > 1e-9]
        cuts = [
            float(found.multiple.ln())
            for found in book.repricings(first, LAST)
            if found.kind == "repricing"
        ]
        net = (logs.sum() + sum(cuts)) / years
        print(
            f"from {first}: {len(moves)} successions, {repriced.size} repriced in {years:.1f} line-"
            f"years: {repriced.size / years:.2f} a year, log mean {repriced.mean():+.2f}, "
            f"sd {repriced.std(ddof=1):.2f}; with {len(cuts)} repricings of one model "
            f"{net:+.2f} a year"
        )


if __name__ == "__main__":
    main()
