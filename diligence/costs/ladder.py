"""The margin ladder as arithmetic: what each rung adds, and how far it can be off.

The ladder is built from a :class:`CostBasis`, the amounts of one period and one segment by
economic class and by where they are booked. Everything is exact decimals, so every rung
reconciles to the one above to the cent and total cost is conserved.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal

from diligence.units.display import format_percent

if TYPE_CHECKING:
    import pandas as pd

RungName = Literal["reported", "paid", "fully_loaded", "after_training", "operating"]
RangeKind = Literal["point", "bound", "80 % interval", "scenario range"]
RUNGS: tuple[RungName, ...] = ("reported", "paid", "fully_loaded", "after_training", "operating")
SERVING_RUNGS: tuple[RungName, ...] = ("paid", "fully_loaded")
RUNG_TITLES: dict[RungName, str] = {
    "reported": "Reported gross margin",
    "paid": "Paid gross margin",
    "fully_loaded": "Fully loaded margin",
    "after_training": "After steady-state training",
    "operating": "Operating margin",
}
ZERO = Decimal(0)
_PLACES = Decimal("1e-15")


@dataclass(frozen=True)
class CostBasis:
    """Costs of one period and scope by class, payer and place of booking.

    All amounts are in reporting currency, cost positive. ``pool`` is shared spend that either
    serves or trains; ``pool_share`` says which part serves (base), within
    ``[pool_share_low, pool_share_high]``. ``credits_low`` to ``credits_high`` is the cost that
    cloud credits hide, from the price the company could have negotiated to list price; the base
    is list price. ``inference_at_most`` is the part of paid serving that is only known as an
    upper limit: the rest of it is another cost of the same caption. Credits that stand as rows of
    their own are negative in ``credits_in_cogs`` and ``credits_elsewhere``: they are taken out
    again below the reported rung, ``credit_discount_serving`` and ``credit_discount_all`` say how
    much less than list the same usage would have cost. ``timing_in_cogs`` and
    ``timing_elsewhere`` are cash paid ahead of its use (or used from earlier payments, negative),
    and training moved to an asset with its amortisation: left out below the reported rung.
    ``internal_tools`` is the
    part of ``other_elsewhere`` that pays for the staff's own AI tools. ``unread`` is the money of
    rows a draft set aside: it widens every rung both ways. ``unreconciled`` is what the books show
    less than the bills: it widens every rung but the reported one, which stands as booked.
    ``payer_open_paid`` and ``payer_open_free`` are serving counted as paid or free by the payers of
    the requests only. Flagged lines with a class may still turn out otherwise: ``may_leave_paid``
    and ``may_leave_maintenance`` may be no serving, ``may_join_serving`` may be;
    ``serving_less`` and ``serving_more`` are the ranges of drivers.
    ``open_training_elsewhere`` is training or no AI cost at all; it counts as training.
    """

    revenue: Decimal
    paid_in_cogs: Decimal = ZERO
    paid_elsewhere: Decimal = ZERO
    free_in_cogs: Decimal = ZERO
    free_elsewhere: Decimal = ZERO
    maintenance_in_cogs: Decimal = ZERO
    maintenance_elsewhere: Decimal = ZERO
    training_in_cogs: Decimal = ZERO
    training_elsewhere: Decimal = ZERO
    other_in_cogs: Decimal = ZERO
    other_elsewhere: Decimal = ZERO
    pool_in_cogs: Decimal = ZERO
    pool_elsewhere: Decimal = ZERO
    pool_share: Decimal = Decimal(1)
    pool_share_low: Decimal = ZERO
    pool_share_high: Decimal = Decimal(1)
    credits_low: Decimal = ZERO
    credits_high: Decimal = ZERO
    credits_in_cogs: Decimal = ZERO
    credits_elsewhere: Decimal = ZERO
    credit_discount_serving: Decimal = ZERO
    credit_discount_all: Decimal = ZERO
    timing_in_cogs: Decimal = ZERO
    timing_elsewhere: Decimal = ZERO
    replacement_training: Decimal | None = None
    reported_needs: str = ""
    serving_needs: str = ""
    training_needs: str = ""
    operating_needs: str = ""
    inference_at_most: Decimal = ZERO
    internal_tools: Decimal = ZERO
    unread: Decimal = ZERO
    unreconciled: Decimal = ZERO
    payer_open_paid: Decimal = ZERO
    payer_open_free: Decimal = ZERO
    may_leave_paid: Decimal = ZERO
    may_leave_maintenance: Decimal = ZERO
    may_join_serving: Decimal = ZERO
    serving_less: Decimal = ZERO
    serving_more: Decimal = ZERO
    open_training_elsewhere: Decimal = ZERO

    @property
    def reported_cost(self) -> Decimal:
        """Cost of revenue as booked."""
        return (
            self.paid_in_cogs
            + self.free_in_cogs
            + self.maintenance_in_cogs
            + self.training_in_cogs
            + self.other_in_cogs
            + self.pool_in_cogs
            + self.credits_in_cogs
            + self.timing_in_cogs
        )

    @property
    def ledger_total(self) -> Decimal:
        """All operating cost in the ledger, before credits are added back."""
        return (
            self.reported_cost
            + self.paid_elsewhere
            + self.free_elsewhere
            + self.maintenance_elsewhere
            + self.training_elsewhere
            + self.other_elsewhere
            + self.open_training_elsewhere
            + self.pool_elsewhere
            + self.credits_elsewhere
            + self.timing_elsewhere
        )

    @property
    def added_to_books(self) -> Decimal:
        """What the rungs below the reported one hold in all that the books do not."""
        rows = self.credits_in_cogs + self.credits_elsewhere
        return self.credits_high - rows - self.timing_in_cogs - self.timing_elsewhere

    @property
    def pool(self) -> Decimal:
        """Shared spend that serves or trains, nobody knows which."""
        return self.pool_in_cogs + self.pool_elsewhere

    @property
    def serving_pool(self) -> Decimal:
        """Part of the pool that serves at the base share, cut where no sum of it is rounded."""
        with localcontext(prec=60):
            exact = self.pool * self.pool_share
            has_few_digits = int(exact.as_tuple().exponent) >= int(_PLACES.as_tuple().exponent)
            return exact if has_few_digits else exact.quantize(_PLACES)

    @property
    def discrete_training(self) -> Decimal:
        """Training that is known to be training, wherever it is booked."""
        return self.training_in_cogs + self.training_elsewhere


@dataclass(frozen=True)
class MarginRung:
    """One rung for one segment: cost and margin with the range and its kind.

    ``cost_low`` is the least cost, hence the highest margin. Costs are None when the rung
    cannot be computed; ``needs`` then says what is missing.
    """

    rung: RungName
    segment: str
    revenue: Decimal
    cost_low: Decimal | None
    cost_base: Decimal | None
    cost_high: Decimal | None
    kind: RangeKind
    needs: str = ""
    per_pool_share: Decimal = ZERO
    pool_share: Decimal = ZERO

    @property
    def low(self) -> Decimal | None:
        """Lowest margin, a fraction of revenue."""
        return self._margin(self.cost_high)

    @property
    def base(self) -> Decimal | None:
        """Base margin, a fraction of revenue."""
        return self._margin(self.cost_base)

    @property
    def high(self) -> Decimal | None:
        """Highest margin, a fraction of revenue."""
        return self._margin(self.cost_low)

    def flip_point(self, target: Decimal) -> Decimal | None:
        """Share of the pool that serves at which the margin crosses the target.

        None when the rung does not depend on the pool or stays on one side of the target.
        """
        if self.base is None or not self.per_pool_share or not self.revenue:
            return None
        spare = (self.base - target) * self.revenue
        share = self.pool_share + spare / self.per_pool_share
        return share if 0 < share < 1 else None

    def flip_sentence(self, target: Decimal) -> str:
        """Say the flip point the way a partner would, or nothing.

        Examples
        --------
        >>> rung = MarginRung("paid", "", Decimal(24), Decimal("9.2"), Decimal("11.4"),
        ...     Decimal("13.2"), "bound", "", Decimal(4), Decimal("0.55"))
        >>> rung.flip_sentence(Decimal("0.5"))
        'under 50 % only if more than 70 % of the unresolved pool serves'
        """
        share = self.flip_point(target)
        if share is None or self.base is None:
            return ""
        side, part = ("under", "more") if self.base >= target else ("over", "less")
        return (
            f"{side} {format_percent(target, 0)} only if {part} than {format_percent(share, 0)} "
            "of the unresolved pool serves"
        )

    def _margin(self, cost: Decimal | None) -> Decimal | None:
        if cost is None or self.revenue <= 0:
            return None
        return (self.revenue - cost) / self.revenue


@dataclass(frozen=True)
class MarginStep:
    """A named amount that leads from one rung to the next; cost positive."""

    above: RungName
    below: RungName
    label: str
    amount: Decimal


@dataclass(frozen=True)
class ScopeLadder:
    """Rungs and steps of one period for one scope: a segment, or the company (segment "")."""

    segment: str
    basis: CostBasis
    rungs: tuple[MarginRung, ...]
    steps: tuple[MarginStep, ...]

    def rung(self, name: RungName) -> MarginRung:
        """Return one rung by its name."""
        return next(rung for rung in self.rungs if rung.rung == name)

    def summary(self) -> str:
        """One line a rung."""
        return "\n".join(_rung_line(rung) for rung in self.rungs)


@dataclass(frozen=True)
class MarginLadder:
    """The ladder of one period: the company first, then its segments.

    Segments, including ``(unallocated)`` and ``(company only)``, add up to the company.
    """

    period: str
    currency: str
    scopes: tuple[ScopeLadder, ...]

    @property
    def company(self) -> ScopeLadder:
        """The company as a whole."""
        return self.scopes[0]

    @property
    def segments(self) -> tuple[ScopeLadder, ...]:
        """Segments in the order of their revenue, without the company."""
        return self.scopes[1:]

    def rung(self, name: RungName, segment: str = "") -> MarginRung:
        """Return one rung of one scope."""
        return next(scope for scope in self.scopes if scope.segment == segment).rung(name)

    def to_frame(self) -> pd.DataFrame:
        """One row a rung and segment: margins as fractions, cost in reporting currency."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "period": self.period,
                    "segment": rung.segment,
                    "rung": rung.rung,
                    "revenue": rung.revenue,
                    "cost": rung.cost_base,
                    "low": rung.low,
                    "base": rung.base,
                    "high": rung.high,
                    "kind": rung.kind,
                    "needs": rung.needs,
                }
                for scope in self.scopes
                for rung in scope.rungs
            ]
        )

    def summary(self) -> str:
        """One line a rung of the company."""
        return f"{self.period}\n{self.company.summary()}"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def build_ladder(basis: CostBasis, *, segment: str = "") -> ScopeLadder:
    """Build the five rungs and the named steps between them.

    Parameters
    ----------
    basis
        Amounts of one period and scope.
    segment
        Label carried into the result; empty for the company.

    Examples
    --------
    The worked bridge in millions: reported margin 78.3 %, paid 52.5 %, and the same margin
    after training whatever the pool does.

    >>> bridge = build_ladder(CostBasis(
    ...     revenue=Decimal("24.0"), paid_in_cogs=Decimal("5.2"), paid_elsewhere=Decimal("3.1"),
    ...     credits_low=Decimal("0.9"), credits_high=Decimal("0.9"), pool_elsewhere=Decimal("4.0"),
    ...     pool_share=Decimal("0.55"), free_elsewhere=Decimal("1.4"),
    ...     maintenance_elsewhere=Decimal("0.6"), training_elsewhere=Decimal("9.0")))
    >>> paid, after = bridge.rung("paid"), bridge.rung("after_training")
    >>> round(paid.low, 3), round(paid.base, 3), round(paid.high, 3)
    (Decimal('0.450'), Decimal('0.525'), Decimal('0.617'))
    >>> after.low == after.base == after.high
    True
    """
    steps = _steps(basis)
    costs = _base_costs(basis, steps)
    rungs = tuple(_rung(name, segment, basis, costs[name]) for name in RUNGS)
    shown = tuple(step for step in steps if step.amount)
    return ScopeLadder(segment, basis, rungs, shown)


