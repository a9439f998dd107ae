"""Finds calls of a macro in SQL and puts other SQL in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def arguments(sql: str, function: str) -> Iterator[str]:
    """Give the argument of every call of a function with one argument.

    Examples
    --------
    >>> list(arguments("coalesce(as_day(a), as_day(left(b, 2)))", "as_day"))
    ['a', 'left(b, 2)']
    """
    yield from (sql[start:end] for start, end in _spans(sql, function))


def replace_calls(sql: str, function: str, meanings: Mapping[str, str]) -> str:
    """Put the meaning of each argument in the place of the call.

    Examples
    --------
    >>> replace_calls("sum(as_day(a))", "as_day", {"a": "CAST(a AS DATE)"})
    'sum(CAST(a AS DATE))'
    """
    parts, done = [], 0
    for start, end in _spans(sql, function):
        parts += [sql[done : start - len(function) - 1], meanings[sql[start:end]]]
        done = end + 1
    return "".join([*parts, sql[done:]])


def _spans(sql: str, function: str) -> Iterator[tuple[int, int]]:
    at = 0
    while (found := sql.find(f"{function}(", at)) >= 0:
        start = found + len(function) + 1
        at = _closing(sql, start)
        yield start, at


def _closing(sql: str, start: int) -> int:
    depth, quote = 1, ""
    for place in range(start, len(sql)):
        sign = sql[place]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                return place
    raise ValueError(f"a bracket is not closed in {sql!r}")
