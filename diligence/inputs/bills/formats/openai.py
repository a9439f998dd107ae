"""OpenAI: the organisation's costs from the API or the dashboard, and its usage exports."""

from __future__ import annotations

from collections.abc import Mapping

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
from diligence.inputs.bills.layout import BillFormat, Header

NOT_SPLIT = "not split by line item"
_AMOUNTS = ("amount_value", "amount.value", "amount")
_CURRENCIES = ("amount_currency", "amount.currency", "currency")
_DAYS = ("start_time_iso", "date", "start_time", "start_date")
_COPIED = (
    "start_time",
    "line_item",
    "quantity",
    "quantity_unit",
    "project_id",
    "project_name",
    "organization_id",
    "api_key_id",
    "api_key_name",
)
_INVOICE_WORDS = ("rate", "unit_price", "supplier", "vendor", "provider", "hours", "gpu_hours")


def _tells_costs(document: object) -> bool:
    return tells_by(document, _is_cost)


def _is_cost(result: Record) -> bool:
    amount = result.get("amount")
    is_named = result.get("object") == "organization.costs.result"
    return is_named or (isinstance(amount, dict) and "value" in amount)


def _flatten_costs(document: object) -> list[dict[str, str]]:
    found = results_of(document, grouped_by=("line_item", "project_id", "api_key_id"))
    return [_cost_row(bucket, result) for bucket, result in found]


def _cost_row(bucket: Record, result: Record) -> dict[str, str]:
    row = texts_of({**result, "start_time": bucket.get("start_time")}, *_COPIED)
    amount = result.get("amount")
    for part, text in texts_of(
        amount if isinstance(amount, dict) else {}, "value", "currency"
    ).items():
        row[f"amount_{part}"] = text
    return {"line_item": "", **row}


def _amount_column(header: Header) -> str:
    """First column of amounts; a nested record stands beside its own fields."""
    return next((name for name in _AMOUNTS if header.has(name)), _AMOUNTS[0])


def _project(header: Header) -> str:
    parts = [
        header.text("project_name"),
        header.text("project_id"),
        header.text("api_key_name", "api_key", "api_key_id"),
    ]
    filled = [f"nullif({part}, '')" for part in parts]
    return f"concat_ws(' ', {', '.join(filled)})"


def _select(header: Header) -> Mapping[str, str]:
    """Columns of a line: the line item is a label, not a schema, so it stays as written.

    References
    ----------
    OpenAI API reference, "Administration: usage: costs" (buckets, ``amount.value`` in the
    currency beside it, ``line_item``); the dashboard's cost export has the same columns.
    """
    line_item = header.text("line_item")
    return {
        "supplier": "'OpenAI'",
        "service": "'OpenAI API'",
        "text": f"coalesce(nullif({line_item}, ''), '{NOT_SPLIT}')",
        "usage_type": line_item,
        "project": _project(header),
        "unit": header.text("quantity_unit"),
        "currency": f"upper({header.text(*_CURRENCIES)})",
        "day": header.day(*_DAYS),
        "quantity": header.amount("quantity"),
        "billed": header.amount(_amount_column(header)),
    }


def _has_charge(header: Header) -> str:
    """The dashboard writes a row for each day, also for those without any charge."""
    filled = header.joined(_amount_column(header), "line_item", "project_id", "quantity")
    return f"{filled} <> ''"


def _costs(
    name: str, *required: str, any_of: tuple[str, ...] = (), is_nested: bool = False
) -> BillFormat:
    return BillFormat(
        name=name,
        title="OpenAI costs",
        system="openai",
        required=required,
        select=_select,
        where=_has_charge,
        left_out="days without a charge",
        forbidden=_INVOICE_WORDS,
        any_of=any_of,
        flatten=_flatten_costs if is_nested else None,
        tells=_tells_costs if is_nested else None,
    )


def _tells_usage(document: object) -> bool:
    return tells_by(document, lambda result: "num_model_requests" in result)


def usage_rows(document: object) -> list[dict[str, str]]:
    """Rows of a usage export: pages of the API, or the rows of a flat file.

    OpenAI counts cached tokens inside ``input_tokens``; here they are taken out. Audio tokens,
    which OpenAI counts apart, have no column.

    Raises
    ------
    UnreadableBillError
        When a page of the report is missing or there twice.

    Examples
    --------
    >>> row = {"start_time": "1780272000", "model": "gpt-5.4", "num_model_requests": "2",
    ...        "input_tokens": "100", "input_cached_tokens": "40", "output_tokens": "7"}
    >>> found = usage_rows([row])[0]
    >>> found["date"], found["input_tokens"], found["cached_input_tokens"]
    ('2026-06-01', '60', '40')

    Of 100 input tokens 40 came from the cache, which is billed at a lower price.
    """
    return [_usage_row(bucket, result) for bucket, result in pairs_of(document)]


def _usage_row(bucket: Record, result: Record) -> dict[str, str]:
    cells = {name: text_of(value) for name, value in result.items()}
    return usage_row(
        date=cells.get("start_time_iso", "")[:10] or cells.get("date") or start_day(bucket),
        provider="OpenAI",
        model=cells.get("model", ""),
        requests=cells.get("num_model_requests", ""),
        input_tokens=_uncached(cells.get("input_tokens", ""), cells.get("input_cached_tokens", "")),
        cached_input_tokens=cells.get("input_cached_tokens", ""),
        output_tokens=cells.get("output_tokens", ""),
        reasoning_tokens=cells.get("output_reasoning_tokens", ""),
        project=cells.get("project_name") or cells.get("project_id", ""),
        api_key=cells.get("api_key_name") or cells.get("api_key_id", ""),
        batch=cells.get("batch", "").lower(),
        tier=cells.get("service_tier", ""),
    )


def _uncached(total: str, cached: str) -> str:
    """Leave texts that are no counts as they are, for the reader of usage to refuse."""
    if total.isdecimal() and cached.isdecimal():
        return str(int(total) - int(cached))
    return total


USAGE_FORMATS: tuple[UsageExport, ...] = (
    UsageExport(
        name="openai_usage",
        title="OpenAI usage",
        columns=(
            ("num_model_requests", "input_tokens"),
            ("num_model_requests", "images"),
            ("num_model_requests", "characters"),
            ("num_model_requests", "seconds"),
        ),
        tells=_tells_usage,
        usage_rows=usage_rows,
    ),
)
FORMATS: tuple[BillFormat, ...] = (
    _costs("openai_costs", "amount_value", "amount_currency", "line_item", is_nested=True),
    _costs(
        "openai_costs_plain",
        *("amount", "currency", "line_item", "project_id"),
        any_of=("organization_id", "api_key_id", "project_name", "start_time", "start_time_iso"),
    ),
    _costs("openai_costs_results", "amount.value", "amount.currency"),
    *refused_as_bill(USAGE_FORMATS[0], system="openai"),
)
