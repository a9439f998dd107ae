"""Many holdings under one market: who runs out of cash together, and who prices whom."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diligence.errors import InputError

if TYPE_CHECKING:
    pass

Paths = NDArray[np.bool_]


@dataclass(frozen=True)
class HoldingUnderMarket:
    """What one holding brings to the portfolio.

    Attributes
    ----------
    company
        Name.
    position
        Value of the fund's position, any one currency; None where no terms are known.
    cash_out
        By path of the common market, whether cash falls under its minimum within the horizon;
        None where cash is unknown.
    supplier_loss
        Share of the position that is lost when a supplier alone reprices, by supplier; None where
        the position has no value to lose.
    supplier_share
        Share of price-exposed cost that each supplier bills.
    gross_profit_loss
        Gross profit a month that is lost when a supplier alone reprices, by supplier, in the
        currency of ``position``.
    lock_until
        Next end of a price lock, by supplier; left out where nothing is locked.
    """

    company: str
    position: float | None
    cash_out: Paths | None
    supplier_loss: Mapping[str, float | None]
    supplier_share: Mapping[str, float]
    gross_profit_loss: Mapping[str, float] = field(default_factory=dict)
    lock_until: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class JointCashOut:
    """How many holdings run out of cash on the same path of the market, within some months.

    ``expected`` and ``at_worst`` (the 95th percentile) count holdings; ``if_independent`` is that
    percentile if each had a market of its own. Those whose cash is unknown are not counted as
    safe: they stand apart.
    """

    months: int
    holdings: int
    unknown: int
    expected: float
    probability_of_any: float
    at_worst: int
    if_independent: int

    def summary(self) -> str:
        """The common market in one sentence."""
        return (
            f"Under one market {self.expected:.1f} of {self.holdings} holdings run out of cash "
            f"within {self.months} months on average, {self.at_worst} or more in the worst "
            f"twentieth of futures ({self.if_independent} if each had a market of its own)"
        )


@dataclass(frozen=True)
class LossToFund:
    """What the fund loses when one supplier alone reprices.

    Attributes
    ----------
    holdings
        Those that pay the supplier.
    exposed
        Value of their positions.
    loss, share_of_fund
        Of valued positions, in their currency, and over the value of all positions.
    gross_profit_per_month
        What the holdings together lose a month.
    next_lock
        First end of a price lock that one of them has.
    unvalued
        Holdings that are exposed but have no value to lose.
    """

    supplier: str
    holdings: tuple[str, ...]
    exposed: float
    loss: float
    share_of_fund: float | None
    gross_profit_per_month: float
    next_lock: date | None
    unvalued: tuple[str, ...]


def joint_cash_out(holdings: Sequence[HoldingUnderMarket], *, months: int) -> JointCashOut | None:
    """Count holdings out of cash path by path; None when no holding's cash is known.

    ``months`` is the horizon of their ``cash_out``.

    Raises
    ------
    InputError
        When holdings were run through markets of different size.

    Examples
    --------
    Two holdings of one supplier that fail on the same path, and one that never does:

    >>> paths = [np.array([True, False]), np.array([True, False]), np.array([False, False])]
    >>> rows = [HoldingUnderMarket(str(n), None, out, {}, {}) for n, out in enumerate(paths)]
    >>> found = joint_cash_out(rows, months=12)
    >>> found.expected, found.probability_of_any, found.at_worst
    (1.0, 0.5, 2)
    """
    known = [holding.cash_out for holding in holdings if holding.cash_out is not None]
    if not known:
        return None
    if len({paths.size for paths in known}) > 1:
        raise InputError(
            "Holdings were run through markets of different size; run the quarter again with one "
            "number of paths."
        )
    count = np.sum(known, axis=0)
    return JointCashOut(
        months=months,
        holdings=len(known),
        unknown=len(holdings) - len(known),
        expected=float(count.mean()),
        probability_of_any=float((count > 0).mean()),
        at_worst=int(np.quantile(count, 0.95, method="inverted_cdf")),
        if_independent=_independent_percentile([float(paths.mean()) for paths in known]),
    )


def loss_by_supplier(holdings: Sequence[HoldingUnderMarket]) -> tuple[LossToFund, ...]:
    """Loss to the fund when each supplier alone reprices, the largest first.

    Holdings and suppliers may come in any order.
    """
    fund = sum(holding.position for holding in holdings if holding.position is not None)
    suppliers = sorted({name for holding in holdings for name in holding.supplier_share})
    found = [_loss_to_fund(name, holdings, fund) for name in suppliers]
    return tuple(
        sorted(
            found,
            key=lambda loss: (
                -loss.loss,
                -loss.gross_profit_per_month,
                -len(loss.holdings),
                loss.supplier,
            ),
        )
    )


def packed(paths: Paths) -> str:
    """Write one bit a path as text, for the row of a holding.

    Examples
    --------
    >>> unpacked(packed(np.array([True, False, True])), 3).tolist()
    [True, False, True]
    """
    return base64.b64encode(np.packbits(paths).tobytes()).decode("ascii")


def unpacked(text: str, paths: int) -> Paths:
    """Read what :func:`packed` wrote."""
    bits = np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8), count=paths)
    return bits.astype(bool)


def _loss_to_fund(supplier: str, holdings: Sequence[HoldingUnderMarket], fund: float) -> LossToFund:
    exposed = sorted(
        (holding for holding in holdings if holding.supplier_share.get(supplier)),
        key=lambda holding: holding.company,
    )
    valued = [
        (holding.position, share)
        for holding in exposed
        if holding.position is not None
        and (share := holding.supplier_loss.get(supplier)) is not None
    ]
    loss = sum(position * share for position, share in valued)
    locks = [holding.lock_until[supplier] for holding in exposed if supplier in holding.lock_until]
    return LossToFund(
        supplier=supplier,
        holdings=tuple(holding.company for holding in exposed),
        exposed=sum(holding.position for holding in exposed if holding.position is not None),
        loss=loss,
        share_of_fund=loss / fund if fund else None,
        gross_profit_per_month=sum(
            holding.gross_profit_loss.get(supplier, 0.0) for holding in exposed
        ),
        next_lock=min(locks, default=None),
        unvalued=tuple(
            holding.company
            for holding in exposed
            if holding.position is None or holding.supplier_loss.get(supplier) is None
        ),
    )


def _independent_percentile(chances: Sequence[float], level: float = 0.95) -> int:
    """Percentile of a sum of independent events, by convolution."""
    distribution = np.array([1.0])
    for chance in chances:
        distribution = np.convolve(distribution, [1.0 - chance, chance])
    return int(np.searchsorted(np.cumsum(distribution), level - 1e-12))
