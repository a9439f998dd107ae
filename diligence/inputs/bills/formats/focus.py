"""FOCUS 1.0, 1.1 and 1.2, the open specification for cost data, and LiteLLM's export of it."""

from __future__ import annotations

from collections.abc import Mapping

from diligence.inputs.bills.layout import BillFormat, Check, Header, literal

_NEEDED = ("BilledCost", "EffectiveCost", "ChargeCategory", "ChargePeriodStart")
_KINDS = {
    "usage": "usage",
    "purchase": "purchase",
    "tax": "tax",
    "credit": "credit",
    "adjustment": "adjustment",
}
# columns that a version of the specification brought in; a file may leave most of them out
_SINCE_1_1 = (
    "CapacityReservationStatus",
    "CapacityReservationId",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountUnit",
    "ServiceSubcategory",
    "SkuMeter",
    "SkuPriceDetails",
)
_SINCE_1_2 = (
    "BillingAccountType",
    "InvoiceId",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "SubAccountType",
)
_LITELLM = (
    *_NEEDED,
    "BillingAccountId",
    "ResourceType",
    "ServiceSubcategory",
    "SubAccountType",
)


def _select(header: Header) -> Mapping[str, str]:
    return {
        "supplier": header.text("ProviderName", "InvoiceIssuerName", "PublisherName"),
        "service": header.joined("ServiceName", "ServiceSubcategory"),
        "text": header.text("ChargeDescription", "SkuId", "ServiceName"),
        "usage_type": header.text("SkuMeter", "SkuId", "SkuPriceId"),
        "operation": header.text("PricingCategory"),
        "resource": header.text("ResourceId"),
        "project": _project(header),
        "tags": header.pairs("Tags"),
        "kind": _kind(header),
        "commitment": _commitment(header),
        "unit": header.text("ConsumedUnit", "PricingUnit"),
        "currency": header.text("BillingCurrency"),
        "day": header.day("ChargePeriodStart", "BillingPeriodStart"),
        "end": header.day_before("ChargePeriodEnd"),
        "quantity": header.amount("ConsumedQuantity", "PricingQuantity"),
        "billed": header.amount("BilledCost"),
        "effective": header.amount("EffectiveCost"),
        "list_cost": header.amount("ListCost"),
        "contracted": header.amount("ContractedCost"),
    }


def _project(header: Header) -> str:
    """Account by its name, or else its number, so that two accounts never look alike."""
    names = (header.text("SubAccountName", "SubAccountId"), header.text("ResourceName"))
    filled = [f"nullif({name}, '')" for name in names]
    return f"concat_ws(' ', {', '.join(filled)})"


def _kind(header: Header) -> str:
    """A correction is an adjustment, whatever it corrects."""
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(kind)}" for word, kind in _KINDS.items())
    category = f"CASE lower({header.text('ChargeCategory')}) {cases} ELSE '' END"
    correction = f"lower({header.text('ChargeClass')}) = 'correction'"
    return f"CASE WHEN {correction} THEN 'adjustment' ELSE {category} END"


def _commitment(header: Header) -> str:
    """Unused capacity wins: a reservation may be used by a commitment and still stand idle."""
    states = [
        f"lower({header.text(name)})"
        for name in ("CommitmentDiscountStatus", "CapacityReservationStatus")
    ]
    listed = ", ".join(states)
    return (
        f"CASE WHEN 'unused' IN ({listed}) THEN 'unused' "
        f"WHEN 'used' IN ({listed}) THEN 'used' ELSE '' END"
    )


def _checks(header: Header) -> tuple[Check, ...]:
    category = header.text("ChargeCategory")
    known = ", ".join(map(literal, _KINDS))
    return (
        Check(
            f"lower({category}) NOT IN ({known})",
            "ChargeCategory",
            category,
            "Usage, Purchase, Tax, Credit or Adjustment",
        ),
    )


FORMATS: tuple[BillFormat, ...] = (
    BillFormat(
        "focus_1_0",
        "FOCUS (at least 1.0)",
        "focus",
        _NEEDED,
        _select,
        _checks,
        forbidden=(*_SINCE_1_1, *_SINCE_1_2),
    ),
    BillFormat(
        "focus_1_1",
        "FOCUS (at least 1.1)",
        "focus",
        _NEEDED,
        _select,
        _checks,
        any_of=_SINCE_1_1,
        forbidden=_SINCE_1_2,
    ),
    BillFormat(
        "focus_1_2",
        "FOCUS (at least 1.2)",
        "focus",
        _NEEDED,
        _select,
        _checks,
        any_of=_SINCE_1_2,
    ),
    BillFormat(
        "litellm_focus",
        "FOCUS as LiteLLM exports it",
        "focus",
        _LITELLM,
        _select,
        _checks,
        forbidden=("SkuId", "SkuPriceId", "CommitmentDiscountStatus"),
    ),
)
