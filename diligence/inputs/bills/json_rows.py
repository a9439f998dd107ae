"""JSON bills turned into flat rows of text: one document, or one object a line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diligence.inputs.bills.faults import WHOLE_FILE, UnreadableBillError
from diligence.inputs.bills.text_scan import MOST_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST_DOCUMENT_BYTES = 200_000_000
_BATCH = 50_000
_DEEPEST = 6


@dataclass(frozen=True)
class JsonBill:
    """A JSON file: the document, or None when it is one object a line."""

    path: Path
    is_gzip: bool
    document: object | None


def open_json(path: Path, *, is_gzip: bool, is_lines: bool) -> JsonBill:
    """Read the document; files of one object a line are read later, line by line.

    Raises
    ------
    UnreadableBillError
        When the text is no JSON, or the document is too large to hold.
    """
    if not is_lines:
        with _opened(path, is_gzip) as stream:
            text = stream.read(LARGEST_DOCUMENT_BYTES + 1)
        if len(text) > LARGEST_DOCUMENT_BYTES:
            wanted = f"at most {LARGEST_DOCUMENT_BYTES:,} characters; export it in parts"
            raise UnreadableBillError("a JSON document without end", wanted)
        try:
            return JsonBill(path, is_gzip, _parse(text, 0))
        except UnreadableBillError as error:
            if "Extra data" not in error.found:
                raise
    return JsonBill(path, is_gzip, None)


def rows_of(bill: JsonBill) -> Iterator[dict[str, str]]:
    """Flat rows of a file no format flattens: keys joined by points, lists as JSON text."""
    if bill.document is None:
        yield from map(_flat_row, _lines(bill))
    else:
        yield from map(_flat_row, _records(bill.document))


def to_arrow(
    rows: Iterable[dict[str, str]], *, on_row: Callable[[int], None] = lambda number: None
) -> pa.Table:
    """Rows of text as an Arrow table; a key that a row lacks is NULL there."""
    import pyarrow as pa

    batches: list[pa.Table] = []
    batch: list[dict[str, str]] = []
    for number, row in enumerate(rows, start=1):
        on_row(number)
        batch.append(row)
        if len(batch) == _BATCH:
            batches.append(_arrow_batch(batch))
            batch = []
    if batch or not batches:
        batches.append(_arrow_batch(batch))
    return pa.concat_tables(batches, promote_options="default")


def _arrow_batch(rows: list[dict[str, str]]) -> pa.Table:
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MOST_COLUMNS:
        wanted = f"at most {MOST_COLUMNS:,} keys"
        raise UnreadableBillError(f"{len(names):,} different keys", wanted)
    return pa.table({n: pa.array([row.get(n) for row in rows], pa.string()) for n in names})


def _opened(path: Path, is_gzip: bool) -> Any:
    if is_gzip:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _parse(text: str, row: int) -> object:
    """Numbers keep the text they were written with."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text.rstrip())
        found = f"text that is no JSON ({error.msg})"
        wanted = WHOLE_FILE if at_end else "JSON as the supplier's API gives it"
        raise UnreadableBillError(found, wanted, row=row or error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableBillError("JSON nested too deep", "a bill", row=row or 1) from error


def _lines(bill: JsonBill) -> Iterator[object]:
    with _opened(bill.path, bill.is_gzip) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield _parse(line, number)


def _records(document: object) -> list[object]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        return max(lists, key=len) if lists else [document]
    return []


def _flat_row(record: object) -> dict[str, str]:
    if not isinstance(record, dict):
        raise UnreadableBillError(f"a record {str(record)[:40]!r}", "an object with keys")
    return dict(_flat_items(record, "", 1))


def _flat_items(record: dict[str, Any], under: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{under}{key}"
        if isinstance(value, dict) and value:
            yield name, json.dumps(value, ensure_ascii=False, sort_keys=True)
            if depth < _DEEPEST:
                yield from _flat_items(value, f"{name}.", depth + 1)
        elif isinstance(value, list | dict):
            yield name, json.dumps(value, ensure_ascii=False, sort_keys=True)
        elif isinstance(value, bool):
            yield name, str(value).lower()
        elif value is not None:
            yield name, str(value)
