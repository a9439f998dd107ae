"""Recompute a published serving day from its own parts, and say what agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from diligence.errors import InputError
from diligence.prices.checked_numbers import not_negative
from diligence.prices.serving_cost import (
    TOKENS_PER_MTOK,
    ServingDay,
    ServingProfit,
    nodes_needed,
    serving_day_profit,
    usd_per_mtok,
)

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["agrees", "within rounding", "differs"]


@dataclass(frozen=True)
class ReconciledFigure:
    """One published figure beside the same figure from its parts.

    `tolerance` is what the rounding of the published inputs can move the recomputed value by.
    """

    measure: str
    unit: str
    published: Decimal
    recomputed: Decimal
    tolerance: Decimal
    rounding_of: str = ""

    @property
    def difference(self) -> Decimal:
        """Recomputed less published."""
        return self.recomputed - self.published

    @property
    def verdict(self) -> Verdict:
        """Equal at the digits printed, explained by rounding of the inputs, or neither."""
        if abs(self.difference) <= _half_of_last_digit(self.published):
            return "agrees"
        return "within rounding" if abs(self.difference) <= self.tolerance else "differs"


@dataclass(frozen=True)
class ServingReconciliation:
    """A serving day, what it earns, and whether its published figures follow from each other.

    Parameters
    ----------
    day, profit
        The fleet with its tokens, and rent against revenue.
    figures
        Each published figure beside the recomputed one.
    nodes_from_throughput
        Nodes that the tokens keep busy at the published throughput.
    usd_per_mtok_input, usd_per_mtok_output
        Rent behind a million tokens of each phase while its nodes work.
    """

    day: ServingDay
    profit: ServingProfit
    figures: tuple[ReconciledFigure, ...]
    nodes_from_throughput: float
    usd_per_mtok_input: Decimal
    usd_per_mtok_output: Decimal

    @property
    def reconciles(self) -> bool:
        """True when no published figure differs by more than rounding."""
        return all(figure.verdict != "differs" for figure in self.figures)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know: which figures agree only within rounding, or not at all."""
        return tuple(_note(figure) for figure in self.figures if figure.verdict != "agrees")

    def figure(self, measure: str) -> ReconciledFigure:
        """Return one figure.

        Raises
        ------
        InputError
            When the operator did not publish it; the message lists what there is.
        """
        for figure in self.figures:
            if figure.measure == measure:
                return figure
        known = ", ".join(figure.measure for figure in self.figures)
        raise InputError(f"no figure is named {measure!r}; there are {known}")

    def to_frame(self) -> pd.DataFrame:
        """One row a figure: measure, published, recomputed, difference, verdict, unit."""
        import pandas as pd

        rows = [
            (
                f.measure,
                float(f.published),
                float(f.recomputed),
                float(f.difference),
                f.verdict,
                f.unit,
            )
            for f in self.figures
        ]
        columns = ["measure", "published", "recomputed", "difference", "verdict", "unit"]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """Whether the day reconciles, what tokens cost, and the notes."""
        differing = sum(figure.verdict == "differs" for figure in self.figures)
        answer = (
            "every published figure follows from the others"
            if self.reconciles
            else f"{differing} of {len(self.figures)} published figures do not follow"
        )
        lines = [
            answer,
            f"rent behind a million tokens: {self.usd_per_mtok_input:.3f} USD input, "
            f"{self.usd_per_mtok_output:.3f} output, {self.profit.usd_per_mtok_served:.3f} of all",
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.2f}".format))


