"""Which statement caption a row or a section title names, by its words."""

from __future__ import annotations

import re

from diligence.inputs.deal import Role

# The first pattern that matches decides, so narrower captions stand before wider ones.
_CAPTIONS: tuple[tuple[str, Role], ...] = (
    (r"cost of (goods|sales|revenue|service)|\bcogs\b|\bcos\b|direct cost", Role.COST_OF_REVENUE),
    (r"sales (and|&|\+) marketing|marketing|\bs&m\b|go.to.market|selling|customer acquisition",
     Role.SALES_AND_MARKETING),
    (r"research|\br ?& ?d\b|product (and|&) (engineering|development)|technology and development",
     Role.RESEARCH_AND_DEVELOPMENT),
    (r"general (and|&)|\bg ?& ?a\b|administrat|overhead", Role.GENERAL_AND_ADMINISTRATIVE),
    (r"interest|income tax|\btax(es)?\b|below the line|non.operating|exceptional|"
     r"foreign exchange|financ(e|ing) (cost|expense|income)", Role.BELOW_OPERATING),
    (r"balance sheet|receivable|payable|\bcash\b|\bassets?\b|liabilit|\bequity\b|borrowings",
     Role.BALANCE_SHEET),
    (r"software|tools|other operating|depreciation|amorti[sz]ation", Role.OTHER_OPERATING),
    (r"revenue|turnover|subscription|net sales|^sales\b", Role.REVENUE),
)  # fmt: skip
_ACCOUNTS: tuple[tuple[str, Role], ...] = (
    (r"advertis|campaign|events", Role.SALES_AND_MARKETING),
    (r"engineer|training (run|compute|cluster)|model training|data label|scientist",
     Role.RESEARCH_AND_DEVELOPMENT),
    (r"rent|office|legal|accounting|audit|insurance|finance team|\bhr\b",
     Role.GENERAL_AND_ADMINISTRATIVE),
    (r"hosting|payment processing|customer support|inference|serving", Role.COST_OF_REVENUE),
)  # fmt: skip
_GENERIC = re.compile(r"operating (expense|cost)|\bopex\b|^expenses?$|^costs?$|overheads?$", re.I)


def caption_role(text: str) -> Role | None:
    """Role a section title or a subtotal names; None when it names none.

    Examples
    --------
    >>> caption_role("Total cost of revenue"), caption_role("Operating expenses")
    (<Role.COST_OF_REVENUE: 'cost_of_revenue'>, None)
    """
    return None if _GENERIC.search(text) else _match(text, _CAPTIONS)


def account_role(text: str) -> Role | None:
    """Role a single account names by itself, where no section says it.

    Examples
    --------
    >>> account_role("Office rent")
    <Role.GENERAL_AND_ADMINISTRATIVE: 'general_and_administrative'>
    """
    return _match(text, _CAPTIONS) or _match(text, _ACCOUNTS)


def is_generic_cost(text: str) -> bool:
    """True for titles such as ``Operating expenses``, which hold several captions."""
    return bool(_GENERIC.search(text))


def _match(text: str, patterns: tuple[tuple[str, Role], ...]) -> Role | None:
    lowered = text.lower()
    return next((role for pattern, role in patterns if re.search(pattern, lowered)), None)
