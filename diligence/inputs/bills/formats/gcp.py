"""Google Cloud billing: the BigQuery export in any container, and the console's cost table."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diligence.inputs.bills.formats.closed_words import by_word, unknown_word, word_list
from diligence.inputs.bills.layout import PART, BillFormat, Check, Header, literal

_SUPPLIER = "'Google Cloud'"
_KINDS = {
    "regular": "usage",
    "usage": "usage",
    "tax": "tax",
    "adjustment": "adjustment",
    "rounding_error": "adjustment",
    "rounding error": "adjustment",
}
_PROMOTION = "PROMOTION"
_IS_PROMOTION = f"c.type = {literal(_PROMOTION)}"
_NAME = "coalesce(nullif(c.name, ''), 'Promotional credit')"
_DISCOUNTS = (
    "COMMITTED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE",
    "DISCOUNT",
    "FEE_UTILIZATION_OFFSET",
    "FREE_TIER",
    "RESELLER_MARGIN",
    "SUBSCRIPTION_BENEFIT",
    "SUSTAINED_USAGE_DISCOUNT",
)
_CREDIT_LIST = 'STRUCT("name" VARCHAR, amount VARCHAR, "type" VARCHAR)[]'
_TOTALS = ("total", "subtotal", "rounding error")
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "R$": "BRL", "US$": "USD"}


def _both(*names: str) -> tuple[str, ...]:
    return tuple(spelling for name in names for spelling in (name, name.replace(".", "_")))


def _credit_list(header: Header) -> str:
    return f"TRY_CAST(TRY_CAST({header.column('credits')} AS JSON) AS {_CREDIT_LIST})"


def _credits(header: Header, condition: str) -> str:
    """Sum of the credits of a row that meet a condition on ``c``."""
    chosen = f"list_filter({_credit_list(header)}, lambda c: {condition})"
    amounts = f"list_transform({chosen}, lambda c: TRY_CAST(c.amount AS DECIMAL(38, 18)))"
    return f"coalesce(list_sum({amounts}), 0)"


def credit_names(header: Header) -> str:
    """SQL of the lines of a row: '' for the charge, and the name of each promotional credit.

    Examples
    --------
    >>> credit_names(Header(["cost"]))
    "['']"
    """
    if not header.has("credits"):
        return "['']"
    promotions = f"list_filter({_credit_list(header)}, lambda c: {_IS_PROMOTION})"
    names = f"list_sort(list_distinct(list_transform({promotions}, lambda c: {_NAME})))"
    return f"list_prepend('', coalesce({names}, []))"


def _on_credits(header: Header, charge: str, promotion: str) -> str:
    """SQL for a row that is split into its charge and its promotional credits."""
    if not header.has(PART, "credits"):
        return charge
    return f"CASE WHEN {header.column(PART)} = '' THEN {charge} ELSE {promotion} END"


def _money(header: Header) -> dict[str, str]:
    """Discounts lower the price; a promotional credit is a means of payment, apart from it."""
    cost, price = header.amount("cost"), header.amount("cost_at_list", "cost")
    billed, promotion = cost, "NULL"
    if header.has("credits"):
        billed = f"{cost} + {_credits(header, f'NOT ({_IS_PROMOTION})')}"
        named = f"{_IS_PROMOTION} AND {_NAME} = {header.column(PART)}"
        promotion = _credits(header, named)
    amounts = {"billed": billed, "list_cost": price, "contracted": cost}
    return {name: _on_credits(header, sql, promotion) for name, sql in amounts.items()}


def _cost_type(header: Header) -> str:
    return header.text("cost_type") if header.has("cost_type") else "'regular'"


def _select(header: Header) -> Mapping[str, str]:
    """Columns of a line: cost with its discounts, and promotional credits as further lines.

    Committed-use, sustained-use, free-tier and negotiated credits lower the price and stay in
    the cost; a promotional credit is a means of payment and becomes a line of kind ``credit``.

    References
    ----------
    Google Cloud Billing documentation, "Structure of Standard data export", fields ``cost``,
    ``cost_type`` and ``credits.type``.
    """
    kinds = {word: literal(kind) for word, kind in _KINDS.items()}
    kind = by_word(_cost_type(header), kinds, otherwise="'adjustment'")
    sku = header.text(*_both("sku.description", "sku.id"))
    quantity = header.amount(*_both("usage.amount"))
    tags = [header.pairs(n) for n in _both("labels", "system_labels", "project.labels", "tags")]
    words = [f"nullif({sql}, '')" for sql in dict.fromkeys(tags) if sql != "''"]
    return {
        "supplier": _SUPPLIER,
        "service": header.text(*_both("service.description", "service.id")),
        "text": _on_credits(header, sku, header.column(PART)),
        "usage_type": sku,
        "resource": header.text(*_both("resource.name", "resource.global_name")),
        "project": _named(header, "project.name", "project.id"),
        "tags": f"concat_ws(' ', {', '.join(words)})" if words else "''",
        "kind": _on_credits(header, kind, "'credit'"),
        "unit": header.text(*_both("usage.unit")),
        "currency": header.text("currency"),
        "day": header.day("usage_start_time", "usage_end_time"),
        "quantity": _on_credits(header, quantity, "NULL"),
        **_money(header),
    }


def _named(header: Header, name: str, number: str) -> str:
    """Name and id, once when they are the same."""
    first, second = header.text(*_both(name)), header.text(*_both(number))
    other = f"CASE WHEN {first} <> {second} THEN nullif({second}, '') END"
    return f"concat_ws(' ', nullif({first}, ''), {other})"


def _checks(header: Header) -> tuple[Check, ...]:
    checks = [
        unknown_word(
            _cost_type(header),
            _KINDS,
            name="cost_type",
            expected="a cost type: regular, tax, adjustment or rounding_error",
        ),
    ]
    if header.has("credits"):
        listed, known = _credit_list(header), word_list((_PROMOTION, *_DISCOUNTS))
        written = f"nullif(as_text({header.column('credits')}), '')"
        unread = (
            "lambda c: TRY_CAST(c.amount AS DECIMAL(38, 18)) IS NULL "
            f"OR coalesce(c.type, '') NOT IN {known}"
        )
        odd = f"len(list_filter({listed}, {unread})) > 0"
        checks.append(
            Check(
                f"{written} IS NOT NULL AND ({listed} IS NULL OR {odd})",
                "credits",
                f"left({written}, 120)",
                "credits as JSON, each with an amount and a type such as PROMOTION or DISCOUNT",
            )
        )
    return tuple(checks)


def _console_column(header: Header, *names: str) -> str:
    """Column with a currency in brackets, such as ``Cost ($)``; empty when there is none."""
    for name in names:
        wanted = re.compile(rf"{name} \(.+\)", re.IGNORECASE)
        found = next((column for column in header.names if wanted.fullmatch(column.strip())), "")
        if found:
            return found
    return ""


def _console_currency(header: Header) -> str:
    """Currency of the cost column; ``$`` is written for a dozen currencies and says nothing."""
    if header.has("Currency"):
        return header.text("Currency")
    sign = _console_column(header, "Unrounded cost", "Cost").rpartition("(")[2].rstrip(") ")
    return literal(_SIGNS.get(sign, sign if re.fullmatch(r"[A-Z]{3}", sign) else ""))


def _console_kind(header: Header) -> str:
    credit = header.text("Credit type")
    kinds = {word: literal(kind) for word, kind in _KINDS.items()}
    line = by_word(header.text("Cost type"), kinds, otherwise="'adjustment'")
    return (
        f"CASE WHEN contains(lower({credit}), 'promotion') THEN 'credit' "
        f"WHEN {credit} <> '' THEN 'discount' ELSE {line} END"
    )


def _console_select(header: Header) -> Mapping[str, str]:
    """Columns of a line of the cost table; credits are rows of the table already.

    A table that was downloaded without its savings columns shows no credits at all and cannot
    be told from one without credits: compare its sum with the invoice.
    """
    cost = header.amount(_console_column(header, "Unrounded cost", "Cost"))
    is_credit = f"{header.text('Credit type')} <> ''"
    sku = header.text("SKU description")
    return {
        "supplier": _SUPPLIER,
        "service": header.text("Service description"),
        "text": f"concat_ws(' ', nullif({header.text('Credit type')}, ''), nullif({sku}, ''))",
        "usage_type": sku,
        "project": _named(header, "Project name", "Project ID"),
        "kind": _console_kind(header),
        "unit": header.text("Usage unit"),
        "currency": _console_currency(header),
        "day": header.day("Usage start date"),
        "end": header.day("Usage end date"),
        "quantity": f"CASE WHEN NOT ({is_credit}) THEN {header.amount('Usage amount')} END",
        "billed": cost,
    }


def _console_checks(header: Header) -> tuple[Check, ...]:
    line = header.text("Cost type")
    expected = "a cost type: Usage, Tax, Adjustment or Rounding error"
    return (unknown_word(line, (*_KINDS, *_TOTALS), name="Cost type", expected=expected),)


def _console_where(header: Header) -> str:
    return f"lower({header.text('Cost type')}) NOT IN {word_list(_TOTALS)}"


def _export(name: str, title: str, *required: str) -> BillFormat:
    return BillFormat(
        name=name,
        title=title,
        system="gcp",
        required=(*required, "cost", "currency", "usage_start_time"),
        select=_select,
        checks=_checks,
        by_day=True,
        split=credit_names,
    )


FORMATS: tuple[BillFormat, ...] = (
    _export("gcp_billing", "Google Cloud billing export", "service.description", "sku.description"),
    _export(
        "gcp_billing_flat",
        "Google Cloud billing export (flat names)",
        "service_description",
        "sku_description",
    ),
    BillFormat(
        name="gcp_cost_table",
        title="Google Cloud cost table",
        system="gcp",
        required=("Service description", "SKU description", "Cost type", "Usage start date"),
        select=_console_select,
        checks=_console_checks,
        where=_console_where,
        left_out="rows of totals and rounding",
        by_day=True,
    ),
)
