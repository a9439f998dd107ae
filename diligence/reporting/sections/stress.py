"""Reverse stress: how far prices may move before the company breaks, and why there."""

from __future__ import annotations

from collections.abc import Container

from diligence.analysis import DealAnalysis, in_two_sentences
from diligence.analysis.stress_analysis import StressAnalysis
from diligence.costs.ladder import RUNG_TITLES
from diligence.projections import PriceKey
from diligence.projections.company_model import covers
from diligence.reporting.blocks import (
    Block,
    Chart,
    Column,
    Exhibit,
    Heading,
    Note,
    Paragraph,
    Table,
)
from diligence.reporting.documents import Section
from diligence.reporting.heat_map_chart import chart_heat_map
from diligence.reporting.sections.multiples import multiple_blocks
from diligence.reporting.wording import (
    STATUS_WORDS,
    TARGET_WORDS,
    break_even_cell,
    break_even_interval,
    joined,
    needs,
    sentence,
)
from diligence.stress import BreakEven
from diligence.stress.break_even import MARGIN_TARGETS, Status, Target
from diligence.stress.break_points import BreakPoint
from diligence.stress.joint_shock import JointShock
from diligence.stress.mitigation_map import MitigationMap
from diligence.stress.reverse_stress import ReverseStress
from diligence.units import format_multiple, format_percent

_TARGETS: tuple[tuple[str, Target], ...] = (
    ("paid", "gross_margin_0"),
    ("paid", "gross_margin_50"),
    ("cash", "runway_12m"),
)
_LEAST_SDS = 0.05


def stress_section(analysis: DealAnalysis) -> Section:
    """Reverse stress first, then mitigation and price multiples through P&L and cash."""
    if not analysis.inputs:
        missing = needs("exposure in deal.yaml (which inputs are bought or rented)")
        return Section("Stress and reverse stress", (Paragraph(sentence(missing)),), key="stress")
    future = analysis.future
    blocks: list[Block] = [
        Paragraph(in_two_sentences(analysis)),
        reverse_table(future.reverse, bounded=_bounded(analysis)),
        Note(
            "k* is the multiple of today's price at which a target is missed. Held still: only "
            "stated pass-through acts, at once. As it answers: contract lags, customers who leave, "
            "re-routing, own GPUs and levers act too. For the runway the price moves in the first "
            "month or when its lock ends, and growth and credits count."
        ),
        Paragraph(f"{_first_scenarios(future)} {joint_words(future.joint)}".strip()),
    ]
    if future.mitigation is not None:
        blocks.append(Exhibit(mitigation_chart(analysis, future.mitigation)))
    blocks += [
        Heading("Break-even price multiples by segment and rung"),
        break_even_table(analysis),
        Note(_assumption_note(analysis)),
        Heading("Price multiples from 1x to 10x"),
        *multiple_blocks(analysis),
    ]
    return Section("Stress and reverse stress", tuple(blocks), key="stress")


def reverse_table(reverse: ReverseStress, *, bounded: Container[str] = ()) -> Table:
    """k* of each whole input held still and as the company answers, and when it can first move.

    Parameters
    ----------
    bounded
        Labels of inputs whose exposed cost is known as an upper limit: less of it moves k* away
        from one.
    """
    rows = [
        (
            key.label,
            *(
                shown(reverse.find(key, rung=rung, target=goal), bounded=key.label in bounded)
                for shown in (held_cell, _answered)
                for rung, goal in _TARGETS
            ),
            first_move(reverse, key),
        )
        for key in _whole_inputs(reverse)
    ]
    targets = ("margin 0 %", "margin 50 %", "12 months")
    columns = (
        Column("Input and side"),
        *(Column(f"Held still: {target}") for target in targets),
        *(Column(f"As it answers: {target}") for target in targets),
        Column("Can first move"),
    )
    return Table(columns, tuple(rows), caption="Reverse stress: how far each price may move")


def joint_words(joint: JointShock | None) -> str:
    """The most plausible joint shock that takes the paid margin to zero, in a sentence."""
    if joint is None:
        return sentence(
            f"the most plausible joint shock is {needs('revenue and a bought or rented input')}"
        )
    if joint.status == "already_below":
        return "The paid margin is below zero today; no shock is needed to break it."
    if joint.distance is None or joint.breaking is None:
        return (
            "No joint shock within eight standard deviations takes the paid margin to zero "
            "within a year."
        )
    moves = joined(move.words for move in joint.moves if abs(move.sds) >= _LEAST_SDS)
    chance = format_percent(joint.breaking, 0) if joint.breaking >= 0.01 else "under 1 %"
    return (
        "The most plausible joint shock that takes the paid margin to zero within a year is "
        f"{moves or 'hardly any move'}: {joint.distance:.1f} standard deviations from today, a "
        f"chance of about {chance} under the assumed sizes and correlations."
    ).replace("about under", "under")


