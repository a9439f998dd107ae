"""usage/: what was asked of the models, as daily totals or request by request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.inputs.deal import SourceRef
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import shown
from diligence.inputs.usage_columns import (
    COUNT_COLUMNS,
    DAY,
    REQUEST_ID,
    TEXT_COLUMNS,
    USAGE_COLUMNS,
    UsageKind,
    read_header,
)
from diligence.inputs.usage_suppliers import read_usage_file
from diligence.inputs.usage_values import UsageTyping

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_SUMMED = tuple(name for name in COUNT_COLUMNS if name not in ("step", "active_users"))
_NEVER_OVERFLOWS = 2**62


@dataclass(frozen=True, eq=False)
class Usage:
    """Usage of the models: every row a day's total (``daily``) or one request (``request``).

    Attributes
    ----------
    frame
        ``USAGE_COLUMNS``, then ``file`` and ``row`` where the row stands. ``day`` is a timestamp at
        midnight as the file writes it; texts are empty where not stated (``payer`` is paid, promo,
        free or internal, ``cohort`` the month of signing up such as 2026-01, ``user`` a hash);
        counts are whole numbers (``Int64``), ``<NA>`` where not stated. ``input_tokens`` are those
        not read from a cache, ``cached_input_tokens`` those that were: the two never overlap.
        ``output_tokens`` hold ``reasoning_tokens``. ``active_users`` of several rows must not be
        added up. ``latency_ms`` is in milliseconds.
    files
        The files read, each with the grade of a usage export.
    sample
        Requests one by one that stand beside daily totals, never added to them.
    notes
        What an analyst should know about the reading.
    """

    kind: UsageKind
    frame: pd.DataFrame
    files: tuple[SourceRef, ...]
    sample: Usage | None = None
    notes: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Usage):
            return NotImplemented
        mine = (self.kind, self.files, self.sample, self.notes)
        theirs = (other.kind, other.files, other.sample, other.notes)
        return mine == theirs and self.frame.equals(other.frame)

    def __hash__(self) -> int:
        return hash((self.kind, self.files, len(self.frame)))

    @property
    def source(self) -> SourceRef:
        """The first file read."""
        return self.files[0]

    @property
    def first_day(self) -> date:
        """First day with usage."""
        day: date = self.frame[DAY].min().date()
        return day

    @property
    def last_day(self) -> date:
        """Last day with usage."""
        day: date = self.frame[DAY].max().date()
        return day

    @property
    def requests(self) -> Usage | None:
        """Usage request by request: this one, or the sample beside daily totals."""
        return self if self.kind == "request" else self.sample

    def total(self, column: str) -> int | None:
        """Exact sum of a count over all rows; None when no row states it.

        Raises
        ------
        KeyError
            When the column is none whose rows add up.
        """
        if column not in _SUMMED:
            raise KeyError(f"{column!r} does not add up; one of {', '.join(_SUMMED)}")
        stated = self.frame[column].dropna()
        if stated.empty:
            return None
        is_safe = int(stated.max()) * len(stated) < _NEVER_OVERFLOWS
        return int(stated.sum()) if is_safe else sum(map(int, stated))

    def until(self, as_of: date) -> Usage | None:
        """Usage up to a day, with a note on what is left out; None when nothing is left."""
        import pandas as pd

        sample = self.sample.until(as_of) if self.sample else None
        kept = self.frame[self.frame[DAY] < pd.Timestamp(as_of + timedelta(days=1))]
        late = len(self.frame) - len(kept)
        if not late:
            return replace(self, sample=sample)
        note = f"{late:,} of {len(self.frame):,} usage rows are after {as_of} and are left out"
        if kept.empty:
            return replace(sample, notes=(*sample.notes, note)) if sample else None
        frame = kept.reset_index(drop=True)
        return replace(self, frame=frame, sample=sample, notes=(*self.notes, note))

    def to_frame(self) -> pd.DataFrame:
        """One row a row of the files; a copy."""
        return self.frame.copy()

    def summary(self) -> str:
        """One line: what the rows are, how many, from when to when."""
        what = "daily totals" if self.kind == "daily" else "requests"
        beside = f", beside {len(self.sample.frame):,} single requests" if self.sample else ""
        requests = self.total("requests")
        counted = f", {requests:,} requests" if requests and self.kind == "daily" else ""
        return (
            f"{len(self.frame):,} {what} in {len(self.files)} file"
            f"{'s' if len(self.files) > 1 else ''}, {self.first_day} to {self.last_day}"
            f"{counted}{beside}"
        )

    def _repr_html_(self) -> str:
        return str(self.frame.to_html(index=False, max_rows=60))


def read_usage(files: Mapping[str, Path], *, log: ProblemLog) -> Usage | None:
    """Read the files of usage/; None when no row can be read.

    Parameters
    ----------
    files
        Names in the deal folder and their paths; ``USAGE_ENDINGS`` are those that are read.
    log
        Takes every problem: a negative or broken count, a header in an unknown unit, an unknown
        payer, a missing date, a user who is not hashed, the same day in two files. Such rows are
        left out.
    """
    tables: dict[UsageKind, list[tuple[SourceRef, pa.Table]]] = {"daily": [], "request": []}
    notes: dict[UsageKind, list[str]] = {"daily": [], "request": []}
    for name, path in sorted(files.items()):
        text = read_usage_file(path, name=name, log=log)
        if text is None or not text.names:
            continue
        header = read_header(text.names, name=name, row=1, log=log, export=text.export)
        if header is None:
            continue
        table = UsageTyping(text, header, name=name, log=log).table()
        if table.num_rows:
            tables[header.kind].append((SourceRef(name, 1, grade="A"), table))
            notes[header.kind].extend(header.notes)
    requests = _usage("request", tables["request"], notes["request"], log)
    daily = _usage("daily", tables["daily"], notes["daily"], log)
    return replace(daily, sample=requests) if daily else requests


def _usage(
    kind: UsageKind,
    tables: list[tuple[SourceRef, pa.Table]],
    notes: list[str],
    log: ProblemLog,
) -> Usage | None:
    import pandas as pd
    import pyarrow as pa

    if not tables:
        return None
    types = {pa.int64(): pd.Int64Dtype()}
    frames = []
    for source, table in tables:
        frame = table.to_pandas(types_mapper=types.get)
        frame["file"] = source.file
        frames.append(frame)
    once = _each_day_once if kind == "daily" else _each_request_once
    joined = once(pd.concat(frames, ignore_index=True), log)
    joined = joined[[*USAGE_COLUMNS, "file", "row"]]
    joined["file"] = joined["file"].astype("category")
    return Usage(kind, joined, tuple(source for source, _ in tables), notes=tuple(notes))


def _each_day_once(frame: pd.DataFrame, log: ProblemLog) -> pd.DataFrame:
    """Leave out totals that a second file states again."""
    key = [DAY, *TEXT_COLUMNS]
    first_file = frame.groupby(key, dropna=False, sort=False)["file"].transform("first")
    again = frame["file"] != first_file
    for name, rows in frame[again].groupby("file", sort=True):
        found = f"{len(rows):,} rows that {first_file[rows.index[0]]} holds too"
        log.add(str(name), int(rows["row"].iloc[0]), DAY, found, "each day's total in one file")
    return frame[~again].reset_index(drop=True)


def _each_request_once(frame: pd.DataFrame, log: ProblemLog) -> pd.DataFrame:
    """Leave out requests whose id, where stated, stands in an earlier row."""
    again = (frame[REQUEST_ID] != "") & frame.duplicated(REQUEST_ID)
    for name, rows in frame[again].groupby("file", sort=True):
        found = f"{len(rows):,} requests whose id stands in an earlier row, such as "
        found += shown(rows[REQUEST_ID].iloc[0])
        log.add(str(name), int(rows["row"].iloc[0]), REQUEST_ID, found, "each request once")
    return frame[~again].reset_index(drop=True)