def reconcile_serving_day(
    day: ServingDay,
    *,
    tokens_per_second_per_node: Mapping[str, float],
    token_digit: int = 0,
    throughput_digit: float = 0,
    published_rent_usd: Decimal | None = None,
    published_markup: Decimal | None = None,
) -> ServingReconciliation:
    """Recompute rent, revenue, mark-up and fleet of a published day, and say what agrees.

    Tokens and throughput give the fleet a second time, independent of the nodes reported. Where
    inputs are published rounded, the result says how far rounding can carry.

    Parameters
    ----------
    day
        The fleet and its tokens; flows whose kind ends with "input" and "output" make the two
        phases. `reported_revenue_usd` is checked against tokens at list price.
    tokens_per_second_per_node
        Published throughput of a node, by phase: ``{"input": ..., "output": ...}``.
    token_digit
        Place to which tokens are published, such as 1,000,000,000 for whole billions; 0 when
        exact.
    throughput_digit
        Place to which throughput is published, in tokens a second; 0 when exact.
    published_rent_usd, published_markup
        The operator's own figures of the day; mark-up is profit over cost, 545 % is 5.45.

    Raises
    ------
    InputError
        When a phase is missing or a number cannot be meant.

    Examples
    --------
    >>> from diligence.prices.serving_cost import TokenFlow
    >>> day = ServingDay(
    ...     average_nodes=Decimal("1.0"),
    ...     peak_nodes=Decimal(2),
    ...     gpus_per_node=8,
    ...     usd_per_gpu_hour=Decimal(2),
    ...     flows=(
    ...         TokenFlow("input", 864_000_000, Decimal("0.50")),
    ...         TokenFlow("output", 86_000_000, Decimal("2.00")),
    ...     ),
    ...     reported_revenue_usd=Decimal(605),
    ... )
    >>> throughput = {"input": 20_000, "output": 2_000}
    >>> found = reconcile_serving_day(
    ...     day, tokens_per_second_per_node=throughput, token_digit=1_000_000
    ... )
    >>> print(found.summary())
    every published figure follows from the others
    rent behind a million tokens: 0.222 USD input, 2.222 output, 0.404 of all
    note: revenue: published 605, its parts give 604 USD/day; rounding of tokens allows for 1.25

    Only the revenue needs rounding to agree. A day that reconciles is consistent, not audited:
    list price is no revenue.

    References
    ----------
    DeepSeek, open-infra-index, "DeepSeek-V3/R1 Inference System Overview", day 6.
    """
    profit = serving_day_profit(day)
    half_tokens = not_negative("token_digit", token_digit) / 2
    half_rate = float(not_negative("throughput_digit", throughput_digit)) / 2
    rates = tokens_per_second_per_node
    nodes = _nodes(day, rates)
    most_nodes = _nodes(day, rates, half_tokens=float(half_tokens), half_rate=half_rate)
    figures = [
        *_rent_figure(profit, published_rent_usd),
        *_revenue_figure(day, profit, half_tokens),
        *_markup_figure(profit, published_markup),
        _nodes_figure(day, nodes, most_nodes),
    ]
    return ServingReconciliation(
        day=day,
        profit=profit,
        figures=tuple(figures),
        nodes_from_throughput=nodes,
        usd_per_mtok_input=_usd_per_mtok(day, rates["input"]),
        usd_per_mtok_output=_usd_per_mtok(day, rates["output"]),
    )


def _nodes(
    day: ServingDay,
    rates: Mapping[str, float],
    *,
    half_tokens: float = 0,
    half_rate: float = 0,
) -> float:
    """Nodes the tokens keep busy, with each input moved by half its last digit."""
    tokens = {"input": half_tokens, "output": half_tokens}
    for flow in day.flows:
        tokens[_phase(flow.kind)] += flow.tokens
    return nodes_needed(tokens, {phase: rate - half_rate for phase, rate in rates.items()})


def _phase(kind: str) -> Literal["input", "output"]:
    if kind.endswith("input"):
        return "input"
    if kind.endswith("output"):
        return "output"
    raise InputError(
        f"token kind {kind!r} is neither read nor written; name it so that it ends with "
        "'input' or 'output', such as 'cached input'"
    )


def _usd_per_mtok(day: ServingDay, rate: float) -> Decimal:
    return usd_per_mtok(
        tokens_per_second=rate, usd_per_gpu_hour=day.usd_per_gpu_hour, n_gpu=day.gpus_per_node
    )


def _rent_figure(profit: ServingProfit, published: Decimal | None) -> list[ReconciledFigure]:
    if published is None:
        return []
    return [ReconciledFigure("rent", "USD/day", published, profit.rent_usd, Decimal(0))]


def _revenue_figure(
    day: ServingDay, profit: ServingProfit, half_tokens: Decimal
) -> list[ReconciledFigure]:
    if day.reported_revenue_usd is None:
        return []
    moved = (
        sum((flow.usd_per_mtok for flow in day.flows), Decimal(0)) * half_tokens / TOKENS_PER_MTOK
    )
    return [
        ReconciledFigure(
            "revenue",
            "USD/day",
            day.reported_revenue_usd,
            profit.list_revenue_usd,
            moved,
            "tokens",
        )
    ]


def _markup_figure(profit: ServingProfit, published: Decimal | None) -> list[ReconciledFigure]:
    if published is None:
        return []
    return [
        ReconciledFigure("mark-up on cost", "times", published, profit.markup_on_cost, Decimal(0))
    ]


def _note(figure: ReconciledFigure) -> str:
    said = (
        f"{figure.measure}: published {figure.published:,f}, its parts give "
        f"{figure.recomputed:,.{_places(figure.published)}f} {figure.unit}; "
    )
    if not figure.rounding_of:
        return f"{said}no rounding explains it: ask which part is wrong"
    allowed = f"{said}rounding of {figure.rounding_of} allows for {figure.tolerance:,.2f}"
    if figure.verdict == "within rounding":
        return allowed
    return f"{allowed} only: ask which part is wrong"


def _nodes_figure(day: ServingDay, nodes: float, most_nodes: float) -> ReconciledFigure:
    return ReconciledFigure(
        "average nodes",
        "nodes",
        day.average_nodes,
        Decimal(str(nodes)),
        Decimal(str(most_nodes)) - Decimal(str(nodes)),
        "tokens and throughput",
    )


def _half_of_last_digit(printed: Decimal) -> Decimal:
    return Decimal(1).scaleb(-_places(printed)) / 2


def _places(printed: Decimal) -> int:
    exponent = printed.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
