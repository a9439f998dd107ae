"""Deal terms as the folder states them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.reporting.blocks import KeyValues, Note
from diligence.reporting.documents import Section
from diligence.reporting.wording import MoneyStyle, money_style, needs
from diligence.units import format_multiple, format_percent

_NEEDS_ROUND = needs("round in deal.yaml")


def deal_terms_section(analysis: DealAnalysis) -> Section:
    """Terms of the round; an empty field says what it needs."""
    return Section(
        "Deal terms",
        (
            KeyValues(deal_pairs(analysis)),
            Note("Terms as stated in deal.yaml; what they return stands under value."),
        ),
        key="terms",
    )


def deal_pairs(analysis: DealAnalysis) -> tuple[tuple[str, str], ...]:
    """Label and value of every deal field of page one."""
    terms, style = analysis.deal.terms.round, money_style(analysis)
    instrument = " ".join(part for part in (terms.instrument, terms.share_class) if part)
    return (
        ("Instrument and class", instrument or _NEEDS_ROUND),
        ("Seniority", _seniority(terms.seniority, terms.preference_multiple, terms.participating)),
        ("Cheque", _money(terms.cheque, style)),
        ("Post-money", _money(terms.post_money, style)),
        ("Ownership", format_percent(terms.ownership) if terms.ownership else _NEEDS_ROUND),
        ("Primary / secondary", _primary(terms.primary, terms.secondary, style)),
        ("EV / revenue run rate", _multiple(analysis, "reported revenue")),
        ("EV / economic gross profit", _multiple(analysis, "fully loaded gross profit")),
        ("Decision date", _day(terms.decision_date)),
    )


def _seniority(seniority: str, preference: Decimal | None, participating: bool | None) -> str:
    if not seniority:
        return _NEEDS_ROUND
    multiple = f", {format_multiple(preference, 1)} preference" if preference else ""
    kind = {True: ", participating", False: ", non-participating", None: ""}[participating]
    return f"{seniority}{multiple}{kind}"


def _money(amount: Decimal | None, style: MoneyStyle) -> str:
    return style.text(amount) if amount is not None else _NEEDS_ROUND


def _primary(primary: Decimal | None, secondary: Decimal | None, style: MoneyStyle) -> str:
    if primary is None:
        return _NEEDS_ROUND
    return f"{style.text(primary)} / {style.text(secondary or Decimal(0))}"


def _multiple(analysis: DealAnalysis, of_what: str) -> str:
    post_money = analysis.deal.terms.round.post_money
    if post_money is None:
        return needs("post-money in deal.yaml")
    loaded = analysis.ladder.company.rung("fully_loaded")
    annual = Decimal(12) / analysis.period.months
    base = loaded.revenue
    if of_what != "reported revenue":
        if loaded.cost_base is None:
            return needs(loaded.needs)
        base = loaded.revenue - loaded.cost_base
    enterprise_value = post_money - (
        analysis.runway.base_cash.amount if analysis.runway.base_cash else 0
    )
    if base <= 0:
        return "not meaningful: economic gross profit is not positive"
    return f"{format_multiple(enterprise_value / (base * annual), 1)} (post-money less cash)"


def _day(day: date | None) -> str:
    return day.isoformat() if day else _NEEDS_ROUND
