"""AWS Cost and Usage Report: legacy (CSV and as Athena names it) and CUR 2.0."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diligence.inputs.bills.formats.closed_words import by_word, unknown_word
from diligence.inputs.bills.layout import BillFormat, Check, Header, literal

_KINDS = {
    "usage": "usage",
    "discountedusage": "usage",
    "savingsplancoveredusage": "usage",
    "tax": "tax",
    "credit": "credit",
    "refund": "adjustment",
    "fee": "purchase",
    "rifee": "purchase",
    "savingsplanupfrontfee": "purchase",
    "savingsplanrecurringfee": "purchase",
    "savingsplannegation": "discount",
    "discount": "discount",
    "bundleddiscount": "discount",
    "edpdiscount": "discount",
    "privateratediscount": "discount",
    "rivolumediscount": "discount",
    "sppdiscount": "discount",
}
_CORE = (
    "lineItem/LineItemType",
    "lineItem/UsageType",
    "lineItem/ProductCode",
    "lineItem/UsageStartDate",
    "lineItem/UnblendedCost",
    "lineItem/CurrencyCode",
)
_UNUSED_CAPACITY = r"(^|-)Unused(Box|Ded)[A-Za-z]*:"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])|(?<=[A-Z])([A-Z])", r"_\1\2", name).replace("/", "_").lower()


def _both(*names: str) -> tuple[str, ...]:
    return tuple(spelling for name in names for spelling in (name, _snake(name)))


def _type(header: Header) -> str:
    return f"lower({header.text(*_both('lineItem/LineItemType'))})"


def _usage_type(header: Header) -> str:
    return header.text(*_both("lineItem/UsageType"))


def _product_name(header: Header) -> str:
    named = header.text(*_both("product/ProductName"))
    if not header.has("product"):
        return named
    inside = f"json_extract_string(TRY_CAST({header.column('product')} AS JSON), '$.product_name')"
    return f"coalesce(nullif({named}, ''), {inside}, '')"


def _is_marketplace(header: Header) -> str:
    return f"lower({header.text(*_both('bill/BillingEntity'))}) = 'aws marketplace'"


def _service(header: Header) -> str:
    code, name = header.text(*_both("lineItem/ProductCode")), _product_name(header)
    other = f"CASE WHEN lower({name}) <> lower({code}) THEN nullif({name}, '') END"
    sold = f"coalesce(nullif({name}, ''), {code})"
    return (
        f"CASE WHEN {_is_marketplace(header)} THEN {sold} "
        f"ELSE concat_ws(' ', nullif({code}, ''), {other}) END"
    )


def _text(header: Header) -> str:
    said = header.text(*_both("lineItem/LineItemDescription", "lineItem/UsageType"))
    return (
        f"CASE WHEN {_is_marketplace(header)} AND NOT contains(lower({said}), 'aws marketplace') "
        f"THEN 'AWS Marketplace: ' || {said} ELSE {said} END"
    )


_TAG_PREFIXES = (
    "resourceTags/user:",
    "resourceTags/",
    "resource_tags_user_",
    "resource_tags_",
    "costCategory/",
    "cost_category_",
)


def _tags(header: Header) -> str:
    words = [header.pairs(name) for name in ("resource_tags", "cost_category") if header.has(name)]
    for name in header.names:
        found = (p for p in _TAG_PREFIXES if name.casefold().startswith(p.casefold()))
        prefix = next(found, None)
        if prefix is not None:
            value = header.text(name)
            key = literal(f"{name[len(prefix) :]}=")
            words.append(f"CASE WHEN {value} <> '' THEN {key} || {value} END")
    present = [f"nullif({word}, '')" for word in words]
    return f"concat_ws(' ', {', '.join(present)})" if present else "''"


def _has_net_prices(header: Header) -> bool:
    """CUR 2.0 without manual discounts: they are in the net columns, not in lines of their own."""
    nets = header.has("line_item_net_unblended_cost")
    return nets and (header.has("discount") or header.has("discount_total_discount"))


def _cost(header: Header, name: str) -> str:
    group, _, column = name.partition("/")
    net = _both(f"{group}/Net{column[0].upper()}{column[1:]}") if _has_net_prices(header) else ()
    return header.amount(*net, *_both(name))


def _unused_reservation(header: Header) -> str:
    upfront = _cost(header, "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod")
    recurring = _cost(header, "reservation/UnusedRecurringFee")
    return f"coalesce({upfront}, 0) + coalesce({recurring}, 0)"


def _unused_savings_plan(header: Header) -> str:
    whole = header.amount(*_both("savingsPlan/TotalCommitmentToDate"))
    return f"{whole} - {header.amount(*_both('savingsPlan/UsedCommitment'))}"


def _billed(header: Header) -> str:
    return _cost(header, "lineItem/UnblendedCost")


def _effective(header: Header) -> str:
    billed = _billed(header)
    arn = header.text(*_both("reservation/ReservationARN"))
    is_reservation = f"{arn} <> '' OR contains({_usage_type(header)}, 'HeavyUsage')"
    amounts = {
        "savingsplancoveredusage": _cost(header, "savingsPlan/SavingsPlanEffectiveCost"),
        "discountedusage": _cost(header, "reservation/EffectiveCost"),
        "rifee": _unused_reservation(header),
        "savingsplanrecurringfee": _unused_savings_plan(header),
        "savingsplannegation": "0",
        "savingsplanupfrontfee": "0",
        "fee": f"CASE WHEN {is_reservation} THEN 0 ELSE {billed} END",
    }
    return by_word(_type(header), amounts, otherwise=billed)


def _list_cost(header: Header) -> str:
    public = header.amount(*_both("pricing/publicOnDemandCost"))
    kind, effective = _kind(header), _effective(header)
    return (
        f"CASE {kind} WHEN 'usage' THEN coalesce({public}, {effective}) "
        f"WHEN 'discount' THEN 0 ELSE {effective} END"
    )


def _kind(header: Header) -> str:
    kinds = {word: literal(kind) for word, kind in _KINDS.items()}
    return by_word(_type(header), kinds, otherwise="'adjustment'")


def _commitment(header: Header) -> str:
    status = f"lower({header.text('capacity_reservation_capacity_reservation_status')})"
    line = _type(header)
    return (
        f"CASE WHEN {line} IN ('discountedusage', 'savingsplancoveredusage') THEN 'used' "
        f"WHEN {line} = 'rifee' AND {_unused_reservation(header)} > 0 THEN 'unused' "
        f"WHEN {line} = 'savingsplanrecurringfee' AND {_unused_savings_plan(header)} > 0 "
        f"THEN 'unused' WHEN {line} = 'usage' AND ({status} = 'unused' "
        f"OR regexp_matches({_usage_type(header)}, {literal(_UNUSED_CAPACITY)})) THEN 'unused' "
        f"WHEN {line} = 'usage' AND {status} = 'used' THEN 'used' ELSE '' END"
    )


def _quantity(header: Header) -> str:
    amount = header.amount(*_both("lineItem/UsageAmount"))
    return f"CASE WHEN {_kind(header)} = 'usage' THEN {amount} END"


def _select(header: Header) -> Mapping[str, str]:
    """Columns of a line; effective cost by the rules AWS publishes for amortised cost.

    Covered usage counts at ``SavingsPlanEffectiveCost`` or reservation ``EffectiveCost``, the
    fees of a commitment only at their unused part, what was paid up front and the negation of
    covered usage at nothing, all else at unblended cost. A Capacity Block fee has no usage rows
    that would carry it, so that its effective cost stays on the fee; the contract spreads it.

    References
    ----------
    AWS Data Exports user guide, "Understanding your amortized reservation data" and "Savings
    Plans columns"; AWS Well-Architected Labs, CUR Query Library, column ``sum_amortized_cost``.
    """
    accounts = ("lineItem/UsageAccountName", "bill/PayerAccountName", "lineItem/UsageAccountId")
    return {
        "supplier": "'AWS'",
        "service": _service(header),
        "text": _text(header),
        "usage_type": _usage_type(header),
        "operation": header.text(*_both("lineItem/Operation")),
        "resource": header.text(*_both("lineItem/ResourceId")),
        "project": header.text(*_both(*accounts)),
        "tags": _tags(header),
        "kind": _kind(header),
        "commitment": _commitment(header),
        "unit": header.text(*_both("pricing/unit")),
        "currency": header.text(*_both("lineItem/CurrencyCode")),
        "day": header.day(*_both("lineItem/UsageStartDate", "bill/BillingPeriodStartDate")),
        "end": header.day_before(*_both("lineItem/UsageEndDate")),
        "quantity": _quantity(header),
        "billed": _billed(header),
        "effective": _effective(header),
        "list_cost": _list_cost(header),
    }


def _missing(header: Header, line: str, *columns: str) -> Check:
    amounts = [header.amount(*_both(column)) for column in columns]
    absent = " OR ".join(f"{amount} IS NULL" for amount in amounts)
    return Check(
        f"{_type(header)} = {literal(line.lower())} AND ({absent})",
        columns[0],
        f"'a {line} row without ' || {literal(' or '.join(columns))}",
        "the column, or the cost of what the commitment covered is not in the bill",
    )


def _checks(header: Header) -> tuple[Check, ...]:
    line = header.text(*_both("lineItem/LineItemType"))
    names = "Usage, DiscountedUsage, SavingsPlanCoveredUsage, Fee, RIFee, Tax, Credit, Refund, ..."
    commitments = ("savingsPlan/TotalCommitmentToDate", "savingsPlan/UsedCommitment")
    checks = [
        unknown_word(line, _KINDS, name="LineItemType", expected=f"a line item type: {names}"),
        _missing(header, "SavingsPlanCoveredUsage", "savingsPlan/SavingsPlanEffectiveCost"),
        _missing(header, "DiscountedUsage", "reservation/EffectiveCost"),
        _missing(header, "SavingsPlanRecurringFee", *commitments),
    ]
    # A reservation without upfront payment leaves the cell empty: only a missing column is a fault.
    if not any(header.has(name) for name in _both("reservation/UnusedRecurringFee")):
        checks.append(_missing(header, "RIFee", "reservation/UnusedRecurringFee"))
    return tuple(checks)


FORMATS: tuple[BillFormat, ...] = (
    BillFormat(
        name="aws_cur",
        title="AWS Cost and Usage Report (legacy)",
        system="aws",
        required=_CORE,
        select=_select,
        checks=_checks,
    ),
    BillFormat(
        name="aws_cur_2",
        title="AWS Cost and Usage Report 2.0, or legacy as Athena names it",
        system="aws",
        required=tuple(_snake(name) for name in _CORE),
        select=_select,
        checks=_checks,
    ),
)
