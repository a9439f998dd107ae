"""JSON bills turned into flat rows of text: one document, or one object a line."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diligence.inputs.bills.faults import WHOLE_FILE, UnreadableBillError
from diligence.inputs.bills.text_scan import LARGEST_DOCUMENT_BYTES, MOST_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 50_000
_DEEPEST = 6
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class JsonBill:
    """A JSON file: the document, or None when it is one object a line."""

    path: Path
    is_gzip: bool
    document: object | None


def open_json(path: Path, *, is_gzip: bool, is_lines: bool) -> JsonBill:
    """Read the document; files of one object a line are read later, line by line.

    Parameters
    ----------
    is_lines
        The name says one object a line; documents that follow each other count as one list.

    Raises
    ------
    UnreadableBillError
        When the text is no JSON, or the document is too large to hold.
    """
    has_line = _starts_with_object(path, is_gzip)
    if is_lines and has_line:
        return JsonBill(path, is_gzip, None)
    with _opened(path, is_gzip) as stream:
        text = stream.read(LARGEST_DOCUMENT_BYTES + 1)
    if len(text) > LARGEST_DOCUMENT_BYTES and not has_line:
        raise _endless()
    try:
        return JsonBill(path, is_gzip, _parse(text, 0))
    except UnreadableBillError as error:
        if "Extra data" not in error.found:
            raise
    return JsonBill(path, is_gzip, None if has_line else _documents(text))


def documents_of(bill: JsonBill) -> list[object]:
    """Documents of a file of one a line, at once; lists among them are joined.

    Raises
    ------
    UnreadableBillError
        When a line is no JSON, or all of them are too large to hold.
    """
    return [
        entry for line in entries_of(bill, most=LARGEST_DOCUMENT_BYTES) for entry in _listed(line)
    ]


def entries_of(bill: JsonBill, *, most: int | None = None) -> Iterator[object]:
    """Documents of a file of one a line, one after the other, up to so many characters."""
    held = 0
    with _opened(bill.path, bill.is_gzip) as stream:
        for number, line in enumerate(stream, start=1):
            held += len(line)
            if most is not None and held > most:
                raise _endless()
            if line.strip():
                yield _parse(line, number)


def rows_of(bill: JsonBill) -> Iterator[dict[str, str]]:
    """Flat rows of a file no format flattens: keys joined by points, lists as JSON text."""
    if bill.document is None:
        yield from map(_flat_row, entries_of(bill))
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
        raise _no_json(error, row) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableBillError("JSON nested too deep", "a bill", row=row or 1) from error


def _starts_with_object(path: Path, is_gzip: bool) -> bool:
    """True when the first line with text is an object of its own."""
    with _opened(path, is_gzip) as stream:
        first = next((line for line in stream if line.strip()), "")
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _documents(text: str) -> list[object]:
    """Documents that follow each other without a sign between them."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    found: list[object] = []
    at = 0
    while (start := _SPACE.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        try:
            document, at = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            raise _no_json(error, 0) from error
        except (RecursionError, ValueError) as error:
            raise UnreadableBillError("JSON nested too deep", "a bill") from error
        found += _listed(document)
    return found


def _listed(document: object) -> list[object]:
    return document if isinstance(document, list) else [document]


def _no_json(error: json.JSONDecodeError, row: int) -> UnreadableBillError:
    at_end = error.pos >= len(error.doc.rstrip())
    found = f"text that is no JSON ({error.msg})"
    wanted = WHOLE_FILE if at_end else "JSON as the supplier's API gives it"
    return UnreadableBillError(found, wanted, row=row or error.lineno)


def _endless() -> UnreadableBillError:
    wanted = f"at most {LARGEST_DOCUMENT_BYTES:,} characters; export it in parts"
    return UnreadableBillError("a JSON document without end", wanted)


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
