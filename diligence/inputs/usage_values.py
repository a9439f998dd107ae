"""Cells of usage files as typed columns: whole counts, days, known payers, hashed users."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from diligence.inputs.deal import Payer
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import shown
from diligence.inputs.usage_columns import (
    COUNT_COLUMNS,
    DAY,
    LATENCY,
    REQUEST_ID,
    TEXT_COLUMNS,
    TOTAL_INPUT,
    VISIBLE_OUTPUT,
    UsageColumn,
    UsageHeader,
)
from diligence.inputs.usage_text import MOST_PROBLEMS, UsageText
from diligence.inputs.yaml_files import near_match
from diligence.units import PeriodError, parse_date
from diligence.units.money import MISSING_MARKS, ZERO_MARKS

if TYPE_CHECKING:
    import pyarrow as pa

_MISSING = tuple(sorted(MISSING_MARKS))
_ZERO = tuple(sorted(ZERO_MARKS))
_POINT_ZERO = r"^(\d+)\.0$"
_GROUPED = r"^\d{1,3}(,\d{3})+$"
_WHOLE = r"^\d{1,15}$"
_SCALED = r"^\d{1,12}(\.\d{1,9})?$"
_REAL = r"^\d{1,15}(\.\d+)?$"
_STAMPED = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}.*)?")
_EPOCH = re.compile(r"\d{10}")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-\d{2})?")
_PAYERS = tuple(filter(None, get_args(Payer)))
_MOST = Decimal(10) ** 15
_HIDDEN = "an e-mail address"
_WHOLE_WORDS = "a whole number of zero or more, such as 1200"


class UsageTyping:
    """Types the columns of one file; rows with a problem are logged and left out."""

    def __init__(self, text: UsageText, header: UsageHeader, *, name: str, log: ProblemLog) -> None:
        import numpy as np

        self._text, self._header, self._name, self._log = text, header, name, log
        self._bad = np.zeros(len(text.rows), dtype=bool)

    def table(self) -> pa.Table:
        """Typed columns of the good rows, with ``row``; null is not stated."""
        import pyarrow as pa

        columns: dict[str, pa.Array] = {DAY: self._days()}
        for means in TEXT_COLUMNS:
            columns[means] = self._texts(means)
        for means in (*COUNT_COLUMNS, TOTAL_INPUT, VISIBLE_OUTPUT):
            columns[means] = self._counts(means)
        columns[LATENCY] = self._latency()
        self._check_users()
        columns[REQUEST_ID] = self._texts(REQUEST_ID)
        self._split_input(columns)
        self._join_output(columns)
        if self._header.kind == "request":
            self._one_request(columns)
        columns["row"] = self._text.rows
        return pa.table(columns).filter(pa.array(~self._bad))

    def _cells(self, means: str) -> tuple[UsageColumn, pa.Array] | None:
        column = self._header.meaning(means)
        return (column, self._text.columns[column.index]) if column else None

    def _refuse(
        self, mask: pa.Array, column: str, cells: pa.Array | None, words: Callable[[str], str]
    ) -> None:
        """Log the rows of a mask, the first ones one by one; all of them are left out.

        Without ``cells``, what stands there is not for a message to repeat.
        """
        import numpy as np

        bad = np.flatnonzero(np.asarray(mask.fill_null(False)))
        self._bad[bad] = True
        for index in bad[:MOST_PROBLEMS]:
            number = self._text.rows[int(index)].as_py()
            cell = cells[int(index)].as_py() if cells is not None else ""
            found = (shown(cell) if cell else "an empty cell") if cells is not None else _HIDDEN
            self._log.add(self._name, number, column, found, words(cell))
        if len(bad) > MOST_PROBLEMS:
            found = f"{len(bad):,} rows with such a problem in all"
            self._log.add(self._name, 0, column, found, words(""))

    def _mapped(
        self, cells: pa.Array, convert: Callable[[str], object], kind: pa.DataType
    ) -> tuple[pa.Array, pa.Array]:
        """Convert each distinct text once; rows whose text does not convert are the mask."""
        import pyarrow as pa
        import pyarrow.compute as pc

        coded = cells.dictionary_encode()
        converted = [_or_none(convert, text) for text in coded.dictionary.to_pylist()]
        values = pa.array([value for value, _ in converted], kind).take(coded.indices)
        faults = pa.array([fault for _, fault in converted], pa.bool_()).take(coded.indices)
        return values, pc.fill_null(faults, False)

    def _days(self) -> pa.Array:
        import pyarrow as pa

        column, cells = self._cells(DAY) or (None, self._text.rows)
        assert column is not None
        days, faults = self._mapped(cells, _day, pa.timestamp("s"))
        self._refuse(faults, column.written, cells, _day_words)
        return days

    def _texts(self, means: str) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = self._cells(means)
        if found is None:
            return pa.nulls(len(self._text.rows), pa.string()).fill_null("")
        column, cells = found
        if means == "payer":
            cells, faults = self._mapped(cells, _payer, pa.string())
            self._refuse(faults, column.written, found[1], lambda text: near_match(text, _PAYERS))
        elif means == "cohort":
            cells, faults = self._mapped(cells, _cohort, pa.string())
            wanted = "the month of signing up, such as 2026-01"
            self._refuse(faults, column.written, found[1], lambda text: wanted)
        return pc.utf8_lower(cells) if means == "provider" else cells

    def _counts(self, means: str) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = self._cells(means)
        if found is None:
            return pa.nulls(len(self._text.rows), pa.int64())
        column, cells = found
        plain, is_missing = _plain(cells)
        plain = _ungrouped(plain) if column.scale == 1 else plain
        good = pc.match_substring_regex(plain, _WHOLE if column.scale == 1 else _SCALED)
        digits = pc.if_else(good, plain, "0")
        if column.scale == 1:
            values = digits.cast(pa.int64())
        else:
            exact = pc.multiply(
                digits.cast(pa.decimal128(21, 9)),
                pa.scalar(Decimal(column.scale), pa.decimal128(10, 0)),
            )
            good = pc.and_(good, pc.equal(pc.floor(exact), exact))
            good = pc.and_(good, pc.less(exact, pa.scalar(_MOST)))
            values = pc.if_else(good, exact, Decimal(0)).cast(pa.int64())
        self._refuse(
            pc.and_(pc.invert(good), pc.invert(is_missing)),
            column.written,
            cells,
            lambda text: _count_words(text, column.scale),
        )
        return pc.if_else(is_missing, None, values)

    def _latency(self) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = self._cells(LATENCY)
        if found is None:
            return pa.nulls(len(self._text.rows), pa.float64())
        column, cells = found
        plain, is_missing = _plain(cells)
        good = pc.match_substring_regex(plain, _REAL)
        wanted = "milliseconds of zero or more" if column.scale == 1 else "seconds of zero or more"
        bad = pc.and_(pc.invert(good), pc.invert(is_missing))
        self._refuse(bad, column.written, cells, lambda text: wanted)
        values = pc.multiply(pc.if_else(good, plain, "0").cast(pa.float64()), float(column.scale))
        return pc.if_else(is_missing, None, values)

    def _check_users(self) -> None:
        """People are told apart by a hash; an address is not even quoted in the message."""
        import pyarrow.compute as pc

        found = self._cells("user")
        if found is not None:
            column, cells = found
            mask = pc.match_substring(cells, "@")
            self._refuse(mask, column.written, None, lambda text: "a hashed user")

    def _split_input(self, columns: dict[str, pa.Array]) -> None:
        """Input without cached tokens, from an input that holds them."""
        import pyarrow.compute as pc

        total = columns.pop(TOTAL_INPUT)
        found = self._cells(TOTAL_INPUT)
        if found is None:
            return
        column, cells = found
        cached = columns["cached_input_tokens"]
        unknown = pc.and_(pc.is_valid(total), pc.is_null(cached))
        wanted = "the cached tokens beside it; 0 when there are none"
        self._refuse(unknown, column.written, cells, lambda text: wanted)
        words = "at least the cached tokens of the row"
        self._refuse(pc.less(total, cached), column.written, cells, lambda text: words)
        columns["input_tokens"] = pc.subtract(total, cached)

    def _join_output(self, columns: dict[str, pa.Array]) -> None:
        """Output with reasoning in it, and reasoning that is a part of it."""
        import pyarrow.compute as pc

        visible, reasoning = columns.pop(VISIBLE_OUTPUT), columns["reasoning_tokens"]
        if self._cells(VISIBLE_OUTPUT) is not None:
            columns["output_tokens"] = pc.add(visible, reasoning)
        found = self._cells("reasoning_tokens")
        if found is not None:
            column, cells = found
            wanted = "at most output_tokens, which holds reasoning; or visible_output_tokens"
            mask = pc.greater(reasoning, columns["output_tokens"])
            self._refuse(mask, column.written, cells, lambda text: wanted)

    def _one_request(self, columns: dict[str, pa.Array]) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = self._cells("requests")
        if found is not None:
            column, cells = found
            mask = pc.not_equal(columns["requests"], 1)
            wanted = "1 in a row that has a request id, or no request ids"
            self._refuse(mask, column.written, cells, lambda text: wanted)
        columns["requests"] = pa.array([1] * len(self._text.rows), pa.int64())


def _or_none(convert: Callable[[str], object], text: str) -> tuple[object, bool]:
    try:
        return convert(text), False
    except (PeriodError, ValueError, OverflowError):
        return None, True


def _plain(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Digits, and which cells say that there is no figure."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lowered = pc.utf8_lower(cells)
    is_missing = pc.is_in(lowered, value_set=pa.array(_MISSING))
    plain = pc.replace_substring_regex(cells, _POINT_ZERO, r"\1")
    return pc.if_else(pc.is_in(plain, value_set=pa.array(_ZERO)), "0", plain), is_missing


def _ungrouped(cells: pa.Array) -> pa.Array:
    """Whole numbers without commas; a comma in a scaled figure could be a decimal sign."""
    import pyarrow.compute as pc

    is_grouped = pc.match_substring_regex(cells, _GROUPED)
    return pc.if_else(is_grouped, pc.replace_substring(cells, ",", ""), cells)


def _count_words(text: str, scale: int) -> str:
    if text.startswith(("-", "(")):
        return "zero or more"
    if scale != 1:
        return f"units of {scale:,} tokens that make whole tokens"
    return _WHOLE_WORDS


def _day(text: str) -> datetime:
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC).replace(
            hour=0, minute=0, second=0, tzinfo=None
        )
    stamped = _STAMPED.fullmatch(text)
    if not stamped:
        raise ValueError(text)
    day: date = parse_date(stamped[1])
    return datetime(day.year, day.month, day.day)


def _day_words(text: str) -> str:
    return "a date that exists, written 2025-09-30, with or without a time"


def _payer(text: str) -> str:
    if text.lower() not in ("", *_PAYERS):
        raise ValueError(text)
    return text.lower()


def _cohort(text: str) -> str:
    if text and not _MONTH.fullmatch(text):
        raise ValueError(text)
    return text[:7]
