"""A company as the month engine sees it: what moves with whose price, and what stands still."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diligence.projections.responses import (
    CommitmentTerm,
    CreditTerm,
    Lever,
    Rerouting,
    SegmentResponse,
    SelfHostPlan,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, order=True)
class PriceKey:
    """One price that can move: an input, the company's side of it, the supplier, the model.

    Tokens a company buys and tokens it sells are two prices; an empty ``model`` stands for all
    that the supplier bills.
    """

    input: str
    side: str
    supplier: str = ""
    model: str = ""

    @property
    def label(self) -> str:
        """The price in words."""
        noun = {"gpu_hours": "GPU-hours"}.get(self.input, self.input)
        verb = {"buy": "bought", "rent": "rented", "own": "owned", "sell": "sold"}[self.side]
        whom = self.supplier + (f" ({self.model})" if self.model else "")
        return f"{noun} {verb}" + (f", {whom}" if whom else "")


def covers(key: PriceKey, other: PriceKey) -> bool:
    """Tell whether a key, which may leave supplier and model open, names another.

    Examples
    --------
    >>> covers(PriceKey("tokens", "buy"), PriceKey("tokens", "buy", "OpenAI"))
    True
    """
    return (key.input, key.side) == (other.input, other.side) and (
        key.supplier in ("", other.supplier) and key.model in ("", other.model)
    )


@dataclass(frozen=True)
class PricedLine:
    """Money a month of one segment that moves with one price; reporting currency.

    ``paid`` serves paying users, ``unpaid`` serves free ones and is recurring tuning; both grow
    with volume. ``training_steady`` is in the rung after training, ``training_cash`` and
    ``internal`` (the staff's own tools) in operating cost. ``sold`` is revenue at that price.
    Today's price holds for ``locked_months`` months. ``pass_through`` is the share of a rise in
    ``paid`` that customers bear in dollars, before churn and before levers; a fall is theirs in
    the same share.
    """

    key: PriceKey
    applies_to: str = "inference"
    paid: float = 0.0
    unpaid: float = 0.0
    training_steady: float = 0.0
    training_cash: float = 0.0
    internal: float = 0.0
    sold: float = 0.0
    pass_through: float = 0.0
    locked_months: int = 0

    @property
    def cost(self) -> float:
        """All cost a month that moves with the price."""
        return self.paid + self.unpaid + self.training_cash + self.internal


@dataclass(frozen=True)
class SegmentModel:
    """One segment's month: revenue, cost that no price of a supplier moves, and its lines.

    ``unpaid_other`` follows volume, and so customers; how much of ``paid_other`` does is in the
    response.
    """

    name: str
    revenue: float
    paid_other: float = 0.0
    unpaid_other: float = 0.0
    lines: tuple[PricedLine, ...] = ()
    response: SegmentResponse = field(default_factory=SegmentResponse)

    @property
    def paid_cost(self) -> float:
        """Cost of the paid rung."""
        return self.paid_other + sum(line.paid for line in self.lines)

    @property
    def unpaid_cost(self) -> float:
        """What the fully loaded rung adds."""
        return self.unpaid_other + sum(line.unpaid for line in self.lines)


@dataclass(frozen=True)
class CompanyModel:
    """One month at run rate, and how the company answers to prices.

    Amounts are in one currency a month. ``fixed_cost`` is operating cost that neither volume nor a
    price moves; ``bridge`` leads from the operating loss to cash used, held at its observed size.
    ``cash`` is None where unknown. ``growth`` is the growth of volume a month.

    The engine adds up its segments, so that segments sum to the company.
    """

    name: str
    currency: str
    segments: tuple[SegmentModel, ...]
    training_steady_other: float = 0.0
    training_cash_other: float = 0.0
    fixed_cost: float = 0.0
    bridge: float | None = None
    cash: float | None = None
    minimum_cash: float = 0.0
    growth: float = 0.0
    levers: tuple[Lever, ...] = ()
    rerouting: tuple[Rerouting, ...] = ()
    self_host: tuple[SelfHostPlan, ...] = ()
    commitments: tuple[CommitmentTerm, ...] = ()
    credits: CreditTerm | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def keys(self) -> tuple[PriceKey, ...]:
        """Every price that reaches the company's accounts, in order."""
        return tuple(sorted({line.key for segment in self.segments for line in segment.lines}))

    @property
    def revenue(self) -> float:
        """Revenue a month."""
        return sum(segment.revenue for segment in self.segments)

    @property
    def paid_cost(self) -> float:
        """Cost of the paid rung a month."""
        return sum(segment.paid_cost for segment in self.segments)

    @property
    def paid_margin(self) -> float | None:
        """Paid gross margin, a fraction; None without revenue."""
        return 1 - self.paid_cost / self.revenue if self.revenue > 0 else None

    @property
    def operating_cost(self) -> float:
        """All operating cost a month."""
        lines = sum(
            line.training_cash + line.internal for part in self.segments for line in part.lines
        )
        serving = sum(part.paid_cost + part.unpaid_cost for part in self.segments)
        return serving + lines + self.training_cash_other + self.fixed_cost

    def to_frame(self) -> pd.DataFrame:
        """One row a priced line."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "segment": part.name,
                    "price": line.key.label,
                    "paid": line.paid,
                    "unpaid": line.unpaid,
                    "training": line.training_cash,
                    "internal": line.internal,
                    "sold": line.sold,
                    "pass_through": line.pass_through,
                    "locked_months": line.locked_months,
                }
                for part in self.segments
                for line in part.lines
            ]
        )

    def summary(self) -> str:
        """Revenue, margin and prices in one line."""
        margin = self.paid_margin
        shown = "unknown" if margin is None else f"{margin:.1%}"
        return f"{self.name}: paid margin {shown}, {len(self.keys)} prices that can move"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def exposed_month(model: CompanyModel, key: PriceKey) -> tuple[float, float]:
    """Money a month that moves with an input, and the part of a rise of 100 % that customers bear.

    Parameters
    ----------
    model
        The company.
    key
        Input and side; a key without supplier or model counts them all.
    """
    lines = [line for part in model.segments for line in part.lines if covers(key, line.key)]
    return sum(line.cost for line in lines), sum(line.paid * line.pass_through for line in lines)
