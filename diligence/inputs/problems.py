"""Collects every problem of every file before anything is refused."""

from __future__ import annotations

from decimal import Decimal

from diligence.errors import Problem
from diligence.inputs.deal import SetAside
from diligence.units import Period


class ProblemLog:
    """The one mutable object of a reading: problems are appended, nothing is raised midway.

    A row that cannot be read is left out by the reader and logged here with the money it
    carries, so that a draft run can count what it set aside.
    """

    def __init__(self) -> None:
        self._entries: list[SetAside] = []

    def add(
        self,
        file: str,
        row: int,
        column: str,
        found: str,
        expected: str,
        *,
        amount: Decimal | None = None,
        period: Period | None = None,
    ) -> None:
        """Log one problem; ``amount`` and ``period`` where the row still shows them."""
        problem = Problem(file, row, column, found, expected)
        self._entries.append(SetAside(problem, amount, period))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems in the order of file, row and column."""
        return tuple(sorted({entry.problem for entry in self._entries}))

    @property
    def entries(self) -> tuple[SetAside, ...]:
        """Problems with their money, in the order of file, row and column."""
        return tuple(sorted(self._entries, key=lambda entry: entry.problem))
