"""The command that classifies a table of cost lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diligence.errors import InputError


def classify(
    lines: Annotated[Path, typer.Argument(metavar="LINES.csv", help="Table of cost lines.")],
    out: Annotated[Path, typer.Option("--out", metavar="OUT.csv", help="File to write.")],
) -> None:
    """Give every cost line of a table its class, payer, basis, rule and reason.

    The table has the columns source_system, text, service and usage_type; others pass through.
    """
    from diligence.analysis.line_classes import classify_table
    from diligence.reporting.atomic_files import write_atomically

    if out.is_dir():
        raise InputError(f"--out {str(out)!r} is a folder; name a file such as classes.csv")
    if out.exists() and lines.exists() and out.samefile(lines):
        raise InputError(f"--out {str(out)!r} is the file to classify; name another one")
    print(write_atomically(out, classify_table(lines)))
