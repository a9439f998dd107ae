"""Page one of the deal memo, field by field; what is not computable says what it needs."""

from __future__ import annotations

from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.analysis.deal_break_evens import dangerous_multiple
from diligence.costs import MarginRung, SplitLine, worst_material_grade
from diligence.costs.ladder import RUNG_TITLES, RungName
from diligence.inputs.deal import Claim, Role
from diligence.projections import PricedInput, PriceKey, exposed
from diligence.projections.company_model import covers
from diligence.reporting.blocks import Exhibit
from diligence.reporting.flags import flags
from diligence.reporting.page_one import PageOne, PageOneRow, Verdict
from diligence.reporting.run_record import RunRecord
from diligence.reporting.sections.cash import runway_text
from diligence.reporting.sections.claims import claim_text
from diligence.reporting.sections.coverage import bills_held
from diligence.reporting.sections.deal_terms import deal_pairs
from diligence.reporting.sections.margins import bridge_chart
from diligence.reporting.sections.multiples import charted_input, stress_chart
from diligence.reporting.sections.simulation import chance_words
from diligence.reporting.sections.valuation import (
    return_cell,
    return_words,
    stressed_change,
    walk_away_words,
)
from diligence.reporting.wording import (
    STATUS_WORDS,
    break_even_cell,
    break_even_interval,
    joined,
    money_style,
    months_cell,
    needs,
    rung_cell,
    rung_interval,
    rung_sentence,
    sentence,
)
from diligence.units import format_months, format_multiple, format_percent

_HALF = Decimal("0.5")
_CHANCE_MONTHS = 24
_CLAIMS_OF_RUNG: dict[RungName, tuple[str, ...]] = {
    "paid": ("gross_margin", "paid_gross_margin"),
    "fully_loaded": ("fully_loaded_margin",),
    "after_training": ("margin_after_training",),
}


def deal_page_one(analysis: DealAnalysis, record: RunRecord) -> PageOne:
    """Fill page one from the analysis."""
    return PageOne(
        strip=_strip(analysis, record),
        deal=deal_pairs(analysis),
        so_what=so_what(analysis),
        verdict=Verdict(analysis.verdict.name, analysis.verdict.rule),
        rows=_rows(analysis),
        exhibits=tuple(
            Exhibit(chart)
            for chart in (bridge_chart(analysis), stress_chart(analysis))
            if chart is not None
        ),
        flags=flags(analysis)[:3],
        requests=tuple(f"{request.what} ({request.why})" for request in analysis.requests[:3]),
        conditions=_conditions(analysis),
        footer=_footer(analysis),
    )


def so_what(analysis: DealAnalysis) -> str:
    """One computed sentence: margin, break-even, runway."""
    paid = analysis.ladder.rung("paid")
    found = dangerous_multiple(analysis.break_evens, target="gross_margin_0")
    margin = rung_sentence(paid)
    if found is None or found.k is None:
        broken = f"the break-even multiple is {needs('exposed cost of the inputs')}"
    elif found.status == "already_below":
        broken = (
            f"{found.input} would have to fall to {format_multiple(found.k)} for it to break even"
        )
    else:
        broken = f"it is gone when {found.input} cost {break_even_cell(found)} of today's price"
    return sentence(
        f"{margin} in {analysis.period.label}; {broken}; {_runway_phrase(analysis)}; "
        f"{return_words(analysis.future.valuation, money_style(analysis))}"
    )


def _strip(analysis: DealAnalysis, record: RunRecord) -> tuple[tuple[str, str], ...]:
    terms, style = analysis.deal.terms, money_style(analysis)
    status = "DRAFT" if analysis.deal.is_draft else terms.status
    return (
        ("Books to", max(r.period.end for r in analysis.history).isoformat()),
        ("Prices known on", record.prices_known_on),
        ("Figures", f"{style.unit}, {analysis.period.label}"),
        ("Status", status),
        ("Prepared", terms.prepared_by or "not stated"),
        ("Reviewed", terms.reviewed_by or "not stated"),
        ("Run", record.run_id),
    )


def _rows(analysis: DealAnalysis) -> tuple[PageOneRow, ...]:
    return (
        _rung_row(analysis, "paid", red_line="50 %", page="bridge"),
        _rung_row(analysis, "fully_loaded", red_line="50 %", page="bridge"),
        _rung_row(analysis, "after_training", red_line="0 %", page="training"),
        _serving_row(analysis),
        _break_even_row(analysis),
        _runway_row(analysis),
        _return_row(analysis),
    )


