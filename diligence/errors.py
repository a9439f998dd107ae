"""Errors an analyst reads: what was found, what is needed, where, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class DiligenceError(Exception):
    """Root of every error this package raises on purpose."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in one file, addressed the way a spreadsheet user finds it.

    Parameters
    ----------
    file
        Path relative to the deal folder.
    row
        1-based row as the spreadsheet or editor shows it; 0 when the whole file is meant.
    column
        Column header, key path or cell letter; empty when the whole row is meant.
    found, expected
        What stands there, and what has to stand there.

    Examples
    --------
    >>> print(Problem("ledger.csv", 7, "amount", "'abc'", "an amount such as 1,200.50"))
    ledger.csv:7:amount: found 'abc', expected an amount such as 1,200.50
    """

    file: str
    row: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}:{self.column}: found {self.found}, expected {self.expected}"


class InputError(DiligenceError):
    """The deal folder or an argument cannot be used as it stands.

    Parameters
    ----------
    message
        One sentence for the analyst.
    problems
        Every problem found in every file; printed one a line.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.message = message
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join([message, *map(str, self.problems)]))

    def __reduce__(self) -> tuple[type[InputError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.message, self.problems)


class UnitError(InputError):
    """An amount carries a unit or currency that is unknown or does not fit."""


class EstimationError(DiligenceError):
    """The data cannot identify what was asked for."""


class UnknownModelError(InputError):
    """No dated price is known for a model; the message names near matches."""


class RenderError(DiligenceError):
    """A memo could not be rendered; the message says which part and why."""