def _steps(basis: CostBasis) -> tuple[MarginStep, ...]:
    serving_pool = basis.serving_pool
    training_pool = basis.pool - serving_pool
    cash_training = basis.discrete_training + training_pool
    replacement = training_cost(basis, "after_training")
    training_label = (
        "cash training of the period"
        if basis.replacement_training is None
        else "steady-state training"
    )
    paid = [
        ("serving booked elsewhere", basis.paid_elsewhere),
        ("credits added back", basis.credits_high - basis.credits_in_cogs),
        ("timing and capitalised training", -basis.timing_in_cogs),
        ("shared pool, serving part", serving_pool),
        ("pool as booked in COGS", -basis.pool_in_cogs),
        ("free serving booked in COGS", -basis.free_in_cogs),
        ("maintenance training in COGS", -basis.maintenance_in_cogs),
        ("training booked in COGS", -basis.training_in_cogs),
    ]
    loaded = [
        ("free and promotional serving", basis.free_in_cogs + basis.free_elsewhere),
        ("maintenance training", basis.maintenance_in_cogs + basis.maintenance_elsewhere),
    ]
    training = [
        (training_label, replacement - training_pool),
        ("shared pool, training part", training_pool),
        ("training or other, not resolved", basis.open_training_elsewhere),
    ]
    operating = [
        ("other operating cost", basis.other_elsewhere),
        ("cash training above replacement", cash_training - replacement),
    ]
    pairs: Sequence[tuple[RungName, RungName, list[tuple[str, Decimal]]]] = (
        ("reported", "paid", paid),
        ("paid", "fully_loaded", loaded),
        ("fully_loaded", "after_training", training),
        ("after_training", "operating", operating),
    )
    return tuple(
        MarginStep(above, below, label, amount)
        for above, below, entries in pairs
        for label, amount in entries
    )


