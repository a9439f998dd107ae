"""Training that comes back: recurring fine-tuning in cost, required retraining as a scenario."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.units import Period, format_percent

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
SAME_SIZE_TOLERANCE = Decimal("0.25")
"""House cut-off: a month within a quarter of the median month counts as the same size."""
MINIMUM_PERIODS = 3
"""House cut-off: fewer periods are a beginning, not a pattern."""


@dataclass(frozen=True)
class Recurrence:
    """Whether fine-tuning recurs, and why: an expense of its month when it does.

    ``typical`` is the median of the periods; ``reasons`` say what fails, empty when it recurs.
    """

    typical: Decimal
    n_periods: int
    reasons: tuple[str, ...] = ()

    @property
    def is_recurring(self) -> bool:
        """True when it is maintenance training in substance."""
        return not self.reasons

    def summary(self) -> str:
        """The verdict in words."""
        if self.is_recurring:
            return f"recurring: about {self.typical:,.2f} in each of {self.n_periods} periods"
        return f"not shown to recur: {'; '.join(self.reasons)}"


def recurrence(
    amounts: Mapping[Period, Decimal],
    *,
    is_scheduled: bool,
    tolerance: Decimal = SAME_SIZE_TOLERANCE,
    minimum_periods: int = MINIMUM_PERIODS,
) -> Recurrence:
    """Test whether fine-tuning is an operating expense in substance.

    It is when a contract or a schedule calls for it, it comes at an even spacing over enough
    periods, and each is the same size within the tolerance around the median.

    Parameters
    ----------
    amounts
        Cost by period; periods of zero are left out.
    is_scheduled
        True when a contract, a schedule or the need of the model to be kept says so.
    tolerance
        Fraction of the median, 0 to 1.
    minimum_periods
        Fewest periods accepted, 2 or more.

    Raises
    ------
    InputError
        When the tolerance is negative or fewer than two periods are asked for.

    Examples
    --------
    >>> from diligence.units import parse_period
    >>> months = [parse_period(f"2026-0{month}") for month in (1, 2, 3, 4)]
    >>> recurrence(dict.fromkeys(months, Decimal(50)), is_scheduled=True).summary()
    'recurring: about 50.00 in each of 4 periods'
    """
    if tolerance < 0 or minimum_periods < 2:
        raise InputError(
            "A recurrence test needs a tolerance from 0 and at least 2 periods; found tolerance "
            f"{tolerance} and {minimum_periods} periods."
        )
    spent = {period: amounts[period] for period in sorted(amounts) if amounts[period]}
    typical = statistics.median(spent.values()) if spent else ZERO
    reasons = [] if is_scheduled else ["no contract or schedule calls for it"]
    if len(spent) < minimum_periods:
        reasons.append(f"{len(spent)} of {minimum_periods} periods needed")
    if not _is_evenly_spaced(tuple(spent)):
        reasons.append("it does not come at an even spacing")
    reasons.extend(_odd_sizes(spent, typical, tolerance))
    return Recurrence(typical, len(spent), tuple(reasons))


def is_recurring(
    amounts: Mapping[Period, Decimal],
    *,
    is_scheduled: bool,
    tolerance: Decimal = SAME_SIZE_TOLERANCE,
    minimum_periods: int = MINIMUM_PERIODS,
) -> bool:
    """Tell whether :func:`recurrence` finds maintenance training."""
    return recurrence(
        amounts, is_scheduled=is_scheduled, tolerance=tolerance, minimum_periods=minimum_periods
    ).is_recurring


@dataclass(frozen=True)
class RetrainingScenario:
    """Required retraining as run-rate reinvestment: a scenario, not a cost of the period yet.

    ``cycles_per_year`` is what keeps the product where it is, ``cost_per_cycle`` one full
    retraining, ``cash_training`` what is spent a year now; all from 0, one currency.
    """

    cycles_per_year: Decimal
    cost_per_cycle: Decimal
    cash_training: Decimal

    def __post_init__(self) -> None:
        if min(self.cycles_per_year, self.cost_per_cycle, self.cash_training) < 0:
            raise InputError(
                "A retraining scenario needs cycles, cost per cycle and cash training from 0; "
                f"found {self.cycles_per_year} cycles, {self.cost_per_cycle} a cycle and "
                f"{self.cash_training} of cash training."
            )

    @property
    def reinvestment(self) -> Decimal:
        """Required spending a year: cadence times cost per cycle."""
        return self.cycles_per_year * self.cost_per_cycle

    @property
    def underinvestment(self) -> Decimal:
        """Required less spent now; negative when more is spent than keeping up takes."""
        return self.reinvestment - self.cash_training

    def steady_state_margin(
        self, revenue: Decimal, *, cost_before_training: Decimal
    ) -> Decimal | None:
        """Margin of a year with the required retraining in place of cash training.

        Parameters
        ----------
        revenue
            Of a year; None comes back when it is not positive.
        cost_before_training
            Fully loaded cost of the same year. With capital expenditure and changes of working
            capital in it, the margin is that of steady-state free cash flow.

        Examples
        --------
        The worked bridge with 1.5 cycles a year at 8 each: (24.0 - 13.4 - 12.0) / 24.0.

        >>> scenario = RetrainingScenario(Decimal("1.5"), Decimal(8), Decimal("10.8"))
        >>> margin = scenario.steady_state_margin(
        ...     Decimal("24.0"), cost_before_training=Decimal("13.4"))
        >>> format_percent(margin), scenario.underinvestment
        ('−5.8 %', Decimal('1.2'))
        """
        if revenue <= 0:
            return None
        return (revenue - cost_before_training - self.reinvestment) / revenue

    def to_frame(self) -> pd.DataFrame:
        """One row a figure."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"figure": "required a year", "amount": self.reinvestment},
                {"figure": "spent a year", "amount": self.cash_training},
                {"figure": "underinvestment", "amount": self.underinvestment},
            ]
        )

    def summary(self) -> str:
        """One line that names it a scenario."""
        return (
            f"scenario: {self.cycles_per_year} retrainings a year at {self.cost_per_cycle:,.2f} "
            f"need {self.reinvestment:,.2f}, against {self.cash_training:,.2f} spent"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def _is_evenly_spaced(periods: tuple[Period, ...]) -> bool:
    starts = [12 * period.start.year + period.start.month for period in periods]
    return len({later - earlier for earlier, later in pairwise(starts)}) <= 1


def _odd_sizes(
    spent: Mapping[Period, Decimal], typical: Decimal, tolerance: Decimal
) -> tuple[str, ...]:
    allowed = abs(typical) * tolerance
    odd = [period for period, amount in spent.items() if abs(amount - typical) > allowed]
    if not odd:
        return ()
    first = odd[0]
    return (
        f"{len(odd)} of {len(spent)} periods differ by more than {format_percent(tolerance, 0)} "
        f"from {typical:,.2f}, first {first.label} with {spent[first]:,.2f}",
    )
