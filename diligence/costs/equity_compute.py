"""Compute that no invoice shows at its price: paid for in equity, or from a related party."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from diligence.costs.prepayments import recognise
from diligence.errors import InputError
from diligence.units import Period

ZERO = Decimal(0)


@dataclass(frozen=True)
class EquityForCompute:
    """Warrants, shares or a share of revenue given for compute.

    ``fair_value`` is at the grant date in reporting currency, 0 or more; it pays for compute from
    ``service_start`` to ``service_end``. ``booked`` is the part that the ledger shows as cost in
    the same way already.
    """

    counterparty: str
    fair_value: Decimal
    service_start: date
    service_end: date
    booked: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.fair_value < 0 or self.booked < 0:
            raise InputError(
                f"{self.counterparty}: equity for compute needs a fair value and a booked part "
                f"from 0; found {self.fair_value} and {self.booked}."
            )

    @property
    def flag(self) -> str:
        """Red flag of the memo."""
        return (
            f"compute from {self.counterparty} is paid for in equity worth {self.fair_value:,.2f}"
        )


@dataclass(frozen=True)
class RelatedPartyRecharge:
    """Compute used from a related party against what it charged for it in one period.

    ``usage`` is in the unit of ``market_rate`` (GPU-hours at an arm's-length price); ``recharge``
    is what was booked. All from 0.
    """

    counterparty: str
    period: Period
    usage: Decimal
    market_rate: Decimal
    recharge: Decimal

    def __post_init__(self) -> None:
        if min(self.usage, self.market_rate, self.recharge) < 0:
            raise InputError(
                f"{self.counterparty}: a recharge needs usage, market rate and recharge from 0; "
                f"found {self.usage}, {self.market_rate} and {self.recharge}."
            )

    @property
    def adjustment(self) -> Decimal:
        """Cost to add for an arm's-length price; negative when the recharge was dear.

        Examples
        --------
        1,000 GPU-hours at 2.50 would cost 2,500; 1,800 were charged.

        >>> from diligence.units import parse_period
        >>> RelatedPartyRecharge("the parent", parse_period("2026-01"), Decimal(1_000),
        ...                      Decimal("2.50"), Decimal(1_800)).adjustment
        Decimal('700.00')
        """
        return self.usage * self.market_rate - self.recharge

    @property
    def flag(self) -> str:
        """Red flag of the memo: raised for every related party, with the direction."""
        at = "at arm's length"
        if self.adjustment > 0:
            at = f"{self.adjustment:,.2f} below arm's length"
        if self.adjustment < 0:
            at = f"{-self.adjustment:,.2f} above arm's length"
        return f"compute of {self.period.label} from related party {self.counterparty} is {at}"


def equity_compute_cost(grants: Iterable[EquityForCompute], *, period: Period) -> Decimal:
    """Fair value of equity given for compute, as cost of the period, by days of service.

    What the ledger shows already is not added again.

    Raises
    ------
    InputError
        When a service term ends before it starts.

    Examples
    --------
    >>> from diligence.units import parse_period
    >>> warrants = EquityForCompute(
    ...     "a cloud", Decimal(730), date(2026, 1, 1), date(2027, 12, 31), booked=Decimal(365))
    >>> float(equity_compute_cost([warrants], period=parse_period("2026-01")))
    15.5
    """
    return sum(
        (
            recognise(
                grant.fair_value - grant.booked,
                start=grant.service_start,
                end=grant.service_end,
                period=period,
            )
            for grant in grants
        ),
        ZERO,
    )


def related_party_adjustment(
    recharges: Iterable[RelatedPartyRecharge], *, period: Period
) -> Decimal:
    """Cost to add for arm's-length prices of all recharges inside the period."""
    return sum(
        (recharge.adjustment for recharge in recharges if period.contains(recharge.period)), ZERO
    )


def equity_compute_flags(
    grants: Iterable[EquityForCompute] = (), recharges: Iterable[RelatedPartyRecharge] = ()
) -> tuple[str, ...]:
    """Every red flag of equity-for-compute and related-party compute, in the order given."""
    return (*(grant.flag for grant in grants), *(recharge.flag for recharge in recharges))
