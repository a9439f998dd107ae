"""Calibration at the last round, and its inputs carried to another day or another case.

The International Private Equity and Venture Capital Valuation Guidelines ask that a technique,
fed with the inputs of the day of a transaction, give the price of that transaction, and that the
same inputs, updated, be used afterwards. Here the input is the multiple of a year's fully loaded
gross profit: cost of serving everybody, with free users and maintenance training, because that is
the cost which recurs. Inputs are kept by date, so that a later mark is explained input by input.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from diligence.valuation.option_pricing import ExitView, allocate_before_exit, backsolve
from diligence.valuation.round_stack import RoundStack

if TYPE_CHECKING:
    import pandas as pd

GROSS_PROFIT_BASIS = "fully loaded"


@dataclass(frozen=True)
class MarkInputs:
    """Everything that a point mark is computed from, on one day.

    ``gross_profit`` is a year's at run rate, fully loaded; ``cash`` is after the round;
    ``multiple`` is enterprise value over gross profit.
    """

    on: date
    after: RoundStack
    gross_profit: float
    multiple: float
    cash: float
    view: ExitView

    @property
    def enterprise_value(self) -> float:
        """Multiple times gross profit; nothing where gross profit is not positive."""
        return self.multiple * max(self.gross_profit, 0.0)

    @property
    def total_value(self) -> float:
        """What all classes and lenders share: enterprise value and cash."""
        return self.enterprise_value + max(self.cash, 0.0)

    @property
    def position_value(self) -> float:
        """Value of the position through the stack, before the exit."""
        values = allocate_before_exit(self.after.stack, self.total_value, self.view).values
        return values[self.after.share_class] * float(self.after.held)

    @property
    def as_converted_value(self) -> float:
        """Ownership times equity value, as if nobody had a preference."""
        equity = max(self.total_value - float(self.after.debt), 0.0)
        return equity * float(self.after.ownership)


@dataclass(frozen=True)
class Calibration:
    """What the price of the round implies.

    ``total_value`` is the value of the whole company, cash and debt included, at which the round's
    class is worth what was paid for it; ``enterprise_value`` is without the cash.
    ``headline_enterprise_value`` takes the post-money for equity, as if all shares had the round's
    rights. ``inputs`` is None, and ``reason`` says why, where gross
    profit gives no multiple: then there is no point mark.
    """

    on: date
    post_money: float
    total_value: float
    enterprise_value: float
    headline_enterprise_value: float
    gross_profit: float
    inputs: MarkInputs | None
    reason: str = ""
    basis: str = GROSS_PROFIT_BASIS

    @property
    def multiple(self) -> float | None:
        """Enterprise value over a year's gross profit."""
        return self.inputs.multiple if self.inputs else None

    @property
    def headline_multiple(self) -> float | None:
        """The same with the post-money taken for equity; None without gross profit."""
        if self.gross_profit <= 0:
            return None
        return self.headline_enterprise_value / self.gross_profit

    def to_frame(self) -> pd.DataFrame:
        """One row an input."""
        import pandas as pd

        names = (
            "on",
            "post_money",
            "total_value",
            "enterprise_value",
            "gross_profit",
            "multiple",
            "headline_multiple",
        )
        rows = [{"input": name, "value": getattr(self, name)} for name in names]
        return pd.DataFrame(rows, dtype=object)

    def summary(self) -> str:
        """The implied multiple in words."""
        if self.multiple is None:
            return f"no point mark: {self.reason}"
        return (
            f"the round implies {self.multiple:.1f} times a year's {self.basis} gross profit "
            f"through the stack, {self.headline_multiple:.1f} times by its headline ({self.on})"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def calibrate(
    after: RoundStack, *, on: date, gross_profit: float, cash: float, view: ExitView
) -> Calibration:
    """Find the multiple of gross profit at which the round's price is matched.

    Parameters
    ----------
    after
        The stack right after the round.
    on
        Day of the round.
    gross_profit
        A year's at run rate, fully loaded, reporting currency.
    cash
        Unrestricted cash with the round's primary money.
    view
        Exit date, volatility and rate of the option-pricing method.

    Raises
    ------
    EstimationError
        When no value of the company explains the round's price.
    """
    total = backsolve(after.stack, after.share_class, paid=float(after.round_size), view=view)
    enterprise = total - max(cash, 0.0)
    reason = ""
    if gross_profit <= 0:
        reason = f"a year's {GROSS_PROFIT_BASIS} gross profit is not positive"
    elif enterprise <= 0:
        reason = "cash after the round exceeds the value that its price implies"
    inputs = None
    if not reason:
        multiple = enterprise / gross_profit
        inputs = MarkInputs(on, after, gross_profit, multiple, cash, view)
    return Calibration(
        on=on,
        post_money=float(after.post_money),
        total_value=total,
        enterprise_value=enterprise,
        headline_enterprise_value=float(after.post_money + after.debt) - max(cash, 0.0),
        gross_profit=gross_profit,
        inputs=inputs,
        reason=reason,
    )


_ORDER = ("gross_profit", "multiple", "cash", "view", "after", "on")


def mark_bridge(before: MarkInputs, now: MarkInputs) -> Mapping[str, float]:
    """Change of the position's value, input by input; the steps add up to it.

    Inputs are moved one after the other in a fixed order: gross profit, multiple, cash, exit view,
    stack.
    """
    steps: dict[str, float] = {}
    current = before
    for name in _ORDER:
        moved = dataclasses.replace(current, **{name: getattr(now, name)})
        if name != "on":
            steps[name] = moved.position_value - current.position_value
        current = moved
    return steps
