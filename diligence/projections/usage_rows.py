"""Usage of one period made ready for arithmetic: whole counts, texts without gaps, days inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from diligence.errors import InputError
from diligence.units import Period

if TYPE_CHECKING:
    import pandas as pd

UsageKind = Literal["daily", "request"]
TOKEN_KINDS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
DIMENSIONS = ("feature", "plan", "payer", "cohort", "provider", "model")
TEXTS = (*DIMENSIONS, "user", "task")
COUNTS = (
    "requests",
    *TOKEN_KINDS,
    "reasoning_tokens",
    "retrievals",
    "tool_calls",
    "guardrail_calls",
    "retries",
    "active_users",
)
NOT_STATED = "(not stated)"
_LARGEST = 2**53
_LARGEST_SUM = 2**62


@dataclass(frozen=True, eq=False)
class UsageRows:
    """Rows of one period: texts as categories ("" where not stated), counts as whole numbers.

    ``has_tokens`` says per row whether any token count is stated, ``has_requests`` and
    ``has_users`` the same of requests and active users: a count not stated is 0 in ``frame``.
    ``counted`` names the counts that at least one row states.
    """

    kind: UsageKind
    period: Period
    frame: pd.DataFrame
    has_tokens: pd.Series[bool]
    has_requests: pd.Series[bool]
    has_users: pd.Series[bool]
    counted: frozenset[str]
    notes: tuple[str, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that at least one row states."""
        return tuple(name for name in DIMENSIONS if self.states(name))

    def states(self, column: str) -> bool:
        """True when some row states the text."""
        return any(value != "" for value in self.frame[column].cat.categories)


def usage_rows(usage: pd.DataFrame, *, kind: UsageKind, period: Period) -> UsageRows:
    """Take the rows of a period and check their counts.

    Parameters
    ----------
    usage
        One row a daily total or a request, in the columns of ``usage/`` files; missing columns
        count as not stated. Only ``day`` is required.
    kind
        ``request`` when a row is one request (``requests`` not stated is then 1).
    period
        Rows outside are left out, with a note.

    Raises
    ------
    InputError
        Without ``day``, without a row in the period, or when a count is negative or not whole.
    """
    import pandas as pd

    day = _days(usage)
    inside = (day >= pd.Timestamp(period.start)) & (
        day < pd.Timestamp(period.end + timedelta(days=1))
    )
    if not inside.any():
        found = f"{day.min():%Y-%m-%d} to {day.max():%Y-%m-%d}" if len(day) else "no rows"
        raise InputError(f"usage covers {found}; it needs rows in {period.label}")
    kept = usage[inside].reset_index(drop=True)
    frame = pd.DataFrame({"day": day[inside].dt.normalize().to_numpy()})
    for name in TEXTS:
        frame[name] = _category(kept, name)
    counts, stated = {}, {}
    for name in COUNTS:
        counts[name], stated[name] = _count(kept, name)
    frame = frame.assign(**counts)
    if kind == "request":
        frame["requests"] = frame["requests"].where(stated["requests"], 1)
        stated["requests"] = pd.Series(True, index=frame.index)
    tokens = pd.concat([stated[name] for name in TOKEN_KINDS], axis=1).any(axis=1)
    _check_parts(frame)
    notes = _coverage_notes(frame["day"], len(usage) - len(kept), period)
    return UsageRows(
        kind=kind,
        period=period,
        frame=frame,
        has_tokens=tokens,
        has_requests=stated["requests"],
        has_users=stated["active_users"],
        counted=frozenset(name for name in COUNTS if stated[name].any()),
        notes=tuple(notes),
    )


def covers(usage: pd.DataFrame, period: Period) -> bool:
    """True when some row lies in the period."""
    import pandas as pd

    end = pd.Timestamp(period.end + timedelta(days=1))
    day = _days(usage)
    return bool(((day >= pd.Timestamp(period.start)) & (day < end)).any())


def _days(usage: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    import pandas as pd

    if "day" not in usage:
        raise InputError("usage has no column 'day'; each row needs the day it happened")
    try:
        day = pd.to_datetime(usage["day"], format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InputError(f"usage: {error}; every day has to be a date such as 2026-06-30") from None
    if day.isna().any():
        row = int(day.isna().to_numpy().argmax()) + 1
        raise InputError(f"usage row {row} has no day; each row needs the day it happened")
    return day.dt.tz_localize(None)


def _category(usage: pd.DataFrame, name: str) -> pd.Categorical[str]:
    """Texts of a column, sorted, so that groups come in the same order whatever the rows'."""
    import numpy as np
    import pandas as pd

    if name not in usage:
        return pd.Categorical.from_codes(np.zeros(len(usage), dtype="int64"), pd.Index([""]))
    column = pd.Categorical(usage[name])
    texts = [str(value).strip() for value in column.categories]
    names = sorted({"", *texts})
    place = {text: code for code, text in enumerate(names)}
    # the last place stands for missing values, whose code is -1
    codes = np.array([*(place[text] for text in texts), place[""]])
    joined = pd.Categorical.from_codes(codes[column.codes], pd.Index(names))
    return joined.remove_unused_categories()


def _count(usage: pd.DataFrame, name: str) -> tuple[pd.Series[Any], pd.Series[bool]]:
    import numpy as np
    import pandas as pd

    if name not in usage:
        nothing = pd.Series(np.zeros(len(usage), dtype="int64"))
        return nothing, nothing > 0
    column: pd.Series[Any] = pd.to_numeric(usage[name], errors="coerce")
    stated = column.notna().astype(bool)
    lost = usage[name].notna() & ~stated
    if lost.any():
        raise InputError(f"usage: {name} is {usage[name][lost].iloc[0]!r}; it needs a whole number")
    values = column.fillna(0)
    if float(values.abs().sum()) > _LARGEST_SUM:
        raise InputError(
            f"usage: {name} adds up to {values.sum():.3g}; check the unit it counts in"
        )
    wrong = (values < 0) | (values > _LARGEST) | (values % 1 != 0)
    if wrong.any():
        raise InputError(
            f"usage: {name} is {column[wrong].iloc[0]}; it needs a whole number from 0 to 2^53"
        )
    return values.astype("int64"), stated


def _check_parts(frame: pd.DataFrame) -> None:
    wrong = frame["reasoning_tokens"] > frame["output_tokens"]
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise InputError(
            f"usage: {row['reasoning_tokens']:,} reasoning_tokens on {row['day']:%Y-%m-%d} exceed "
            f"{row['output_tokens']:,} output_tokens; output_tokens has to contain them"
        )


def _coverage_notes(days: pd.Series[pd.Timestamp], outside: int, period: Period) -> list[str]:
    notes = []
    if outside:
        notes.append(f"{outside:,} usage rows outside {period.label} are left out")
    seen = days.nunique()
    if seen < period.days:
        notes.append(
            f"usage covers {seen} of {period.days} days of {period.label}: the cost of all days is "
            "spread over these, so that unit costs are too high if the missing days had usage"
        )
    return notes
