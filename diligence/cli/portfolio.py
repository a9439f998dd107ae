"""Commands on a folder of deals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diligence.cli.options import Out, say

portfolio_app = typer.Typer(
    help="Rerun every holding at a quarter's end.", no_args_is_help=True, rich_markup_mode=None
)


@portfolio_app.callback()
def portfolio() -> None:
    """Rerun every holding at a quarter's end."""


@portfolio_app.command("run")
def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that holds the deals.")],
    quarter: Annotated[str, typer.Option("--quarter", help="Calendar quarter, 2026Q3.")],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Worker processes.")
    ] = None,
    out: Out = None,
) -> None:
    """Make every memo and the one-page review; exit 1 if a deal failed."""
    from diligence.runner.portfolio_run import run_portfolio

    result = run_portfolio(folder, quarter=quarter, out=out, workers=workers, report=say)
    for failure in result.failed:
        print(f"failed: {failure.summary()}")
    here = Path.cwd()
    review = result.review
    print(review.relative_to(here) if review.is_relative_to(here) else review)
    if not result.is_complete:
        raise typer.Exit(1)
