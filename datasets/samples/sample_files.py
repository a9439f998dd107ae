"""Files of a sample folder as bytes that are the same on every run."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

Row = Sequence[object]


def csv_text(header: Sequence[str], rows: Iterable[Row]) -> str:
    """CSV text with plain line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def dollars(cents: int) -> str:
    """Cents written as dollars, exactly."""
    return f"{Decimal(cents) / 100:.2f}"


def json_page(page: Mapping[str, object]) -> str:
    """JSON of an API's answer, one bucket of ``data`` a line."""
    members = [
        f'"data":[\n{_lines(value)}\n]' if name == "data" else f"{_json(name)}:{_json(value)}"
        for name, value in page.items()
    ]
    return "{" + ",".join(members) + "}"


def _lines(buckets: object) -> str:
    return ",\n".join(_json(bucket) for bucket in buckets) if isinstance(buckets, list) else ""


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def packed(text: str) -> bytes:
    """Gzip without a date or a name inside."""
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)


def write(path: Path, content: bytes) -> None:
    """Write a file, unless it already unpacks to the same text (libraries pack differently)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and unpacked(path.name, path.read_bytes()) == unpacked(path.name, content):
        return
    path.write_bytes(content)


def unpacked(name: str, content: bytes) -> bytes:
    """What a file says, whichever version of a library packed it."""
    if name.endswith(".gz"):
        return gzip.decompress(content)
    if name.endswith(".parquet"):
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(content))
        return repr((table.schema.names, table.to_pylist())).encode()
    return content
