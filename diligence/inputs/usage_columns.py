"""Headers of usage files: what a column counts and in which unit, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import column_letter, shown

USAGE_ENDINGS = (".csv", ".csv.gz", ".json", ".json.gz", ".parquet")
UsageKind = Literal["daily", "request"]
DAY = "day"
TEXT_COLUMNS = (
    "provider",
    "model",
    "feature",
    "plan",
    "payer",
    "cohort",
    "user",
    "task",
    "project",
)
TOKEN_COLUMNS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
)
COUNT_COLUMNS = (
    "requests",
    *TOKEN_COLUMNS,
    "retrievals",
    "tool_calls",
    "guardrail_calls",
    "retries",
    "active_users",
    "step",
)
LATENCY = "latency_ms"
USAGE_COLUMNS = (DAY, *TEXT_COLUMNS, *COUNT_COLUMNS, LATENCY)
# Read, then turned into the columns above.
TOTAL_INPUT = "total_input_tokens"
VISIBLE_OUTPUT = "visible_output_tokens"
REQUEST_ID = "request_id"
ONE_REQUEST = (REQUEST_ID, "task", "step", LATENCY)
_TIMES = ("timestamp", "created_at", "time")
_SYNONYMS = {
    "date": DAY,
    "start_time": DAY,
    **dict.fromkeys(_TIMES, DAY),
    "supplier": "provider",
    "model_name": "model",
    "product_feature": "feature",
    "signup_month": "cohort",
    "user_id": "user",
    "user_hash": "user",
    "hashed_user": "user",
    "task_id": "task",
    "conversation": "task",
    "conversation_id": "task",
    "session_id": "task",
    "turn": "step",
    "project_id": "project",
    "request_count": "requests",
    "num_requests": "requests",
    "num_model_requests": "requests",
    "uncached_input_tokens": "input_tokens",
    "cached_tokens": "cached_input_tokens",
    "cache_read_tokens": "cached_input_tokens",
    "cache_read_input_tokens": "cached_input_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_write_input_tokens": "cache_write_tokens",
    "input_tokens_including_cached": TOTAL_INPUT,
    "completion_tokens": "output_tokens",
    "output_tokens_excluding_reasoning": VISIBLE_OUTPUT,
}
_SCALES = {1: "", 1_000: "thousand ", 1_000_000: "million ", 1_000_000_000: "billion "}
_UNITS = {
    **dict.fromkeys(("tok", "token", "tokens", "token_count", "num_tokens"), 1),
    **dict.fromkeys(("ktok", "ktokens", "kilotokens"), 1_000),
    **dict.fromkeys(("mtok", "mtokens", "megatokens"), 1_000_000),
    **dict.fromkeys(("btok", "btokens", "gtok"), 1_000_000_000),
}
_WORDS = {
    **dict.fromkeys(("k", "thousand", "thousands", "000", "000s"), 1_000),
    **dict.fromkeys(("m", "mn", "million", "millions"), 1_000_000),
    **dict.fromkeys(("b", "bn", "billion", "billions"), 1_000_000_000),
}
_STEMS = ("total_input", "cached_input", "cache_write", "input", "output", "reasoning")
_STEM = re.compile(rf"({'|'.join(_STEMS)})_(.+)")
_ABOUT_TOKENS = re.compile(r"tok|prompt|completion")
_NOT_USAGE = re.compile(r"max_.*|total_tokens|.*(cost|price|usd|eur).*")
_OPENAI_CACHED = "input_cached_tokens"
_CLOSE = 0.8


@dataclass(frozen=True)
class UsageColumn:
    """One column of a file: what it is here, and what one of its units counts."""

    index: int
    written: str
    means: str
    scale: int = 1


@dataclass(frozen=True)
class UsageHeader:
    """Columns of a usage file that are read, and what to know about them."""

    columns: tuple[UsageColumn, ...]
    kind: UsageKind
    notes: tuple[str, ...] = ()

    def meaning(self, means: str) -> UsageColumn | None:
        """The column with a meaning; None when the file has none."""
        return next((column for column in self.columns if column.means == means), None)


def read_header(
    names: Sequence[str], *, name: str, row: int, log: ProblemLog, export: str = ""
) -> UsageHeader | None:
    """Say what each column of a usage file is; None when rows must not be summed.

    Refused: a token column in an unknown unit, a misspelt column, one meaning twice, no date, no
    count, and cached tokens that may or may not be part of the input tokens. Other columns are
    not read, with a note. A supplier's ``export`` holds totals, whether it counts requests or not.
    """
    before = len(log.entries)
    found: dict[str, UsageColumn] = {}
    unread: list[tuple[int, str]] = []
    for index, written in enumerate(names):
        column = _column(index, written)
        if column is None:
            unread.append((index, written))
        elif column.means in found:
            first = found[column.means].written
            wanted = f"one column for {column.means} ({first!r} is the first)"
            log.add(name, row, column_letter(index), f"the column {shown(written)}", wanted)
        else:
            found[column.means] = column
    for index, written in unread:
        _check_unread(index, written, found, name, row, log)
    found, notes = _with_openai_cache(found, name)
    for problem in _problems(found, is_total=bool(export)):
        log.add(name, row, *problem)
    if len(log.entries) > before:
        return None
    notes += _scale_notes(found, name)
    if export:
        notes.append(f"{name}: read as {export}, input and cached tokens taken apart")
    other = ", ".join(written for _, written in unread if written)
    if other:
        notes.append(f"{name}: columns not read: {other}")
    kind = "daily" if export else _kind(found)
    return UsageHeader(tuple(found.values()), kind, tuple(notes))


def _column(index: int, written: str) -> UsageColumn | None:
    spelt = _spelt(written)
    means = _SYNONYMS.get(spelt, spelt)
    if means in (*USAGE_COLUMNS, TOTAL_INPUT, VISIBLE_OUTPUT, REQUEST_ID, _OPENAI_CACHED):
        return UsageColumn(index, written, means)
    if spelt == "latency_s":
        return UsageColumn(index, written, LATENCY, 1_000)
    stem = _STEM.fullmatch(spelt)
    scale = _token_scale(stem[2]) if stem else None
    return UsageColumn(index, written, f"{stem[1]}_tokens", scale) if stem and scale else None


def _spelt(written: str) -> str:
    return "_".join(re.split(r"[\s_.]+", written.strip().lower()))


def _token_scale(unit: str) -> int | None:
    """Tokens in one unit of a header such as ``mtok``, ``k_tokens`` or ``tokens_(millions)``."""
    if unit in _UNITS:
        return _UNITS[unit]
    words = [word for word in re.split(r"_|\((?=\w)|(?<=\w)\)", unit) if word not in ("", "in")]
    scales = [_WORDS[word] for word in words if word in _WORDS]
    others = [word for word in words if word not in _WORDS]
    is_clear = len(scales) == 1 and others in (["tokens"], ["tok"], ["token"])
    return scales[0] if is_clear else None


def _check_unread(
    index: int,
    written: str,
    found_columns: dict[str, UsageColumn],
    name: str,
    row: int,
    log: ProblemLog,
) -> None:
    """Refuse a column that looks like one of ours; any other is only not read."""
    spelt = _spelt(written)
    if not spelt or _NOT_USAGE.fullmatch(spelt):
        return
    letter, found = column_letter(index), f"the column {shown(written)}"
    if spelt in ("prompt_tokens", "input_tokens_total"):
        wanted = "input_tokens (without cached ones) or total_input_tokens (with them)"
        log.add(name, row, letter, found, wanted)
        return
    known = (*USAGE_COLUMNS, TOTAL_INPUT, VISIBLE_OUTPUT, *_SYNONYMS)
    near = get_close_matches(spelt, known, n=1, cutoff=_CLOSE)
    if _ABOUT_TOKENS.search(spelt) or spelt in _STEMS:
        units = "a column of tokens in a known unit, such as input_tokens, input_ktok or input_mtok"
        log.add(name, row, letter, found, units)
    elif spelt in ("unit", "units"):
        wanted = "the unit in the header of each count, such as input_ktok"
        log.add(name, row, letter, found, wanted)
    elif spelt == "latency":
        log.add(name, row, letter, found, "latency_ms or latency_s")
    elif near and _SYNONYMS.get(near[0], near[0]) not in found_columns:
        log.add(name, row, letter, found, f"a known column: {near[0]}")


def _with_openai_cache(
    found: dict[str, UsageColumn], name: str
) -> tuple[dict[str, UsageColumn], list[str]]:
    """Read OpenAI's ``input_cached_tokens`` as the part of ``input_tokens`` that it is."""
    cached = found.pop(_OPENAI_CACHED, None)
    if cached is None:
        return found, []
    given = found.pop("input_tokens", None)
    if given is not None:
        found[TOTAL_INPUT] = UsageColumn(given.index, given.written, TOTAL_INPUT, given.scale)
    found["cached_input_tokens"] = UsageColumn(cached.index, cached.written, "cached_input_tokens")
    return found, [f"{name}: input_tokens holds input_cached_tokens, as OpenAI counts; taken apart"]