def training_cost(basis: CostBasis, rung: RungName) -> Decimal:
    """Training inside a rung: its replacement after training, all cash training in operating.

    What is not serving of the shared pool is training in both. ``replacement_training`` is the
    cost of a cycle without pool compute.
    """
    discrete = basis.discrete_training
    if rung == "after_training" and basis.replacement_training is not None:
        discrete = basis.replacement_training
    return discrete + basis.pool - basis.serving_pool


def rung_costs(basis: CostBasis) -> dict[RungName, Decimal]:
    """Cost of every rung at the base pool share, computable as a margin or not."""
    return _base_costs(basis, _steps(basis))


def _base_costs(basis: CostBasis, steps: Sequence[MarginStep]) -> dict[RungName, Decimal]:
    costs: dict[RungName, Decimal] = {"reported": basis.reported_cost}
    for above, below in itertools.pairwise(RUNGS):
        added = sum((step.amount for step in steps if step.below == below), ZERO)
        costs[below] = costs[above] + added
    return costs


def _rung(name: RungName, segment: str, basis: CostBasis, cost: Decimal) -> MarginRung:
    needs = _needs(name, basis)
    if needs:
        return MarginRung(name, segment, basis.revenue, None, None, None, "point", needs)
    swing = basis.pool if name in SERVING_RUNGS else ZERO
    unsure = basis.unread if name == "reported" else basis.unread + basis.unreconciled
    # A pool of refunds is negative: the more of it serves, the less serving costs.
    least, most = sorted(
        swing * (share - basis.pool_share)
        for share in (basis.pool_share_low, basis.pool_share_high)
    )
    leaves, joins = _may_move(name, basis)
    low = cost + min(ZERO, least) - _credits_off(name, basis) - unsure - leaves
    high = cost + max(ZERO, most) + unsure + joins
    return MarginRung(
        rung=name,
        segment=segment,
        revenue=basis.revenue,
        cost_low=low,
        cost_base=cost,
        cost_high=high,
        kind="bound" if low != high else "point",
        per_pool_share=swing,
        pool_share=basis.pool_share,
    )


