"""Classifies a table of cost lines: four known columns in, a class with its reasons out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from diligence.costs import Finding, RuleBook, classify_evidence
from diligence.costs.evidence import evidence_of_text
from diligence.errors import InputError
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import Grid, read_grid

LINE_COLUMNS = ("source_system", "text", "service", "usage_type")
CLASS_COLUMNS = ("class", "subclass", "payer", "flagged", "basis", "rule", "reason", "ask")


def classify_table(path: Path, *, rules: RuleBook | None = None) -> str:
    """Classify every row of a CSV or XLSX file and return it as CSV text.

    Parameters
    ----------
    path
        Has the columns ``source_system``, ``text``, ``service`` and ``usage_type``, in any order
        and case; ``text`` may carry tags after `` | ``. Further columns pass through.
    rules
        Defaults to the shipped rules.

    Returns
    -------
    str
        The rows as they came, with ``class``, ``subclass``, ``payer``, ``flagged`` (0 or 1),
        ``basis``, ``rule``, ``reason`` and ``ask``; empty rows are left out. A column that has one
        of these names already passes through as ``given_`` and its name.

    Raises
    ------
    InputError
        When the file cannot be read or lacks a column.
    """
    log = ProblemLog()
    if not path.is_file():
        raise InputError(f"{str(path)!r} is not a file; name a CSV or XLSX file of cost lines")
    grid = read_grid(path, name=path.name, log=log)
    if grid is None:
        raise InputError(f"{path.name} cannot be read:", log.problems)
    header, places = _columns(grid, log)
    width = len(header)
    rows = [row for row in grid.rows[1:] if any(cell.strip() for cell in row)]
    for number, row in enumerate(grid.rows[1:], start=2):
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            log.add(
                path.name,
                number,
                "",
                f"{len(row)} cells",
                f"at most {width}; quote texts with commas",
            )
    if log.problems:
        raise InputError(f"{path.name} cannot be classified:", log.problems)
    return _written(header, rows, places, rules)


def _columns(grid: Grid, log: ProblemLog) -> tuple[tuple[str, ...], dict[str, int]]:
    header = tuple(_passed_on(title) for title in grid.rows[0]) if grid.rows else ()
    places: dict[str, int] = {}
    for index, title in enumerate(header):
        places.setdefault(title.strip().lower(), index)
    for name in LINE_COLUMNS:
        if name not in places:
            seen = ", ".join(title.strip() for title in header[:12]) or "an empty file"
            log.add(grid.name, 1, name, f"no such column among {seen}", f"the column {name!r}")
    return header, places


def _passed_on(title: str) -> str:
    """Name under which a column passes through: one that is added here is kept as given_..."""
    return f"given_{title.strip()}" if title.strip().lower() in CLASS_COLUMNS else title


def _written(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    places: dict[str, int],
    rules: RuleBook | None,
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*header, *CLASS_COLUMNS])
    known: dict[tuple[str, ...], Finding] = {}
    for row in rows:
        cells = [*row[: len(header)], *[""] * (len(header) - len(row))]
        key = tuple(cells[places[name]].strip() for name in LINE_COLUMNS)
        if key not in known:
            known[key] = _finding(key, rules)
        writer.writerow([*cells, *_class_cells(known[key])])
    return out.getvalue()


def _finding(key: tuple[str, ...], rules: RuleBook | None) -> Finding:
    system, text, service, usage_type = key
    evidence = evidence_of_text(
        source_system=system, text=text, service=service, usage_type=usage_type
    )
    return classify_evidence(evidence, rules=rules)


def _class_cells(found: Finding) -> tuple[str, ...]:
    return (
        found.cost_class,
        found.subclass,
        found.payer,
        "1" if found.is_flagged else "0",
        found.basis,
        found.rule,
        found.reason,
        found.ask,
    )
