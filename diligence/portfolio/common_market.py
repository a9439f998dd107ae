"""Many holdings under one market: who runs out of cash together, and who prices whom."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diligence.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

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
    """

    company: str
    position: float | None
    cash_out: Paths | None
    supplier_loss: Mapping[str, float | None]
    supplier_share: Mapping[str, float]


@dataclass(frozen=True)
class JointCashOut:
    """How many holdings run out of cash on the same path of the market.

    ``expected`` and ``at_worst`` (the 95th percentile) count holdings; ``if_independent`` is that
    percentile if each had a market of its own.
    """

    holdings: int
    unknown: int
    expected: float
    probability_of_any: float
    at_worst: int
    if_independent: int

    def summary(self) -> str:
        """The common market in one sentence."""
        return (
            f"Under one market {self.expected:.1f} of {self.holdings} holdings run out of cash on "
            f"average, {self.at_worst} in the worst twentieth of futures "
            f"({self.if_independent} if each had a market of its own)"
        )


@dataclass(frozen=True)
class SupplierLoss:
    """What the fund loses when one supplier alone reprices.

    ``loss`` is the sum over valued positions, in their currency; ``unvalued`` names holdings that
    are exposed but have no value to lose.
    """

    supplier: str
    holdings: tuple[str, ...]
    loss: float
    share_of_fund: float | None
    unvalued: tuple[str, ...]


def joint_cash_out(holdings: Sequence[HoldingUnderMarket]) -> JointCashOut | None:
    """Count holdings out of cash path by path; None when no holding's cash is known.

    Raises
    ------
    InputError
        When holdings were run through markets of different size.

    Examples
    --------
    Two holdings of one supplier that fail on the same path, and one that never does:

    >>> paths = [np.array([True, False]), np.array([True, False]), np.array([False, False])]
    >>> rows = [HoldingUnderMarket(str(n), None, out, {}, {}) for n, out in enumerate(paths)]
    >>> found = joint_cash_out(rows)
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
        holdings=len(known),
        unknown=len(holdings) - len(known),
        expected=float(count.mean()),
        probability_of_any=float((count > 0).mean()),
        at_worst=int(np.quantile(count, 0.95, method="inverted_cdf")),
        if_independent=_independent_percentile([float(paths.mean()) for paths in known]),
    )


def loss_by_supplier(holdings: Sequence[HoldingUnderMarket]) -> tuple[SupplierLoss, ...]:
    """Loss to the fund when each supplier alone reprices, the largest first.

    Holdings and suppliers may come in any order.
    """
    fund = sum(holding.position for holding in holdings if holding.position is not None)
    suppliers = sorted({name for holding in holdings for name in holding.supplier_share})
    found = [_supplier_loss(name, holdings, fund) for name in suppliers]
    return tuple(sorted(found, key=lambda loss: (-loss.loss, -len(loss.holdings), loss.supplier)))


def losses_frame(losses: Sequence[SupplierLoss]) -> pd.DataFrame:
    """One row a supplier."""
    import pandas as pd

    return pd.DataFrame([vars(loss) for loss in losses])


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


def _supplier_loss(
    supplier: str, holdings: Sequence[HoldingUnderMarket], fund: float
) -> SupplierLoss:
    exposed = [holding for holding in holdings if holding.supplier_share.get(supplier)]
    valued = [
        (holding.position, share)
        for holding in exposed
        if holding.position is not None
        and (share := holding.supplier_loss.get(supplier)) is not None
    ]
    loss = sum(position * share for position, share in valued)
    return SupplierLoss(
        supplier=supplier,
        holdings=tuple(sorted(holding.company for holding in exposed)),
        loss=loss,
        share_of_fund=loss / fund if fund else None,
        unvalued=tuple(
            sorted(
                holding.company
                for holding in exposed
                if holding.position is None or holding.supplier_loss.get(supplier) is None
            )
        ),
    )


def _independent_percentile(chances: Sequence[float], level: float = 0.95) -> int:
    """Percentile of a sum of independent events, by convolution."""
    distribution = np.array([1.0])
    for chance in chances:
        distribution = np.convolve(distribution, [1.0 - chance, chance])
    return int(np.searchsorted(np.cumsum(distribution), level - 1e-12))
