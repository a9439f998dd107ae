"""A first look at the bytes of a text file: bounded, so that nothing hostile gets further."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diligence.inputs.bills.faults import WHOLE_FILE, UnreadableBillError

LARGEST_LINE_BYTES = 1_000_000
LARGEST_DOCUMENT_BYTES = 200_000_000
LARGEST_UNPACKED_BYTES = 16_000_000_000
HIGHEST_RATIO = 300
MOST_COLUMNS = 5_000
DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 18
_HEAD = 1 << 20
_RATIO_FROM = 50_000_000
_NUMBERED_BYTES = 64_000_000
_HEAD_RECORDS = 30
_START_OF_JSON = re.compile(rb"(\xef\xbb\xbf)?\s*[{\[]")
_SAVE_AS = "a file saved as CSV UTF-8"


@dataclass(frozen=True)
class TextScan:
    """What the bytes of a text file say before it is read.

    ``blank_rows`` numbers the empty records, which a reader skips; ``is_loose`` says that line
    ends are mixed, ``has_open_quote`` that quotes do not pair up.
    """

    head: str
    is_loose: bool
    has_open_quote: bool
    blank_rows: tuple[int, ...]
    is_empty: bool
    is_json: bool


@dataclass(frozen=True)
class CsvHeader:
    """Header of a CSV file: its cells, the record and the line it stands on, the delimiter."""

    names: tuple[str, ...]
    row: int
    lines_before: int
    delimiter: str


def scan_text(path: Path, *, is_gzip: bool, is_json: bool = False) -> TextScan:
    """Look at every byte once; text that starts with a bracket is JSON under any name.

    Raises
    ------
    UnreadableBillError
        When the text is not UTF-8, a line has no end, or a packed file is cut or a bomb.
    """
    chunks = _unpacked(path) if is_gzip else _plain(path)
    decoder = codecs.getincrementaldecoder("utf-8")()
    head, lines, since, quotes, bare, returns = b"", 0, 0, 0, 0, 0
    is_empty, has_blank, last = True, False, b""
    for chunk in chunks:
        if not head:
            _refuse_start(chunk)
            is_json = is_json or _START_OF_JSON.match(chunk) is not None
        if len(head) < _HEAD:
            head += chunk[: _HEAD - len(head)]
        _decode(decoder, chunk, lines)
        since = _line_length(chunk, since, lines, is_json=is_json)
        lines += chunk.count(b"\n")
        bare += chunk.count(b"\n")
        returns += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
        quotes += chunk.count(b'"')
        is_empty = is_empty and not chunk.strip()
        seam = last + chunk
        has_blank = has_blank or b"\n\n" in seam or b"\n\r\n" in seam or b"\n\r" in seam[:3]
        last = chunk[-1:]
    _decode(decoder, b"", lines, final=True)
    is_table = not (is_empty or is_json)
    blank = _blank_rows(path, is_gzip) if has_blank and is_table else ()
    text = head.decode("utf-8-sig", errors="ignore")
    return TextScan(text, 0 < returns < bare, quotes % 2 == 1, blank, is_empty, is_json)


def find_header(head: str) -> CsvHeader:
    r"""Find the header among the first records: the first one about as wide as any.

    Raises
    ------
    UnreadableBillError
        When no record has two cells, or one has thousands.

    Examples
    --------
    >>> find_header("Usage report;;\nDate;Item;Cost\n2025-01-01;GPU;5\n").names
    ('Date', 'Item', 'Cost')
    """
    delimiter = max(DELIMITERS, key=lambda sign: max(map(len, _first_records(head, sign)[0])))
    records, lines = _first_records(head, delimiter)
    filled = [sum(bool(cell.strip()) for cell in record) for record in records]
    if max(map(len, records)) > MOST_COLUMNS:
        found = f"{max(map(len, records)):,} columns"
        raise UnreadableBillError(found, f"at most {MOST_COLUMNS:,} columns", row=1)
    if max(filled) < 2:
        raise UnreadableBillError("no table", "a header row and rows with cells", row=1)
    place = next(i for i, cells in enumerate(filled) if cells * 2 > max(filled))
    names = tuple(cell.strip() for cell in records[place])
    return CsvHeader(names, place + 1, lines[place], delimiter)


def _first_records(head: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    starts = [0]
    try:
        for record in reader:
            records.append(record)
            starts.append(reader.line_num)
            if len(records) == _HEAD_RECORDS:
                break
    except csv.Error:
        pass  # what is wrong with the cell is told when the whole file is read
    return records or [[""]], starts


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _unpacked(path: Path) -> Iterator[bytes]:
    """Unpack step by step, so that a bomb is noticed before it is large."""
    packed = unpacked = 0
    engine = zlib.decompressobj(31)
    for piece in _plain(path):
        packed += len(piece)
        while piece:
            try:
                chunk = engine.decompress(piece, _CHUNK)
            except zlib.error as error:
                found = "a damaged gzip file"
                raise UnreadableBillError(found, "a gzip file that unpacks") from error
            unpacked += len(chunk)
            _refuse_bomb(packed, unpacked)
            if chunk:
                yield chunk
            piece = engine.unconsumed_tail
            if engine.eof:
                piece = engine.unused_data.lstrip(b"\0")
                engine = zlib.decompressobj(31) if piece else engine
    if not engine.eof:
        raise UnreadableBillError("a gzip file that ends too early", WHOLE_FILE)


def _refuse_bomb(packed: int, unpacked: int) -> None:
    if unpacked > LARGEST_UNPACKED_BYTES:
        wanted = f"at most {LARGEST_UNPACKED_BYTES:,} bytes unpacked; export it in parts"
        raise UnreadableBillError("a gzip file that unpacks without end", wanted)
    if unpacked > _RATIO_FROM and unpacked > HIGHEST_RATIO * packed:
        found = f"a gzip file that unpacks to over {HIGHEST_RATIO} times its size"
        raise UnreadableBillError(found, "the bill itself, unpacked")


def _refuse_start(chunk: bytes) -> None:
    if chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableBillError("a UTF-16 file", _SAVE_AS, row=1)
    if chunk[:4] == b"PK\x03\x04":
        raise UnreadableBillError("a workbook or zip archive", _SAVE_AS)
    if chunk[:4] in (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x28\xb5\x2f\xfd"):
        raise UnreadableBillError("a file that is no text", _SAVE_AS)


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, lines: int, *, final: bool = False
) -> None:
    if (at := chunk.find(b"\0")) >= 0:
        row = lines + 1 + chunk.count(b"\n", 0, at)
        raise UnreadableBillError("a NUL byte", _SAVE_AS, row=row)
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        row = lines + 1 + error.object.count(b"\n", 0, error.start)
        found = f"byte 0x{error.object[error.start]:02x}, which is not UTF-8"
        raise UnreadableBillError(found, _SAVE_AS, row=row) from error


def _line_length(chunk: bytes, since: int, lines: int, *, is_json: bool) -> int:
    """Bytes since the last line end; a JSON document may stand on one line."""
    longest = LARGEST_DOCUMENT_BYTES if is_json else LARGEST_LINE_BYTES
    first = min((at for sign in b"\n\r" if (at := chunk.find(sign)) >= 0), default=len(chunk))
    if since + first > longest:
        wanted = f"lines of at most {longest:,} bytes"
        raise UnreadableBillError("an endless line", wanted, row=lines + 1)
    if first == len(chunk):
        return since + first
    return len(chunk) - 1 - max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))


def _blank_rows(path: Path, is_gzip: bool) -> tuple[int, ...]:
    """Records without a cell; only files of a size that people edit are numbered again."""
    if path.stat().st_size > _NUMBERED_BYTES:
        return ()
    whole = b"".join(_unpacked(path) if is_gzip else _plain(path))
    reader = csv.reader(io.StringIO(whole.decode("utf-8-sig", errors="replace"), newline=""))
    try:
        return tuple(number for number, record in enumerate(reader, start=1) if not record)
    except csv.Error:
        return ()
