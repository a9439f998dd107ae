"""What it is worth to keep the choice of hosting models oneself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diligence.errors import InputError
from diligence.valuation.exchange_option import Array, exchange_option, ratio_volatility

if TYPE_CHECKING:
    import pandas as pd

MONTHS_A_YEAR = 12

LEAST_VOLATILITY = 1e-8


@dataclass(frozen=True)
class PriceOutlook:
    """How a monthly cost is expected to move: drift and volatility a year, as fractions of log.

    ``volume_correlation`` is the correlation of its price with the company's own volume.
    """

    volatility: float
    drift: float = 0.0
    volume_correlation: float = 0.0


@dataclass(frozen=True)
class SelfHostOption:
    """Worth of a self-host path that is kept ready, and when to take it.

    ``per_month`` is the highest level fee a month over the horizon that is worth paying for the
    path; ``intrinsic_per_month`` is the part that switching at expected prices would earn anyway.
    ``trigger_multiple`` is the multiple of today's API bill at which to switch for good; None
    where costs drift too fast for one. ``monthly_values`` are today's values by month.
    """

    per_month: float
    intrinsic_per_month: float
    trigger_multiple: float | None
    months: int
    monthly_values: tuple[float, ...]

    @property
    def present_value(self) -> float:
        """Value today of the whole path."""
        return sum(self.monthly_values)

    @property
    def switch_now(self) -> bool:
        """Whether today's API bill stands at or above the trigger."""
        return self.trigger_multiple is not None and self.trigger_multiple <= 1

    def to_frame(self) -> pd.DataFrame:
        """One row a month: value today of being able to self-host in it."""
        import pandas as pd

        months = range(1, self.months + 1)
        return pd.DataFrame({"month": months, "value": self.monthly_values})

    def summary(self) -> str:
        """Worth and trigger in words."""
        worth = f"keeping the self-host path is worth up to {self.per_month:,.0f} a month"
        if self.trigger_multiple is None:
            return f"{worth}; no trigger: costs drift as fast as they are discounted"
        if self.switch_now:
            return f"{worth}; the API bill already stands above the price at which to switch"
        return f"{worth}; switch when the API bill reaches {self.trigger_multiple:.2f}x today's"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def self_host_option(
    api_monthly: float,
    self_host_monthly: float,
    *,
    api: PriceOutlook,
    self_host: PriceOutlook,
    switching_cost: float = 0.0,
    correlation: float = 0.0,
    volume_volatility: float = 0.0,
    discount_rate: float = 0.1,
    months: int = 36,
) -> SelfHostOption:
    """Value the right to serve a month's work oneself instead of buying tokens.

    Each month is an option to exchange the self-host cost, with the month's part of the switching
    cost, for the API bill (Margrabe 1978). Volume that is correlated with a price tilts the
    forward of that price: a price that rises when volume does makes the path dearer to lack. The
    months are free to differ, so that the sum is an upper limit of what to pay. The trigger is for
    a switch that cannot be undone (Dixit and Pindyck 1994, chapters 5 and 6).

    Parameters
    ----------
    api_monthly, self_host_monthly
        Cost a month of the same work today, whole GPUs at their real utilisation.
    api, self_host
        How the two costs move.
    switching_cost
        Paid once; spread over the horizon.
    correlation
        Of the two costs, -1 to 1.
    volume_volatility
        Of the company's own volume, a year.
    discount_rate
        Continuous, a year.
    months
        Horizon.

    Raises
    ------
    InputError
        When a cost is not positive or the horizon is under a month.

    Examples
    --------
    A bill of 100,000 that self-hosting would serve for 120,000, the price moving by 60 % a year:

    >>> option = self_host_option(100_000, 120_000, api=PriceOutlook(0.6),
    ...     self_host=PriceOutlook(0.2), switching_cost=300_000)
    >>> round(option.per_month), round(option.trigger_multiple, 1)
    (19705, 4.6)

    Pay up to 20,000 a month to keep the path; switch for good when the bill reaches 4.6 times
    today's.
    """
    if api_monthly <= 0 or self_host_monthly <= 0 or months < 1:
        raise InputError(
            "A self-host option needs costs above 0 and a horizon of a month; found "
            f"{api_monthly:,.0f}, {self_host_monthly:,.0f} and {months} months."
        )
    years = np.arange(1, months + 1) / MONTHS_A_YEAR
    discount = np.exp(-discount_rate * years)
    annuity = float(discount.sum())
    bill = _forward(api_monthly, api, volume_volatility, years)
    own = _forward(self_host_monthly, self_host, volume_volatility, years)
    own = own + switching_cost / annuity
    spread = ratio_volatility(api.volatility, self_host.volatility, correlation=correlation)
    values = exchange_option(bill, own, volatility=spread, years=years, discount=discount)
    intrinsic = np.maximum(bill - own, 0.0) * discount
    return SelfHostOption(
        per_month=float(values.sum()) / annuity,
        intrinsic_per_month=float(intrinsic.sum()) / annuity,
        trigger_multiple=_trigger(
            api_monthly, self_host_monthly, api, self_host, switching_cost, spread, discount_rate
        ),
        months=months,
        monthly_values=tuple(values.tolist()),
    )