def _may_move(name: RungName, basis: CostBasis) -> tuple[Decimal, Decimal]:
    """Cost that may leave a rung and cost that may join it, the pool apart."""
    match name:
        case "paid":
            leaves = basis.payer_open_paid + basis.may_leave_paid + basis.serving_less
            joins = basis.payer_open_free + basis.may_join_serving + basis.serving_more
            return leaves, joins
        case "fully_loaded":
            leaves = basis.may_leave_paid + basis.may_leave_maintenance + basis.serving_less
            return leaves, basis.may_join_serving + basis.serving_more
        case "after_training":
            return basis.open_training_elsewhere, ZERO
    return ZERO, ZERO


def _credits_off(name: RungName, basis: CostBasis) -> Decimal:
    """How much less than list the cost behind credits would have been, negotiated."""
    if name == "reported":
        return ZERO
    serving = name in SERVING_RUNGS
    rows = basis.credit_discount_serving if serving else basis.credit_discount_all
    return basis.credits_high - basis.credits_low + max(ZERO, rows)


def _needs(name: RungName, basis: CostBasis) -> str:
    missing = "" if basis.revenue > 0 else "positive revenue of this period and segment"
    missing = missing or basis.reported_needs
    if name != "reported":
        missing = missing or basis.serving_needs
    if name == "after_training":
        missing = missing or basis.training_needs
    if name == "operating":
        missing = missing or basis.operating_needs
    return missing


def _rung_line(rung: MarginRung) -> str:
    if rung.base is None or rung.low is None or rung.high is None:
        return f"{RUNG_TITLES[rung.rung]}: not computable: needs {rung.needs}"
    text = f"{RUNG_TITLES[rung.rung]}: {format_percent(rung.base)}"
    if rung.kind == "point":
        return text
    return f"{text} ({rung.kind} {format_percent(rung.low)} to {format_percent(rung.high)})"
