"""Lines of an invoice: what was bought, how much of it and at which rate, however spelt."""

from __future__ import annotations

from collections.abc import Mapping

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats.closed_words import word_list
from diligence.inputs.bills.formats.invoice_columns import column_of, currency_of
from diligence.inputs.bills.layout import Check, Header, literal

_ITEM = (
    *("description", "item description", "line item", "item", "line description", "product"),
    *("product name", "charge description", "sku name", "sku description", "resource name"),
    *("task", "role", "seat type", "licence", "license", "memo"),
)
_MACHINE = (
    *("gpu type", "instance type", "node type", "machine type", "vm type", "accelerator type"),
    *("gpu type id", "gpu model", "gpu", "accelerator", "sku", "sku meter", "sku id"),
    *("resource type", "model"),
)
_QUANTITY = (
    *("quantity", "qty", "gpu hours", "node hours", "instance hours", "billed hours", "hours"),
    *("total hours", "hours used", "usage hours", "usage quantity", "usage amount", "usage"),
    *("consumed quantity", "pricing quantity", "units", "seats", "licences", "licenses", "users"),
    *("tasks", "annotations", "labels delivered"),
)
_RATE = (
    *("rate", "unit price", "hourly rate", "price per hour", "rate per hour", "rate hour"),
    *("price per gpu hour", "rate per gpu hour", "hourly price", "unit rate", "unit cost"),
    *("price per unit", "price", "price per seat", "price per task"),
)
_AMOUNT = (
    *("amount", "line total", "line amount", "total amount", "net amount", "extended amount"),
    *("total cost", "cost", "total", "total charge", "charge", "charges", "subtotal"),
)
_DISCOUNT = ("discount", "discount amount", "discounts")
_UNIT = ("unit", "units of measure", "unit of measure", "uom", "consumed unit", "pricing unit")
_CURRENCY = ("currency", "currency code", "billing currency", "invoice currency")
_START = (
    *("period start", "start date", "service start", "start", "start time", "from", "usage start"),
    *("service period start", "billing period start", "charge period start", "usage date"),
    *("usage month", "billing month", "service date", "month", "date", "time", "timestamp", "day"),
    *("period", "billing period", "invoice date"),
)
_END = (
    *("period end", "end date", "service end", "end", "end time", "to", "usage end"),
    *("service period end", "billing period end", "charge period end"),
)
_SUPPLIER = ("supplier", "vendor", "provider", "provider name", "seller", "invoice issuer name")
_SERVICE = ("service", "service name", "product family", "category", "service category")
_PLAN = (
    *("capacity plan", "capacity type", "pricing plan", "pricing category", "plan"),
    *("billing type", "commitment", "commitment type", "tier"),
)
_RESOURCE = (
    *("instance id", "instance name", "instance", "pod id", "pod name", "pod", "node id"),
    *("node name", "node", "vm name", "vm id", "resource id", "endpoint id", "reservation id"),
)
_PROJECT = (
    *("project", "project name", "cluster", "cluster name", "namespace", "job", "job name"),
    *("workspace", "workspace name", "team", "endpoint", "endpoint name", "environment"),
)
_TAGS = ("tags", "labels")
OTHER_TABLES = (
    *("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "MeterCategory", "MeterId"),
    *("PreTaxCost", "line_item_usage_type", "lineItem/UsageType", "sku_name", "sku.description"),
    *("service.description", "token_type"),
)
"""Columns of exports that are no invoice."""
TOTALS_LEFT_OUT = "totals of the invoice, which repeat its lines"
_TOTALS = (
    *("total", "subtotal", "sub-total", "sub total", "grand total", "invoice total"),
    *("total due", "amount due", "balance due", "total amount due"),
)
_LONGEST_PERIOD_DAYS = 32
_CENT = "CAST(0.01 AS DECIMAL(3, 2))"


def _text(header: Header, spellings: tuple[str, ...]) -> str:
    name = column_of(header, spellings)
    return header.text(name) if name else "''"


def _amount(header: Header, spellings: tuple[str, ...]) -> str:
    name = column_of(header, spellings)
    return header.amount(name) if name else "NULL"


def _day(header: Header, spellings: tuple[str, ...]) -> str:
    name = column_of(header, spellings)
    return header.day(name) if name else "NULL"


def _all_texts(header: Header, spellings: tuple[str, ...]) -> str:
    names = [name for spelling in spellings if (name := column_of(header, (spelling,)))]
    return header.joined(*dict.fromkeys(names))


def _item(header: Header) -> str:
    machine = _text(header, _MACHINE)
    return f"coalesce(nullif({_text(header, _ITEM)}, ''), {machine})"


def _product(header: Header) -> str:
    """Quantity times rate, less a discount in a column of its own; NULL when one is missing."""
    quantity, rate = _amount(header, _QUANTITY), _amount(header, _RATE)
    if "NULL" in (quantity, rate):
        return "NULL"
    discount = _amount(header, _DISCOUNT)
    less = "" if discount == "NULL" else f" - coalesce(abs({discount}), 0)"
    return f"{quantity} * {rate}{less}"


def _billed(header: Header) -> str:
    """Amount of a row where it has one, otherwise its quantity times its rate, exactly."""
    given = [sql for sql in (_amount(header, _AMOUNT), _product(header)) if sql != "NULL"]
    return f"coalesce({', '.join(given)})" if given else "NULL"


def _currency(header: Header) -> str:
    named = currency_of(column_of(header, _AMOUNT)) or currency_of(column_of(header, _RATE))
    given = f"upper({_text(header, _CURRENCY)})" if column_of(header, _CURRENCY) else "''"
    if not named:
        return given
    return literal(named) if given == "''" else f"coalesce(nullif({given}, ''), {literal(named)})"


def _unit(header: Header) -> str:
    """Unit of the quantity: a column, or what the header of the quantity says."""
    if column_of(header, _UNIT):
        return _text(header, _UNIT)
    name = column_of(header, _QUANTITY) or ""
    return literal(name) if "hour" in name.lower() else "''"


def _kind(header: Header) -> str:
    item, billed = f"lower({_item(header)})", _billed(header)
    tax = f"regexp_matches({item}, '^(sales )?(tax|vat|gst)\\b')"
    if billed == "NULL":
        return f"CASE WHEN {tax} THEN 'tax' ELSE 'usage' END"
    return (
        f"CASE WHEN {tax} THEN 'tax' WHEN {billed} >= 0 THEN 'usage' "
        f"WHEN {item} LIKE '%discount%' THEN 'discount' "
        f"WHEN regexp_matches({item}, '\\b(credits?|promo|promotional|grant)\\b') THEN 'credit' "
        "ELSE 'adjustment' END"
    )


def select_of_invoice(header: Header) -> Mapping[str, str]:
    """Columns of a line; the supplier is a column, or what mapping.yaml says.

    Raises
    ------
    UnreadableBillError
        When no column says what was bought, or when.
    """
    _require(header, (*_ITEM, *_MACHINE), "what was bought", "Description or Instance Type")
    _require(header, _START, "when", "Period Start, Usage Date or Invoice Date")
    return {
        "supplier": _text(header, _SUPPLIER),
        "service": _text(header, _SERVICE),
        "text": _item(header),
        "usage_type": _text(header, _MACHINE),
        "operation": _text(header, _PLAN),
        "resource": _text(header, _RESOURCE),
        "project": _all_texts(header, _PROJECT),
        "tags": header.pairs(column_of(header, _TAGS) or ""),
        "kind": _kind(header),
        "unit": _unit(header),
        "currency": _currency(header),
        "day": _day(header, _START),
        "end": _last_day(header),
        "quantity": _amount(header, _QUANTITY),
        "billed": _billed(header),
    }


def has_columns_of_invoice(header: Header) -> bool:
    """True when a table says what was bought, when, and for how much."""
    has_amount = column_of(header, _AMOUNT) or (
        column_of(header, _QUANTITY) and column_of(header, _RATE)
    )
    says_what = column_of(header, (*_ITEM, *_MACHINE))
    return bool(has_amount and says_what and column_of(header, _START))


def _last_day(header: Header) -> str:
    """End of the period; invoices write the last day, or the first one after it."""
    end = _day(header, _END)
    if end == "NULL":
        return "NULL"
    before = f"CAST({end} - INTERVAL 1 DAY AS DATE)"
    return (
        f"CASE WHEN day({end}) = 1 AND {end} > {_day(header, _START)} THEN {before} ELSE {end} END"
    )


def _require(header: Header, spellings: tuple[str, ...], what: str, such_as: str) -> None:
    if column_of(header, spellings) is None:
        wanted = f"a column such as {such_as}; or format: mapped in mapping.yaml, under bills"
        raise UnreadableBillError(f"no column that says {what}", wanted, row=1)


def checks_of_invoice(header: Header) -> tuple[Check, ...]:
    """Refuse lines without an item or a price, wrong products and periods of several months."""
    found = [_no_item(header)]
    amount, product = _amount(header, _AMOUNT), _product(header)
    if "NULL" not in (amount, product):
        found.append(_other_product(header, amount, product))
    if _billed(header) != "NULL":
        found.append(_no_price(header))
    start, end = _day(header, _START), _day(header, _END)
    if "NULL" not in (start, end):
        found.append(
            Check(
                f"date_diff('day', {start}, {end}) > {_LONGEST_PERIOD_DAYS}",
                column_of(header, _END) or "",
                f"'a period of ' || date_diff('day', {start}, {end}) || ' days'",
                "a row for each month, so that a cost stands in the month it belongs to",
            )
        )
    return tuple(found)


def _other_product(header: Header, amount: str, product: str) -> Check:
    words = "quantity x rate less discount" if column_of(header, _DISCOUNT) else "quantity x rate"
    shown_product = f"CAST(round({product}, 2) AS DECIMAL(38, 2))"
    return Check(
        f"abs({product} - {amount}) > {_CENT}",
        column_of(header, _AMOUNT) or "",
        f"'{words} is ' || {shown_product} || ', amount says ' || {_text(header, _AMOUNT)}",
        "an amount within a cent of the product; is a column in another unit or currency?",
    )


def _no_price(header: Header) -> Check:
    """Only rows: a file without any amount is refused as a whole by the reader."""
    return Check(
        f"{_billed(header)} IS NULL",
        column_of(header, _AMOUNT) or column_of(header, _RATE) or "",
        f"'no amount and no rate for ' || {_item(header)}",
        "the supplier's invoice, or the rate of this line (0 where nothing is charged)",
    )


def _no_item(header: Header) -> Check:
    return Check(
        f"{_item(header)} = ''",
        column_of(header, (*_ITEM, *_MACHINE)) or "",
        "'nothing'",
        "what was bought; leave a total out, or name it Total",
    )


def is_line(header: Header) -> str:
    """SQL that is true for lines and false for totals of the invoice."""
    return f"lower(rtrim({_item(header)}, ' :')) NOT IN {word_list(_TOTALS)}"
