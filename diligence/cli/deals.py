"""Commands on one deal folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diligence.cli.options import AsJson, AsOf, DealFolder, Out, parse_as_of, print_json, say


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")]) -> None:
    """Scaffold a deal folder with commented templates and the data request list."""
    from diligence.inputs.scaffold import scaffold_deal

    scaffold_deal(folder)
    print(folder)


def check(
    folder: DealFolder,
    propose_mapping: Annotated[
        bool,
        typer.Option(
            "--propose-mapping",
            help="Print a mapping.yaml for spreadsheets that are not in the long form.",
        ),
    ] = False,
) -> None:
    """Validate a deal folder: one line a problem, exit 2 if there is any."""
    if propose_mapping:
        from diligence.inputs.load import propose_folder_mapping

        print(propose_folder_mapping(folder), end="")
        return
    from diligence.analysis.check import check_folder

    problems = check_folder(folder)
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(2)
    say("No problem found.")


def split(folder: DealFolder, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """Split costs and show the margin ladder with its ranges."""
    from diligence.analysis import analyse
    from diligence.analysis.json_shapes import split_json
    from diligence.analysis.requests import review_text
    from diligence.inputs.load import load_deal

    analysis = analyse(load_deal(folder, as_of=parse_as_of(as_of)))
    if as_json:
        print_json(split_json(analysis))
        return
    print(f"{analysis.company}, {analysis.period.label}")
    print(analysis.split.summary())
    print()
    print(analysis.ladder.company.summary())
    print()
    print(analysis.books.summary())
    print()
    print(review_text(analysis.open_lines, analysis.split.currency))


def stress(
    folder: DealFolder,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help="Only this; a+b joins two; repeatable."),
    ] = None,
    paths: Annotated[
        int, typer.Option("--paths", min=100, max=1_000_000, help="Futures to simulate.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Start of the random numbers.")] = (
        20_260_630
    ),
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Find how far prices may move before the company breaks; run scenarios and futures."""
    from diligence.analysis import StressOptions, analyse
    from diligence.analysis.stress_json import stress_json
    from diligence.analysis.stress_text import stress_text
    from diligence.inputs.load import load_deal

    analysis = analyse(
        load_deal(folder, as_of=parse_as_of(as_of)),
        stress_options=StressOptions(tuple(scenario or ()), paths, seed),
    )
    if as_json:
        print_json(stress_json(analysis))
        return
    print(stress_text(analysis))


def memo(
    folder: DealFolder,
    as_of: AsOf = "",
    out: Out = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Set unreadable rows aside and stamp DRAFT.")
    ] = False,
) -> None:
    """Write the memo of a deal: PDF, HTML, workbook, notebook and run record."""
    from diligence.runner.kernel_host import MEMO_PRELOAD, start_kernel_host

    # First, so that the kernel's libraries load while this process loads its own.
    start_kernel_host(MEMO_PRELOAD)
    from diligence.runner.memo_run import run_memo

    say(f"Reading {folder.name} and running the memo notebook ...")
    run = run_memo(folder, out=out, as_of=parse_as_of(as_of), draft=draft)
    print(_shown(run.pdf))


def lab(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Deal folder to preset.")
    ] = None,
) -> None:
    """Open JupyterLab on the notebooks, with the deal preset."""
    from diligence.runner.lab import open_lab

    raise typer.Exit(open_lab(folder))


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
