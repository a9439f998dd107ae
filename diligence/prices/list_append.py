"""Append dated prices to a price list; what stands there is never overwritten."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from diligence.errors import InputError
from diligence.prices.list_file import (
    COLUMNS,
    EXTRA_RANK,
    ListLine,
    read_list_lines,
    refuse_unfounded,
)


def append_prices(new: Path, *, to: Path) -> int:
    """Append the rows of one price list to another.

    Every row of both files is checked before a byte is written, and the file is replaced in one
    step, so a refused or broken run leaves it as it was.

    Parameters
    ----------
    new
        Rows to append, in the columns of ``docs/prices.md``.
    to
        The list that grows; created when it does not exist.

    Returns
    -------
    int
        Rows appended.

    Raises
    ------
    InputError
        With every problem of both files. A row for a model and effective date that the list
        already holds must have become known later than the row there: a memo written in between
        has to keep seeing what was known then.
    """
    from diligence.inputs.problems import ProblemLog

    log = ProblemLog()
    held = read_list_lines(to, rank=EXTRA_RANK, log=log) if to.exists() else ()
    added = read_list_lines(new, rank=EXTRA_RANK, log=log)
    refuse_unfounded(held, held, to.name, log)
    refuse_unfounded(added, (*held, *added), new.name, log)
    for line in added:
        for standing in _rewritten_by(line, held):
            expected = (
                f"a day after {standing.record.known_on}, when row {standing.row} of {to.name} "
                "became known; rows are appended, never overwritten"
            )
            log.add(new.name, line.row, "known_on", str(line.record.known_on), expected)
    if log.problems:
        raise InputError(f"{new.name} was not appended to {to.name}", log.problems)
    _write(to, _rows(to) + _rows(new))
    return len(added)


def _rewritten_by(line: ListLine, held: Sequence[ListLine]) -> list[ListLine]:
    same = [x for x in held if x.key[:3] == line.key[:3]]
    return [x for x in same if x.record.known_on >= line.record.known_on][-1:]


def _rows(path: Path) -> list[dict[str, str]]:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    if not path.exists():
        return []
    table = read_table(
        path, name=path.name, log=ProblemLog(), required=COLUMNS[:5], optional=COLUMNS
    )
    return [dict(row.cells) for row in table.rows] if table else []


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text.getvalue(), encoding="utf-8")
    partial.replace(path)
