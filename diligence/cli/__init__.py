"""The command line: each command gathers arguments and calls one library function.

Heavy libraries are imported inside the commands, so that ``diligence --help`` answers at once.
"""

from __future__ import annotations

import os
import sys

import typer

from diligence.cli.classify import classify
from diligence.cli.deals import check, lab, memo, new, split, stress
from diligence.cli.portfolio import portfolio_app
from diligence.cli.prices import prices_app
from diligence.cli.screen import screen
from diligence.cli.trajectory import trajectory
from diligence.errors import DiligenceError

EXIT_REFUSED = 2
SHOW_TRACEBACK = "DILIGENCE_TRACEBACK"

app = typer.Typer(
    name="diligence",
    help="AI cost diligence: split training capex from inference opex, stress prices, write memos.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (screen, new, check, classify, split, trajectory, stress, memo, lab):
    app.command()(command)
app.add_typer(portfolio_app, name="portfolio")
app.add_typer(prices_app, name="prices")


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; no traceback reaches the analyst."""
    try:
        result = app(arguments, standalone_mode=False)
    except DiligenceError as error:
        print(error, file=sys.stderr)
        return EXIT_REFUSED
    except (typer.Exit, SystemExit) as stop:
        return _code(getattr(stop, "exit_code", getattr(stop, "code", 0)))
    except typer.Abort:
        print("Stopped.", file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return EXIT_REFUSED
    except Exception as error:
        return _unexpected(error)
    return _code(result)


def _unexpected(error: Exception) -> int:
    show = getattr(error, "show", None)
    if callable(show):
        show()
        return EXIT_REFUSED
    if os.environ.get(SHOW_TRACEBACK):
        raise error
    print(
        f"diligence met an error it did not expect: {type(error).__name__}: {error}\n"
        f"Nothing was half-written. Run again with {SHOW_TRACEBACK}=1 set and send the text to the "
        "maintainers.",
        file=sys.stderr,
    )
    return EXIT_REFUSED


def _code(value: object) -> int:
    return value if isinstance(value, int) else 0
