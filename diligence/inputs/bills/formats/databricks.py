"""Databricks billable usage (system.billing.usage), with the price of a unit joined to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats.closed_words import unknown_word
from diligence.inputs.bills.layout import BillFormat, Check, Header, Prices, literal

_COSTS = ("usage_cost", "list_cost", "cost", "total_cost")
_PRICES = (
    "price_per_unit",
    "price",
    "unit_price",
    "list_price",
    "dbu_price",
    "price_default",
    "pricing_default",
    "pricing.effective_list.default",
    "pricing.default",
)
_UNITS = ("dbu", "dsu", "gb", "hour", "token")
_RECORD_TYPES = ("original", "retraction", "restatement")
_WORKLOAD = ("job_name", "cluster_name", "notebook_path", "endpoint_name", "app_name")
_RESOURCES = ("endpoint_name", "job_name", "job_id", "cluster_id", "warehouse_id", "notebook_id")


def _metadata(header: Header, *fields: str) -> list[str]:
    """Text of each field: a column of its own, or inside the JSON of ``usage_metadata``."""
    found = []
    for field in fields:
        own = header.text(f"usage_metadata.{field}", f"usage_metadata_{field}", field)
        if own == "''" and header.has("usage_metadata"):
            whole = f"TRY_CAST({header.column('usage_metadata')} AS JSON)"
            own = f"coalesce(json_extract_string({whole}, '$.{field}'), '')"
        found.append(own)
    return [f"nullif({sql}, '')" for sql in found if sql != "''"]


def _price(header: Header) -> str:
    if any(header.has(name) for name in _PRICES):
        return header.amount(*_PRICES)
    if not header.has("pricing"):
        return "NULL"
    whole = f"TRY_CAST({header.column('pricing')} AS JSON)"
    effective = f"json_extract_string({whole}, '$.effective_list.default')"
    return f"as_amount(coalesce({effective}, json_extract_string({whole}, '$.default')))"


def _mapped_price(header: Header, prices: Prices) -> str:
    """Price of mapping.yaml for the SKU of a row, at the width of the longest of them."""
    places = max(-min(int(price.as_tuple().exponent), 0) for price in prices.values())
    digits = max(price.adjusted() for price in prices.values()) + 1
    kind = f"DECIMAL({max(digits, 1) + places}, {places})"
    cases = " ".join(
        f"WHEN {literal(sku.strip().upper())} THEN CAST('{price:f}' AS {kind})"
        for sku, price in prices.items()
    )
    return f"CASE upper({header.text('sku_name')}) {cases} END"


def _billed(header: Header, prices: Prices) -> str:
    """Cost of a row where the export has it, otherwise price times quantity.

    Raises
    ------
    UnreadableBillError
        When both the export and mapping.yaml have prices.
    """
    own = [name for name in (*_COSTS, *_PRICES, "pricing") if header.has(name)]
    if own and prices:
        found = f"prices for a bill with a column {own[0]}"
        raise UnreadableBillError(found, "prices in one of the two", column="prices")
    if any(header.has(name) for name in _COSTS):
        return header.amount(*_COSTS)
    price = _mapped_price(header, prices) if prices else _price(header)
    return price if price == "NULL" else f"{header.amount('usage_quantity')} * {price}"


def _project(header: Header) -> str:
    workspace = [f"nullif({header.text('workspace_name', 'workspace_id')}, '')"]
    return f"concat_ws(' ', {', '.join([*workspace, *_metadata(header, *_WORKLOAD)])})"


def _select(header: Header, *, prices: Prices) -> Mapping[str, str]:
    """Columns of a line: quantity times the price joined to the row.

    A correction is a ``RETRACTION`` with the negative quantity of the first record and a
    ``RESTATEMENT`` with the right one, so that all record types are added up. Prices are list
    prices unless the export says otherwise, and classic compute is billed by the cloud besides.

    References
    ----------
    Databricks documentation, "Billable usage system table reference" (record types) and
    "Pricing system table reference".
    """
    resources = _metadata(header, *_RESOURCES)
    return {
        "supplier": "'Databricks'",
        "service": header.text("billing_origin_product"),
        "text": header.text("sku_name"),
        "usage_type": header.text("sku_name"),
        "operation": header.text("usage_type"),
        "resource": f"coalesce({', '.join(resources)}, '')" if resources else "''",
        "project": _project(header),
        "tags": header.pairs("custom_tags"),
        "unit": header.text("usage_unit"),
        "currency": header.text("currency_code", "currency"),
        "day": header.day("usage_date", "usage_start_time"),
        "quantity": header.amount("usage_quantity"),
        "billed": _billed(header, prices),
    }


def _record_type(header: Header) -> str:
    return header.text("record_type") if header.has("record_type") else "'ORIGINAL'"


def _checks(header: Header, *, prices: Prices) -> tuple[Check, ...]:
    unit, types = header.text("usage_unit"), "ORIGINAL, RETRACTION or RESTATEMENT"
    quantity = header.amount("usage_quantity")
    record_type = f"lower({_record_type(header)})"
    wanted = (
        "a column price (the list price of a unit, joined from list_prices) or usage_cost; or "
        "prices: {SKU: 0.07} in mapping.yaml, under bills"
    )
    return (
        Check(
            f"{_billed(header, prices)} IS NULL",
            "price",
            f"'no price for ' || {header.text('sku_name')}",
            wanted,
        ),
        unknown_word(unit, _UNITS, name="usage_unit", expected="a unit: DBU, DSU, GB or HOUR"),
        unknown_word(_record_type(header), _RECORD_TYPES, name="record_type", expected=types),
        Check(
            f"{record_type} = 'retraction' AND {quantity} > 0",
            "usage_quantity",
            f"'a RETRACTION of ' || as_text({header.column('usage_quantity')})",
            "a negative quantity, which takes the first record back",
        ),
    )


def _format(prices: Prices) -> BillFormat:
    """Format of an export with prices, or of one whose prices mapping.yaml has."""
    return BillFormat(
        name="databricks_usage",
        title="Databricks billable usage",
        system="databricks",
        required=("sku_name", "usage_quantity", "usage_unit", "billing_origin_product"),
        select=partial(_select, prices=prices),
        checks=partial(_checks, prices=prices),
        with_prices=_format,
    )


FORMATS: tuple[BillFormat, ...] = (_format({}),)