def _rung_row(
    analysis: DealAnalysis, rung_name: RungName, *, red_line: str, page: str
) -> PageOneRow:
    rung = analysis.ladder.rung(rung_name)
    reported = analysis.ladder.rung("reported")
    return PageOneRow(
        label=f"{RUNG_TITLES[rung_name]}, %",
        says=_claimed(analysis, _CLAIMS_OF_RUNG[rung_name]),
        reported=rung_cell(reported) if rung_name == "paid" else "",
        economic=rung_cell(rung),
        interval=rung_interval(rung),
        kind=rung.kind if rung.kind != "point" else "",
        evidence=_evidence(analysis, rung_name),
        red_line=red_line,
        flips_if=rung.flip_sentence(_HALF),
        page=page,
    )


def _serving_row(analysis: DealAnalysis) -> PageOneRow:
    basis = analysis.ladder.company.basis
    paid = analysis.ladder.rung("paid")
    priced = charted_input(analysis)
    inference = analysis.split.inference_opex + analysis.split.allocated_inference
    economic = needs(paid.needs or "revenue")
    if paid.cost_base is not None and basis.revenue:
        economic = format_percent(paid.cost_base / basis.revenue).removesuffix(" %")
    moves = ""
    if priced is not None and basis.revenue > 0 and inference:
        part = exposed(priced, analysis.ladder, rung="paid").amount / basis.revenue
        moves = f"{format_percent(part)} moves with {priced.label}; {_lock(analysis, priced)}"
    return PageOneRow(
        label="Serving cost / revenue, %",
        says=_claimed(analysis, ("serving_cost_to_revenue",)),
        reported=_cost_share(analysis.ladder.rung("reported")),
        economic=economic,
        interval=_cost_interval(paid),
        kind=paid.kind if paid.kind != "point" else "",
        evidence=_evidence(analysis, "paid"),
        red_line="30 % of ARPU",
        flips_if=moves or needs("exposure in deal.yaml"),
        page="split",
    )


def _lock(analysis: DealAnalysis, priced: PricedInput) -> str:
    """Until when no price of an input can move, or only part of it is locked."""
    key = PriceKey(priced.input, priced.side)
    moves = [move for move in analysis.future.reverse.first_moves if covers(key, move.key)]
    locked = [move.on for move in moves if move.locked_months]
    if not locked:
        return "no lock stated"
    if len(locked) < len(moves):
        return f"part of it locked until {max(locked).isoformat()}"
    return f"locked until {min(locked).isoformat()}"


def _break_even_row(analysis: DealAnalysis) -> PageOneRow:
    found = dangerous_multiple(analysis.break_evens, target="gross_margin_0")
    half = dangerous_multiple(analysis.break_evens, target="gross_margin_50")
    if found is None:
        known = [b for b in analysis.break_evens if b.rung == "paid" and not b.segment]
        unknown = next((b for b in known if b.status == "unknown"), None)
        words = break_even_cell(unknown) if unknown else needs("exposure in deal.yaml")
        if known and not unknown:
            words = joined(dict.fromkeys(STATUS_WORDS.get(b.status, b.status) for b in known))
        return PageOneRow(label="Break-even multiple k*, 0 %", economic=words, page="stress")
    return PageOneRow(
        label=f"Break-even multiple k*, {found.input}",
        says=_claimed(analysis, ("break_even_price_multiple",)),
        economic=break_even_cell(found),
        interval=break_even_interval(found),
        kind="bound" if break_even_interval(found) else "",
        evidence=_evidence(analysis, "paid"),
        red_line="2x",
        flips_if=f"50 % margin at {break_even_cell(half)}" if half else "",
        page="stress",
    )


def _runway_row(analysis: DealAnalysis) -> PageOneRow:
    table = analysis.runway
    text = runway_text(analysis).removesuffix(" months")
    after = table.base_months_after_round
    if after is not None and table.new_money:
        text = f"{text} before, {format_months(after).removesuffix(' months')} after the round"
    span = ""
    if table.span and table.span[0] != table.span[1]:
        low, high = (format_months(m).removesuffix(" months") for m in table.span)
        span = f"{low} to {high}"
    return PageOneRow(
        label="Runway, months",
        says=_claimed(analysis, ("runway_months",)),
        economic=text,
        interval=span,
        kind="by definition" if span else "",
        evidence=table.base_cash.grade if table.base_cash else "",
        red_line="12 months",
        flips_if=_stressed_runway(analysis),
        page="cash",
    )


