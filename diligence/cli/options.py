"""Arguments that several commands share, and how they are read."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from diligence.errors import InputError

DealFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Deal folder.")]
AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Date of the analysis; overrides deal.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for the outputs.")]


def parse_as_of(text: str) -> date | None:
    """Read ``--as-of``.

    Raises
    ------
    InputError
        When the text is not an ISO date that exists.
    """
    return parse_day(text, "--as-of")


def parse_day(text: str, option: str) -> date | None:
    """Read an option that holds a day; None when it is not given.

    Raises
    ------
    InputError
        When the text is not an ISO date that exists.
    """
    if not text:
        return None
    from diligence.units import PeriodError, parse_date

    try:
        return parse_date(text)
    except PeriodError as error:
        raise InputError(f"{option}: {error}") from error


def print_json(content: Any) -> None:
    """Print JSON to standard output; a value that is not finite is null."""
    json.dump(_finite(content), sys.stdout, indent=2, ensure_ascii=False, default=float)
    sys.stdout.write("\n")


def say(line: str) -> None:
    """Tell the analyst what is going on, on standard error."""
    print(line, file=sys.stderr, flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
