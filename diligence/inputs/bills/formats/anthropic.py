"""Anthropic: cost reports in cents from the API, in dollars from the Console, usage exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diligence.inputs.bills.formats.api_pages import (
    Record,
    results_of,
    start_day,
    tells_by,
    text_of,
    texts_of,
)
from diligence.inputs.bills.formats.usage_exports import (
    UsageExport,
    pairs_of,
    refused_as_bill,
    usage_row,
)
from diligence.inputs.bills.layout import BillFormat, Check, Header, Select, literal

DEFAULT_WORKSPACE = "default workspace"
NOT_SPLIT = "not split by description"
_DOLLARS = ("cost_usd", "amount_usd")
_CENTS = ("amount_cents", "amount_usd_cents")
_NO_VALUE = "--"
_COPIED = (
    "currency",
    "cost_type",
    "description",
    "model",
    "token_type",
    "service_tier",
    "context_window",
    "workspace_name",
)
_TO_DOLLARS = "CAST(0.01 AS DECIMAL(2, 2))"
_UNIT_ASKED = (
    "format: anthropic_costs_cents (as the API gives them) or format: anthropic_costs_usd "
    "(dollars) in mapping.yaml, under bills"
)


def _tells_costs(document: object) -> bool:
    return tells_by(document, _is_cost)


def _is_cost(result: Record) -> bool:
    is_plain = "amount" in result and not isinstance(result["amount"], dict)
    return is_plain and any(name in result for name in ("cost_type", "description", "workspace_id"))


def _flatten_costs(document: object) -> list[dict[str, str]]:
    found = results_of(document, grouped_by=("description",))
    return [_cost_row(bucket, result) for bucket, result in found]


def _cost_row(bucket: Record, result: Record) -> dict[str, str]:
    row = texts_of(result, *_COPIED)
    row |= {"date": start_day(bucket), "workspace_id": text_of(result.get("workspace_id"))}
    amount = text_of(result.get("amount"))
    return {**row, "amount_cents": amount} if amount else row


def _text(header: Header, *names: str) -> str:
    """First text that says something; the Console writes two dashes where nothing applies."""
    texts = [f"nullif(nullif({header.text(name)}, ''), '{_NO_VALUE}')" for name in names]
    return f"coalesce({', '.join(texts)}, '')"


def _joined(header: Header, *names: str) -> str:
    filled = [f"nullif({_text(header, name)}, '')" for name in names]
    return f"concat_ws(' ', {', '.join(filled)})"


def _described(header: Header) -> str:
    parts = _joined(header, "model", "usage_type", "token_type")
    described = [_text(header, "description"), parts, _text(header, "cost_type")]
    texts = ", ".join(f"nullif({sql}, '')" for sql in described)
    return f"coalesce({texts}, {literal(NOT_SPLIT)})"


def _project(header: Header) -> str:
    workspace = f"nullif({_text(header, 'workspace_name', 'workspace', 'workspace_id')}, '')"
    key = f"nullif({_text(header, 'api_key_name', 'api_key', 'api_key_id')}, '')"
    return f"concat_ws(' ', coalesce({workspace}, {literal(DEFAULT_WORKSPACE)}), {key})"


def _reading(*, dollars: tuple[str, ...] = (), cents: tuple[str, ...] = ()) -> Select:
    """Columns of a line, whose amounts are in dollars or in cents.

    References
    ----------
    Anthropic Admin API reference, "Get cost report" (``amount`` in lowest units of currency,
    as a decimal string); the Console's export names its columns ``cost_usd`` and
    ``list_price_usd``.
    """

    def select(header: Header) -> Mapping[str, str]:
        amount = header.amount(*dollars, *cents)
        currency = _text(header, "currency")
        stated = any(name.endswith("usd") for name in dollars)
        return {
            "supplier": "'Anthropic'",
            "service": "'Anthropic API'",
            "text": _described(header),
            "usage_type": _text(header, "token_type", "cost_type"),
            "operation": _joined(header, "service_tier", "usage_type", "context_window"),
            "project": _project(header),
            "currency": "'USD'" if stated or cents else f"upper({currency})",
            "day": header.day("usage_date_utc", "date", "starting_at", "start_time"),
            "billed": f"{amount} * {_TO_DOLLARS}" if cents and amount != "NULL" else amount,
            "list_cost": header.amount("list_price_usd") if stated else "NULL",
        }

    return select


def _only_dollars(header: Header) -> tuple[Check, ...]:
    """A cent is a hundredth of a dollar, but not of every currency."""
    currency = _text(header, "currency")
    return (
        Check(
            f"upper({currency}) NOT IN ('', 'USD')",
            "currency",
            currency,
            "USD, the currency of this report, whose amounts are in cents",
        ),
    )


def _unit_unknown(header: Header) -> tuple[Check, ...]:
    return (Check("true", "amount", "'amounts in dollars or in cents'", _UNIT_ASKED),)


def _tells_usage(document: object) -> bool:
    return tells_by(document, lambda result: "uncached_input_tokens" in result)


def usage_rows(document: object) -> list[dict[str, str]]:
    """Rows of a usage report: pages of the API, or the rows of the Console's file.

    The report does not count requests. Tokens written to the cache for five minutes and for an
    hour are added up.

    Raises
    ------
    UnreadableBillError
        When a page of the report is missing or there twice.

    Examples
    --------
    >>> row = {"usage_date_utc": "2026-06-01", "model_version": "claude-sonnet-4-6",
    ...        "usage_input_tokens_no_cache": "5", "usage_input_tokens_cache_write_5m": "2",
    ...        "usage_input_tokens_cache_write_1h": "3", "usage_output_tokens": "9"}
    >>> found = usage_rows([row])[0]
    >>> found["input_tokens"], found["cache_write_tokens"], found["output_tokens"]
    ('5', '5', '9')

    As many tokens were written to the cache as were read afresh.
    """
    return [_usage_row(bucket, result) for bucket, result in pairs_of(document)]


def _usage_row(bucket: Record, result: Record) -> dict[str, str]:
    created = result.get("cache_creation")
    cells = {name: text_of(value) for name, value in result.items() if value != _NO_VALUE}
    cells |= {
        name: text_of(n) for name, n in (created if isinstance(created, dict) else {}).items()
    }

    def first(*names: str) -> str:
        return next((cells[name] for name in names if cells.get(name)), "")

    tier = first("service_tier", "usage_type")
    return usage_row(
        date=first("usage_date_utc", "date")[:10] or start_day(bucket),
        provider="Anthropic",
        model=first("model", "model_version"),
        input_tokens=first("uncached_input_tokens", "usage_input_tokens_no_cache"),
        cached_input_tokens=first("cache_read_input_tokens", "usage_input_tokens_cache_read"),
        cache_write_tokens=_sum(
            first("ephemeral_5m_input_tokens", "usage_input_tokens_cache_write_5m"),
            first("ephemeral_1h_input_tokens", "usage_input_tokens_cache_write_1h"),
        ),
        output_tokens=first("output_tokens", "usage_output_tokens"),
        project=first("workspace_name", "workspace", "workspace_id"),
        api_key=first("api_key_name", "api_key", "api_key_id"),
        batch=str(tier == "batch").lower() if tier else "",
        tier=tier,
    )


def _sum(*counts: str) -> str:
    """Leave a text that is no count as it is, for the reader of usage to refuse."""
    given = [count for count in counts if count]
    if all(count.isdecimal() for count in given):
        return str(sum(map(int, given))) if given else ""
    return next(count for count in given if not count.isdecimal())


def _costs(
    name: str,
    title: str,
    *required: str,
    select: Select,
    checks: Callable[[Header], tuple[Check, ...]],
    is_nested: bool = False,
    fixed_unit: str = "",
) -> BillFormat:
    return BillFormat(
        name=name,
        title=title,
        system="anthropic",
        required=required,
        select=select,
        checks=checks,
        flatten=_flatten_costs if is_nested else None,
        tells=_tells_costs if is_nested else None,
        fixed_unit=fixed_unit,
    )


_ROWS = ("amount", "cost_type", "token_type")
USAGE_FORMATS: tuple[UsageExport, ...] = (
    UsageExport(
        name="anthropic_usage",
        title="Anthropic usage",
        columns=(
            ("uncached_input_tokens", "output_tokens"),
            ("usage_input_tokens_no_cache", "usage_output_tokens"),
        ),
        tells=_tells_usage,
        usage_rows=usage_rows,
    ),
)
_API, _CONSOLE = "Anthropic cost report (API, cents)", "Anthropic costs (Console, dollars)"
_FLAT = "Anthropic cost report, flat"
FORMATS: tuple[BillFormat, ...] = (
    _costs(
        "anthropic_costs",
        _API,
        "amount_cents",
        "cost_type",
        select=_reading(cents=_CENTS),
        checks=_only_dollars,
        is_nested=True,
        fixed_unit="USD cents",
    ),
    _costs(
        "anthropic_console_costs",
        _CONSOLE,
        "cost_usd",
        "token_type",
        "cost_type",
        select=_reading(dollars=_DOLLARS),
        checks=_only_dollars,
        fixed_unit="USD",
    ),
    # first of the three, so that a flat file is asked for its unit and never assumed to have one
    _costs(
        "anthropic_costs_flat",
        _FLAT,
        *_ROWS,
        select=_reading(dollars=("amount",)),
        checks=_unit_unknown,
    ),
    _costs(
        "anthropic_costs_usd",
        f"{_FLAT}, in dollars",
        *_ROWS,
        select=_reading(dollars=("amount",)),
        checks=_only_dollars,
    ),
    _costs(
        "anthropic_costs_cents",
        f"{_FLAT}, in cents",
        *_ROWS,
        select=_reading(cents=("amount",)),
        checks=_only_dollars,
        fixed_unit="USD cents",
    ),
    *refused_as_bill(USAGE_FORMATS[0], system="anthropic"),
)
