"""What serving a token costs, from the GPU's rent up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.checked_numbers import (
    not_negative,
    positive,
    positive_share,
    whole_positive,
)

if TYPE_CHECKING:
    import pandas as pd

SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24
HOURS_PER_MONTH = 730
TOKENS_PER_MTOK = 1_000_000


def usd_per_mtok(
    *,
    tokens_per_second: float,
    usd_per_gpu_hour: Decimal | float,
    n_gpu: int = 1,
    utilisation: float = 1.0,
) -> Decimal:
    """USD of GPU rent behind one million tokens.

    ``1e6 * n_gpu * usd_per_gpu_hour / (3600 * tokens_per_second * utilisation)``. Utilisation
    divides: a rented GPU bills while it is idle.

    Parameters
    ----------
    tokens_per_second
        Throughput of all `n_gpu` together while they work.
    usd_per_gpu_hour
        Rent of one GPU for one hour.
    n_gpu
        GPUs that reach that throughput together.
    utilisation
        Share of the rented time in which they work, above 0 and at most 1.

    Raises
    ------
    InputError
        If a value is not above 0, or utilisation is above 1.

    Examples
    --------
    >>> print(round(usd_per_mtok(tokens_per_second=1000, usd_per_gpu_hour=10), 3))
    2.778
    >>> print(round(usd_per_mtok(tokens_per_second=1000, usd_per_gpu_hour=10, utilisation=0.5), 3))
    5.556

    Half-empty machines double the cost of a token. Rent only: no staff, storage or network.
    """
    throughput = positive("tokens_per_second", tokens_per_second)
    busy = positive_share("utilisation", utilisation)
    rent = positive("n_gpu", n_gpu) * positive("usd_per_gpu_hour", usd_per_gpu_hour)
    return TOKENS_PER_MTOK * rent / (SECONDS_PER_HOUR * throughput * busy)


def break_even_rented_share(
    api_usd_per_month: Decimal | float, *, usd_per_gpu_hour: Decimal | float, n_gpu: int = 1
) -> Decimal:
    """Share of the month accelerators may be on rent before they cost the API's bill.

    ``API bill / (n_gpu * rent * 730)``, the break-even utilisation of the trade. Above 1 own
    accelerators are cheaper even when rented all month; below it only if they are handed back
    while idle.

    Parameters
    ----------
    api_usd_per_month
        Bill of the API for the work they would do.
    usd_per_gpu_hour, n_gpu
        Rent of one accelerator for one hour, and how many it takes.

    Examples
    --------
    >>> print(f"{break_even_rented_share(750, usd_per_gpu_hour=1.5):.1%}")
    68.5%

    A rented GPU that stays up all month costs a half more than the API it was to replace.
    """
    bill = positive("api_usd_per_month", api_usd_per_month)
    hourly = whole_positive("n_gpu", n_gpu) * positive("usd_per_gpu_hour", usd_per_gpu_hour)
    return bill / (hourly * HOURS_PER_MONTH)


def nodes_needed(
    tokens_per_day: Mapping[str, float], tokens_per_second_per_node: Mapping[str, float]
) -> float:
    """Nodes that a day's tokens keep busy, from the throughput of one node.

    Comparing the result with the nodes a company says it rents tests both figures at once.

    Parameters
    ----------
    tokens_per_day
        Tokens of each phase, such as ``{"input": 608e9, "output": 168e9}``.
    tokens_per_second_per_node
        Throughput of one node for each of the same phases.

    Raises
    ------
    InputError
        If the phases differ or a throughput is not above 0.

    Examples
    --------
    >>> day = {"input": 608e9, "output": 168e9}
    >>> round(nodes_needed(day, {"input": 73_700, "output": 14_800}), 2)
    226.86

    DeepSeek published 226.75 nodes for that day: its tokens and its throughput agree.
    """
    if set(tokens_per_day) != set(tokens_per_second_per_node):
        raise InputError(
            f"tokens are given for {sorted(tokens_per_day)}, "
            f"throughput for {sorted(tokens_per_second_per_node)}; name the same phases in both"
        )
    seconds = HOURS_PER_DAY * SECONDS_PER_HOUR
    return sum(
        float(not_negative(f"tokens of {phase}", tokens))
        / seconds
        / float(positive(f"throughput of {phase}", tokens_per_second_per_node[phase]))
        for phase, tokens in tokens_per_day.items()
    )


def agent_context_reads(steps: int) -> int:
    """Times an agent that sends its whole history again at each step reads one step's worth.

    ``1 + 2 + ... + steps``. Tokens grow with the square of the steps unless they are cached.

    Parameters
    ----------
    steps
        Calls of one task, at least 1; each adds as much to the history as the one before.

    Raises
    ------
    InputError
        If steps is not a whole number of at least 1.

    Examples
    --------
    >>> agent_context_reads(5)
    15

    Five calls cost fifteen calls' input: an agent's bill is not its number of steps.
    """
    n = whole_positive("steps", steps)
    return n * (n + 1) // 2


@dataclass(frozen=True)
class TokenFlow:
    """Tokens of one kind served in a day, and their list price in USD per million."""

    kind: str
    tokens: int
    usd_per_mtok: Decimal

    @property
    def revenue_usd(self) -> Decimal:
        """USD these tokens bring at list price, exact."""
        return self.usd_per_mtok * self.tokens / TOKENS_PER_MTOK


@dataclass(frozen=True)
class ServingDay:
    """One day of an inference fleet as its operator reports it.

    Parameters
    ----------
    average_nodes, peak_nodes
        Nodes rented over the day on average and at the peak.
    gpus_per_node
        GPUs in one node.
    usd_per_gpu_hour
        Rent of one GPU for one hour.
    flows
        Tokens by kind, each at its own list price.
    reported_revenue_usd
        The operator's own figure where it differs from the rounded token counts.
    """

    average_nodes: Decimal
    peak_nodes: Decimal
    gpus_per_node: int
    usd_per_gpu_hour: Decimal
    flows: tuple[TokenFlow, ...]
    reported_revenue_usd: Decimal | None = None


@dataclass(frozen=True)
class ServingProfit:
    """Revenue at list price against GPU rent for one day, in USD.

    `revenue_usd` is the operator's own figure where it gave one, `list_revenue_usd` is tokens
    times list price. Mark-up is profit over cost, gross margin is profit over revenue: the two
    are often taken for each other.
    """

    rent_usd: Decimal
    list_revenue_usd: Decimal
    revenue_usd: Decimal
    revenue_usd_by_kind: tuple[tuple[str, Decimal], ...]
    tokens: int
    average_to_peak: Decimal

    @property
    def markup_on_cost(self) -> Decimal:
        """Profit over rent; 5.45 means that price is 6.45 times cost."""
        return self.revenue_usd / self.rent_usd - 1

    @property
    def gross_margin(self) -> Decimal:
        """Profit over revenue, a fraction; negative when rent exceeds revenue."""
        return 1 - self.rent_usd / self.revenue_usd

    @property
    def break_even_price_multiple(self) -> Decimal:
        """List prices times this cover the rent; below 1 there is room to cut."""
        return self.rent_usd / self.revenue_usd

    @property
    def usd_per_mtok_served(self) -> Decimal:
        """Rent over all tokens served, USD per million, cached input included."""
        return self.rent_usd * TOKENS_PER_MTOK / self.tokens

    def to_frame(self) -> pd.DataFrame:
        """One row a measure: measure, value, unit."""
        import pandas as pd

        rows = [
            ("rent", self.rent_usd, "USD/day"),
            *((f"revenue, {kind}", usd, "USD/day") for kind, usd in self.revenue_usd_by_kind),
            ("list revenue", self.list_revenue_usd, "USD/day"),
            ("revenue", self.revenue_usd, "USD/day"),
            ("mark-up on cost", self.markup_on_cost, "share"),
            ("gross margin", self.gross_margin, "share"),
            ("average to peak nodes", self.average_to_peak, "share"),
            ("break-even price multiple", self.break_even_price_multiple, "multiple"),
            ("cost of a token", self.usd_per_mtok_served, "USD/Mtok"),
        ]
        frame = pd.DataFrame(rows, columns=["measure", "value", "unit"])
        return frame.assign(value=frame["value"].astype(float))

    def summary(self) -> str:
        """Three lines: the money, the two margins, the fleet."""
        return (
            f"rent {self.rent_usd:,.0f} USD, revenue {self.revenue_usd:,.0f} USD a day\n"
            f"mark-up on cost {self.markup_on_cost:.1%}, gross margin {self.gross_margin:.1%}, "
            f"break-even price multiple {self.break_even_price_multiple:.3f}\n"
            f"{self.usd_per_mtok_served:.3f} USD per Mtok served, "
            f"average to peak nodes {self.average_to_peak:.1%}"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def serving_day_profit(day: ServingDay) -> ServingProfit:
    """Profit of a serving day: what the fleet costs in rent and what its tokens bring.

    Parameters
    ----------
    day
        The fleet and its tokens.

    Raises
    ------
    InputError
        If nodes, rent, tokens or revenue are not above 0, or the average exceeds the peak.

    Examples
    --------
    >>> day = ServingDay(
    ...     average_nodes=Decimal(1),
    ...     peak_nodes=Decimal(2),
    ...     gpus_per_node=8,
    ...     usd_per_gpu_hour=Decimal(2),
    ...     flows=(TokenFlow("output", 384_000_000, Decimal(2)),),
    ... )
    >>> print(serving_day_profit(day).summary())
    rent 384 USD, revenue 768 USD a day
    mark-up on cost 100.0%, gross margin 50.0%, break-even price multiple 0.500
    1.000 USD per Mtok served, average to peak nodes 50.0%

    An upper bound on profit: free users, discounts and cheaper models bring less than list.

    References
    ----------
    DeepSeek, open-infra-index, "DeepSeek-V3/R1 Inference System Overview", day 6.
    """
    _check(day)
    rent = day.average_nodes * day.gpus_per_node * HOURS_PER_DAY * day.usd_per_gpu_hour
    by_kind = tuple((flow.kind, flow.revenue_usd) for flow in day.flows)
    at_list = sum((usd for _, usd in by_kind), Decimal(0))
    reported = day.reported_revenue_usd
    return ServingProfit(
        rent_usd=rent,
        list_revenue_usd=at_list,
        revenue_usd=positive("revenue", at_list if reported is None else reported),
        revenue_usd_by_kind=by_kind,
        tokens=sum(flow.tokens for flow in day.flows),
        average_to_peak=day.average_nodes / day.peak_nodes,
    )


def _check(day: ServingDay) -> None:
    positive("average_nodes", day.average_nodes)
    positive("gpus_per_node", day.gpus_per_node)
    positive("usd_per_gpu_hour", day.usd_per_gpu_hour)
    positive("tokens of all flows", sum(flow.tokens for flow in day.flows))
    for flow in day.flows:
        not_negative(f"tokens of {flow.kind}", flow.tokens)
        not_negative(f"usd_per_mtok of {flow.kind}", flow.usd_per_mtok)
    if day.average_nodes > day.peak_nodes:
        raise InputError(
            f"average_nodes {day.average_nodes} exceeds peak_nodes {day.peak_nodes}; "
            "check which of the two the source means"
        )
