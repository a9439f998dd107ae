"""Usage exports of model suppliers, brought to the columns of usage/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats import anthropic, openai
from diligence.inputs.bills.formats.usage_exports import USAGE_ROW_COLUMNS, UsageExport
from diligence.inputs.bills.json_rows import open_json, rows_of
from diligence.inputs.bills.text_scan import scan_text
from diligence.inputs.problems import ProblemLog
from diligence.inputs.usage_text import UsageText, read_usage_text

USAGE_FORMATS: tuple[UsageExport, ...] = (*openai.USAGE_FORMATS, *anthropic.USAGE_FORMATS)
_NOT_READ = ("api_key", "batch", "tier")
_OWN = frozenset(
    ("requests", "cached_input_tokens", "feature", "plan", "payer", "cohort", "user", "task")
)


def read_usage_file(path: Path, *, name: str, log: ProblemLog) -> UsageText | None:
    """Read one file of usage/, an export of a supplier's usage page or API among them.

    None when the file cannot be read as a whole; what is wrong is logged.
    """
    try:
        if name.lower().removesuffix(".gz").endswith(".json"):
            return _json(path, name)
        text = read_usage_text(path, name=name, log=log)
        return _as_export(text) if text else None
    except UnreadableBillError as error:
        log.add(name, error.row, error.column, error.found, error.expected)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        log.add(name, 0, "", f"a file that cannot be opened ({reason})", "a readable file")
    return None


def _as_export(text: UsageText) -> UsageText:
    """Columns of usage/, when the header is that of a supplier and none of ours."""
    if _OWN & {written.strip().lower() for written in text.names}:
        return text
    export = next((known for known in USAGE_FORMATS if known.has_columns(text.names)), None)
    if export is None:
        return text
    cells = [column.to_pylist() for column in text.columns]
    rows = [dict(zip(text.names, row, strict=True)) for row in zip(*cells, strict=True)]
    return replace(_text(export.usage_rows(rows), export.title), rows=text.rows)


def _json(path: Path, name: str) -> UsageText:
    is_gzip = name.lower().endswith(".gz")
    if scan_text(path, is_gzip=is_gzip).is_empty:
        raise UnreadableBillError("an empty file", "a JSON document with rows")
    bill = open_json(path, is_gzip=is_gzip, is_lines=False)
    export = next((known for known in USAGE_FORMATS if known.tells(bill.document)), None)
    if export is not None:
        return _text(export.usage_rows(bill.document), export.title)
    return _text(list(rows_of(bill)), "")


def _text(rows: Sequence[dict[str, str]], title: str) -> UsageText:
    """Rows as columns; of an export, those that it fills."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    if title:
        filled = [name for name in USAGE_ROW_COLUMNS if any(row[name] for row in rows)]
        names = [name for name in filled if name not in _NOT_READ]
    columns = [pa.array([row.get(name, "").strip() for row in rows], pa.string()) for name in names]
    numbers = pa.array(range(1, len(rows) + 1), pa.int64())
    return UsageText(tuple(names), tuple(columns), numbers, title)