def _stressed_runway(analysis: DealAnalysis) -> str:
    """Runway when every bought price doubles, and the chance that cash runs out."""
    future = analysis.future
    if future.key is None or future.doubled.runway_status == "unknown":
        return ""
    months = months_cell(
        future.doubled.runway_months, future.doubled.runway_status, analysis.horizon_months
    )
    unit = "" if months == "not burning" else " months"
    chance = chance_words(future.simulation, _CHANCE_MONTHS)
    out = f"; cash out in {chance}" if chance else ""
    return f"{months}{unit} before the round when every bought price doubles{out}"


def _return_row(analysis: DealAnalysis) -> PageOneRow:
    found, style = analysis.future.valuation, money_style(analysis)
    known = found.base.multiple_of_money is not None
    parts = (walk_away_words(found, style), stressed_change(found))
    return PageOneRow(
        label="Return, base and stressed",
        says=_claimed(analysis, ("moic", "irr")),
        economic=return_cell(found),
        kind="indicative" if known else "",
        red_line=format_multiple(found.hurdle) if known else "",
        flips_if="; ".join(part for part in parts if part) if known else "",
        page="value",
    )


def _claimed(analysis: DealAnalysis, concepts: tuple[str, ...]) -> str:
    found: Claim | None = next(
        (claim for claim in analysis.deal.claims if claim.concept in concepts), None
    )
    if found is not None:
        return claim_text(found, money_style(analysis)).removesuffix(" %")
    return "not stated" if analysis.deal.claims else "needs claims.yaml"


def _evidence(analysis: DealAnalysis, rung_name: RungName) -> str:
    lines = [line for line in analysis.split.lines if _counts(line, rung_name)]
    return worst_material_grade(lines) if lines else ""


def _counts(line: SplitLine, rung_name: RungName) -> bool:
    in_cogs = line.line.role is Role.COST_OF_REVENUE
    if rung_name == "after_training":
        return in_cogs or bool(line.inference or line.training)
    return in_cogs or bool(line.inference)


def _cost_share(rung: MarginRung) -> str:
    if rung.cost_base is None or not rung.revenue:
        return ""
    return format_percent(rung.cost_base / rung.revenue).removesuffix(" %")


def _cost_interval(rung: MarginRung) -> str:
    if rung.kind == "point" or rung.cost_low is None or rung.cost_high is None:
        return ""
    low, high = (
        format_percent(cost / rung.revenue).removesuffix(" %")
        for cost in (rung.cost_low, rung.cost_high)
    )
    return f"{low} to {high}"


def _runway_phrase(analysis: DealAnalysis) -> str:
    text = runway_text(analysis)
    return f"runway is {text}" if not text.startswith("operating-loss") else text


def _conditions(analysis: DealAnalysis) -> str:
    lines = analysis.deal.commentary.splitlines()
    for position, line in enumerate(lines):
        if line.strip().lower().lstrip("# ").startswith("conditions"):
            return " ".join(part.strip("-* ") for part in lines[position + 1 :] if part.strip())
    return needs("a heading 'Conditions' in commentary.md")


def _footer(analysis: DealAnalysis) -> tuple[tuple[str, str], ...]:
    grades = ", ".join(
        f"{grade} {format_percent(share, 0)}"
        for grade, share in analysis.split.spend_by_grade.items()
        if share
    )
    unread = [file.path for file in analysis.deal.files if file.status != "read"]
    return (
        ("Spend by evidence grade", grades),
        _gap_to_books(analysis),
        ("Months of bills held", bills_held(analysis)),
        (
            "Documents superseded",
            needs("documents.csv") if "documents.csv" not in unread else "held, not read yet",
        ),
        ("Open requests", str(len(analysis.requests))),
    )


def _gap_to_books(analysis: DealAnalysis) -> tuple[str, str]:
    """Gap between bills and ledger over trailing twelve months, else to a stated total."""
    checks = analysis.books.checks
    booked = sum((check.booked for check in checks), Decimal(0))
    if booked:
        gap = sum((check.gap for check in checks), Decimal(0))
        word = "material" if analysis.books.material_gaps else "not material"
        return ("Gap of bills to ledger, 12 months", f"{format_percent(gap / booked, 2)} ({word})")
    stated = [check for check in analysis.checks if check.name.startswith("total costs")]
    if not stated:
        return ("Gap to stated total", needs("a stated total or invoices"))
    share = abs(stated[-1].difference) / stated[-1].stated
    return ("Gap to stated total", f"{format_percent(share, 2)} ({stated[-1].verdict})")