def _problems(found: dict[str, UsageColumn], *, is_total: bool) -> Iterator[tuple[str, str, str]]:
    if DAY not in found:
        yield DAY, "no such column", "the required column 'date'"
    counts = (*COUNT_COLUMNS[:-2], TOTAL_INPUT, VISIBLE_OUTPUT)
    if not any(column in found for column in counts):
        yield "requests", "no column with a count", "requests, input_tokens or output_tokens"
    if TOTAL_INPUT in found and "input_tokens" in found:
        wanted = "input_tokens (without cached ones) or total_input_tokens (with them), not both"
        yield TOTAL_INPUT, "both ways of counting input", wanted
    if TOTAL_INPUT in found and "cached_input_tokens" not in found:
        wanted = "cached_input_tokens beside it, or input_tokens without cached ones"
        yield TOTAL_INPUT, "input with cached tokens in it", wanted
    if VISIBLE_OUTPUT in found and ("output_tokens" in found or "reasoning_tokens" not in found):
        wanted = "reasoning_tokens beside it, or output_tokens with reasoning in it"
        yield VISIBLE_OUTPUT, "output without reasoning", wanted
    if "requests" not in found and not is_total and not _is_request(found):
        wanted = f"requests (daily totals), or what one request has: {', '.join(ONE_REQUEST)}"
        yield "requests", "no such column", wanted


def _is_request(found: dict[str, UsageColumn]) -> bool:
    is_timed = DAY in found and _spelt(found[DAY].written) in _TIMES
    return is_timed or any(column in found for column in ONE_REQUEST)


def _kind(found: dict[str, UsageColumn]) -> UsageKind:
    return "daily" if "requests" in found and REQUEST_ID not in found else "request"


def _scale_notes(found: dict[str, UsageColumn], name: str) -> list[str]:
    return [
        f"{name}: {column.written} is in {_SCALES[column.scale]}tokens"
        for column in found.values()
        if column.scale != 1 and column.means != LATENCY
    ]