def investment_trigger(volatility: float, *, payout: float, cost_payout: float) -> float:
    """Value over cost at which an investment that cannot be undone should be made.

    beta/(beta - 1), with beta the root above 1 of
    volatility^2/2 beta (beta - 1) + (cost_payout - payout) beta - cost_payout = 0
    (Dixit and Pindyck 1994, chapter 5; both sides uncertain: chapter 6, section 5).

    Parameters
    ----------
    volatility
        Of value over cost, a year.
    payout
        Discount rate less drift of the value, a year: what waiting forgoes. Above 0.
    cost_payout
        The same of the cost; the riskless rate where the cost is fixed. Above 0.

    Raises
    ------
    InputError
        When a payout is not positive: then waiting costs nothing and there is no trigger.

    Examples
    --------
    Dixit and Pindyck, chapter 5: 4 % of either kind and 20 % of volatility: invest at twice the
    cost, not at the cost.

    >>> round(investment_trigger(0.2, payout=0.04, cost_payout=0.04), 12)
    2.0
    """
    if payout <= 0 or cost_payout <= 0:
        raise InputError(
            f"A trigger needs payouts above 0; found {payout} and {cost_payout}. Discount faster "
            "than costs drift."
        )
    if volatility < LEAST_VOLATILITY:
        return max(1.0, cost_payout / payout)
    tilt = (cost_payout - payout) / volatility**2
    reach = 2 * cost_payout / volatility**2
    root = np.sqrt((tilt - 0.5) ** 2 + reach)
    # The roots multiply to -reach: where the difference would cancel, divide by the other one.
    beta = 0.5 - tilt + root if tilt < 0 else reach / (tilt - 0.5 + root)
    return float(beta / (beta - 1))


def _forward(today: float, outlook: PriceOutlook, volume_sd: float, years: Array) -> Array:
    tilt = outlook.volume_correlation * outlook.volatility * volume_sd
    return np.asarray(today * np.exp((outlook.drift + tilt) * years))


def _trigger(
    api_monthly: float,
    self_host_monthly: float,
    api: PriceOutlook,
    self_host: PriceOutlook,
    switching_cost: float,
    spread: float,
    rate: float,
) -> float | None:
    saved, spent = rate - api.drift, rate - self_host.drift
    if saved <= 0 or spent <= 0:
        return None
    value = api_monthly * MONTHS_A_YEAR / saved
    cost = self_host_monthly * MONTHS_A_YEAR / spent + switching_cost
    return investment_trigger(spread, payout=saved, cost_payout=spent) * cost / value
