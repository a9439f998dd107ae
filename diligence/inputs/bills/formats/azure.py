"""Azure cost export: enterprise agreement and customer agreement, actual or amortised cost."""

from __future__ import annotations

from collections.abc import Mapping

from diligence.inputs.bills.formats.closed_words import by_word, unknown_word
from diligence.inputs.bills.layout import BillFormat, Check, Header, Remark, literal

_KINDS = {
    "usage": "usage",
    "unusedreservation": "usage",
    "unusedsavingsplan": "usage",
    "purchase": "purchase",
    "refund": "adjustment",
    "adjustment": "adjustment",
    "roundingadjustment": "adjustment",
    "credit": "credit",
    "tax": "tax",
}
_COSTS = ("CostInBillingCurrency", "Cost", "PreTaxCost")
_CURRENCIES = ("BillingCurrencyCode", "BillingCurrency", "Currency")
# The end of the period settles the order of month and day where all charges are of one day.
_DATES = ("Date", "UsageDateTime", "UsageDate", "BillingPeriodEndDate")
_BENEFITS = ("ReservationName", "ReservationId", "benefitName", "benefitId")


_IS_AMORTISED = (
    "bool_or(commitment = 'unused' OR (kind = 'usage' AND commitment = 'used' AND billed > 0))"
)
_REMARKS = (
    Remark(
        _IS_AMORTISED,
        "amortised cost: reservations and savings plans are spread over the usage they cover; "
        "for cash, ask for the export of actual cost and use one of the two",
    ),
    Remark(
        f"NOT {_IS_AMORTISED} AND bool_or(kind = 'usage' AND commitment = 'used' AND billed = 0)",
        "actual cost: usage that a reservation or savings plan covers costs 0 and its purchase "
        "stands on one day; for margins, ask for the export of amortised cost and use one of the "
        "two",
    ),
)


def _charge_type(header: Header) -> str:
    """Exports older than charge types hold nothing but usage."""
    return header.text("ChargeType") if header.has("ChargeType") else "'Usage'"


def _billed(header: Header) -> str:
    return header.amount(*_COSTS)


def _text(header: Header) -> str:
    meter, product = header.text("MeterName"), header.text("ProductName", "Product")
    described = (
        f"CASE WHEN contains(lower({product}), lower({meter})) THEN {product} "
        f"ELSE concat_ws(' ', nullif({product}, ''), nullif({meter}, '')) END"
    )
    publisher = header.joined("PublisherName", "ProductOrderName")
    return (
        f"CASE WHEN lower({header.text('PublisherType')}) = 'marketplace' "
        f"THEN concat_ws(' ', 'Azure Marketplace:', nullif({publisher}, ''), {described}) "
        f"ELSE {described} END"
    )


def _service(header: Header) -> str:
    category = header.text("MeterCategory", "ConsumedService")
    name = header.text("ServiceName")
    other = f"CASE WHEN lower({name}) <> lower({category}) THEN nullif({name}, '') END"
    return f"concat_ws(' ', nullif({category}, ''), {other})"


def _commitment(header: Header) -> str:
    line, model = f"lower({_charge_type(header)})", f"lower({header.text('PricingModel')})"
    covered = f"{model} IN ('reservation', 'savingsplan') OR {header.text(*_BENEFITS)} <> ''"
    return (
        f"CASE WHEN starts_with({line}, 'unused') THEN 'unused' "
        f"WHEN {line} = 'usage' AND ({covered}) THEN 'used' ELSE '' END"
    )


def _list_cost(header: Header) -> str:
    """Retail price times quantity, where the price is in the currency of the bill."""
    price, quantity = header.amount("PayGPrice"), header.amount("Quantity", "UsageQuantity")
    currency = f"upper({header.text(*_CURRENCIES)})"
    priced_in = f"upper({header.text('PricingCurrency', 'PricingCurrencyCode')})"
    retail = f"CASE WHEN {priced_in} IN ('', {currency}) THEN {price} * {quantity} END"
    stated = header.amount("PayGCostInBillingCurrency")
    billed = _billed(header)
    is_priced = f"lower({_charge_type(header)}) = 'usage' AND coalesce({price}, 0) > 0"
    return f"CASE WHEN {is_priced} THEN coalesce({stated}, {retail}, {billed}) ELSE {billed} END"


def _select(header: Header) -> Mapping[str, str]:
    """Columns of a line; the one cost of the export is both billed and effective.

    An export is of actual or of amortised cost. Actual cost is cash: usage that a reservation or
    savings plan covers costs 0, and the purchase carries the money. Amortised cost has no
    purchases of commitments: covered usage costs its share, and what was left idle is an
    ``UnusedReservation`` or ``UnusedSavingsPlan`` row. Neither view can be had from the other, so
    that a runway wants the actual export and a margin the amortised one; never add both.

    References
    ----------
    Microsoft Learn, "Get Enterprise Agreement reservation costs and usage" and "Understand cost
    details fields", Cost Management.
    """
    kinds = {word: literal(kind) for word, kind in _KINDS.items()}
    return {
        "supplier": "'Microsoft Azure'",
        "service": _service(header),
        "text": _text(header),
        "usage_type": header.text("MeterName"),
        "operation": header.text("MeterSubCategory", "MeterSubcategory"),
        "resource": header.text("ResourceId", "InstanceId", "ResourceName", "InstanceName"),
        "project": _project(header),
        "tags": header.pairs("Tags"),
        "kind": by_word(_charge_type(header), kinds, otherwise="'adjustment'"),
        "commitment": _commitment(header),
        "unit": header.text("UnitOfMeasure"),
        "currency": header.text(*_CURRENCIES),
        "day": header.day(*_DATES),
        "quantity": header.amount("Quantity", "UsageQuantity"),
        "billed": _billed(header),
        "list_cost": _list_cost(header),
    }


def _project(header: Header) -> str:
    group = header.text("ResourceGroup", "ResourceGroupName")
    account = header.text("SubscriptionName", "SubscriptionId", "SubscriptionGuid")
    names = (group, account, header.text("ReservationName"))
    filled = [f"nullif({name}, '')" for name in names]
    return f"concat_ws(' ', {', '.join(filled)})"


def _checks(header: Header) -> tuple[Check, ...]:
    line = _charge_type(header)
    names = "Usage, Purchase, Refund, UnusedReservation, UnusedSavingsPlan, RoundingAdjustment"
    expected = f"a charge type: {names}, ..."
    return (unknown_word(line, _KINDS, name="ChargeType", expected=expected),)


def _variant(name: str, title: str, cost: str, date: str) -> BillFormat:
    return BillFormat(
        name=name,
        title=title,
        system="azure",
        required=("MeterCategory", "MeterName", cost, date),
        select=_select,
        checks=_checks,
        remarks=_REMARKS,
        forbidden=("BilledCost", *_COSTS[: _COSTS.index(cost)]),
    )


FORMATS: tuple[BillFormat, ...] = (
    _variant("azure_cost", "Azure cost export", "CostInBillingCurrency", "Date"),
    _variant("azure_cost_ea", "Azure cost export (Cost)", "Cost", "Date"),
    _variant("azure_usage", "Azure usage details (PreTaxCost)", "PreTaxCost", "UsageDateTime"),
)
