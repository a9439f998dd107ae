"""Pages of a supplier's cost or usage API: every result with its bucket, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from diligence.inputs.bills.faults import UnreadableBillError

Record = dict[str, object]
_STARTS = ("start_time", "starting_at")
_PAGES = "all pages of the report in one list, as the API gives them"


def tells_by(document: object, is_ours: Callable[[Record], bool]) -> bool:
    """True when the first result of the document is one of ours.

    Examples
    --------
    >>> page = {"data": [{"start_time": "1780272000", "results": [{"line_item": "x"}]}]}
    >>> tells_by(page, lambda result: "line_item" in result)
    True
    """
    nested = (
        result
        for page in _listed(document)
        for bucket in _listed(page.get("data", [page]))
        for result in _listed(bucket.get("results", []))
    )
    first = next(nested, None)
    return first is not None and is_ours(first)


def results_of(
    document: object, *, grouped_by: tuple[str, ...] = ()
) -> list[tuple[Record, Record]]:
    """Bucket and result of every row of one page, a list of pages or a list of buckets.

    Parameters
    ----------
    grouped_by
        Fields that a report may be grouped by; the same day grouped in two ways would count
        twice.

    Raises
    ------
    UnreadableBillError
        When a page is missing, is none of the report, or counts a day twice.
    """
    pages = _listed(document)
    _refuse_others(document, pages)
    buckets = [(page, _buckets(page)) for page in pages]
    _refuse_incomplete(buckets)
    _refuse_twice([bucket for _, found in buckets for bucket in found], grouped_by)
    return [(bucket, result) for _, found in buckets for bucket in found for result in _in(bucket)]


def text_of(value: object) -> str:
    """Text of a cell; empty when the API says nothing.

    Examples
    --------
    >>> text_of(None), text_of(True), text_of("0.06")
    ('', 'true', '0.06')
    """
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def texts_of(record: Record, *names: str) -> dict[str, str]:
    """Cells that say something, as text."""
    return {name: text for name in names if (text := text_of(record.get(name)))}


def start_day(bucket: Record) -> str:
    """Day a bucket starts on, in UTC; a text that is no time stays as it is.

    Examples
    --------
    >>> start_day({"start_time": "1780272000"}), start_day({"starting_at": "2026-06-01T00:00:00Z"})
    ('2026-06-01', '2026-06-01')
    """
    start = _start(bucket)
    if start.isdecimal() and len(start) <= 10:
        return datetime.fromtimestamp(int(start), UTC).date().isoformat()
    return start[:10]


def _listed(document: object) -> list[Record]:
    entries = document if isinstance(document, list) else [document]
    return [entry for entry in entries if isinstance(entry, dict)]


def _buckets(page: Record) -> list[Record]:
    return _listed(page.get("data", [page]))


def _in(bucket: Record) -> Iterator[Record]:
    yield from _listed(bucket.get("results", []))


def _start(bucket: Record) -> str:
    return next((text for name in _STARTS if (text := text_of(bucket.get(name)))), "")


def _has_more(page: Record) -> bool:
    said = page.get("has_more", page.get("next_page"))
    return said not in (None, False, "false", "")


def _refuse_others(document: object, pages: list[Record]) -> None:
    entries = document if isinstance(document, list) else [document]
    if len(entries) > len(pages):
        raise UnreadableBillError("an entry that is no page", _PAGES)
    for page in pages:
        data = page.get("data", [page])
        if not isinstance(data, list) or any(not _is_bucket(entry) for entry in data):
            keys = ", ".join(map(str, page))[:80]
            raise UnreadableBillError(f"a page without buckets of results ({keys})", _PAGES)


def _is_bucket(entry: object) -> bool:
    results = entry.get("results") if isinstance(entry, dict) else None
    return isinstance(results, list) and all(isinstance(result, dict) for result in results)


def _refuse_incomplete(buckets: list[tuple[Record, list[Record]]]) -> None:
    """The latest page must be the last one, unless an empty page closes the report."""
    if not buckets or any(not found and not _has_more(page) for page, found in buckets):
        return
    latest, found = max(buckets, key=lambda pair: max(map(_start, pair[1]), default=""))
    if _has_more(latest):
        day = max(map(start_day, found), default="an unknown day")
        words = f"has_more: true on the last page, which ends with {day}; the bill is incomplete"
        raise UnreadableBillError(words, f"the pages after it, until has_more is false; {_PAGES}")


def _refuse_twice(buckets: list[Record], grouped_by: tuple[str, ...]) -> None:
    seen: set[str] = set()
    groups: dict[str, set[str]] = {}
    for bucket in filter(lambda bucket: bucket["results"], buckets):
        written = json.dumps(bucket, sort_keys=True)
        if written in seen:
            raise UnreadableBillError(f"the bucket of {start_day(bucket)} twice", "each page once")
        seen.add(written)
        fields = {name for result in _in(bucket) for name in texts_of(result, *grouped_by)}
        if groups.setdefault(_start(bucket), fields) != fields:
            found = f"the bucket of {start_day(bucket)} twice, grouped in two ways"
            raise UnreadableBillError(found, "the pages of one report, grouped in one way")