def mitigation_chart(analysis: DealAnalysis, found: MitigationMap) -> Chart:
    """Heat map of the paid margin over price multiple and saving."""
    words = TARGET_WORDS
    contours = found.contour_frame()
    contours = contours.assign(target=[words[target] for target in contours["target"]])
    return chart_heat_map(
        found.to_frame(),
        contours,
        title=_mitigation_title(found),
        source=(
            f"{analysis.company}, {analysis.period.label}; bands: paid gross margin; a saving "
            "counts at once and without its cost, so the contour is an upper limit"
        ),
    )


def first_move(reverse: ReverseStress, key: PriceKey) -> str:
    """Day from which some of a price can move; locks of several lines as a span."""
    days = sorted({move.on for move in reverse.first_moves if covers(key, move.key)})
    if not days:
        return ""
    first, last = days[0].isoformat(), days[-1].isoformat()
    return first if first == last else f"{first} to {last}"


def held_cell(point: BreakPoint | None, *, bounded: bool = False) -> str:
    """k* of one price with stated pass-through alone."""
    return "" if point is None else _k(point.k, point.status, bounded)


def break_even_table(analysis: DealAnalysis) -> Table:
    """k* of the margins per input, segment and rung, one column a target; company rows first."""
    groups: dict[tuple[str, str, str], dict[str, BreakEven]] = {}
    for found in analysis.break_evens:
        if found.rung == "cash":
            continue
        key = (found.input, found.segment, found.rung)
        groups.setdefault(key, {})[found.target] = found
    rows = [
        (
            name,
            segment or "Company",
            RUNG_TITLES[rung],  # type: ignore[index]
            *(_target_cell(targets, target) for target in MARGIN_TARGETS),
        )
        for (name, segment, rung), targets in groups.items()
        if any(_is_worth_a_row(found) for found in targets.values())
    ]
    columns = (
        Column("Input and side"),
        Column("Segment"),
        Column("Rung"),
        *(Column(f"k*, {TARGET_WORDS[target]}") for target in MARGIN_TARGETS),
    )
    return Table(
        columns, tuple(rows), caption="Price multiple at which a target is missed, held still"
    )


def _bounded(analysis: DealAnalysis) -> frozenset[str]:
    return frozenset(found.input for found in analysis.break_evens if found.limit)


def _answered(point: BreakPoint | None, *, bounded: bool = False) -> str:
    if point is None:
        return ""
    text = _k(point.answering_k, point.answering_status, bounded)
    return f"{text}, met again beyond" if point.returns else text


def _k(k: float | None, status: Status, bounded: bool) -> str:
    if k is None or k <= 0:
        return STATUS_WORDS.get(status, status)
    sign = "" if not bounded else "\u2265 " if k >= 1 else "\u2264 "
    text = f"{sign}{format_multiple(k)}"
    return f"{text}, already below" if status == "already_below" else text


def _first_scenarios(future: StressAnalysis) -> str:
    """For each price, the scenario that first brings the same work to k*."""
    titles = {found.scenario.name: found.scenario.title for found in future.scenarios.outcomes}
    found = []
    for key in _whole_inputs(future.reverse):
        dated = [
            (entry.on, entry.scenario)
            for entry in future.reverse.reached
            if (entry.key, entry.rung, entry.target) == (key, "paid", "gross_margin_0")
            and entry.on is not None
        ]
        if dated:
            day, name = min(dated)
            title = titles.get(name, name)
            found.append(f"{key.label} in {day.strftime('%Y-%m')} (\u201c{title}\u201d)")
    if not found:
        return ""
    return f"First scenario to bring the price of the same work to that k*: {joined(found)}."


def _whole_inputs(reverse: ReverseStress) -> tuple[PriceKey, ...]:
    return tuple(dict.fromkeys(point.key for point in reverse.points if not point.key.supplier))


def _mitigation_title(found: MitigationMap) -> str:
    points = {point.saving: point.multiple for point in found.contour("gross_margin_0")}
    none, half = points.get(0.0), points.get(0.5)
    if none is None or half is None:
        return f"{found.key.label}: no price takes the paid margin to zero"
    label = f"{found.key.label[:1].upper()}{found.key.label[1:]}"
    return (
        f"{label}: half of the work saved would move the break-even from {format_multiple(none)} "
        f"to at most {format_multiple(half)}"
    )


def _target_cell(targets: dict[str, BreakEven], target: str) -> str:
    found = targets.get(target)
    if found is None:
        return ""
    interval = break_even_interval(found)
    return f"{break_even_cell(found)}{f' [{interval}]' if interval else ''}"


def _is_worth_a_row(found: BreakEven) -> bool:
    return not (found.segment and found.status in ("unknown", "not_exposed"))


def _assumption_note(analysis: DealAnalysis) -> str:
    passed = joined(
        f"{priced.label} {format_percent(priced.pass_through, 0)}" for priced in analysis.inputs
    )
    sources = joined(
        dict.fromkeys(
            exposure.source.rstrip(".")
            for p in analysis.inputs
            for exposure in p.exposures
            if exposure.source
        )
    )
    stated = f" Exposure as stated: {sources}." if sources else ""
    return (
        "k* is stated per input and side, others unchanged, and is never clipped at 1: below 1 the "
        "target is already missed. In brackets: a bound, all or none of the unresolved pool "
        f"serving. Pass-through in dollars before churn: {passed}.{stated}"
    )
